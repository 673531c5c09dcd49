"""The year of earnings: a row a month, a column a component, and everything adds up."""

from __future__ import annotations

import re

import pytest
from django.db.models import Sum

from compensation.models import Account, Entry, JournalKind, Period
from compensation.selectors_pages import months, statement, year
from tests.compensation import town as closing
from tests.web.test_pages import text_of
from tests.web.test_posted_month import _log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town() -> closing.Town:
    """January posted, February open, and a return of January's taken back in February."""
    town = closing.build_town()
    town.close("2017-01")
    now = town.set_clock("2017-02-24T12:00")
    order = next(one for name, one in town.orders.items() if name.startswith("B-2017-01"))
    town.take_back(order, 2, "2017-02-20")
    closing.services.refresh_live_figures(now=now, by=town.closer)
    return town


def year_of(town: closing.Town, code: str) -> year.Year:
    now = closing.local("2017-02-24T12:00")
    rows = statement.list_statements(months.list_periods(now=now), town.members[code].pk)
    return year.get_year(2017, rows, town.members[code].pk)


def test_every_row_is_its_statement_and_the_columns_make_up_the_year(town: closing.Town) -> None:
    for code, member in town.members.items():
        found = year_of(town, code)

        assert found.adds_up, code
        assert sum(column.total for column in found.columns) == found.total
        assert [month.is_posted for month in found.months] == [True, False]
        held = Entry.objects.filter(
            representative=member,
            account=Account.COMMISSION_PAYABLE,
            journal__kind__in=(JournalKind.COMMISSION, JournalKind.REVERSAL),
            journal__period=Period.objects.get(label="2017-01"),
        ).aggregate(total=Sum("amount"))["total"]
        assert found.months[0].total == (held or 0)

    # What was taken back stands in a column of its own.
    found = year_of(town, "A")

    assert [column.key for column in found.columns] == ["levels", year.CORRECTIONS]
    assert found.months[0].cells[1] == 0
    assert found.months[1].cells[1] < 0


def test_the_page_shows_table_sums_and_what_the_chart_is_drawn_from(town: closing.Town) -> None:
    response = _log_in(town.members["A"]).get("/earnings/?year=2017")
    content, text = response.content.decode(), text_of(response)

    assert "Earnings 2017" in text
    assert "adds up" in text
    assert "Returns and corrections" in text
    values = [int(value) for value in re.findall(r'<td class="n" data-value="(-?\d+)"', content)]
    assert sum(values) == year_of(town, "A").total
    assert "uplot.min.js" in content
    assert 'data-label="≈ Feb" data-estimate' in content
    assert content.count("data-estimate") == 1
    assert "Pale bars are months that are not posted yet." in text

    # The chart is loaded where it is drawn and nowhere else.
    reader = _log_in(town.members["A"])
    for address in ("/", "/rank/", "/earnings/2017-01/", "/plan/"):
        assert "uplot" not in reader.get(address).content.decode()
    # A year that is none shows the latest.
    for asked in ("1999", "x", "20170", ""):
        assert "Earnings 2017" in text_of(reader.get(f"/earnings/?year={asked}"))

    # The open month's statement says what changed since January, and the changes make it up.
    now = closing.local("2017-02-24T12:00")
    february, january = months.list_periods(now=now)[:2]
    for code, member in town.members.items():
        compared = year.compare(february, january, member.pk)
        assert compared is not None
        assert compared.before_total + sum(change for _name, change in compared.changes) == (
            compared.total
        ), code
        assert [compared.before_total, compared.total] == [
            month.total for month in year_of(town, code).months
        ]
    assert year.compare(january, None, town.members["A"].pk) is None
    assert "Compared with January 2017" in text_of(reader.get("/earnings/2017-02/"))
    assert "Compared with" not in text_of(reader.get("/earnings/2017-01/"))
