"""What staff need beyond a password, when they are logged out, and help for lost phones."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from config import staff_sessions
from representatives.models import OutboxEvent, User
from tests.web.test_pages import text_of
from tests.web.two_factor.helpers import Do, add_passkey, code, log_in, set_up_app

pytestmark = pytest.mark.django_db

# -- Staff -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)  # the app is set up with the commit
def test_staff_are_sent_to_set_up_a_second_factor(boss: User, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = True
    client = log_in(boss)

    for address in ("/admin/", "/staff/people/", "/", "/admin/representatives/user/"):
        assert client.get(address).headers["Location"] == "/accounts/2fa/"
    assert client.post("/staff/enrol/", {}).headers["Location"] == "/accounts/2fa/"
    assert "Staff must have one" in text_of(client.get("/accounts/2fa/"))
    assert client.get("/profile/").status_code == 200

    set_up_app(client, lambda act: act())
    assert client.get("/staff/people/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_staff_session_without_the_second_factor_is_asked_for_it(
    boss: User, committed: Do, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = True
    before = log_in(boss)
    UserSession.objects.all().delete()  # a session that nobody knows of, and nobody ends
    secret = set_up_app(log_in(boss), committed)

    answer = before.get("/staff/people/?q=Ana")
    assert answer.headers["Location"] == (
        "/accounts/2fa/reauthenticate/?next=%2Fstaff%2Fpeople%2F%3Fq%3DAna"
    )
    part = before.get("/staff/people/", headers={"hx-request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/accounts/2fa/reauthenticate/")
    before.post("/accounts/2fa/reauthenticate/", {"code": code(secret)})
    assert before.get("/staff/people/").status_code == 200


def test_removed_second_factor_closes_the_staff_pages_at_once(
    boss: User, committed: Do, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = True
    client = log_in(boss)
    add_passkey(client, committed)
    assert client.get("/staff/people/").status_code == 200

    Authenticator.objects.all().delete()

    assert client.get("/staff/people/").headers["Location"] == "/accounts/2fa/"


def test_representatives_are_not_asked_for_a_second_factor(ana: User, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = True

    assert log_in(ana).get("/profile/").status_code == 200


def age(client: Client, *, idle: int = 0, old: int = 0) -> None:
    session = client.session
    times = session[staff_sessions.KEY]
    session[staff_sessions.KEY] = {"since": times["since"] - old, "seen": times["seen"] - idle}
    session.save()


@pytest.mark.parametrize(
    ("ages", "is_over"),
    [
        ({"idle": 29 * 60}, False),
        ({"idle": 31 * 60}, True),
        ({"old": 7 * 3600}, False),
        ({"old": 9 * 3600}, True),
    ],
)
def test_staff_are_logged_out_when_idle_or_after_a_day(
    boss: User, ages: dict[str, int], is_over: bool
) -> None:
    client = log_in(boss)
    assert client.get("/staff/people/").status_code == 200
    age(client, **ages)

    answer = client.get("/staff/people/")

    assert answer.status_code == (302 if is_over else 200)
    if is_over:
        assert answer.headers["Location"] == "/accounts/login/?next=%2Fstaff%2Fpeople%2F"
        assert "nothing was done here for a while" in text_of(client.get("/accounts/login/"))
        assert client.get("/profile/").status_code == 302


def test_use_keeps_a_staff_session_alive(boss: User) -> None:
    client = log_in(boss)
    client.get("/staff/people/")
    for _ in range(3):
        age(client, idle=20 * 60)
        assert client.get("/staff/people/").status_code == 200


def test_page_that_asks_by_itself_keeps_no_session_alive(boss: User) -> None:
    client = log_in(boss)
    client.get("/staff/people/")
    age(client, idle=20 * 60)
    before = client.session[staff_sessions.KEY]

    client.get("/admin/compensation/period/2017-11/close/progress/")

    assert client.session[staff_sessions.KEY] == before


def test_sessions_of_representatives_are_not_touched(ana: User) -> None:
    client = log_in(ana)
    client.get("/profile/")

    assert staff_sessions.KEY not in client.session


def test_secrets_and_sessions_are_not_in_the_admin(boss: User) -> None:
    client = log_in(boss)

    assert client.get("/admin/mfa/authenticator/").status_code == 404
    assert client.get("/admin/usersessions/usersession/").status_code == 404


# -- Lost phones -----------------------------------------------------------------------------------


def remove(client: Client, *users: User) -> str:
    given = {"action": "remove_second_factors", "_selected_action": [user.pk for user in users]}
    return text_of(client.post("/admin/representatives/user/", given, follow=True))


def test_staff_remove_second_factors_of_who_lost_them(ana: User, boss: User, committed: Do) -> None:
    lost = log_in(ana)
    add_passkey(lost, committed)
    client = log_in(boss)
    assert "ana@example.org" in text_of(client.get("/admin/representatives/user/"))

    text = remove(client, ana)

    assert "The second factors of ana@example.org are removed." in text
    assert not Authenticator.objects.exists()
    assert lost.get("/profile/").status_code == 302
    assert log_in(ana).get("/profile/").status_code == 200
    told = OutboxEvent.objects.get(key__startswith="account:two_factor_removed:")
    assert told.payload["to"] == "ana@example.org"
    logged = LogEntry.objects.get(object_id=str(ana.pk))
    assert logged.user == boss


def test_own_second_factors_are_not_removed_in_the_admin(boss: User, committed: Do) -> None:
    client = log_in(boss)
    add_passkey(client, committed)

    assert "Remove your own in your profile." in remove(client, boss)
    assert Authenticator.objects.count() == 2


def test_staff_without_the_right_remove_nothing(ana: User, boss: User, committed: Do) -> None:
    add_passkey(log_in(ana), committed)
    User.objects.filter(pk=boss.pk).update(is_superuser=False)
    boss.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))

    remove(log_in(boss), ana)

    assert Authenticator.objects.count() == 2


# -- Another address -------------------------------------------------------------------------------


def test_address_of_a_log_in_is_changed_by_staff_alone(ana: User) -> None:
    client = log_in(ana)

    assert client.get("/accounts/email/").headers["Location"] == "/profile/"
    thief = {"email": "thief@example.org", "action_add": ""}
    assert client.post("/accounts/email/", thief).status_code == 405
    assert not EmailAddress.objects.exists()


def test_old_address_opens_nothing_once_staff_have_changed_it(ana: User, boss: User) -> None:
    EmailAddress.objects.create(user=ana, email=ana.email, verified=True, primary=True)
    form = {"email": "ana@new.example", "is_active": "on"}

    log_in(boss).post(f"/admin/representatives/user/{ana.pk}/change/", form)

    ana.refresh_from_db()
    assert ana.email == "ana@new.example"
    assert not EmailAddress.objects.filter(email="ana@example.org").exists()
    told = OutboxEvent.objects.filter(key__startswith="account:address_changed:")
    addresses = [event.payload["to"] for event in told.order_by("pk")]
    assert addresses == ["ana@example.org", "ana@new.example"]
    Client().post("/accounts/password/reset/", {"email": "ana@example.org"})
    assert not OutboxEvent.objects.filter(topic="password-reset").exists()
