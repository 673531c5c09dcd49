"""The staff's pages of payouts: four eyes, flags, files, answers, and what nobody may see."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compensation.models import Payee, PayoutBatch
from representatives.models import User
from tests.compensation.paying import (
    IBANS,
    answers,
    approve_papers,
    draft,
    enter_account,
    paying_town,
    send,
)
from tests.compensation.town import Town
from tests.databases import TestDatabases

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LIST = "/admin/compensation/payoutbatch/"
EVERYTHING = (
    *("view_payoutbatch", "add_payoutbatch", "approve_payoutbatch", "send_payoutbatch"),
    *("view_payee", "decide_payee"),
)


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _allow(user: User, *names: str) -> Client:
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def _text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def _act(client: Client, batch: PayoutBatch, act: str, **facts: Any) -> Any:
    return client.post(f"{LIST}{batch.pk}/do/{act}/", facts, follow=True)


def _status(batch: PayoutBatch) -> str:
    return PayoutBatch.objects.get(pk=batch.pk).status


def test_a_batch_goes_through_four_eyes_to_a_file_and_its_answers(paying: Town) -> None:
    maker = _allow(paying.closer, *EVERYTHING)
    checker = _allow(paying.approver, *EVERYTHING)

    drafted = maker.post(f"{LIST}draft/", {"execution_date": "2017-02-21"}, follow=True)
    batch = PayoutBatch.objects.get()
    assert "Drafted. Somebody else approves it." in _text(drafted)
    assert "Waits for another person" in _text(drafted)
    own = maker.post(f"{LIST}{batch.pk}/do/approve/")
    assert own.status_code == 403
    assert _status(batch) == "draft"

    assert "It can be sent now" in _text(_act(checker, batch, "approve"))
    assert "Take the files to the bank" in _text(_act(maker, batch, "send"))
    file = maker.post(f"{LIST}{batch.pk}/file/1/")
    again = maker.post(f"{LIST}{batch.pk}/file/1/")
    assert file.content == again.content
    assert file.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(file.content)
    names = [one.text for one in root.iter("{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}IBAN")]
    assert set(names) > {IBANS["A"], IBANS["TOP"]}
    assert "Noted that the bank has the files" in _text(_act(maker, batch, "confirm"))
    assert "is sent" in _text(_act(maker, batch, "cancel", reason="too late"))
    assert _status(batch) == "sent"

    upload = answers(*((one, "ACSC") for one in batch.payouts.all()))
    answered = maker.post(f"{LIST}answers/", {"file": SimpleUploadedFile("bank.csv", upload)})
    assert "Every line fits" in _text(answered)
    assert _status(batch) == "closed"
    assert "agree" in _text(maker.get(f"{LIST}reconcile/"))


def test_an_edit_after_the_approval_takes_it_back_to_draft(paying: Town) -> None:
    maker = _allow(paying.closer, *EVERYTHING)
    checker = _allow(paying.approver, *EVERYTHING)
    third = _allow(User.objects.create_user("third@example.com", "x", is_staff=True), *EVERYTHING)
    batch = draft(paying)
    _act(checker, batch, "approve")
    payout = batch.payouts.get(representative=paying.members["A"])

    removed = _act(checker, batch, "remove", payout=payout.pk, reason="call her first")

    assert "Removed and released" in _text(removed)
    assert _status(batch) == "draft"
    for client in (maker, checker):
        assert client.post(f"{LIST}{batch.pk}/do/approve/").status_code == 403
    _act(maker, batch, "send")
    assert _status(batch) == "draft"
    _act(third, batch, "approve")
    assert _status(batch) == "approved"


def test_a_day_that_is_past_is_set_anew_and_files_go_out_until_they_are_answered(
    paying: Town,
) -> None:
    maker = _allow(paying.closer, *EVERYTHING)
    checker = _allow(paying.approver, *EVERYTHING)
    batch = draft(paying)
    paying.set_clock("2017-02-21T10:00")

    assert "The day of payment is past." in _text(maker.get(f"{LIST}{batch.pk}/page/"))
    assert "The day of payment is past." in _text(_act(checker, batch, "approve"))
    assert "valid date" in _text(_act(maker, batch, "day", execution_date="soon"))
    assert "The day is set" in _text(_act(maker, batch, "day", execution_date="2017-02-22"))
    _act(checker, batch, "approve")
    sent = _act(maker, batch, "send")
    assert "Download" in _text(sent)
    upload = answers((batch.payouts.order_by("pk")[0], "RJCT", "MS03"))
    for act in ("", "confirm"):
        if act:
            _act(maker, batch, act)
        answered = maker.post(f"{LIST}answers/", {"file": SimpleUploadedFile("b.csv", upload)})
    assert "Every line fits" in _text(answered)

    assert "Download" not in _text(maker.get(f"{LIST}{batch.pk}/page/"))
    refused = maker.post(f"{LIST}{batch.pk}/file/1/", follow=True)
    assert "it is not handed out again" in _text(refused)


def test_one_account_of_two_people_is_flagged_and_must_be_looked_at(paying: Town) -> None:
    enter_account(paying, "D", IBANS["A"])
    batch = draft(paying)
    checker = _allow(paying.approver, *EVERYTHING)

    page = _text(checker.get(f"{LIST}{batch.pk}/page/"))
    shared = _text(checker.get(f"{LIST}{batch.pk}/page/?flag=shared_account"))
    refused = _text(_act(checker, batch, "approve"))

    assert "I have looked at “Account of several representatives”" in page
    assert "Member A" in shared
    assert "Member D" in shared
    assert "Member X" not in shared
    assert "Look at these first" in refused
    assert _status(batch) == "draft"
    _act(checker, batch, "approve", noted="shared_account")
    assert _status(batch) == "approved"
    assert "The same account was given by: Member D" in _text(
        checker.get("/admin/compensation/payee/A/page/")
    )


def test_what_may_not_be_paid_any_more_is_removed_before_the_approval(paying: Town) -> None:
    batch = draft(paying)
    maker = _allow(paying.closer, *EVERYTHING)
    checker = _allow(paying.approver, *EVERYTHING)
    third = _allow(User.objects.create_user("third@example.com", "x", is_staff=True), *EVERYTHING)
    held = maker.post(
        "/admin/compensation/payee/A/decide/",
        {"act": "hold", "reason": "a question about January"},
        follow=True,
    )
    assert "Noted, with your name and reason" in _text(held)

    assert "may not go out any more" in _text(checker.get(f"{LIST}{batch.pk}/page/"))
    assert "Remove first" in _text(_act(checker, batch, "approve"))
    _act(checker, batch, "remove-stale")
    _act(third, batch, "approve")

    assert _status(batch) == "approved"
    assert batch.payouts.get(representative=paying.members["A"]).status == "cancelled"


@pytest.mark.parametrize("key", ["iban", "iban__startswith", "bic__gt", "holder_name__contains"])
def test_an_account_is_not_guessed_by_a_filter_of_the_list(paying: Town, key: str) -> None:
    viewer = _allow(paying.closer, "view_payee")
    payees = "/admin/compensation/payee/"

    assert viewer.get(payees, {"held__exact": "0"}).status_code == 200
    assert viewer.get(payees, {key: IBANS["A"][:6]}).status_code == 400


def test_lines_that_fit_nothing_are_named_and_change_nothing(paying: Town) -> None:
    client = _allow(paying.closer, *EVERYTHING)
    batch = send(paying)
    payout = batch.payouts.order_by("pk")[0]
    file = (
        "end_to_end_id;status;reason;amount\n"
        f"{payout.end_to_end_id};ACSC;;0.01\nSTRANGE-1;ACSC;;\n{payout.end_to_end_id}x;RJCT;AC04;\n"
    )

    found = _text(
        client.post(f"{LIST}answers/", {"file": SimpleUploadedFile("a.csv", file.encode())})
    )

    assert "The amount is not ours" in found
    assert found.count("No payout of ours has this identification") == 2
    assert set(batch.payouts.values_list("status", flat=True)) == {"sent"}
    broken = client.post(f"{LIST}answers/", {"file": SimpleUploadedFile("a.csv", b"nonsense")})
    assert broken.status_code == 422
    assert "A CSV needs the columns" in _text(broken)


@pytest.mark.parametrize(
    ("permission", "address", "method"),
    [
        ("view_payoutbatch", "{list}{batch}/page/", "get"),
        ("view_payoutbatch", "{list}reconcile/", "get"),
        ("add_payoutbatch", "{list}draft/", "get"),
        ("send_payoutbatch", "{list}answers/", "get"),
        ("send_payoutbatch", "{list}{batch}/file/1/", "post"),
        ("send_payoutbatch", "{list}reconcile/", "post"),
        ("send_payoutbatch", "{list}{batch}/do/send/", "post"),
        ("approve_payoutbatch", "{list}{batch}/do/approve/", "post"),
        ("add_payoutbatch", "{list}{batch}/do/cancel/", "post"),
        ("add_payoutbatch", "{list}{batch}/do/remove/", "post"),
        ("view_payee", "/admin/compensation/payee/A/page/", "get"),
        ("decide_payee", "/admin/compensation/payee/A/decide/", "post"),
    ],
)
def test_every_page_and_act_takes_its_permission(
    paying: Town, permission: str, address: str, method: str
) -> None:
    batch = draft(paying)
    others = [name for name in EVERYTHING if name != permission]
    client = _allow(paying.approver, *others)

    answer = getattr(client, method)(address.format(list=LIST, batch=batch.pk))

    assert answer.status_code == 403


def test_whole_account_numbers_take_a_permission_of_their_own(paying: Town) -> None:
    enter_account(paying, "Y", IBANS["A"])
    approve_papers(paying, "Y")
    batch = draft(paying)
    client = _allow(paying.approver, *EVERYTHING)
    pages = [
        "/admin/compensation/payee/",
        "/admin/compensation/payee/A/page/",
        LIST,
        f"{LIST}{batch.pk}/page/",
        f"{LIST}reconcile/",
    ]

    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert IBANS["A"] not in answer.content.decode(), page
    assert "2874" in client.get(pages[1]).content.decode()
    _allow(paying.approver, "see_bank_details")
    assert IBANS["A"] in client.get(pages[1]).content.decode()


def test_checks_are_decided_with_a_reason_and_never_on_oneself(paying: Town) -> None:
    client = _allow(paying.approver, *EVERYTHING)
    address = "/admin/compensation/payee/B/decide/"

    without = client.post(address, {"act": "approve-kyc", "reason": " "}, follow=True)
    done = client.post(address, {"act": "approve-kyc", "reason": "passport seen"}, follow=True)
    member = paying.members["Y"]
    member.user = paying.approver
    member.save(update_fields=["user"])
    own = client.post(
        "/admin/compensation/payee/Y/decide/",
        {"act": "approve-kyc", "reason": "trust me"},
        follow=True,
    )

    assert "Say why" in _text(without)
    assert "passport seen" in _text(done)
    assert "Nobody decides on their own payouts" in _text(own)
    assert Payee.objects.get(representative=paying.members["B"]).kyc_status == "approved"
    assert client.post(address, {"act": "nonsense", "reason": "x"}).status_code == 404
