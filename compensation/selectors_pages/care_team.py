"""Members who deserve a word for what the tree and the calendar say, whatever the month's figures.

New members without a sale, anniversaries of joining, promotions, and members whose customers go
quiet. What is told is what everybody above may know of a person (`representatives.privacy`): name,
day of joining, rank, whether there is any volume; of customers a number alone, from three on, to
the direct sponsor alone.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, F, IntegerField, OuterRef, Q, Subquery, Value, When

from compensation.models import Period, QuietCustomers
from compensation.selectors_pages import downline, plans
from compensation.selectors_pages.care import LEVELS, MOST, people_below
from representatives.managers import RepresentativeQuerySet
from representatives.models import Representative
from sales.models import FollowUp, Order

NEW_DAYS = 60
"""So long after joining a member counts as new."""
AHEAD_DAYS = 7
"""So many days before an anniversary it is told."""
PROMOTED_DAYS = 14
"""So long after a month is posted its promotions are told."""
QUIET_DAYS = 3
"""A count that is older is not shown: the counting has failed."""


@dataclass(frozen=True, slots=True)
class Known:
    """A person below as far as anybody above may know, and how far below."""

    pk: int
    code: str
    name: str
    level: int
    enrolled_on: date


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new member who has no sale yet, and for how many days."""

    person: Known
    days: int


@dataclass(frozen=True, slots=True)
class Anniversary:
    """A member who joined so many years ago, on a day of the coming week."""

    person: Known
    years: int
    on: date


@dataclass(frozen=True, slots=True)
class Promoted:
    """A member whose title rose with the month just posted."""

    person: Known
    rank: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """A member of the front line, and how many customers went quiet; never who."""

    person: Known
    customers: int


@dataclass(frozen=True, slots=True)
class Team:
    """The people to have a word with, by kind."""

    newcomers: Sequence[Newcomer] = ()
    quiet: Sequence[Quiet] = ()
    promoted: Sequence[Promoted] = ()
    anniversaries: Sequence[Anniversary] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody."""
        return not (self.newcomers or self.quiet or self.promoted or self.anniversaries)

    @property
    def codes(self) -> set[str]:
        """The codes of all of them."""
        kinds = (self.newcomers, self.quiet, self.promoted, self.anniversaries)
        return {one.person.code for kind in kinds for one in kind}


def list_team(
    viewer: Representative,
    *,
    today: date,
    is_large: bool,
    posted: Period | None = None,
    most: int = MOST,
) -> Team:
    """Return whom to have a word with, a few people of each kind, in a fixed number of queries.

    `is_large` says that there are more people below than are looked at one by one: then the front
    line alone is. `posted` is the month whose promotions are news.
    """
    below = Representative.objects.downline_of(viewer).enrolled()
    near = (
        below.filter(sponsor=viewer) if is_large else below.filter(level__lte=viewer.level + LEVELS)
    )
    return Team(
        newcomers=_newcomers(near, viewer, today, most),
        quiet=_quiet(below.filter(sponsor=viewer), viewer, today, most),
        promoted=_promoted(below, viewer, posted, most),
        anniversaries=_anniversaries(near, viewer, today, most),
    )


def month_of_promotions(periods: Sequence[Period], *, now: datetime) -> Period | None:
    """Return the month posted last, if that is news still."""
    for period in periods:
        if period.posted_at is not None and period.visible_run_id is not None:
            is_news = now - period.posted_at <= timedelta(days=PROMOTED_DAYS)
            return period if is_news else None
    return None


def next_anniversary(joined: date, *, today: date) -> date:
    """Return the next anniversary of a day, today's included; the 28th stands in for a 29th."""
    for year in (today.year, today.year + 1):
        is_missing = (joined.month, joined.day) == (2, 29) and not isleap(year)
        day = date(year, 2, 28) if is_missing else joined.replace(year=year)
        if day >= today:
            return day
    raise AssertionError("a year has an anniversary")


