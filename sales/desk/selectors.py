"""What the customers page shows: the groups of today, everybody by segment, and tomorrow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from representatives import formatting
from representatives.models import Representative
from sales.contacts.selectors import account_status
from sales.desk import words
from sales.desk.rows import SELLING, Facts, Row, make_row
from sales.desk.standing import Group, Place, get_standing
from sales.followups.selectors import open_follow_ups, told
from sales.followups.words import Row as TaskRow
from sales.forecast.selectors import day_of, pulses_by_customer
from sales.models import Customer, CustomerPulse, FollowUp, Forecast, SuggestionKind, Talk
from sales.suggestions.kinds import Suggestion
from sales.suggestions.selectors import suggest

PER_GROUP = 6
PER_PAGE = 25
ASKS = 3
"""Asks and guides at most on one day: more of them would be pushing."""
LATELY, LATELY_DAYS = 100, 21
"""Asks are looked for among so many people whom one has met within so many days."""
TOMORROW_ROWS, MOST_TOMORROW = 5, 50

HINTS: dict[str, Promise] = {
    Group.OVERDUE: gettext_lazy("a word before they drift away"),
    Group.DUE: gettext_lazy("a short message is enough"),
    Group.CARE: gettext_lazy("nothing to sell today"),
    Group.COMING: gettext_lazy("on rhythm, for your planning"),
    Group.QUIET: gettext_lazy("be kind, sell nothing"),
}
ICONS = {
    Group.OVERDUE: "telephone-fill",
    Group.DUE: "clock-fill",
    Group.CARE: "heart",
    Group.COMING: "check2",
    Group.QUIET: "moon",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A group to choose, with how many people are in it."""

    group: str
    label: str
    icon: str
    count: int


@dataclass(frozen=True, slots=True)
class Rows:
    """A group as the page shows it; `more` people of it are on its own page."""

    group: str
    label: str
    hint: str
    rows: list[Row]
    more: int


@dataclass(frozen=True, slots=True)
class Board:
    """The groups of one day with their rows, and the day's work in words."""

    title: str
    chips: list[Chip]
    groups: list[Rows]
    has_next: bool

    @property
    def total(self) -> int:
        """Return how many people are in all groups."""
        return sum(chip.count for chip in self.chips)

    @property
    def reorders(self) -> list[Row]:
        """Return the rows shown that may become an order."""
        shown = [row for group in self.groups if group.group in SELLING for row in group.rows]
        return [row for row in shown if row.sells]


def get_board(seller: Representative, *, now: datetime, show: str = "", page: int = 1) -> Board:
    """Return the customers page: some rows of each group, or one page of one group."""
    today = day_of(now)
    start, size = ((page - 1) * PER_PAGE, PER_PAGE) if show else (0, PER_GROUP)
    lately = _met_lately(seller, now=now, today=today)
    standing = get_standing(seller, today=today, start=start, size=size, among=lately)
    asks = _asks(seller, [one for one in lately if one not in standing.placed], now=now)
    counts = dict(standing.counts)
    if asks:
        counts[Group.CARE] = counts.get(Group.CARE, 0) + len(asks)
    shows_asks = page == 1 and show in ("", Group.CARE)
    rows = _rows(
        seller,
        [place for place in standing.places if show in ("", place.group)],
        asks if shows_asks else [],
        now=now,
        today=today,
    )
    groups = []
    for group in Group:
        shown = rows.get(group, [])
        if shown:
            more = 0 if show else counts[group] - len(shown)
            groups.append(Rows(group, str(group.label), str(HINTS[group]), shown, more))
    return Board(
        title=words.days_work(
            overdue=counts.get(Group.OVERDUE, 0),
            due=counts.get(Group.DUE, 0),
            care=counts.get(Group.CARE, 0),
        ),
        chips=[
            Chip(group, str(group.label), ICONS[group], counts.get(group, 0)) for group in Group
        ],
        groups=groups,
        has_next=bool(show) and standing.counts.get(show, 0) > start + size,
    )


def _asks(seller: Representative, people: list[int], *, now: datetime) -> list[Suggestion]:
    """Return asks and guides for people who are not on the page for anything else."""
    found: dict[int, Suggestion] = {}
    for suggestion in suggest(seller, now=now, customers=people) if people else []:
        if suggestion.kind in (SuggestionKind.REFERRAL_ASK, SuggestionKind.EDUCATION):
            found.setdefault(suggestion.customer.pk, suggestion)
    return list(found.values())[:ASKS]


