"""Pages ask the database the same number of times, however many people are below.

`UPDATE_QUERY_COUNTS=1` writes `tests/query_counts.json` anew; a rise is read and explained.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compensation.models import Earning
from compensation.selectors_pages.statement import line_key
from sales.models import Order
from tests.web import company
from tests.web.company import Town

TABLE = Path(__file__).resolve().parents[1] / "query_counts.json"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

PAGES = {
    "dashboard": "/",
    "today_people": "/today/people/",
    "orders": "/orders/",
    "customers": "/customers/",
    "customers_care": "/customers/?show=care",
    "today": "/today/",
    "customers_all": "/customers/all/?state=not_told",
    "products": "/products/",
    "downline": "/downline/",
    "downline_table": "/downline/?view=table",
    "downline_at": "/downline/?at={code}",
    "downline_filtered": "/downline/?state=active&level=1&sort=bv",
    "downline_next": "/downline/?view=table&sort=name&after=1",
    "downline_search": "/downline/?q=person",
    "downline_chart": "/downline/chart/",
    "downline_sheet": "/downline/downline.csv",
    "downline_levels": "/downline/levels/",
    "downline_member": "/downline/{code}/",
    "downline_people": "/downline/{code}/people/",
    "statements": "/earnings/",
    "statement": "/earnings/2017-11/",
    "statement_line": "/earnings/2017-11/{key}/",
    "statement_line_orders": "/earnings/2017-11/{key}/{code}/",
    "order_points": "/points/{reference}/",
    "rank": "/rank/",
    "planner": "/rank/planner/",
    "plan": "/plan/",
    "sales_below": "/earnings/2017-11/sales/?show=all",
    "disputes": "/disputes/",
    "payouts": "/payouts/",
    "rsp": "/rsp/",
    "profile": "/profile/",
    "notifications": "/notifications/",
    "referral_links": "/links/",
    "follow_ups": "/follow-ups/",
    "figures": "/figures/",
    "figures_team": "/figures/team/",
    "guides": "/guides/",
    "guide_shares": "/guides/shared/",
    "follow_ups_done": "/follow-ups/?show=done",
    "suggestions": "/suggestions/",
}


def _grow(town: Town, first: int, last: int) -> None:
    """Enrol people four to a sponsor and let the upper ones sell; all of it in a new preview."""
    for number in range(first, last):
        names = list(town.people)
        company.enrol(town, f"Person {number:03d}", names[(len(names) - 1) // 4])
    for name in list(town.people)[: 2 + last // 4]:
        company.sell(town, name, pieces=3)
    company.preview(town)


def _count(town: Town, client: Client) -> dict[str, int]:
    line = Earning.objects.filter(
        run_id=town.period.visible_run_id,
        receiver=town.people["Marta Wrona"],
        paid_level=1,
    ).first()
    assert line is not None
    first = town.people["Person 000"]
    order = Order.objects.filter(seller=first).order_by("pk").first()
    assert order is not None
    values = {"code": first.code, "key": line_key(line), "reference": order.reference}
    client.get("/")  # plans and templates are read once per process
    counts = {}
    for page, address in PAGES.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address.format(**values)).status_code == 200, page
        counts[page] = len(queries)
    return counts


def test_pages_ask_as_often_for_ten_people_as_for_two_hundred(db: None) -> None:
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    client = Client()
    client.force_login(town.user("Marta Wrona"), backend=BACKEND)
    _grow(town, 0, 10)
    few = _count(town, client)
    _grow(town, 10, 200)

    many = _count(town, client)

    assert many == few
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        TABLE.write_text(json.dumps(few, indent=2) + "\n", encoding="utf-8")
    assert few == json.loads(TABLE.read_text(encoding="utf-8"))