def planned_days(viewer: Representative, codes: set[str]) -> dict[str, date]:
    """Return for each member with an open follow-up of the viewer the first day of one."""
    # With the viewer, so that a day without anybody asks as often.
    rows = FollowUp.objects.filter(
        representative=viewer, state=FollowUp.State.OPEN, member__code__in=codes | {viewer.code}
    ).order_by("-due_on", "-pk")
    return dict(rows.values_list("member__code", "due_on"))


def _known(person: Representative, viewer: Representative) -> Known:
    return Known(
        person.pk, person.code, person.name, person.level - viewer.level, person.enrolled_on
    )


def _newcomers(
    people: RepresentativeQuerySet, viewer: Representative, today: date, most: int
) -> list[Newcomer]:
    """Return new members without a paid order, own ones included, who joined longest ago first.

    Volume is what those above may know, so an order of any kind counts.
    """
    # A value for each person by index, never a join that would read all orders for three people.
    paid = Order.objects.filter(seller=OuterRef("pk"), status=Order.Status.PAID).order_by()
    rows = (
        people.filter(enrolled_on__gt=today - timedelta(days=NEW_DAYS), enrolled_on__lte=today)
        .annotate(sold=Subquery(paid.values("pk")[:1]))
        .filter(sold__isnull=True)
        .order_by("enrolled_on", "pk")[:most]
    )
    return [Newcomer(_known(one, viewer), (today - one.enrolled_on).days) for one in rows]


def _quiet(
    front_line: RepresentativeQuerySet, viewer: Representative, today: date, most: int
) -> list[Quiet]:
    """Return members of the front line with customers gone quiet, most customers first."""
    counted = QuietCustomers.objects.filter(
        representative=OuterRef("pk"), counted_on__gt=today - timedelta(days=QUIET_DAYS)
    )
    rows = (
        front_line.annotate(gone_quiet=Subquery(counted.values("people")[:1]))
        .filter(gone_quiet__isnull=False)
        .order_by("-gone_quiet", "pk")[:most]
    )
    return [Quiet(_known(one, viewer), one.gone_quiet) for one in rows]


def _promoted(
    below: RepresentativeQuerySet, viewer: Representative, posted: Period | None, most: int
) -> list[Promoted]:
    """Return whose title rose in the month posted last, the highest first."""
    run = posted.visible_run if posted is not None else None
    top = downline.get_member(run.pk, viewer.pk) if run is not None else None
    if run is None or top is None:
        return []
    rose = list(
        people_below(top)
        .filter(title_rank__gt=F("opening_title"))
        .order_by("-title_rank", "position")[:most]
    )
    wanted = {one.representative_id for one in rose} | {viewer.pk}
    found = {one.pk: one for one in below.filter(pk__in=wanted)}
    ranks = plans.get_plan(run.plan_version).ranks.names
    return [
        Promoted(_known(found[one.representative_id], viewer), ranks[one.title_rank])
        for one in rose
        if one.representative_id in found
    ]


def _anniversaries(
    people: RepresentativeQuerySet, viewer: Representative, today: date, most: int
) -> list[Anniversary]:
    """Return who joined years ago on one of the coming days, today's first."""
    days = [today + timedelta(days=ahead) for ahead in range(AHEAD_DAYS + 1)]
    places: list[When] = []
    for place, day in enumerate(days):
        joined = Q(enrolled_on__month=day.month, enrolled_on__day=day.day)
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            joined |= Q(enrolled_on__month=2, enrolled_on__day=29)
        places.append(When(joined, then=Value(place)))
    rows = (
        people.filter(enrolled_on__lt=today - timedelta(days=300))
        .annotate(place=Case(*places, default=None, output_field=IntegerField()))
        .filter(place__isnull=False)
        .order_by("place", "enrolled_on", "pk")[:most]
    )
    return [
        Anniversary(
            _known(one, viewer), days[one.place].year - one.enrolled_on.year, days[one.place]
        )
        for one in rows
    ]
