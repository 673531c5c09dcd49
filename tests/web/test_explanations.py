"""Where the points of an order went, what any rank needs, and what a reader is not told."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from representatives.models import User
from sales.models import Order
from tests.web import company
from tests.web.company import Town
from tests.web.test_pages import text_of, visit


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def order_of(town: Town, name: str) -> Order:
    return Order.objects.get(seller=town.people[name])


def test_an_upline_sees_who_was_paid_and_who_was_passed_over(town: Town) -> None:
    order = order_of(town, "Dawid Nowak")

    text = text_of(visit(town, "Marta Wrona").get(f"/points/{order.reference}/"))

    # Celine has 50 of the 60 BV, so Ana is at level 1 and Marta, who looks, at level 2.
    assert "Dawid Nowak Paid sold it" in text
    assert "Celine Petit Not active" in text
    assert "60 BV needed, 50 BV had" in text.replace("\u00a0", " ")
    assert "Ana Silva received it instead" in text
    assert "You Paid 3 levels above the sale" in text
    assert "paid level 2: 75 BV × 8% ≈ €6" in text.replace("\u00a0", " ")
    # Ana is paid money too: how much is hers to know, that it is level 1 at 12 % is not.
    chain = text.replace("\u00a0", " ").split("Commission")[-1]
    assert "2 levels above the sale; paid level 1: 12% 2 You Paid" in chain
    assert "What others are paid in money is theirs to know" in chain
    assert chain.count("€") == 1
    assert "≈ The last cents of a statement line" in text
    # What the people shown have of it adds up: Dawid, Ana and Marta have 60 points each.
    assert "60 RSP to each of 3 people: 180 RSP." in text.replace("\u00a0", " ")
    assert "As of 18:00" in text
    assert "all orders in" in text


def test_money_of_others_is_for_staff_who_may_read_statements(town: Town) -> None:
    order = order_of(town, "Dawid Nowak")
    reader = visit(town, "Marta Wrona")
    user = town.user("Marta Wrona")

    def told() -> str:
        text = text_of(reader.get(f"/points/{order.reference}/")).replace("\u00a0", " ")
        return text.split("Commission")[-1]

    permission = Permission.objects.get(codename="view_statement")
    user.user_permissions.add(permission)
    assert told().count("€") == 1  # a member with a permission is no staff
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert "paid level 1: 75 BV × 12%" in told()
    assert "2 people together: €15.00" in told()
    assert "theirs to know" not in told()
    user.user_permissions.remove(permission)
    assert told().count("€") == 1


def test_people_above_are_not_named_and_have_no_figures(town: Town) -> None:
    order = order_of(town, "Dawid Nowak")

    response = visit(town, "Ana Silva").get(f"/points/{order.reference}/")

    text = text_of(response)
    assert "People above you Paid" in text
    assert "Marta" not in response.content.decode()
    assert "€6.00" not in text


@pytest.mark.parametrize("name", ["Bruno Costa", "Ana Silva"])
def test_orders_of_another_line_and_from_above_do_not_exist(town: Town, name: str) -> None:
    above = order_of(town, "Marta Wrona")
    aside = order_of(town, "Dawid Nowak" if name == "Bruno Costa" else "Bruno Costa")

    for order in (above, aside):
        assert visit(town, name).get(f"/points/{order.reference}/").status_code == 404


def test_an_order_page_asks_for_where_its_points_went(town: Town) -> None:
    order = order_of(town, "Ana Silva")
    page = visit(town, "Ana Silva").get(f"/orders/{order.reference}/")

    fragment = visit(town, "Ana Silva").get(
        f"/points/{order.reference}/", headers={"hx-request": "true"}
    )

    assert f'hx-get="/points/{order.reference}/"' in page.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "You Paid sold it" in text_of(fragment)


def test_the_rank_page_shows_any_rank_and_the_shortest_way(town: Town) -> None:
    reader = visit(town, "Marta Wrona")

    page = text_of(reader.get("/rank/"))
    silver = text_of(reader.get("/rank/?rank=2"))
    way = text_of(reader.get("/rank/way/?rank=2", headers={"hx-request": "true"}))

    # Marta has 75 BV of her own and 325 in the group, which is Bronze: Silver is next.
    assert "To advance to Silver" in page
    assert page.split("To advance to")[1] == silver.split("To advance to")[1]
    assert "325 of 1,000" in silver
    assert "Weakest. 675 BV to go" in silver.replace("\u00a0", " ")
    # Her usual order is 75 BV, Ana's is 100: seven of Ana's bring 700.
    assert "7 sales by Ana Silva, in that leg: each of 100 BV" in way.replace("\u00a0", " ")


def test_one_sale_is_not_each_and_a_smaller_one_may_be_enough(town: Town) -> None:
    for _ in range(6):
        company.sell(town, "Ana Silva", pieces=4)
    company.sell(town, "Ana Silva")
    company.preview(town)

    way = text_of(visit(town, "Marta Wrona").get("/rank/way/?rank=2")).replace("\u00a0", " ")

    # 325 BV and 625 more: 50 are missing, and Ana's usual order is 100.
    assert "1 sale by Ana Silva, in that leg: of 100 BV" in way
    assert "the usual order 50 BV would be enough" in way
    assert "each of" not in way


def test_the_dashboard_has_the_card_and_asks_for_the_way(town: Town) -> None:
    content = visit(town, "Marta Wrona").get("/").content.decode()

    assert 'hx-get="/rank/way/?month=2017-11"' in content
    assert "All 75 of your personal BV came from customers." in content
    assert 'href="/rank/?month=2017-11"' in content


def test_nobody_is_shown_a_rank_without_figures(town: Town) -> None:
    company.enrol(town, "Nina Nowa", "Bruno Costa", log_in=True)

    text = text_of(visit(town, "Nina Nowa").get("/rank/"))

    assert "No figures of yours in this month" in text
