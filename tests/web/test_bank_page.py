"""The page of the RSP bank, as a representative uses it: look, ask, confirm, be refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from compensation import services
from compensation.forms_bank import read_points
from compensation.models import RspConversion
from representatives.models import User
from tests.compensation.bank_town import BANK, FLAT, build_bank_town, convert
from tests.compensation.town import Town
from tests.web.test_pages import text_of

PAGE, CONFIRM = "/rsp/", "/rsp/confirm/"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def log_in(town: Town, code: str = "A") -> Client:
    """A browser of a member who has a log-in."""
    person = town.members[code]
    if person.user_id is None:
        person.user = User.objects.create_user(f"{code.lower()}@example.org", "a long password")
        person.save(update_fields=["user"])
    client = Client()
    client.force_login(person.user, backend=BACKEND)
    return client


def fields(page: Any) -> dict[str, str]:
    """The hidden fields of the confirmation."""
    html = page.content.decode()
    form = html[html.index('action="/rsp/confirm/"') :]
    found = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form):
        name = re.search(r'name="(\w+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] != "csrfmiddlewaretoken":
            found[name[1]] = value[1]
    return found


def token_of_calculator(client: Client) -> str:
    """The token that the calculator hands on."""
    html = client.get(PAGE).content.decode()
    found = re.search(r'name="token" value="(\w+)"', html)
    assert found
    return found[1]


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose plan has a bank; January is posted, the clock stands in February."""
    town = build_bank_town()
    town.close("2017-01")
    town.set_clock("2017-02-20T12:00")
    return town


def test_the_balance_is_the_first_figure(town: Town) -> None:
    text = text_of(log_in(town).get(PAGE))

    assert "Ready to convert 260 RSP" in text
    assert "Today all of it brings €15.00, or 95 BV." in text
    assert "260 RSP are converted to cash automatically on 1 April 2017, in 40 days." in text
    assert "Pending 0" in text
    assert "January 2017 own sales 40 of 40" in text
    assert "January 2017 downline 220 of 220" in text


def test_a_distant_expiry_is_no_banner(transactional_db: None) -> None:
    town = build_bank_town(BANK.replace("expires_after_months: 2", "expires_after_months: 24"))
    town.close("2017-01")
    town.set_clock("2017-02-20T12:00")

    text = text_of(log_in(town).get(PAGE))

    assert "converted to cash automatically on" not in text
    assert "cashed on 1 Feb 2019" in text  # the lot tells it
    assert "Expired 0 none so far" in text


def test_pending_points_say_from_when(town: Town) -> None:
    town.set_clock("2017-02-14T23:59")

    text = text_of(log_in(town).get(PAGE))

    assert "Ready to convert 0 RSP" in text
    assert "The next points are ready on 15 February 2017." in text
    assert "Pending 260 ready from 15 Feb 2017" in text


def test_the_calculator_answers_with_and_without_script(town: Town) -> None:
    client = log_in(town)

    whole = client.get(PAGE, {"points": "90"})
    part = client.get(PAGE, {"points": "90"}, headers={"hx-request": "true"})

    for page in (whole, part):
        text = text_of(page)
        assert "€4.50" in text
        assert "20 BV" in text
        assert "10 RSP stay in the bank" in text
        assert "10 RSP more fill the lump of 100 and pay €1.50 more . You have them." in text
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()


def test_what_waiting_would_bring(town: Town) -> None:
    client = log_in(town)
    all_of_it = text_of(client.get(PAGE, {"points": "260"}))
    a_little = text_of(client.get(PAGE, {"points": "101"}))

    assert "Wait for 40 RSP more , and the lump of 100 pays €3.00 more ." in all_of_it
    assert "€1.00 of that is gained by converting them together." in all_of_it
    assert "Up to the lump of 20 the rate is the same: converting to cash now" in a_little
    # Nothing is gained by the next lump, so nothing is said to pay more.
    assert "19 RSP more fill" not in a_little
    assert "pay €0.95 more" not in a_little
    assert "Waiting pays from the lump of 100 on: 99 RSP more gain €1.00." in a_little


def test_a_flat_rate_gains_nothing_by_waiting(transactional_db: None) -> None:
    town = build_bank_town(FLAT)
    town.close("2017-01")
    town.set_clock("2017-02-20T12:00")

    text = text_of(log_in(town).get(PAGE, {"points": "100"}))

    assert "€2.60" in text
    assert "10 BV" in text
    assert "waiting gains nothing" in text
    assert "10,000 RSP in cash €260.00" in text


BAD = {
    "": "Enter a number of points such as 120 or 120.50.",
    "many": "Enter a number of points such as 120 or 120.50.",
    "1.005": "Enter a number of points such as 120 or 120.50.",
    "1e3": "Enter a number of points such as 120 or 120.50.",
    "٣": "Enter a number of points such as 120 or 120.50.",
    "0": "Enter a number of points above nought.",
    "-5": "Enter a number of points above nought.",
    "−5": "Enter a number of points above nought.",
    "0.99": "At least 1 RSP are needed for that.",
    "261": "260 RSP are active; more can’t be converted today.",
    "9999999999999": "260 RSP are active; more can’t be converted today.",
}


