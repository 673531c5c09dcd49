"""The RSP bank by its services: lots, conversions by hand, and expiry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from compensation import ledger, selectors_bank, services, tasks, verification
from compensation.engine.lots import Source, State
from compensation.models import (
    Account,
    Entry,
    Journal,
    JournalKind,
    Period,
    RspConversion,
)
from compensation.services import bank as by_hand
from compensation.services import expiry
from representatives.models import Company, Representative
from tests.compensation.bank_town import FLAT, bank_of, build_bank_town, convert
from tests.compensation.town import PLAN, Town, digest, local

NOON = "2017-02-20T12:00"


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose plan has a bank in tiers; January is posted, April may be converted in."""
    town = build_bank_town()
    town.close("2017-01")
    services.ensure_periods(first="2017-04", last="2017-05")
    return town


def balance(code: str, account: Account) -> int:
    """What the ledger holds for a person, from the entries themselves."""
    entries = Entry.objects.filter(representative__code=code, account=account)
    return sum(entries.values_list("amount", flat=True))


def test_lots_are_by_source_and_month(town: Town) -> None:
    bank = bank_of(town, "A", NOON)

    assert [(lot.month, lot.source, lot.points, lot.state) for lot in bank.lots] == [
        ("2017-01", Source.OWN, 4000, State.ACTIVE),
        ("2017-01", Source.DOWNLINE, 22000, State.ACTIVE),
    ]
    assert bank.active == bank.balance == balance("A", Account.RSP_BANK)
    assert bank.next_expiry is not None
    assert bank.expiring_with(bank.next_expiry) == 26000


STATES = {
    "2017-02-02T00:00": State.PENDING,
    "2017-02-14T23:59:59.999999": State.PENDING,
    "2017-02-15T00:00": State.ACTIVE,
    "2017-03-31T23:59:59.999999": State.ACTIVE,
    "2017-04-01T00:00": State.EXPIRED,
}


def test_states_turn_at_midnight_of_the_companys_zone(town: Town) -> None:
    for at, state in STATES.items():
        assert {lot.state for lot in bank_of(town, "A", at).lots} == {state}, at


def test_midnights_follow_the_zone_and_its_summer_time(town: Town) -> None:
    Company.objects.update(time_zone="America/New_York")

    terms = selectors_bank.terms_by_period(ZoneInfo("America/New_York"))
    january = terms[Period.objects.get(label="2017-01").pk]

    assert january.active_at.isoformat() == "2017-02-15T05:00:00+00:00"
    assert january.expires_at.isoformat() == "2017-04-01T04:00:00+00:00"


def test_conversion_to_cash_is_one_journal(town: Town) -> None:
    payable = balance("A", Account.COMMISSION_PAYABLE)

    done = convert(town, "A", 13000, NOON)

    assert (done.points, done.cash_minor, done.bv) == (13000, 600 + 100 + 50, 0)
    assert done.period.label == "2017-02"
    assert balance("A", Account.RSP_BANK) == 26000 - 13000
    assert balance("A", Account.COMMISSION_PAYABLE) == payable + 750
    assert Journal.objects.get(pk=done.journal_id).kind == JournalKind.CONVERSION
    assert verification.ledger_faults() == []


def test_conversion_to_bv_leaves_the_rest_in_the_bank(town: Town) -> None:
    done = convert(town, "A", 13500, NOON, target="bv")

    assert (done.asked, done.points, done.bv, done.cash_minor) == (13500, 12000, 4500, 0)
    assert balance("A", Account.VOLUME_BOUGHT) == 4500
    assert balance("A", Account.RSP_BANK) == 26000 - 12000


def test_oldest_points_go_first(town: Town) -> None:
    town.close("2017-02")
    before = bank_of(town, "A", "2017-03-20T12:00")

    convert(town, "A", 5000, "2017-03-20T12:00")

    after = bank_of(town, "A", "2017-03-20T12:00")
    taken = [old.left - new.left for old, new in zip(before.lots, after.lots, strict=True)]
    assert taken == [4000, 1000, 0, 0]
    assert after.converted == 5000


def test_flat_rates(transactional_db: None) -> None:
    town = build_bank_town(FLAT)
    town.close("2017-01")

    assert convert(town, "A", 10000, NOON).cash_minor == 260
    assert convert(town, "A", 10000, NOON, target="bv").bv == 1000


REFUSED = [
    (0, "cash", "not_positive", 0),
    (-100, "cash", "not_positive", 0),
    (26001, "cash", "not_active", 26000),
    (10**18, "bv", "not_active", 26000),
    (99, "cash", "too_few", 100),
    (1999, "bv", "too_few", 2000),
    (5000, "gold", "no_bv", 0),
    (5000, "expiry", "no_bv", 0),
]


