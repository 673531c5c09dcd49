"""Sales that did not pay: listed with the reason, reached from the statement, and nobody else's."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compensation import services
from compensation.explaining.own_share import own_shares
from compensation.explaining.why import why_order
from compensation.models import Period
from compensation.plans import load_plan
from representatives.services import apply_sponsor_changes, change_sponsor
from sales.models import Order
from tests.compensation import town as closing
from tests.web import company
from tests.web.company import Town
from tests.web.test_pages import text_of, visit
from tests.web.test_posted_month import _log_in

CHAIN = ("Ana Silva", "Celine Petit", "Dawid Nowak", "Ewa Lis", "Filip Maier", "Greta Rossi")


@pytest.fixture
def town(db: None) -> Town:
    """A chain seven deep below Marta in which everybody but Celine is active."""
    town = company.small_town()
    for name, above in zip(CHAIN[3:], CHAIN[2:], strict=False):
        company.enrol(town, name, above, log_in=True)
        company.sell(town, name, pieces=4)
    company.preview(town)
    return town


def test_a_sale_that_did_not_pay_says_why_to_whom_it_concerns(town: Town) -> None:
    text = text_of(visit(town, "Marta Wrona").get("/earnings/2017-11/sales/"))

    # Of Greta's uplines Filip, Ewa, Dawid and Ana are paid; Celine is passed over.
    assert "Of 7 sales below you, 1 did not pay you" in text
    assert "Greta Rossi level 6 in the tree" in text
    assert "Too deep by 1" in text
    assert "Filip Maier" not in text

    # All sales say what they paid, and a search finds one.
    reader = visit(town, "Marta Wrona")
    order = Order.objects.get(seller=town.people["Filip Maier"])

    everything = text_of(reader.get("/earnings/2017-11/sales/?show=all"))
    one = text_of(reader.get(f"/earnings/2017-11/sales/?q={order.reference}"))
    by_name = text_of(reader.get("/earnings/2017-11/sales/?q=filip"))
    nothing = text_of(reader.get("/earnings/2017-11/sales/?q=nobody"))

    assert "Commission, paid level 4" in everything
    assert "Greta Rossi" in everything
    for found in (one, by_name):
        assert "Filip Maier level 5 in the tree" in found
        assert "Greta Rossi" not in found
    assert "No sale of this month below you" in nothing

    # Sales of other lines and from above are not found.
    reader = visit(town, "Filip Maier")

    for name in ("Marta Wrona", "Bruno Costa", "Ewa Lis"):
        order = Order.objects.get(seller=town.people[name])
        text = text_of(reader.get(f"/earnings/2017-11/sales/?q={order.reference}"))
        assert "No sale of this month below you" in text

    # The statement leads to the list, the list to the order.
    reader = visit(town, "Marta Wrona")
    greta = Order.objects.get(seller=town.people["Greta Rossi"])

    statement = reader.get("/earnings/2017-11/").content.decode()
    listed = reader.get("/earnings/2017-11/sales/").content.decode()

    assert 'href="/earnings/2017-11/sales/"' in statement
    assert f'href="/points/{greta.reference}/"' in listed
    assert "Too deep" in text_of(reader.get(f"/points/{greta.reference}/"))


def test_somebody_who_is_not_active_reads_what_was_missing(town: Town) -> None:
    text = text_of(visit(town, "Bruno Costa").get("/earnings/2017-11/sales/"))
    assert "Nobody below you has sold anything in this month." in text

    company.enrol(town, "Hanna Nowa", "Bruno Costa")
    company.sell(town, "Hanna Nowa")
    company.preview(town)
    text = text_of(visit(town, "Bruno Costa").get("/earnings/2017-11/sales/"))

    assert "Not active" in text
    assert "60 BV needed, 25 BV had" in text.replace("\u00a0", " ")


def test_the_list_says_what_the_order_s_own_page_says(town: Town) -> None:
    assert town.run is not None
    plan = load_plan(town.run.plan_version.document)
    orders = {one.pk: one.seller_id for one in Order.objects.all()}
    for person in town.people.values():
        shares = own_shares(town.run, plan, person.pk, orders)
        for order in Order.objects.filter(pk__in=shares):
            report = why_order(run=town.run, plan=plan, order=order)
            told = {
                (one.index, row.is_paid, row.level, row.reason)
                for one in report.components
                for row in one.rows
                if row.person is not None and row.person.pk == person.pk
            }
            assert told == {
                (index, bool(one.paid_levels), one.level, one.reason)
                for index, one in shares[order.pk].verdicts
            }, (person.name, order.reference)

    # The number of queries does not grow with the sales.
    reader = visit(town, "Marta Wrona")
    reader.get("/earnings/2017-11/sales/?show=all")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            reader.get("/earnings/2017-11/sales/?show=all")
        return len(queries)

    few = count()
    for number in range(20):
        company.sell(town, CHAIN[number % len(CHAIN)], customer=f"C{number}")
    company.preview(town)

    assert count() == few


@pytest.mark.django_db(transaction=True)
def test_months_before_somebody_moved_here_are_not_for_the_new_line() -> None:
    town = closing.build_town()
    change_sponsor(
        representative=town.members["Y"],
        new_sponsor=town.members["B"],
        reason="as agreed",
        decided_by=town.closer,
        now=town.set_clock("2017-01-25T12:00"),
        zone=closing.ZONE,
    )
    town.close("2017-01")
    apply_sponsor_changes(now=town.set_clock("2017-02-24T12:00"))

    january = Period.objects.select_related("visible_run").get(label="2017-01")
    assert january.visible_run is not None
    sold = Order.objects.filter(seller=town.members["Y"], counted_at__lt=january.ends_at)
    now = town.set_clock("2017-02-24T12:30")
    services.refresh_live_figures(now=now, by=town.closer)
    # B is above Y now and was not in January; X was in January and is not now.
    for name in ("B", "X"):
        reader = _log_in(town.members[name])
        for query in ("?show=all", f"?q={sold[0].reference}", "?q=member"):
            assert "Member Y" not in text_of(reader.get(f"/earnings/2017-01/sales/{query}"))
        for order in sold:
            assert reader.get(f"/points/{order.reference}/").status_code == 404
        assert reader.get("/downline/Y/?month=2017-01").status_code == 404
    # TOP was above Y in both months.
    top = _log_in(town.members["TOP"])
    assert "Member Y" in text_of(top.get("/earnings/2017-01/sales/?show=all"))
    assert top.get(f"/points/{sold[0].reference}/").status_code == 200

    # On the card of February, January is drawn for whoever was above Y in January, and for Y.
    for name, is_told in (("TOP", True), ("B", False), ("Y", True)):
        card = _log_in(town.members[name]).get("/downline/Y/?month=2017-02").content.decode()
        drawn = re.search(r'aria-label="Personal BV by month: ([^"]+)"', card)
        assert drawn is not None
        assert ("Jan " in drawn[1]) is is_told, name
        assert "Feb " in drawn[1]
