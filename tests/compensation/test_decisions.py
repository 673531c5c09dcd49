"""Bounds of pay ranks and coupons: who may decide what, for which periods, and what stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from compensation import services
from compensation.models import CouponEntry, Period, RankOverride
from representatives.models import User
from tests.compensation.town import PLAN, Town, local

NOW = local("2017-02-03T09:00")
RANKING = """
rankings:
  - {id: race, value: units_plus_coupons_used}
  - {id: plain, value: units}
"""


def _grant(town: Town, **changed: Any) -> RankOverride:
    stated: dict[str, Any] = {
        "representative": town.members["B"],
        "kind": "at_least",
        "rank": "Silver",
        "reason": "Agreed at the start",
        "first_period": "2017-01",
        "last_period": None,
        "by": town.closer,
        "now": NOW,
    }
    return services.grant_rank_override(**(stated | changed))


def _refused(town: Town, **changed: Any) -> services.UnableToDecide:
    with pytest.raises(services.UnableToDecide) as refusal:
        _grant(town, **changed)
    return refusal.value


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"rank": "Gold"}, "rank", "not a rank of the plan"),
        ({"reason": "  "}, "reason", "Give a reason"),
        ({"kind": "about"}, "kind", "not a kind"),
        ({"first_period": "2017-13"}, "first_period", "not a period"),
        ({"last_period": "2016-12"}, "last_period", "before the first"),
    ],
)
def test_what_can_not_be_decided_is_refused(
    town: Town, changed: dict[str, Any], field: str, words: str
) -> None:
    refusal = _refused(town, **changed)

    assert refusal.field == field
    assert words in refusal.message
    assert not RankOverride.objects.exists()


def test_only_staff_decide(town: Town) -> None:
    somebody = User.objects.create_user("somebody@example.com", "a password nobody types")

    assert "not a member of staff" in _refused(town, by=somebody).message


def test_a_frozen_period_is_not_decided_on_any_more(town: Town) -> None:
    town.close("2017-01", post=False)

    assert _refused(town).field == "first_period"
    assert _grant(town, first_period="2017-02").first_day == date(2017, 2, 1)


def test_one_bound_a_side_at_a_time(town: Town) -> None:
    _grant(town, last_period="2017-02")

    assert _refused(town, rank="Bronze", first_period="2017-02").field == "kind"
    assert _refused(town, kind="exactly", first_period="2017-02").field == "kind"
    assert "leave no rank" in _refused(town, kind="at_most", rank="Bronze").message
    _grant(town, kind="at_most", rank="Silver")
    _grant(town, rank="Bronze", first_period="2017-03")
    assert RankOverride.objects.count() == 3


def test_a_decision_is_ended_once_and_stays_as_history(town: Town) -> None:
    granted = _grant(town)
    town.close("2017-01", post=False)

    with pytest.raises(services.UnableToDecide, match="2017-01 is not open"):
        _end(town, granted, "2016-12")
    ended = _end(town, granted, "2017-01")
    assert (ended.last_day, ended.end_reason) == (date(2017, 1, 31), "Over")
    with pytest.raises(services.UnableToDecide, match="ended before"):
        _end(town, granted, "2017-02")
    again = _grant(town, rank="Bronze", first_period="2017-02")
    withdrawn = _end(town, again, "2017-01")
    assert withdrawn.last_day == date(2017, 1, 31)
    assert _grant(town, first_period="2017-02").pk


def _end(town: Town, override: RankOverride, last: str) -> RankOverride:
    return services.end_rank_override(
        override=override, last_period=last, reason="Over", by=town.approver, now=NOW
    )


def test_a_plan_can_not_lose_a_rank_that_was_decided(town: Town) -> None:
    _grant(town, first_period="2017-02")
    without = PLAN.replace("{name: Silver", "{name: Sterling")

    with pytest.raises(services.UnableToAddPlanVersion, match="leaves out the rank Silver"):
        services.add_plan_version(document=without, effective_from=date(2017, 3, 1))
    services.end_rank_override(
        override=RankOverride.objects.get(),
        last_period="2017-02",
        reason="New ladder",
        by=town.closer,
        now=NOW,
    )
    assert services.add_plan_version(document=without, effective_from=date(2017, 3, 1)).pk
    assert _refused(town, first_period="2017-02").message.endswith("2017-03-01.")


def test_the_database_keeps_decisions_as_they_are(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    granted = _grant(town)
    _end(town, granted, "2017-02")
    refused = [
        "UPDATE compensation_rankoverride SET rank = 'Bronze'",
        "UPDATE compensation_rankoverride SET last_day = NULL",
        "DELETE FROM compensation_rankoverride",
        "INSERT INTO compensation_rankoverride (representative_id, kind, rank, reason, first_day,"
        " last_day, decided_by_id, decided_at, end_reason) SELECT representative_id, 'exactly',"
        " rank, reason, first_day, last_day, decided_by_id, decided_at, ''"
        " FROM compensation_rankoverride",
        "INSERT INTO compensation_rankoverride (representative_id, kind, rank, reason, first_day,"
        " last_day, decided_by_id, decided_at, end_reason) SELECT representative_id, 'at_most',"
        " rank, reason, first_day, first_day - 2, decided_by_id, decided_at, ''"
        " FROM compensation_rankoverride",
    ]
    for statement in refused:
        with pytest.raises(psycopg.Error):
            owner_connection.execute(statement)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE compensation_rankoverride SET reason = 'other'")


@pytest.fixture
def racing(town: Town) -> Town:
    services.add_plan_version(
        document=PLAN + RANKING, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    return town


def _coupons(town: Town, amount: int, ranking: str = "race", label: str = "2017-01") -> CouponEntry:
    return services.grant_coupons(
        representative=town.members["B"],
        period=Period.objects.get(label=label),
        ranking=ranking,
        amount=amount,
        reason="Won at the fair",
        by=town.closer,
        now=NOW,
    )


def _wish(town: Town, amount: int, by: User | None = None) -> CouponEntry:
    return services.wish_coupons(
        representative=town.members["B"],
        period=Period.objects.get(label="2017-01"),
        ranking="race",
        amount=amount,
        by=by or town.closer,
        now=NOW,
    )


def test_coupons_are_for_rankings_that_count_them_in_open_periods(racing: Town) -> None:
    assert _coupons(racing, 5).amount == 5
    assert _wish(racing, 3).amount == 3
    for amount, ranking, label in ((0, "race", "2017-01"), (1, "plain", "2017-01")):
        with pytest.raises(services.UnableToDecide):
            _coupons(racing, amount, ranking, label)
    with pytest.raises(services.UnableToDecide, match="0 to"):
        _wish(racing, -1)
    somebody = User.objects.create_user("somebody@example.com", "a password nobody types")
    with pytest.raises(services.UnableToDecide, match="Only the representative"):
        _wish(racing, 1, by=somebody)
    racing.close("2017-01", post=False)
    with pytest.raises(services.UnableToDecide, match="not open"):
        _wish(racing, 1)
    with pytest.raises((IntegrityError, InternalError, ProgrammingError)), transaction.atomic():
        CouponEntry.objects.update(amount=9)


# -- Staff's pages ---------------------------------------------------------------------------------


@pytest.fixture
def staff(town: Town) -> Client:
    User.objects.filter(pk=town.closer.pk).update(is_superuser=True)
    client = Client()
    client.force_login(town.closer, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_staff_decide_and_end_on_pages(town: Town, staff: Client) -> None:
    add = reverse("admin:compensation_rankoverride_add")
    typed = {
        "representative": town.members["B"].pk,
        "kind": "at_most",
        "rank": "Gold",
        "reason": "Agreed",
        "first_period": "2017-02",
        "last_period": "",
    }
    assert staff.get(add).status_code == 200
    refused = staff.post(add, typed).content.decode()
    assert "Gold is not a rank of the plan" in refused
    assert staff.post(add, typed | {"rank": "Bronze"}).status_code == 302
    granted = RankOverride.objects.get()
    assert (granted.decided_by, granted.rank) == (town.closer, "Bronze")

    page = reverse("admin:compensation_rankoverride_change", args=[granted.pk])
    assert "Agreed" in staff.get(page).content.decode()
    asked = {"last_period": "2016-12", "why_ended": "Over"}
    assert staff.post(page, asked | {"last_period": "x"}).status_code == 200
    assert staff.post(page, asked | {"last_period": "2017-02"}).status_code == 302
    granted.refresh_from_db()
    assert (granted.last_day, granted.end_reason) == (date(2017, 2, 28), "Over")
    assert 'name="last_period"' not in staff.get(page).content.decode()
    listed = staff.get(reverse("admin:compensation_rankoverride_changelist"))
    assert "Over" in listed.content.decode()


def test_staff_enter_coupons_on_a_page(racing: Town, staff: Client) -> None:
    add = reverse("admin:compensation_couponentry_add")
    typed = {
        "representative": racing.members["B"].pk,
        "period": Period.objects.get(label="2017-01").pk,
        "ranking": "race",
        "kind": "granted",
        "amount": "4",
        "reason": "Won",
    }
    assert "no ranking" in staff.post(add, typed | {"ranking": "plain"}).content.decode()
    assert staff.post(add, typed).status_code == 302
    assert staff.post(add, typed | {"kind": "wish", "amount": "2", "reason": ""}).status_code == 302
    assert list(CouponEntry.objects.order_by("id").values_list("kind", "amount")) == [
        ("granted", 4),
        ("wish", 2),
    ]
    page = staff.get(reverse("admin:compensation_couponentry_changelist"))
    assert page.status_code == 200