def test_bad_input_gets_a_message(town: Town) -> None:
    client = log_in(town)
    for typed, message in BAD.items():
        for page in (
            client.get(PAGE, {"points": typed}),
            client.get(PAGE, {"points": typed}, headers={"hx-request": "true"}),
            client.get(CONFIRM, {"points": typed, "target": "cash"}, follow=True),
        ):
            assert page.status_code == 200
            assert message in text_of(page), typed
            # What can't be converted is offered at no price, and nobody is told to wait.
            assert "bank-offer" not in page.content.decode(), typed
            assert "bank-wait" not in page.content.decode(), typed
    assert not RspConversion.objects.exists()


@pytest.mark.parametrize(
    ("typed", "language", "points"),
    [
        ("1,50", "pl", 150),
        ("12 480,5", "pl", 1_248_050),
        ("1.5", "pl", 150),
        ("1,500", "en", 150_000),
        ("1,50", "en", None),
        ("12,34,567", "en", None),
        (" 120.5 ", "en", 12_050),
        ("-3", "en", -300),
        ("1" * 14, "en", None),
    ],
)
def test_points_are_read_as_the_language_writes_them(
    typed: str, language: str, points: int | None
) -> None:
    assert read_points(typed, language) == points


def test_confirming_is_a_step_of_its_own(town: Town) -> None:
    client = log_in(town)
    page = client.get(CONFIRM, {"points": "120", "target": "cash"})

    assert "You give 120 RSP" in text_of(page)
    assert "You get €7.00" in text_of(page)
    assert "Active after that 140 RSP" in text_of(page)
    assert not RspConversion.objects.exists()
    sent = fields(page)
    assert {key: sent[key] for key in ("points", "target", "cash", "bv")} == {
        "points": "12000",
        "target": "cash",
        "cash": "700",
        "bv": "0",
    }

    answer = client.post(CONFIRM, sent)

    (done,) = RspConversion.objects.all()
    assert answer.url == f"/rsp/conversions/{done.token}/"
    text = text_of(client.get(answer.url))
    assert "Given 120 RSP" in text
    assert "Received €7.00" in text
    assert "Ready to convert 140 RSP" in text_of(client.get(PAGE))


def test_a_double_click_and_the_back_button_convert_once(town: Town) -> None:
    client = log_in(town)
    sent = fields(client.get(CONFIRM, {"points": "50", "target": "bv"}))

    first = client.post(CONFIRM, sent)
    again = client.post(CONFIRM, sent, follow=True)

    assert RspConversion.objects.count() == 1
    assert again.redirect_chain == [(first.url, 302)]
    assert "Nothing was converted a second time." in text_of(again)


def test_the_step_before_leads_to_what_came_of_it(town: Town) -> None:
    client = log_in(town)
    asked = {"points": "260", "target": "cash", "token": token_of_calculator(client)}
    sent = fields(client.get(CONFIRM, asked))
    assert sent["token"] == asked["token"]
    done = client.post(CONFIRM, sent)

    back = client.get(CONFIRM, asked)
    other = client.get(CONFIRM, {**asked, "points": "60"}, follow=True)

    assert back.url == done.url
    assert other.redirect_chain == [(PAGE, 302)]
    assert "Your balance has changed since you saw it." in text_of(other)
    assert RspConversion.objects.count() == 1


def test_two_browsers_convert_once(town: Town) -> None:
    here, there = log_in(town), log_in(town)
    one = fields(here.get(CONFIRM, {"points": "50", "target": "cash"}))
    same = fields(there.get(CONFIRM, {"points": "50", "target": "cash"}))
    other = fields(there.get(CONFIRM, {"points": "60", "target": "cash"}))

    here.post(CONFIRM, one)
    repeated = there.post(CONFIRM, same)
    refused = there.post(CONFIRM, other)

    assert repeated.status_code == 302
    assert refused.status_code == 409
    assert "Your balance has changed since you saw it." in text_of(refused)
    assert "Ready to convert 210 RSP" in text_of(refused)
    assert RspConversion.objects.count() == 1


def test_what_was_changed_on_the_way_is_refused(town: Town) -> None:
    client = log_in(town)
    sent = fields(client.get(CONFIRM, {"points": "50", "target": "cash"}))

    for change, status in (
        ({"cash": "99999"}, 409),
        ({"points": "99999999"}, 422),
        ({"target": "expiry"}, 422),
        ({"points": "-1"}, 422),
        ({"token": "short"}, 422),
        ({"token": ""}, 422),
        ({"points": ""}, 422),
    ):
        assert client.post(CONFIRM, {**sent, **change}).status_code == status, change
    assert not RspConversion.objects.exists()


def test_an_address_that_names_no_conversion(town: Town) -> None:
    client = log_in(town)

    for token in ("nothing-here", "%01", "expire:2017-01"):
        assert client.get(f"/rsp/conversions/{token}/").status_code == 404