def test_refusals_change_nothing(town: Town) -> None:
    before = digest()

    for points, target, reason, figure in REFUSED:
        with pytest.raises(services.UnableToConvert) as refused:
            convert(town, "A", points, NOON, target=target)
        assert (refused.value.reason, refused.value.points) == (reason, figure)

    assert digest() == before
    assert not RspConversion.objects.exists()


def test_pending_points_are_not_to_be_converted(town: Town) -> None:
    with pytest.raises(services.UnableToConvert) as refused:
        convert(town, "A", 5000, "2017-02-14T23:59")

    assert refused.value.reason == "not_active"


def test_a_plan_without_a_bank_says_so(transactional_db: None) -> None:
    town = build_bank_town("")
    town.close("2017-01")

    with pytest.raises(services.UnableToConvert) as refused:
        convert(town, "A", 5000, NOON)

    assert refused.value.reason == "no_bank"
    assert services.expire_points(now=local("2030-01-01T00:00"), by=town.closer).lots == 0


def test_without_an_open_month_nothing_is_converted(town: Town) -> None:
    with pytest.raises(services.UnableToConvert) as refused:
        convert(town, "A", 5000, "2017-06-20T12:00")

    assert refused.value.reason == "no_period"


def test_nobody_else_converts(town: Town) -> None:
    stranger = Representative.objects.get(code="B")
    user = type(town.closer).objects.create_user("somebody@example.org", "a long password")

    with pytest.raises(services.UnableToConvert) as refused:
        services.convert_points(
            representative=stranger,
            points=2000,
            target="cash",
            token="token-token",
            by=user,
            now=local(NOON),
        )

    assert refused.value.reason == "not_yours"


def test_suspended_people_keep_their_points(town: Town) -> None:
    Representative.objects.filter(code="A").update(status=Representative.Status.SUSPENDED)

    with pytest.raises(services.UnableToConvert) as refused:
        convert(town, "A", 2000, NOON)

    assert refused.value.reason == "membership"


def test_the_same_token_is_one_conversion(town: Town) -> None:
    first = convert(town, "A", 5000, NOON, token="a-double-click")
    before = digest()

    again = convert(town, "A", 5000, "2017-02-21T12:00", token="a-double-click")

    assert again.pk == first.pk
    assert digest() == before
    with pytest.raises(services.UnableToConvert) as refused:
        convert(town, "A", 6000, NOON, token="a-double-click")
    assert refused.value.reason == "bank_changed"


def test_figures_that_were_not_promised_are_refused(town: Town) -> None:
    with pytest.raises(services.UnableToConvert) as refused:
        services.convert_points(
            representative=town.members["A"],
            points=2000,
            target="cash",
            token="token-token",
            by=town.closer,
            now=local(NOON),
            promised=(101, 0),
        )

    assert refused.value.reason == "rate_changed"


def test_rates_are_those_of_the_plan_in_force(town: Town) -> None:
    services.add_plan_version(
        document=PLAN.replace("260.00", "520.00") + FLAT, effective_from=date(2017, 3, 1)
    )

    assert convert(town, "A", 10000, NOON).cash_minor == 600
    assert convert(town, "A", 10000, "2017-03-20T12:00").cash_minor == 520


def test_returns_settle_before_anything_is_converted(town: Town) -> None:
    order = next(one for key, one in town.orders.items() if key.startswith("A-2017-01"))
    before = bank_of(town, "A", NOON)

    town.take_back(order, 1, "2017-02-18")

    after = bank_of(town, "A", NOON)
    assert after.returned == 2000
    assert after.active == before.active - 2000
    assert after.lots[0].left == before.lots[0].left - 2000
    assert after.lots[0].returned == 2000
    with pytest.raises(services.UnableToConvert):
        convert(town, "A", before.active, NOON)


def test_points_owed_are_settled_by_later_credits(town: Town) -> None:
    convert(town, "C", 500, NOON)
    order = next(one for key, one in town.orders.items() if key.startswith("C-2017-01"))
    town.take_back(order, 1, "2017-02-21")

    bank = bank_of(town, "C", "2017-02-22T12:00")

    assert (bank.balance, bank.owed, bank.active) == (-500, 500, 0)


# -- expiry ---------------------------------------------------------------------------------------


