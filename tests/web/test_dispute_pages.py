"""Disputes and papers on the portal: who may, what is shown, and what a bad answer gets."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from compensation import services
from compensation.models import Adjustment, Dispute, Earning, Period
from compensation.selectors_pages.statement import line_key
from representatives.models import User
from tests.compensation.test_disputes import NOW, answer, line_of, open_one, user_of
from tests.compensation.town import Town, build_town
from tests.web.test_pages import BACKEND, text_of

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"expected": "99.90", "text": "An order of B is missing."}


@pytest.fixture
def town() -> Town:
    town = build_town()
    town.close("2017-01")
    town.set_clock("2017-02-06T10:00")
    return town


def client_of(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(user, backend=BACKEND)
    return client


def a_line(town: Town, code: str = "A") -> Earning:
    run = Earning.objects.filter(receiver=town.members[code]).first()
    assert run is not None
    return line_of(run.run, town, code)


def staff_with(*codenames: str, email: str = "helper@example.com") -> User:
    user = User.objects.create_user(email, "never typed", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_a_statement_offers_its_paper_and_a_way_to_object(town: Town) -> None:
    client = client_of(user_of(town, "A"))
    page = client.get("/earnings/2017-01/")
    line = client.get(f"/earnings/2017-01/{line_key(a_line(town))}/")

    assert 'href="/earnings/2017-01/statement.pdf?language=en"' in page.content.decode()
    assert 'href="/earnings/2017-01/statement.csv?language=en"' in page.content.decode()
    assert "Your money today" in text_of(page)
    assert "Earned and held, because:" in text_of(page)
    assert "The law asks us to know whom we pay." in text_of(page)
    assert "Something is wrong" in text_of(line)


def test_an_open_month_has_no_paper_and_no_disputes(town: Town) -> None:
    client = client_of(user_of(town, "A"))
    key = line_key(a_line(town))

    assert "statement.pdf" not in client.get("/earnings/2017-02/").content.decode()
    for form in ("pdf", "csv"):
        assert client.get(f"/earnings/2017-02/statement.{form}").status_code == 404
        assert client.get(f"/earnings/1999-01/statement.{form}").status_code == 404
    assert client.get(f"/earnings/2017-02/{key}/dispute/").status_code == 404


@pytest.mark.parametrize(("form", "kind"), [("pdf", "application/pdf"), ("csv", "text/csv")])
def test_a_representative_reads_his_own_paper(town: Town, form: str, kind: str) -> None:
    client = client_of(user_of(town, "A"))

    response = client.get(f"/earnings/2017-01/statement.{form}")

    assert response.status_code == 200
    assert response["Content-Type"].startswith(kind)
    assert response["Content-Disposition"] == (f'attachment; filename="statement-2017-01-A.{form}"')
    polish = client.get(f"/earnings/2017-01/statement.{form}?language=pl")
    assert polish.content != response.content
    other = client.get(f"/earnings/2017-01/statement.{form}?language=xx")
    assert other.content == response.content


@pytest.mark.parametrize("form", ["pdf", "csv"])
def test_staff_read_papers_with_the_permission_alone(town: Town, form: str) -> None:
    address = f"/staff/statements/2017-01/A/statement.{form}"
    own = client_of(user_of(town, "A"))

    assert Client().get(address).status_code == 302
    assert own.get(address).status_code == 404
    assert client_of(user_of(town, "B")).get(address).status_code == 404
    assert client_of(town.closer).get(address).status_code == 403
    reader = client_of(staff_with("view_statement"))
    assert reader.get(address).content == own.get(f"/earnings/2017-01/statement.{form}").content
    listed = reader.get("/staff/statements/A/").content.decode()
    assert f'href="{address}"' in listed
    assert client_of(town.closer).get("/staff/statements/A/").status_code == 403
    assert own.get("/staff/statements/A/").status_code == 404
    assert reader.get("/staff/statements/NOBODY/").status_code == 404
    assert 'href="/staff/statements/A/"' in reader.get("/staff/people/A/").content.decode()
    assert (
        "/staff/statements/" not in client_of(town.closer).get("/staff/people/A/").content.decode()
    )
    assert reader.get(f"/staff/statements/2017-01/NOBODY/statement.{form}").status_code == 404
    assert reader.get(f"/staff/statements/2017-02/A/statement.{form}").status_code == 404
    assert reader.get(f"/earnings/2017-01/statement.{form}").status_code == 404


def test_a_dispute_is_opened_on_its_line_and_listed(town: Town) -> None:
    client = client_of(user_of(town, "A"))
    address = f"/earnings/2017-01/{line_key(a_line(town))}/dispute/"
    assert "We answer by 20 February 2017." in text_of(client.get(address))

    opened = client.post(address, FORM, follow=True)

    dispute = Dispute.objects.get()
    assert opened.redirect_chain == [(f"/disputes/{dispute.pk}/", 302)]
    assert dispute.expected_minor == 9990
    assert "An order of B is missing." in text_of(opened)
    assert "answer by 20 Feb 2017" in text_of(client.get("/disputes/"))
    assert "1 line is being looked at." in text_of(client.get("/earnings/2017-01/"))
    again = client.post(address, FORM)
    assert again.status_code == 422
    assert "open already" in text_of(again)
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"expected": ""},
        {"expected": "much"},
        {"expected": "1,250"},
        {"expected": "1.234"},
        {"expected": "9" * 19},
        {"text": ""},
        {"text": "x" * 2001},
        {"text": "a\x00b"},
    ],
)
def test_bad_input_is_refused_beside_its_field(town: Town, typed: dict[str, str]) -> None:
    client = client_of(user_of(town, "A"))

    page = client.post(f"/earnings/2017-01/{line_key(a_line(town))}/dispute/", FORM | typed)

    assert page.status_code == 422
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(("typed", "minor"), [("24,30", 2430), ("-1.5", -150), ("−2", -200)])
def test_amounts_are_read_as_people_type_them(town: Town, typed: str, minor: int) -> None:
    client = client_of(user_of(town, "A"))

    client.post(f"/earnings/2017-01/{line_key(a_line(town))}/dispute/", FORM | {"expected": typed})

    assert Dispute.objects.get().expected_minor == minor


def test_nobody_sees_the_disputes_of_others(town: Town) -> None:
    dispute = open_one(town, a_line(town).run)
    other = client_of(user_of(town, "B"))

    assert other.get(f"/disputes/{dispute.pk}/").status_code == 404
    assert "An order of B" not in text_of(other.get("/disputes/"))
    assert client_of(town.closer).get(f"/disputes/{dispute.pk}/").status_code == 404
    assert client_of(town.closer).get("/disputes/").status_code == 404
    key = line_key(a_line(town))
    assert other.get(f"/earnings/2017-01/{key}0/dispute/").status_code == 404
    assert client_of(user_of(town, "A")).get(f"/disputes/{2**70}/").status_code == 404


def test_staff_answer_from_the_queue(town: Town) -> None:
    dispute = open_one(town, a_line(town).run)
    client = client_of(staff_with("view_dispute", "change_dispute", "view_run"))
    page = f"/admin/compensation/dispute/{dispute.pk}/change/"
    assert "Member A" in text_of(client.get("/admin/compensation/dispute/"))
    shown = text_of(client.get(page))
    assert "unchanged since: its digest fits" in shown
    assert "The same explanation says the same now." in shown

    refused = client.post(page, {"act": "accept", "answer": "Right.", "money": "", "points": ""})
    assert refused.status_code == 422
    assert "by how much" in text_of(refused)
    for bad in ({"act": "perhaps"}, {"money": "many"}, {"answer": ""}, {"act": "refuse"}):
        answer_ = {"act": "accept", "answer": "Right.", "money": "5.00", "points": ""} | bad
        assert client.post(page, answer_).status_code == 422
    done = client.post(
        page, {"act": "accept", "answer": "Right.", "money": "5.00", "points": ""}, follow=True
    )

    assert done.status_code == 200
    assert Adjustment.objects.get().money_minor == 500
    assert "Accepted, being checked" in text_of(done)
    assert "Member A" not in text_of(client.get("/admin/compensation/dispute/"))
    assert "Member A" in text_of(client.get("/admin/compensation/dispute/?queue=answered"))
    own = client_of(user_of(town, "A")).get(f"/disputes/{dispute.pk}/")
    assert "A second person checks the correction." in text_of(own)


def test_staff_without_the_permission_do_not_answer(town: Town) -> None:
    dispute = open_one(town, a_line(town).run)
    page = f"/admin/compensation/dispute/{dispute.pk}/change/"
    reader = client_of(staff_with("view_dispute"))

    assert client_of(town.closer).get(page).status_code == 403
    assert "but not answer them" in text_of(reader.get(page))
    posted = reader.post(page, {"act": "refuse", "answer": "No.", "money": "", "points": ""})
    assert posted.status_code == 403
    assert Dispute.objects.get().status == "open"


def test_a_corrected_line_says_so_and_stands_on_the_next_statement(town: Town) -> None:
    answered = answer(town, open_one(town, a_line(town).run))
    assert answered.adjustment is not None
    services.approve_adjustment(adjustment=answered.adjustment, by=town.approver, now=NOW)
    february = Period.objects.get(label="2017-02")
    services.preview_period(period=february, by=town.closer, now=NOW)
    client = client_of(user_of(town, "A"))

    assert "Corrected" in text_of(client.get("/disputes/"))
    assert "The order was entered late; here is its commission." in text_of(
        client.get("/earnings/2017-02/")
    )
    assert "posted in February 2017" in text_of(client.get("/earnings/2017-01/"))


def test_the_pages_speak_polish(town: Town) -> None:
    dispute = open_one(town, a_line(town).run)
    client = client_of(user_of(town, "A"), **{"accept-language": "pl"})

    for address in ("/disputes/", f"/disputes/{dispute.pk}/", "/earnings/2017-01/"):
        text = text_of(client.get(address))
        assert "Disputes" not in text, address
    assert "Odpowiemy do 20 lutego 2017" in text_of(
        client.get(f"/earnings/2017-01/{line_key(a_line(town))}/dispute/")
    )
