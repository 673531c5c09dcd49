"""Pages on which staff try things: the result alone for htmx, the whole page without it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compensation.comparing.slots import Kind, place_of
from compensation.models import PlanVersion
from representatives.models import SponsorChange
from sales.models import Order
from tests.compensation.test_what_if import DRAFT
from tests.compensation.town import Town

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def february(january_town: Town) -> Town:
    """The town with January posted, in the middle of February."""
    january_town.set_clock("2017-02-24T12:00")
    return january_town


@pytest.fixture
def staff(february: Town) -> Client:
    client = Client()
    february.closer.user_permissions.add(Permission.objects.get(codename="view_statement"))
    client.force_login(february.closer, backend=BACKEND)
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def order_of(town: Town, **changes: str) -> dict[str, str]:
    asked = {
        "seller": "A",
        "buyer": "own",
        "product_1": str(town.products["GREENS"].pk),
        "pieces_1": "3",
    }
    return asked | changes


def test_an_order_is_tried_and_not_placed(staff: Client, february: Town) -> None:
    orders = Order.objects.count()

    text = text_of(staff.get("/staff/what-if/order/", order_of(february), headers=HTMX))

    assert "<html" not in text
    assert "Member A sells for €149.70 in 2017-02" in text
    assert "Who gains and who loses" in text
    assert "The order carries 75 BV and 60 RSP." in text
    assert Order.objects.count() == orders
    page = text_of(staff.get("/staff/what-if/order/", order_of(february)))
    assert "<html" in page
    assert "Member A sells for €149.70 in 2017-02" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seller": "NOBODY"}, "Nobody has this code."),
        ({"buyer": "known", "customer": "X"}, "The seller has no such customer."),
        ({"pieces_1": "0"}, "greater than or equal to 1"),
    ],
)
def test_an_order_that_cannot_be_tried_says_why(
    staff: Client, february: Town, changes: dict[str, str], words: str
) -> None:
    text = text_of(staff.get("/staff/what-if/order/", order_of(february, **changes), headers=HTMX))

    assert words in text


def test_the_sponsor_form_shows_who_gains_before_it_is_saved(staff: Client, february: Town) -> None:
    page = text_of(staff.get("/staff/people/E/"))
    assert 'hx-get="/staff/what-if/sponsor/"' in page
    assert 'action="/staff/what-if/sponsor/"' in page
    assert 'id="what-if"' in page
    assert 'action="/staff/people/E/sponsor/"' not in page

    text = text_of(
        staff.get("/staff/what-if/sponsor/", {"member": "E", "sponsor_code": "Y"}, headers=HTMX)
    )

    assert "Member E below Member Y" in text
    assert "2 people would move on 1 March 2017." in text
    assert 'action="/staff/people/E/sponsor/"' in text
    assert not SponsorChange.objects.exists()

    # Whoever has not looked, or has looked at somebody else, decides nothing.
    seen = re.search(r'name="seen" value="([^"]+)"', text)
    assert seen is not None
    asked = {"sponsor_code": "Y", "reason": "as agreed", "seen": seen[1]}
    for refused in ({"seen": ""}, {"seen": "made-up"}, {"sponsor_code": "D"}):
        answer = staff.post("/staff/people/E/sponsor/", asked | refused)
        assert answer.status_code == 422
        assert "Look first at who gains and who loses" in answer.content.decode()
    assert not SponsorChange.objects.exists()

    answer = staff.post("/staff/people/E/sponsor/", asked | {"reason": ""})
    assert answer.status_code == 422
    assert seen[1] in answer.content.decode()  # what was looked at is not lost
    assert staff.post("/staff/people/E/sponsor/", asked).status_code == 302
    assert SponsorChange.objects.get().new_sponsor == february.members["Y"]


def test_a_change_whose_effect_can_t_be_worked_out_can_be_decided(
    staff: Client, february: Town
) -> None:
    february.set_clock("2018-02-24T12:00")

    text = text_of(staff.get("/staff/what-if/sponsor/", {"member": "E", "sponsor_code": "Y"}))

    assert "no month is open now" in text
    assert "The effect can’t be worked out now." in text
    assert 'action="/staff/people/E/sponsor/"' in text


def test_a_sponsor_change_that_would_be_refused_says_why(staff: Client) -> None:
    asked = {"member": "A", "sponsor_code": "F"}

    text = text_of(staff.get("/staff/what-if/sponsor/", asked, headers=HTMX))

    assert "is in the downline of" in text
    assert "Decide for" not in text
    # On the whole page the field says it, and nothing says it again.
    whole = text_of(staff.get("/staff/what-if/sponsor/", asked))
    assert whole.count("is in the downline of") == 1
    assert "What if" in text_of(staff.get("/staff/what-if/sponsor/?member=A"))


def test_a_draft_is_tried_and_not_kept(staff: Client) -> None:
    page = text_of(staff.get("/staff/what-if/plan/"))
    assert "name: town" in page
    assert 'value="2017-01"' in page
    asked: dict[str, Any] = {"document": DRAFT, "months": ["2017-01", "2017-02"]}

    text = text_of(staff.post("/staff/what-if/plan/", asked, headers=HTMX))

    for words in ("Payout ratio", "By rank", "Above as it was", "2017-01", "Silver"):
        assert words in text
    assert PlanVersion.objects.count() == 1


def test_a_draft_comes_from_a_file_too(staff: Client) -> None:
    file = SimpleUploadedFile("draft.yaml", DRAFT.encode())

    text = text_of(staff.post("/staff/what-if/plan/", {"file": file, "months": "2017-01"}))

    assert "By component" in text
    # Components go by their names, not by the ids of the document.
    assert "Commission" in text.split("By component")[1]
    binary = SimpleUploadedFile("draft.yaml", b"\xff\xfe")
    refused = staff.post("/staff/what-if/plan/", {"file": binary, "months": "2017-01"})
    assert "not a text in UTF-8" in text_of(refused)


def test_faults_of_a_draft_stand_with_their_paths(staff: Client) -> None:
    asked = {"document": DRAFT.replace("roll_up", "up"), "months": "2017-01"}

    text = text_of(staff.post("/staff/what-if/plan/", asked, headers=HTMX))

    assert "The draft has faults" in text
    assert "components[1].compression" in text


def test_a_draft_and_a_month_are_needed(staff: Client) -> None:
    text = text_of(staff.post("/staff/what-if/plan/", {"document": " "}, headers=HTMX))

    assert "Paste a plan document, or choose a file." in text
    assert "This field is required." in text


def test_only_staff_who_may_read_statements_may_try_things(february: Town) -> None:
    client, reader = Client(), Client()
    reader.force_login(february.closer, backend=BACKEND)
    for kind in ("order", "sponsor", "plan"):
        assert client.get(f"/staff/what-if/{kind}/").status_code == 302
        assert reader.get(f"/staff/what-if/{kind}/").status_code == 403
    assert reader.post("/staff/what-if/plan/", {"document": DRAFT}).status_code == 403


def test_one_thing_is_tried_at_a_time(staff: Client, february: Town) -> None:
    change = {"member": "E", "sponsor_code": "Y"}
    draft: dict[str, Any] = {"document": DRAFT, "months": ["2017-01"]}

    def answers() -> list[str]:
        return [
            text_of(staff.get("/staff/what-if/order/", order_of(february, pieces_1="7"))),
            text_of(staff.get("/staff/what-if/sponsor/", change)),
            text_of(staff.post("/staff/what-if/plan/", draft)),
        ]

    with place_of(Kind.TRIAL):
        busy = answers()
        assert "please try again in a moment" in text_of(
            staff.get("/staff/what-if/sponsor/", change, headers=HTMX)
        )
    free = answers()

    for text, kept in zip(busy, ('value="7"', 'value="Y"', "name: "), strict=True):
        assert "please try again in a moment" in text
        assert kept in text
        assert "By component" not in text
    # Nobody decides on what could not be looked at for want of a place.
    assert "Decide for" not in busy[1]
    for text in free:
        assert "please try again" not in text
        assert "By component" in text