def _met_lately(seller: Representative, *, now: datetime, today: date) -> list[int]:
    """Return whom one may ask something today: who bought or talked last, and not all others."""
    bought = (
        CustomerPulse.objects.filter(
            customer__representative=seller, last_on__gt=today - timedelta(LATELY_DAYS)
        )
        .order_by("-last_on", "customer_id")
        .values_list("customer_id", flat=True)[:LATELY]
    )
    talked = (
        Talk.objects.filter(
            customer__representative=seller,
            went=Talk.Went.WELL,
            at__gt=now - timedelta(LATELY_DAYS),
        )
        .order_by("-at", "-id")
        .values_list("customer_id", flat=True)[:LATELY]
    )
    return list(dict.fromkeys([*talked, *bought]))


def _rows(
    seller: Representative,
    places: list[Place],
    asks: list[Suggestion],
    *,
    now: datetime,
    today: date,
) -> dict[str, list[Row]]:
    """Return the rows of the places by group, in their order; a fixed number of queries."""
    places = [*places, *(Place(one.customer.pk, None, None, Group.CARE) for one in asks)]
    ids = [place.customer_id for place in places]
    customers = Customer.objects.in_bulk(ids)
    forecasts = (
        Forecast.objects.filter(pk__in=[place.forecast_id for place in places if place.forecast_id])
        .select_related("product")
        .in_bulk()
    )
    tasks = (
        FollowUp.objects.filter(pk__in=[place.task_id for place in places if place.task_id])
        .select_related("customer", "product")
        .in_bulk()
    )
    coming = {
        one.customer_id: one
        for one in Forecast.objects.filter(
            customer__in=[one.customer.pk for one in asks],
            product__is_active=True,
            from_on__gt=today,
        )
        .select_related("product")
        .order_by("-expected_on", "-pk")
    }
    pulses = pulses_by_customer(ids)
    suggestions: dict[int, list[Suggestion]] = {}
    for one in suggest(seller, now=now, customers=ids) if ids else []:
        suggestions.setdefault(one.customer.pk, []).append(one)
    rows: dict[str, list[Row]] = {}
    for place in places:
        facts = Facts(
            customer=customers[place.customer_id],
            today=today,
            forecast=forecasts.get(place.forecast_id or 0) or coming.get(place.customer_id),
            pulse=pulses.get(place.customer_id),
            suggestions=suggestions.get(place.customer_id, []),
            follow_up=tasks.get(place.task_id or 0),
        )
        rows.setdefault(place.group, []).append(make_row(facts, place.group))
    return rows


@dataclass(frozen=True, slots=True)
class Sum:
    """What the rows shown would bring together."""

    title: str
    text: str
    bv: int
    rsp: int


def sum_up(board: Board, *, bv: int, rsp: int) -> Sum | None:
    """Return what comes in if everybody shown reorders, on top of the month's BV and RSP so far."""
    rows = board.reorders
    if not rows:
        return None
    brings = sum(row.bv for row in rows), sum(row.rsp for row in rows)
    title = ngettext("If this one reorders", "If all %(number)s reorder", len(rows))
    language = get_language()
    text = _("Your orders of this month then come to %(bv)s BV and %(rsp)s RSP.") % {
        "bv": formatting.hundredths(bv + brings[0], language),
        "rsp": formatting.hundredths(rsp + brings[1], language),
    }
    return Sum(title % {"number": words.number(len(rows))}, text, *brings)


# -- Everybody, and tomorrow -----------------------------------------------------------------------

ACCOUNTS = {
    "new": gettext_lazy("New customers"),
    "current": gettext_lazy("Current customers"),
    "past": gettext_lazy("Past customers"),
}
USES = {
    Customer.Use.USER: gettext_lazy("Current users"),
    Customer.Use.LEAD: gettext_lazy("Researched leads"),
    Customer.Use.PROSPECT: gettext_lazy("Prospects"),
}


def count_segments(seller: Representative, *, now: datetime) -> dict[str, int]:
    """Return how many people a seller has by account status and by use, in one query."""
    people = account_status(Customer.objects.of(seller), now=now).values("account", "use")
    # By groups, as each mention of the account in a filter would look at all orders once more.
    rows = people.annotate(people=Count("pk")).order_by("account", "use")
    counts = dict.fromkeys(["everybody", *ACCOUNTS, *(str(use.value) for use in USES)], 0)
    for row in rows:
        for name in {"everybody", row["account"], row["use"]} & counts.keys():
            counts[name] += row["people"]
    return counts


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """What is planned for the next day."""

    day: date
    rows: list[TaskRow]
    more: int


def get_tomorrow(seller: Representative, *, today: date) -> Tomorrow:
    """Return what is planned for tomorrow; a person in another line by now is not named."""
    day = today + timedelta(days=1)
    tasks = list(open_follow_ups(seller, until=day).filter(due_on=day)[:MOST_TOMORROW])
    rows = told(seller, tasks[:TOMORROW_ROWS], today=today)
    return Tomorrow(day, rows, len(tasks) - len(rows))