def test_a_plan_without_a_bank(transactional_db: None) -> None:
    town = build_bank_town("")
    town.close("2017-01")
    town.set_clock("2017-02-20T12:00")
    client = log_in(town)

    text = text_of(client.get(PAGE))
    refused = client.post(
        CONFIRM, {"points": "5000", "target": "cash", "cash": "1", "bv": "0", "token": "t" * 12}
    )

    assert "The plan in force has no RSP bank." in text
    assert refused.status_code == 422
    assert "The plan in force has no RSP bank: points can’t be converted." in text_of(refused)


def test_movements_lead_to_where_they_came_from(town: Town) -> None:
    convert(town, "A", 2000, "2017-02-20T12:00", token="a-conversion")
    own = next(one for key, one in town.orders.items() if key.startswith("A-2017-01"))
    town.take_back(own, 1, "2017-02-21")
    page = log_in(town).get(PAGE)
    html = page.content.decode()

    # The points of a month came on the day it was posted.
    assert "Statement of January 2017 3 Feb 2017, points of the month" in text_of(page)
    assert 'href="/earnings/2017-01/"' in html
    assert 'href="/rsp/conversions/a-conversion/"' in html
    assert f'href="/points/{own.reference}/"' in html
    client = log_in(town)
    for address in ("/earnings/2017-01/", "/rsp/conversions/a-conversion/"):
        assert client.get(address).status_code == 200
    points = text_of(client.get(f"/points/{own.reference}/"))
    assert re.search(r"After returns: (\d+) − (\d+) = (\d+) RSP and \d+ − \d+ = \d+ BV\.", points)
    assert "Left after returns" in text_of(client.get(f"/orders/{own.reference}/"))


def test_movements_are_paged(town: Town) -> None:
    for number in range(24):
        convert(town, "A", 100 + number, "2017-02-20T12:00")
    client = log_in(town)

    first = client.get(PAGE)
    second = client.get(PAGE, {"page": "2"}, headers={"hx-request": "true"})

    assert text_of(first).count("Converted to cash") == 20
    assert text_of(second).count("Converted to cash") == 4
    assert "<html" not in second.content.decode()


def test_only_the_owner_sees_a_conversion(town: Town) -> None:
    convert(town, "A", 2000, "2017-02-20T12:00", token="a-conversion")

    assert log_in(town, "B").get("/rsp/conversions/a-conversion/").status_code == 404
    client = Client()
    client.force_login(town.closer, backend=BACKEND)
    for address in (PAGE, CONFIRM, "/rsp/conversions/a-conversion/"):
        assert client.get(address).status_code == 404


def test_expired_points_stand_on_the_page(town: Town) -> None:
    services.ensure_periods(first="2017-04", last="2017-04")
    town.set_clock("2017-04-02T12:00")
    client = log_in(town)
    assert "Expired 260 260 being cashed" in text_of(client.get(PAGE))

    services.expire_points(now=town.set_clock("2017-04-02T12:00"), by=town.closer)

    text = text_of(client.get(PAGE))
    assert "Ready to convert 0 RSP" in text
    assert "Expired 260 converted to cash automatically" in text
    assert "Cashed at expiry" in text
    done = RspConversion.objects.get(representative=town.members["A"])
    assert "Points of January 2017" in text_of(client.get(f"/rsp/conversions/{done.token}/"))


def test_points_owed_are_said(town: Town) -> None:
    convert(town, "C", 500, "2017-02-20T12:00")
    order = next(one for key, one in town.orders.items() if key.startswith("C-2017-01"))
    town.take_back(order, 1, "2017-02-20")

    assert "5 RSP are owed" in text_of(log_in(town, "C").get(PAGE))


# -- staff ----------------------------------------------------------------------------------------

ADMIN = "/admin/compensation/rspconversion/"


def test_staff_read_banks_and_change_nothing(town: Town) -> None:
    convert(town, "A", 2000, "2017-02-20T12:00", token="a-conversion")
    row = RspConversion.objects.get()
    client = Client()
    client.force_login(town.closer, backend=BACKEND)
    for address in (ADMIN, f"{ADMIN}bank/", f"{ADMIN}{row.pk}/change/"):
        assert client.get(address).status_code in (302, 403), address

    town.closer.user_permissions.add(Permission.objects.get(codename="view_rspconversion"))
    listed = client.get(ADMIN)
    page = client.get(f"{ADMIN}bank/", {"code": "a"})
    unknown = client.get(f"{ADMIN}bank/", {"code": "nobody"})

    assert "€1.00" in text_of(listed)
    assert f'href="{ADMIN}bank/?code=A"' in listed.content.decode()
    text = text_of(page)
    assert "Active 240" in text
    assert "Converted 20" in text
    assert "January 2017 own sales 40 20 20 0 0 15 Feb 2017 1 Apr 2017" in text
    assert "Nobody has this code." in text_of(unknown)
    assert client.get(f"{ADMIN}{row.pk}/change/").status_code == 200
    for address in (f"{ADMIN}{row.pk}/change/", f"{ADMIN}{row.pk}/delete/", f"{ADMIN}add/"):
        assert client.post(address, {"points": "1"}).status_code == 403
    assert client.post(f"{ADMIN}bank/").status_code == 405
