"""Invitations: a signed link, once, in time, and nobody learns who is known here."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.urls import reverse

from representatives import invitations, services
from representatives.mail import Place
from representatives.models import Company, Invitation, OutboxEvent, Representative, User
from tests.representatives.people import NOW, PASSWORD, enrol, make_staff, send_what_waits

pytestmark = pytest.mark.django_db
LIST = "/invitations/"
GOOD = {"name": "New Person", "phone": "", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _clock(db: None) -> None:
    set_clock(NOW)


def set_clock(instant: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE representatives_company SET clock_frozen_at = %s", [instant])


@pytest.fixture
def inviter() -> Representative:
    return enrol(enrol(name="Root"), name="Inge Inviter", with_login=True)


@pytest.fixture
def own_client(inviter: Representative) -> Client:
    client = Client()
    client.force_login(inviter.user)
    return client


def invite(client: Client, email: str = "new@example.com", name: str = "New Person") -> Any:
    return client.post(LIST, {"email": email, "name": name}, follow=True)


def link_in_mail() -> str:
    send_what_waits()
    found = re.search(r"http://testserver(/invitations/accept/\S+)", mail.outbox[-1].body)
    assert found is not None
    return found[1]


def test_invited_person_joins_under_the_inviter(
    own_client: Client, inviter: Representative, client: Client
) -> None:
    page = invite(own_client)
    assert page.status_code == 200
    assert "on its way" in page.content.decode()
    link = link_in_mail()
    assert mail.outbox[-1].to == ["new@example.com"]
    assert "Inge Inviter" in mail.outbox[-1].subject

    page = client.get(link)
    assert page.status_code == 200
    # With "no-referrer" a browser sends the form from the origin "null", and it is refused.
    assert page["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page["Cache-Control"]
    assert "Inge Inviter" in page.content.decode()
    page = client.post(link, GOOD, follow=True)

    assert page.redirect_chain == [(reverse("account_login"), 302)]
    member = Representative.objects.get(email="new@example.com")
    assert (member.sponsor, member.status, member.level) == (inviter, "enrolled", 2)
    assert member.user.check_password(PASSWORD)
    assert (member.invitation.accepted_at, member.created_at) == (NOW, NOW)
    entry = client.post(
        reverse("account_login"), {"login": "NEW@example.com", "password": PASSWORD}
    )
    assert entry.status_code == 302
    assert client.get(LIST).status_code == 200
    assert "Joined" in own_client.get(LIST).content.decode()


def test_link_works_once(own_client: Client, client: Client) -> None:
    invite(own_client)
    link = link_in_mail()
    client.post(link, GOOD)

    for again in (client.get(link), client.post(link, GOOD)):
        assert again.status_code == 410
        assert "is used" in again.content.decode()
    assert Representative.objects.count() == 3


def test_link_expires(own_client: Client, client: Client) -> None:
    invite(own_client)
    link = link_in_mail()
    set_clock(NOW + invitations.VALID_FOR - timedelta(seconds=1))
    assert client.get(link).status_code == 200
    set_clock(NOW + invitations.VALID_FOR)

    page = client.post(link, GOOD)

    assert page.status_code == 410
    assert "has expired" in page.content.decode()
    assert Representative.objects.count() == 2


def test_tampered_link_is_refused_like_an_unknown_one(own_client: Client, client: Client) -> None:
    invite(own_client)
    link = link_in_mail()
    secret = link.split("/")[3].split(":")[0]
    forged = [
        link[:-3] + "xx/",
        link.replace(secret, secret[::-1]),
        f"/invitations/accept/{secret}/",
        reverse("representatives:accept_invitation", args=[Signer().sign(secret)]),
        reverse(
            "representatives:accept_invitation",
            args=[Signer(salt="representatives.invitation").sign("another")],
        ),
        "/invitations/accept/x/",
    ]

    pages = [client.post(one, GOOD) for one in forged] + [client.get(one) for one in forged]

    assert {page.status_code for page in pages} == {404}
    assert {"is not valid" in page.content.decode() for page in pages} == {True}
    assert Representative.objects.count() == 2


def test_database_keeps_no_secret(own_client: Client) -> None:
    """Neither the link nor its secret, not even while the e-mail waits."""
    invite(own_client)
    waiting = " ".join(str(value) for value in vars(OutboxEvent.objects.get()).values())
    secret = link_in_mail().split("/")[3].split(":")[0]

    stored = " ".join(str(value) for value in vars(Invitation.objects.get()).values())
    sent = " ".join(str(value) for value in vars(OutboxEvent.objects.get()).values())

    assert secret not in waiting + stored + sent
    assert "seed" in waiting
    assert "seed" not in sent


def test_link_survives_a_change_of_the_portals_key_by_the_old_one(
    own_client: Client, client: Client, settings: Any
) -> None:
    invite(own_client)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert client.get(link_in_mail()).status_code == 200


def test_no_link_is_sent_when_the_key_is_lost(own_client: Client, settings: Any) -> None:
    invite(own_client)
    settings.SECRET_KEY = "another"

    assert send_what_waits().failed == 1
    assert mail.outbox == []
    assert "key" in OutboxEvent.objects.get().last_error


def test_an_invitation_closed_meanwhile_is_not_sent(
    own_client: Client, inviter: Representative
) -> None:
    invite(own_client)
    services.suspend_representative(
        representative=inviter, reason="late", decided_by=make_staff(), now=NOW
    )

    assert send_what_waits().sent == 1
    assert mail.outbox == []


def test_inviter_learns_nothing_about_an_address(
    own_client: Client, inviter: Representative, client: Client
) -> None:
    """A known and an unknown address get the same answer and an e-mail each."""
    known = invite(own_client, email=inviter.sponsor.email or "known@example.com")
    unknown = invite(own_client, email="somebody.else@example.com")

    assert known.status_code == unknown.status_code == 200
    assert send_what_waits().sent == 2
    assert len(mail.outbox) == 2


def test_known_address_is_told_to_its_owner_alone(own_client: Client, client: Client) -> None:
    User.objects.create_user("new@example.com", PASSWORD)
    invite(own_client)

    page = client.post(link_in_mail(), GOOD)

    assert page.status_code == 422
    assert "has a log-in already" in page.content.decode()
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password2": "another long one"}, "differ"),
        ({"password1": "short", "password2": "short"}, "at least 12"),
        ({"password1": "new@example.com1", "password2": "new@example.com1"}, "similar"),
        ({"name": ""}, "required"),
        ({"phone": "1" * 41}, "40"),
    ],
)
def test_bad_form_enrols_nobody(
    own_client: Client, client: Client, change: dict[str, str], message: str
) -> None:
    invite(own_client)

    page = client.post(link_in_mail(), {**GOOD, **change})

    assert page.status_code == 422
    assert message in page.content.decode()
    assert Representative.objects.count() == 2


def test_extra_fields_change_nothing(own_client: Client, client: Client) -> None:
    other = enrol(Representative.objects.get(name="Root"))
    invite(own_client)
    extra = {"sponsor": other.pk, "sponsor_code": other.code, "is_staff": "on", "code": "MINE",
             "email": "evil@example.com", "status": "terminated", "is_superuser": "1"}  # fmt: skip

    client.post(link_in_mail(), {**GOOD, **extra})

    member = Representative.objects.get(email="new@example.com")
    assert member.sponsor.name == "Inge Inviter"
    assert (member.user.is_staff, member.user.is_superuser) == (False, False)
    assert member.code != "MINE"


def test_link_of_a_suspended_inviter_is_closed(
    own_client: Client, inviter: Representative, client: Client
) -> None:
    invite(own_client)
    link = link_in_mail()
    services.suspend_representative(
        representative=inviter, reason="late", decided_by=make_staff(), now=NOW
    )

    page = client.get(link)

    assert page.status_code == 410
    assert "Ask the company" in page.content.decode()


def test_invitations_are_limited_by_the_day(
    own_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST_PER_DAY", 2)
    for number in range(2):
        assert invite(own_client, email=f"n{number}@example.com").status_code == 200

    page = invite(own_client)

    assert page.status_code == 422
    assert "At most 2" in page.content.decode()
    set_clock(NOW + timedelta(days=1))
    assert invite(own_client).status_code == 200


@pytest.mark.parametrize(("email", "name"), [("no address", "A"), ("", "A"), ("a@example.com", "")])
def test_bad_invitation_is_refused(own_client: Client, email: str, name: str) -> None:
    assert invite(own_client, email=email, name=name).status_code == 422
    assert not Invitation.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_header_injection_is_refused(own_client: Client) -> None:
    page = invite(own_client, name="A\r\nBcc: all@example.com")

    assert page.status_code in {200, 422}
    send_what_waits()
    assert all("Bcc" not in one.extra_headers for one in mail.outbox)
    assert all(one.to == ["new@example.com"] and one.bcc == [] for one in mail.outbox)


def test_mail_server_that_fails_is_asked_again(
    own_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("representatives.delivery.send_now", fail)
        assert "on its way" in invite(own_client).content.decode()
        assert send_what_waits().failed == 1
    assert mail.outbox == []

    OutboxEvent.objects.update(not_before=NOW)
    assert send_what_waits().sent == 1
    assert [one.to for one in mail.outbox] == [["new@example.com"]]


def test_page_shows_own_invitations_only(own_client: Client, inviter: Representative) -> None:
    other = enrol(inviter.sponsor, with_login=True)
    invitations.create_invitation(
        sponsor=other,
        email="secret@example.com",
        name="Secret",
        place=Place("https://portal.example", "en"),
        now=NOW,
    )

    assert "Secret" not in own_client.get(LIST).content.decode()
    assert "Nobody invited yet" in own_client.get(LIST).content.decode()


def test_company_name_is_in_the_mail(own_client: Client) -> None:
    Company.objects.update(name="Quinces & Co")
    invite(own_client)
    send_what_waits()

    assert "Quinces & Co" in mail.outbox[-1].body
    assert "Quinces & Co" in mail.outbox[-1].subject
