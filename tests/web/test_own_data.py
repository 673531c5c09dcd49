"""The export: everything kept about the person who asks, nothing about others beyond the pages."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ForeignKey
from django.test import Client
from PIL import Image

from compensation import own_data
from compensation.models import Account, Entry
from compensation.services import payees
from compensation.statements.sheet import money
from representatives import company_logo, invitations, profiles
from representatives.mail import Place
from representatives.models import Representative, User
from sales.services import customers
from sales.suggestions.services import set_capacity
from tests.compensation import town as closing
from tests.web import company
from tests.web.company import PASSWORD, Town

IBAN = "DE89370400440532013000"


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def log_in(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def download(client: Client) -> zipfile.ZipFile:
    answer: Any = client.get("/profile/data/own-data.zip")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="own-data.zip"'
    assert "no-store" in answer.headers["Cache-Control"]
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def fill(town: Town) -> None:
    """Give Ana something in most parts."""
    ana, user = town.people["Ana Silva"], town.user("Ana Silva")
    payees.change_bank_account(
        representative=ana, by=user, now=town.now, holder_name="Ana Silva", iban=IBAN, bic=""
    )
    place = Place("http://testserver", "en")
    invitations.create_invitation(
        sponsor=ana, email="guest@example.org", name="Guest", place=place, now=town.now
    )
    profiles.choose_notices(user=user, email_notices="daily", muted=["rank"])
    customers.add_customer(
        representative=ana, name="=cmd|' /C calc'!A0", now=town.now, note="Likes tea"
    )
    set_capacity(seller=ana, jobs=7)


def test_export_holds_what_is_kept_of_the_person(town: Town) -> None:
    fill(town)

    archive = download(log_in(town.user("Ana Silva")))

    told = json.loads(archive.read("own-data.json"))
    assert told["you"][0]["name"] == "Ana Silva"
    assert told["you"][0]["log_in"] == "ana@example.org"
    assert told["you"][0]["email_notices"] == "daily"
    assert told["you"][0]["sponsor"] == "Marta Wrona"
    assert told["payee"][0]["iban"] == IBAN
    assert told["payee"][1]["what"] == "account"
    assert told["invitations"][0]["email"] == "guest@example.org"
    assert told["orders"][0]["quantity"] == 4
    assert told["orders"][0]["amount"] == "120.00"
    assert [one["name"] for one in told["customers"]] == ["Helena", "=cmd|' /C calc'!A0"]
    assert told["work_day"] == [{"jobs": 7}]
    assert {one["kind"] for one in told["follow_ups"]} == {"care"}
    assert told["sessions"][0]["address"] == "127.0.0.1"


def test_tables_open_in_a_spreadsheet_without_running_anything(town: Town) -> None:
    fill(town)

    archive = download(log_in(town.user("Ana Silva")))

    table = archive.read("tables/customers.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["name"] for row in rows] == ["Helena", "'=cmd|' /C calc'!A0"]
    assert rows[1]["note"] == "Likes tea"


def test_export_holds_nothing_of_others_but_what_pages_show(town: Town) -> None:
    fill(town)
    Representative.objects.update(phone="+1 555 0100")
    archive = download(log_in(town.user("Ana Silva")))

    everything = "\n".join(archive.read(name).decode() for name in archive.namelist())

    for other in ("bruno@example.org", "celine@example.org", "marta@example.org", "Bruno Costa"):
        assert other not in everything
    assert everything.count("+1 555 0100") == 2  # the own one, in JSON and in the table
    assert "staff@example.org" not in everything
    assert town.user("Ana Silva").password not in everything


def test_staff_without_membership_export_their_log_in(town: Town) -> None:
    told = json.loads(download(log_in(town.staff)).read("own-data.json"))

    assert told["you"][0]["log_in"] == "staff@example.org"
    assert "orders" not in told
    assert told["statements"] == []


# Tables that name a representative or a user and whose rows the export leaves out, and why.
LEFT_OUT = {
    "compensation.Finding": "what a close asks staff to look at",
    "compensation.MemberResult": "the posted ones are in the months and statements",
    "compensation.Earning": "in the statements",
    "compensation.Carried": "counts between months, of which the statements tell",
    "compensation.StatementName": "the name as it was, in the statements",
    "compensation.Balance": "sums of the ledger's entries",
    "compensation.ReversedPart": "parts of entries of the ledger",
    "compensation.Journal": "with its entries",
    "compensation.QuietCustomers": "a number worked out of the person's own customers",
    "sales.ContactFile": "other people's data that waits for a yes, for a day at most",
    "sales.MonthFigures": "counted from the person's own orders",
    "sales.CustomerTransfer": "customers who passed on belong to another one's data",
    "representatives.Representative": "the person, and the sponsor by name",
    "account.EmailAddress": "the log-in address once more",
    "admin.LogEntry": "what staff did in the administration",
}
EXPORTED = {
    *("representatives.SponsorChange", "representatives.StatusChange", "sales.Customer"),
    *("representatives.Invitation", "representatives.Placement", "representatives.Notice"),
    *("representatives.MemberLook", "sales.Order", "compensation.Entry", "compensation.Payee"),
    *("compensation.Payout", "compensation.RspConversion", "compensation.Adjustment"),
    *("compensation.Dispute", "compensation.RankOverride", "compensation.CouponEntry"),
    *("mfa.Authenticator", "usersessions.UserSession", "compensation.PayeeEvent", "sales.Return"),
    *("sales.ReferralLink", "sales.Arrival", "sales.GuideShare", "sales.GuideReading"),
    *("sales.Talk", "sales.Consent", "sales.SavedFilter"),
    *("sales.FollowUp", "sales.CalendarFeed", "sales.SuggestionDecision", "sales.WorkDay"),
}


def test_every_table_about_a_person_is_exported_or_left_out_for_a_reason() -> None:
    about = set()
    for model in apps.get_models():
        for one in model._meta.get_fields():
            if isinstance(one, ForeignKey) and one.related_model is Representative:
                about.add(model._meta.label)
            # Who of staff acted (decided_by, recorded_by) is not what a row is about.
            if isinstance(one, ForeignKey) and one.related_model is User and one.name == "user":
                about.add(model._meta.label)

    assert about - EXPORTED - set(LEFT_OUT) == set()


def test_page_names_each_part(town: Town) -> None:
    client = log_in(town.user("Ana Silva"))
    subject = own_data.Subject(town.user("Ana Silva"), town.people["Ana Silva"])

    page = client.get("/profile/data/").content.decode()

    assert all(str(part.label) in page for part in own_data.parts_for(subject))


@pytest.mark.django_db(transaction=True)
def test_export_holds_the_statements_and_the_ledger_of_posted_months() -> None:
    town = closing.build_town()
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "green").save(picture, format="PNG")
    company_logo.set_logo(
        file=SimpleUploadedFile("logo.png", picture.getvalue()),
        by=User.objects.create_user("staff@example.org", PASSWORD, is_staff=True),
        now=closing.local("2017-01-05T10:00"),
    )
    run = town.close("2017-01")
    paid = Entry.objects.filter(journal__run=run, account=Account.COMMISSION_PAYABLE).first()
    assert paid is not None
    member = paid.representative
    assert member is not None
    user = User.objects.create_user("member@example.org", PASSWORD)
    Representative.objects.filter(pk=member.pk).update(user=user)

    archive = download(log_in(user))

    told = json.loads(archive.read("own-data.json"))
    number = f"2017-01-{member.code}"
    assert [one["number"] for one in told["statements"]] == [number]
    assert told["statements"][0]["edition"] == 2
    assert "logo" not in told["statements"][0]
    assert told["months"][0]["statement"] == number
    assert f"statements/{number}.csv" in archive.namelist()
    commission = [one for one in told["ledger"] if one["account"] == "commission_payable"]
    assert commission[0]["amount"] == money(paid.amount, "EUR")
    assert commission[0]["month"] == "2017-01"
