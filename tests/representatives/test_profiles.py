"""What people choose of themselves, who then sees what, and what the database refuses."""

from __future__ import annotations

import pytest
from django.db import connection

from representatives import privacy, profiles
from representatives.browsers import browser_name
from representatives.models import Representative, User
from representatives.notice_kinds import ALWAYS, CHOOSABLE
from representatives.privacy import Fact
from representatives.services import UnableToUpdateProfile
from tests.representatives.people import enrol
from tests.representatives.test_guards import refused_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def line() -> list[Representative]:
    """Three people one below the other."""
    people = [enrol()]
    for _ in range(2):
        people.append(enrol(people[-1]))
    return people


@pytest.mark.parametrize(
    ("shared_with", "sponsor_reads", "upline_reads"),
    [("nobody", False, False), ("sponsor", True, False), ("upline", True, True)],
)
def test_contact_is_read_by_those_whom_the_person_chose(
    line: list[Representative], shared_with: str, sponsor_reads: bool, upline_reads: bool
) -> None:
    top, middle, low = line

    profiles.choose_contact_sharing(representative=low, shared_with=shared_with)

    low = Representative.objects.get(pk=low.pk)
    assert privacy.may_read_contact(low, viewer=middle) is sponsor_reads
    assert privacy.may_read_contact(low, viewer=top) is upline_reads
    assert privacy.may_read_contact(low, viewer=low)
    contact = next(row for row in privacy.table(low) if row.fact == Fact.CONTACT)
    assert (contact.sponsor, contact.upline) == (sponsor_reads, upline_reads)


def test_no_choice_opens_customers_or_money_or_hides_volumes(line: list[Representative]) -> None:
    for choice in Representative.ContactSharing.values:
        profiles.choose_contact_sharing(representative=line[2], shared_with=choice)
        rows = {row.fact: row for row in privacy.table(line[2])}

        assert set(rows) == set(Fact)
        for fact in (Fact.CUSTOMERS, Fact.MONEY):
            assert not rows[fact].sponsor
            assert not rows[fact].upline
        assert rows[Fact.VOLUME].upline


def test_contact_is_trimmed_and_checked(line: list[Representative]) -> None:
    changed = profiles.change_contact(
        representative=line[1], email=" New@Example.COM ", phone=" 12   34 "
    )
    assert (changed.email, changed.phone) == ("new@example.com", "12 34")
    assert changed.name == line[1].name

    for wrong in ({"email": "nothing", "phone": ""}, {"email": "", "phone": "1" * 41}):
        with pytest.raises(UnableToUpdateProfile):
            profiles.change_contact(representative=line[1], **wrong)


def test_notices_are_kept_in_the_order_of_their_kinds() -> None:
    user = User.objects.create_user("ann@example.com")
    kinds = [kind.value for kind in CHOOSABLE]

    profiles.choose_notices(user=user, email_notices="never", muted=kinds[2::-1])

    user.refresh_from_db()
    assert user.email_notices == "never"
    assert user.muted_notices == kinds[:3]


@pytest.mark.parametrize("muted", [[one.value for one in ALWAYS], ["unheard of"]])
def test_what_guards_an_account_is_never_muted(muted: list[str]) -> None:
    user = User.objects.create_user("ann@example.com")

    with pytest.raises(profiles.UnableToChoose) as refusal:
        profiles.choose_notices(user=user, email_notices="daily", muted=muted)

    assert refusal.value.field == "kinds"
    user.refresh_from_db()
    assert (user.email_notices, user.muted_notices) == ("at_once", [])


def test_choices_that_are_not_on_offer_are_refused(line: list[Representative]) -> None:
    user = User.objects.create_user("ann@example.com")

    with pytest.raises(profiles.UnableToChoose):
        profiles.choose_language(user=user, language="de")
    with pytest.raises(profiles.UnableToChoose):
        profiles.choose_notices(user=user, email_notices="hourly", muted=[])
    with pytest.raises(profiles.UnableToChoose):
        profiles.choose_contact_sharing(representative=line[1], shared_with="crossline")


def test_database_refuses_choices_that_do_not_exist(line: list[Representative]) -> None:
    user = User.objects.create_user("ann@example.com")
    update = "UPDATE representatives_user SET {} = %s WHERE id = %s"

    assert refused_by(update.format("email_notices"), "hourly", user.pk) == (
        "user_email_notices_known"
    )
    assert refused_by(update.format("language"), "../etc", user.pk) == "user_language_code"
    assert refused_by(
        "UPDATE representatives_representative SET contact_shared_with = %s WHERE id = %s",
        *("all", line[1].pk),
    ) == ("representative_contact_sharing_known")


def test_rows_written_without_the_choices_get_the_defaults() -> None:
    """Imports and the bench write rows without going through the models."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO representatives_user"
            " (email, password, is_active, is_staff, is_superuser, is_system, date_joined)"
            " VALUES ('raw@example.com', '', true, false, false, false, now())"
        )

    user = User.objects.get(email="raw@example.com")
    assert (user.language, user.email_notices, user.muted_notices) == ("", "at_once", [])


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile"
            " Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile"
            " Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_browsers_are_told_apart(header: str, name: str) -> None:
    assert browser_name(header) == name
