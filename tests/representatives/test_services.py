"""Enrolment, sponsor changes with their history, membership status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from representatives import checks, selectors, services
from representatives.clock import company_now, company_zone, next_period_start
from representatives.codes import ALPHABET, LENGTH
from representatives.models import Company, Representative, SponsorChange, User
from tests.representatives.people import NOW, enrol, make_staff

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/Warsaw")
NEXT = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)  # the first of April in Warsaw


@pytest.fixture
def root() -> Representative:
    return enrol(name="Root")


@pytest.fixture
def staff() -> User:
    return make_staff()


def decide(member: Representative, target: Representative, staff: User, **more: Any) -> Any:
    options = {"reason": "asked for", "decided_by": staff, "now": NOW, "zone": ZONE, **more}
    return services.change_sponsor(representative=member, new_sponsor=target, **options)


# -- Enrolment -------------------------------------------------------------------------------------


def test_enrol_gives_code_login_and_place(root: Representative) -> None:
    member = enrol(root, name="  Łukasz   Żak ", email="Lukasz@Example.com", with_login=True)

    member.refresh_from_db()
    assert member.name == "Łukasz Żak"
    assert member.sort_key == "l{ukasz z|ak\tlukasz zak"
    assert member.email == member.user.email == "lukasz@example.com"
    assert not member.user.has_usable_password()
    assert (member.sponsor, member.level, member.status) == (root, 1, "enrolled")
    assert len(member.code) == LENGTH
    assert set(member.code) <= set(ALPHABET)
    assert checks.check_tree().faults == []


def test_enrol_costs_four_statements(root: Representative) -> None:
    with CaptureQueriesContext(connection) as queries:
        enrol(root, with_login=True)

    statements = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
    assert len(statements) == 4  # lock, tail, user, member


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "  ", "needed"),
        ("name", "x" * 151, "150"),
        ("name", "a\x00b", "Control"),
        ("email", "", "needed"),
        ("email", "no address", "not an e-mail"),
        ("email", f"{'x' * 250}@example.com", "254"),
        ("phone", "1" * 41, "40"),
        ("code", "a b", "letters"),
        ("code", "", "letters"),
        ("code", "x" * 33, "32"),
        ("code", "../etc", "letters"),
    ],
)
def test_enrol_refuses(root: Representative, field: str, value: str, message: str) -> None:
    with pytest.raises(services.UnableToEnrol, match=message) as caught:
        enrol(root, with_login=True, **{field: value})

    assert caught.value.field == field
    assert Representative.objects.count() == 1


def test_enrol_refuses_a_known_address_and_a_taken_code(root: Representative) -> None:
    enrol(root, email="a@example.com", code="MINE", with_login=True)

    with pytest.raises(services.UnableToEnrol) as address:
        enrol(root, email="A@example.com", with_login=True)
    with pytest.raises(services.UnableToEnrol) as code:
        enrol(root, code="MINE")

    assert (address.value.field, code.value.field) == ("email", "code")
    assert User.objects.filter(is_system=False).count() == 1


def test_enrol_needs_a_sponsor_who_may(root: Representative, staff: User) -> None:
    member = enrol(root)
    services.suspend_representative(representative=member, reason="late", decided_by=staff, now=NOW)

    with pytest.raises(services.UnableToEnrol, match="suspended"):
        enrol(member)
    with pytest.raises(services.UnableToEnrol, match="root"):
        enrol(None)


# -- Sponsor changes -------------------------------------------------------------------------------


def test_change_takes_effect_with_the_next_period(root: Representative, staff: User) -> None:
    old, new = enrol(root), enrol(root)
    member = enrol(old)
    below = enrol(member)

    change = decide(member, new, staff)
    assert change.effective_at == NEXT
    assert services.apply_sponsor_changes(now=NEXT - timedelta(seconds=1)) == []
    member.refresh_from_db()
    assert member.sponsor_id == old.pk

    assert services.apply_sponsor_changes(now=NEXT) == [change]
    assert services.apply_sponsor_changes(now=NEXT) == []
    member.refresh_from_db()
    below.refresh_from_db()
    assert member.sponsor_id == new.pk
    assert below.level == 3
    assert checks.check_tree().faults == []
    new.refresh_from_db()
    assert {one.pk for one in new.get_descendants()} == {member.pk, below.pk}


def test_members_at_tells_the_sponsors_and_statuses_of_any_instant(
    root: Representative, staff: User
) -> None:
    first, second, third = enrol(root), enrol(root), enrol(root)
    member = enrol(first)
    may = datetime(2026, 4, 30, 22, 0, tzinfo=UTC)
    decide(member, second, staff)
    services.apply_sponsor_changes(now=NEXT)
    decide(member, third, staff, now=NEXT + timedelta(days=3))
    suspended = NEXT + timedelta(days=5)
    services.suspend_representative(
        representative=member, reason="late", decided_by=staff, now=suspended
    )

    def at(instant: datetime) -> tuple[int | None, str]:
        return next(
            (row[1], row[2]) for row in selectors.members_at(instant) if row[0] == member.pk
        )

    second_ago = timedelta(seconds=1)
    assert at(NOW) == (first.pk, "enrolled")
    assert at(NEXT - second_ago) == (first.pk, "enrolled")
    assert at(NEXT) == (second.pk, "enrolled")
    assert at(suspended) == (second.pk, "suspended")
    # Decided and not yet applied: the history knows already.
    assert at(may - second_ago) == (second.pk, "suspended")
    assert at(may) == (third.pk, "suspended")
    services.apply_sponsor_changes(now=may)
    assert at(NOW) == (first.pk, "enrolled")
    assert at(may) == (third.pk, "suspended")


def test_later_decision_replaces_the_one_for_the_same_instant(
    root: Representative, staff: User
) -> None:
    first, second, third = enrol(root), enrol(root), enrol(root)
    member = enrol(first)

    dropped, kept = decide(member, second, staff), decide(member, third, staff)
    services.apply_sponsor_changes(now=NEXT)

    dropped.refresh_from_db()
    kept.refresh_from_db()
    member.refresh_from_db()
    assert dropped.cancelled_at == NOW
    assert dropped.applied_at is None
    assert (kept.old_sponsor, kept.applied_at) == (first, NEXT)
    assert member.sponsor == third


def test_cancelled_change_never_applies(root: Representative, staff: User) -> None:
    first, second = enrol(root), enrol(root)
    member = enrol(first)
    change = decide(member, second, staff)

    services.cancel_sponsor_change(change=change, now=NOW)

    assert services.apply_sponsor_changes(now=NEXT) == []
    with pytest.raises(services.UnableToChangeSponsor):
        services.cancel_sponsor_change(change=change, now=NOW)
    overdue = decide(member, second, staff)
    with pytest.raises(services.UnableToChangeSponsor):
        services.cancel_sponsor_change(change=overdue, now=NEXT)


def test_circle_through_decided_changes_is_refused(root: Representative, staff: User) -> None:
    left, right = enrol(root), enrol(root)
    below_left, below_right = enrol(left), enrol(right)
    decide(left, below_right, staff)

    with pytest.raises(services.UnableToChangeSponsor, match="decided before"):
        decide(right, below_left, staff)
    with pytest.raises(services.UnableToChangeSponsor, match="downline"):
        decide(right, below_right, staff)

    services.apply_sponsor_changes(now=NEXT)
    assert checks.check_tree().faults == []


def test_cancelling_what_others_rely_on_is_refused(root: Representative, staff: User) -> None:
    upper = enrol(root)
    lower = enrol(upper)
    away = decide(lower, root, staff)
    decide(upper, lower, staff)

    with pytest.raises(services.UnableToChangeSponsor, match="downline"):
        services.cancel_sponsor_change(change=away, now=NOW)


def test_members_change_places(root: Representative, staff: User) -> None:
    upper = enrol(root)
    lower = enrol(upper)
    decide(lower, root, staff)
    decide(upper, lower, staff)
    # Decided anew, the lower one's change comes second in the table.
    decide(lower, root, staff)

    services.apply_sponsor_changes(now=NEXT)

    upper.refresh_from_db()
    lower.refresh_from_db()
    assert (lower.sponsor, upper.sponsor) == (root, lower)
    assert checks.check_tree().faults == []


@pytest.mark.parametrize("reason", ["", "   "])
def test_change_needs_a_reason(root: Representative, staff: User, reason: str) -> None:
    member = enrol(enrol(root))

    with pytest.raises(services.UnableToChangeSponsor) as caught:
        decide(member, root, staff, reason=reason)

    assert caught.value.field == "reason"


def test_change_refuses_root_self_same_and_the_terminated(
    root: Representative, staff: User
) -> None:
    member, gone = enrol(root), enrol(root)
    services.terminate_representative(representative=gone, reason="left", decided_by=staff, now=NOW)

    for one, target in (
        (root, member),
        (member, member),
        (member, root),
        (member, gone),
        (gone, member),
    ):
        with pytest.raises(services.UnableToChangeSponsor):
            decide(one, target, staff)

    assert not SponsorChange.objects.exists()


def test_change_before_a_later_one_is_refused(root: Representative, staff: User) -> None:
    first, second = enrol(root), enrol(root)
    member = enrol(first)
    decide(member, second, staff, now=NOW + timedelta(days=60))

    with pytest.raises(services.UnableToChangeSponsor, match="decided already"):
        decide(member, root, staff)


def test_overdue_changes_apply_in_order(root: Representative, staff: User) -> None:
    first, second, third = enrol(root), enrol(root), enrol(root)
    member = enrol(first)
    decide(member, second, staff)
    later = decide(member, third, staff, now=NEXT + timedelta(days=1))
    assert later.old_sponsor == second

    services.apply_sponsor_changes(now=NEXT + timedelta(days=90))

    member.refresh_from_db()
    assert member.sponsor == third


# -- Status ----------------------------------------------------------------------------------------


def test_status_changes_close_and_open_the_log_in(root: Representative, staff: User) -> None:
    member = enrol(root, with_login=True)
    act = {"representative": member, "reason": "because", "decided_by": staff, "now": NOW}

    services.suspend_representative(**act)
    member.user.refresh_from_db()
    assert not member.user.is_active
    services.reinstate_representative(**act)
    member.user.refresh_from_db()
    assert member.user.is_active
    change = services.terminate_representative(**act)
    member.user.refresh_from_db()
    assert not member.user.is_active

    assert (change.old_status, change.new_status) == ("enrolled", "terminated")
    for again in (
        services.suspend_representative,
        services.reinstate_representative,
        services.terminate_representative,
    ):
        with pytest.raises(services.UnableToChangeStatus):
            again(**act)
    with pytest.raises(services.UnableToChangeStatus) as caught:
        services.terminate_representative(**{**act, "reason": " "})
    assert caught.value.field == "reason"


def test_terminated_member_keeps_the_place_and_the_downline(
    root: Representative, staff: User
) -> None:
    member = enrol(root)
    below = enrol(enrol(member))
    for one in (member, below.sponsor):
        services.terminate_representative(
            representative=one, reason="left", decided_by=staff, now=NOW
        )

    assert [one.pk for one in selectors.list_upline(below)] == [
        below.sponsor_id,
        member.pk,
        root.pk,
    ]
    assert selectors.nearest_enrolled_upline(below) == root
    assert selectors.nearest_enrolled_upline(root) is None


def test_update_profile_keeps_code_and_place(root: Representative) -> None:
    member = enrol(root)

    services.update_profile(
        representative=member, name="Zoë  Ørsted", email="Z@Example.com", phone=" 1  2 "
    )

    member.refresh_from_db()
    assert (member.name, member.sort_key) == ("Zoë Ørsted", "zoe orsted")
    assert (member.email, member.phone) == ("z@example.com", "1 2")
    with pytest.raises(services.UnableToUpdateProfile):
        services.update_profile(representative=member, name="", email="", phone="")


# -- Clock, names ----------------------------------------------------------------------------------


def test_company_clock_is_real_shifted_or_frozen() -> None:
    company = Company.objects.get()
    assert abs(company_now() - datetime.now(UTC)) < timedelta(seconds=10)
    company.clock_offset = timedelta(days=-100)
    company.time_zone = "America/New_York"
    company.save()
    assert abs(company_now() + timedelta(days=100) - datetime.now(UTC)) < timedelta(seconds=10)
    company.clock_frozen_at = NOW
    company.save()
    assert company_now() == NOW
    assert company_zone() == ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("now", "zone", "start"),
    [
        (NOW, "Europe/Warsaw", NEXT),
        (
            datetime(2026, 3, 31, 23, 0, tzinfo=UTC),
            "Europe/Warsaw",
            datetime(2026, 4, 30, 22, tzinfo=UTC),
        ),
        (
            datetime(2026, 1, 1, 4, 59, tzinfo=UTC),
            "America/New_York",
            datetime(2026, 1, 1, 5, tzinfo=UTC),
        ),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "UTC", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_next_period_starts_by_the_company_s_midnight(
    now: datetime, zone: str, start: datetime
) -> None:
    assert next_period_start(now, ZoneInfo(zone)) == start


def test_search_finds_by_part_of_a_name_or_beginning_of_a_code(root: Representative) -> None:
    member = enrol(root, name="Wanda Źródło", code="AB-77")

    found = Representative.objects.search

    assert list(found("zrodlo")) == list(found("ŹRÓDŁO")) == list(found("ab-7")) == [member]
    assert list(found("%")) == []
    assert found("  ").count() == 2
