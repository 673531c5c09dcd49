"""The representative's payouts page and bank details: what is said, asked for and never shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from compensation.models import Payee, PayeeEvent
from representatives.models import Notice
from tests.compensation.paying import (
    IBANS,
    draft,
    give_login,
    paying_town,
    send,
    settle,
)
from tests.compensation.town import Town
from tests.databases import TestDatabases

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PASSWORD = "a password nobody types"


@pytest.fixture(autouse=True)
def _no_rate_limits(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _visit(town: Town, code: str) -> Client:
    user = town.members[code].user or give_login(town, code)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def _text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def _type_password(client: Client) -> None:
    response = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert response.status_code == 302


def test_the_page_says_what_is_paid_next_and_when(paying: Town) -> None:
    text = _text(_visit(paying, "A").get("/payouts/"))

    assert "Paid next" in text
    assert "Planned for 15 March 2017" in text
    assert "•••• 2874" in text
    assert IBANS["A"] not in text


def test_every_reason_to_hold_says_why_and_what_to_do(paying: Town) -> None:
    nothing = _text(_visit(paying, "F").get("/payouts/"))
    papers = _text(_visit(paying, "B").get("/payouts/"))

    assert "Nothing to pay yet" in nothing
    assert "Held for now" in papers
    for words in ("Identity not checked", "Tax form missing", "No bank account"):
        assert words in nothing
    assert "Enter your bank details" in nothing
    assert "No bank account" not in papers
    assert "The law asks us to know whom we pay" in papers


def test_papers_have_an_address(paying: Town, settings: Any) -> None:
    settings.CONTACT_EMAIL = "office@lindgrove.example"

    text = _text(_visit(paying, "F").get("/payouts/"))

    assert "Send us a copy of your identity card. The address is office@lindgrove.example." in text
    assert "Then press “I have sent it” beside it under Papers." in text


def test_papers_are_submitted_once(paying: Town) -> None:
    client = _visit(paying, "F")

    first = client.post("/payouts/papers/identity/", follow=True)
    second = client.post("/payouts/papers/identity/", follow=True)

    assert "We look at your papers" in _text(first)
    assert "with us already" in _text(second)
    assert Payee.objects.get(representative=paying.members["F"]).kyc_status == "submitted"
    assert client.post("/payouts/papers/nonsense/").status_code == 404


def test_bank_details_ask_for_the_password_and_keep_what_was_posted_nowhere(paying: Town) -> None:
    client = _visit(paying, "F")
    asked = client.get("/payouts/bank/")
    posted = client.post("/payouts/bank/", {"holder_name": "F", "iban": IBANS["A"]})

    for response in (asked, posted):
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/reauthenticate/?next=%2Fpayouts")
    assert not Payee.objects.filter(representative=paying.members["F"]).exists()
    for session in Session.objects.all():
        assert IBANS["A"] not in str(session.get_decoded())


def test_bank_details_are_saved_told_by_e_mail_and_cool(paying: Town) -> None:
    client = _visit(paying, "F")
    _type_password(client)

    answer = client.post(
        "/payouts/bank/",
        {"holder_name": "Member F", "iban": "nl91 abna 0417 1643 00", "bic": ""},
        follow=True,
    )

    text = _text(answer)
    assert "New bank account" in text
    assert "27 February 2017" in text
    payee = Payee.objects.get(representative=paying.members["F"])
    assert (payee.iban, payee.account_version) == ("NL91ABNA0417164300", 1)
    notice = Notice.objects.get(event=f"payee:{payee.pk}:account:1")
    assert notice.user.email == "f@example.com"
    assert notice.mail == "at_once"
    assert payee.iban not in str(notice.facts)
    assert payee.iban not in str(list(PayeeEvent.objects.values()))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"iban": "DE89370400440532013001"}, "This is no IBAN"),
        ({"iban": "SA0380000000608010167519"}, "SEPA zone only"),
        ({"iban": "DE89370400440532013000", "bic": "NONSENSE!"}, "This is no BIC"),
        ({"iban": "DE89370400440532013000", "holder_name": "☺"}, "as the bank knows it"),
    ],
)
def test_wrong_bank_details_are_named_and_not_repeated(
    paying: Town, facts: dict[str, str], words: str
) -> None:
    client = _visit(paying, "F")
    _type_password(client)

    answer = client.post("/payouts/bank/", {"holder_name": "Member F", **facts})

    assert answer.status_code == 422
    assert words in _text(answer)
    assert not Payee.objects.filter(representative=paying.members["F"]).exists()


def test_payouts_are_listed_with_their_state(paying: Town) -> None:
    client = _visit(paying, "A")
    batch = draft(paying)
    assert "On its way to you" in _text(client.get("/payouts/"))
    send(paying, batch)
    on_its_way = _text(_visit(paying, "A").get("/payouts/"))
    assert "With the bank" in on_its_way
    assert "Nothing to pay yet" not in on_its_way
    assert "With the bank" in _text(client.get("/payouts/"))
    settle(paying, batch)
    text = _text(client.get("/payouts/"))

    assert "Paid" in text
    assert batch.payouts.get(representative=paying.members["A"]).end_to_end_id in text


def test_a_member_sees_nothing_of_another_and_staff_have_no_such_page(paying: Town) -> None:
    draft(paying)
    other = _text(_visit(paying, "D").get("/payouts/"))
    staff = Client()
    staff.force_login(paying.closer, backend=BACKEND)

    assert "2874" not in other
    assert staff.get("/payouts/").status_code == 404