def test_expiry_cashes_what_is_left_once(town: Town) -> None:
    convert(town, "A", 5000, NOON)
    midnight = local("2017-04-01T00:00")
    early = services.expire_points(now=midnight - timedelta(microseconds=1), by=town.closer)

    done = services.expire_points(now=midnight, by=town.closer)
    before = digest()
    again = services.expire_points(now=midnight + timedelta(days=3), by=town.closer)

    assert early.lots == 0
    assert done.people == done.lots == 9
    assert again.lots == 0
    assert digest() == before
    row = RspConversion.objects.get(representative__code="A", target="expiry")
    assert (row.points, row.cash_minor, row.token) == (21000, 1200 + 50, "expire:2017-01")
    assert Journal.objects.get(pk=row.journal_id).source_key == "expire:A:2017-01"
    assert all(bank_of(town, code, "2017-04-02T00:00").balance == 0 for code in town.members)
    assert verification.ledger_faults() == []


def test_expiry_takes_months_that_were_missed_one_by_one(town: Town) -> None:
    town.close("2017-02")

    services.expire_points(now=local("2017-05-02T00:00"), by=town.closer)

    tokens = RspConversion.objects.filter(representative__code="A").order_by("token")
    assert [row.token for row in tokens] == ["expire:2017-01", "expire:2017-02"]
    assert bank_of(town, "A", "2017-05-02T00:00").balance == 0


def test_who_converts_late_is_cashed_first(town: Town) -> None:
    town.close("2017-02")
    february = sum(lot.points for lot in bank_of(town, "A", NOON).lots if lot.month == "2017-02")

    with pytest.raises(services.UnableToConvert) as refused:
        convert(town, "A", february + 100, "2017-04-01T00:00")
    assert refused.value.points == february
    assert not RspConversion.objects.exists()
    convert(town, "A", february, "2017-04-01T00:00")

    rows = RspConversion.objects.filter(representative__code="A").order_by("pk")
    assert [(row.target, row.points) for row in rows] == [("expiry", 26000), ("cash", february)]
    assert rows[0].by.is_system


def test_the_task_is_safe_to_repeat(town: Town) -> None:
    town.set_clock("2017-04-01T02:00")

    assert tasks.expire_points_task() == 9
    assert tasks.expire_points_task() == 0


# -- what comes between ---------------------------------------------------------------------------


def between(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], Any]) -> None:
    """Let another session act, once, when all is worked out and nothing is posted yet."""
    genuine, waiting = getattr(ledger, name), [act]

    def elsewhere() -> None:
        try:
            waiting.pop()()
        finally:
            connections.close_all()

    def held_up(*of: Any, **named: Any) -> Any:
        if waiting:
            other = Thread(target=elsewhere)
            other.start()
            other.join(30)
        return genuine(*of, **named)

    monkeypatch.setattr(ledger, name, held_up)


def give_pending(town: Town, code: str, points: int) -> None:
    """Points of February: pending on the day on which January's are active."""
    asked = services.request_adjustment(
        representative=town.members[code],
        money_minor=0,
        rsp=points,
        reason="A gift",
        line=None,
        related_period=None,
        by=town.closer,
        now=local(NOON),
    )
    services.approve_adjustment(adjustment=asked, by=town.approver, now=local(NOON))


def take_back(town: Town) -> Any:
    """A return of A's own order of January."""
    own = next(one for key, one in town.orders.items() if key.startswith("A-2017-01"))
    return town.take_back(own, 1, "2017-02-20")


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_return_that_comes_between_leaves_pending_points_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    give_pending(town, "A", 10_000)
    if not is_guarded:
        monkeypatch.setattr(by_hand, "require_unmoved", lambda before, taken: None)
    between(monkeypatch, "post_once", lambda: take_back(town))

    if is_guarded:
        with pytest.raises(services.UnableToConvert) as refused:
            convert(town, "A", 26_000, NOON)
        assert refused.value.reason == "bank_changed"
    else:
        convert(town, "A", 26_000, NOON)

    bank = bank_of(town, "A", "2017-02-20T13:00")
    assert bank.returned > 0
    assert (bank.pending == 10_000) is is_guarded
    assert bank.active == (26_000 - bank.returned if is_guarded else 0)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_return_that_comes_between_leaves_later_months_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    for code in town.members:
        give_pending(town, code, 10_000)
    if not is_guarded:
        monkeypatch.setattr(expiry, "require_unmoved", lambda before, taken: None)
    between(monkeypatch, "post", lambda: take_back(town))
    late = local("2017-04-02T00:00")

    first = services.expire_points(now=late, by=town.closer)
    services.expire_points(now=late, by=town.closer)

    assert first.lots == (0 if is_guarded else 9)
    bank = bank_of(town, "A", "2017-04-02T00:00")
    assert bank.overdue == 0
    assert (bank.active == 10_000) is is_guarded
    assert verification.ledger_faults() == []
