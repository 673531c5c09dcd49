"""The people to have a word with as rows of a list: what is so, why, and what a talk is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from compensation.selectors_pages.care import Care, Near, Slipping
from compensation.selectors_pages.care_team import Known, Team
from compensation.selectors_pages.downline import Person
from representatives.templatetags.perennial import points

ROWS_AT_ONCE = 6
"""Rows of today's list; the page of one's people has the rest."""

# What a follow-up that is planned from a row says, by the kind of row.
TALKS: dict[str, Promise] = {
    "zero": gettext_lazy("Nothing sold yet this month: ask what is in the way"),
    "new": gettext_lazy("New, and no sale yet: plan the first one together"),
    "active": gettext_lazy("Close to active: ask what is in the way"),
    "rank": gettext_lazy("Close to the next rank: go through what is missing"),
    "quiet": gettext_lazy("Customers have gone quiet: go through the next steps together"),
    "promoted": gettext_lazy("A new rank: congratulate"),
    "anniversary": gettext_lazy("Anniversary of joining: congratulate"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A member, and what is so of the person."""

    kind: str
    code: str
    name: str
    what: str
    why: str = ""
    chip: str = ""
    icon: str = ""
    is_off: bool = False
    planned: date | None = None
    """The day for which a talk is planned already."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one kind, with what it is about."""

    kind: str
    title: str
    why: str
    rows: list[Row]


def list_groups(care: Care, team: Team, *, planned: dict[str, date]) -> list[Group]:
    """Return the people by kind, the most pressing kind first; kinds without people not at all."""
    zero = Group(
        "zero",
        _("Sold last month and nothing yet in this one"),
        _("A call often shows what is in the way."),
        [_slipping(one, planned) for one in care.slipping],
    )
    new = Group(
        "new",
        _("New, and no sale yet"),
        _("Ask how it goes, and plan the first sale together."),
        [
            _known("new", one.person, planned, why=_joined(one.days), is_off=True)
            for one in team.newcomers
        ],
    )
    active = Group(
        "active",
        _("Close to active"),
        _("One more sale this month may be enough. Ask what is in the way."),
        [_near_active(one, planned) for one in care.near_active],
    )
    rank = Group(
        "rank",
        _("Close to the next rank"),
        "",
        [_near_rank(one, planned) for one in care.near_rank],
    )
    groups = [zero, new, active, rank, *_of_team(team, planned)]
    return [one for one in groups if one.rows]


def _of_team(team: Team, planned: dict[str, date]) -> list[Group]:
    quiet = [
        _known("quiet", one.person, planned, why=_gone_quiet(one.customers)) for one in team.quiet
    ]
    promoted = [
        _known("promoted", one.person, planned, chip=one.rank, icon="award")
        for one in team.promoted
    ]
    anniversaries = [
        _known("anniversary", one.person, planned, why=_years(one.years, one.on))
        for one in team.anniversaries
    ]
    return [
        Group(
            "quiet",
            _("Customers going quiet"),
            _("You see a number and no names: who they are is for your member alone."),
            quiet,
        ),
        Group("promoted", _("A new rank"), _("Say that you saw it."), promoted),
        Group("anniversary", _("Anniversaries"), "", anniversaries),
    ]


def _joined(days: int) -> str:
    if not days:
        return _("Joined today")
    return ngettext("Joined %(n)s day ago", "Joined %(n)s days ago", days) % {"n": days}


def _gone_quiet(customers: int) -> str:
    text = ngettext(
        "%(n)s customer has gone quiet in the last 60 days",
        "%(n)s customers have gone quiet in the last 60 days",
        customers,
    )
    return text % {"n": customers}


def _years(years: int, on: date) -> str:
    text = ngettext(
        "%(n)s year with the company on %(day)s",
        "%(n)s years with the company on %(day)s",
        years,
    )
    return text % {"n": years, "day": date_format(on, "MONTH_DAY_FORMAT")}


def first_of(groups: list[Group], most: int = ROWS_AT_ONCE) -> tuple[list[Group], int]:
    """Return so many rows in all, the first of every kind before second ones, and how many more."""
    total = sum(len(group.rows) for group in groups)
    taken = dict.fromkeys((group.kind for group in groups), 0)
    for group in _in_turn(groups, most):
        taken[group.kind] += 1
    kept = [
        Group(group.kind, group.title, group.why, group.rows[: taken[group.kind]])
        for group in groups
        if taken[group.kind]
    ]
    return kept, total - sum(taken.values())


def _in_turn(groups: list[Group], most: int) -> Iterator[Group]:
    """Yield the groups once per row to be kept: round by round, until there are enough."""
    left = most
    for place in range(max((len(group.rows) for group in groups), default=0)):
        for group in groups:
            if place < len(group.rows) and left:
                left -= 1
                yield group


def _slipping(one: Slipping, planned: dict[str, date]) -> Row:
    person = one.person
    if person.active:
        chip, icon = _("Still active"), "check2"
    else:
        chip, icon = (_("Was active") if one.was_active else _("Slipping")), "moon"
    return Row(
        "zero",
        person.code,
        person.name,
        what=person.name,
        why=_("%(month)s: %(figure)s BV")
        % {"month": capfirst(one.month_before), "figure": points(one.bv_before)},
        chip=chip,
        icon=icon,
        is_off=not person.active,
        planned=planned.get(person.code),
    )


def _near_active(person: Person, planned: dict[str, date]) -> Row:
    return Row(
        "active",
        person.code,
        person.name,
        what=_("%(name)s is %(missing)s of active")
        % {"name": person.name, "missing": person.state["text"]},
        chip=_("Level %(n)s") % {"n": person.level},
        is_off=True,
        planned=planned.get(person.code),
    )


def _near_rank(one: Near, planned: dict[str, date]) -> Row:
    weakest = one.weakest
    if weakest is None:
        why = _("Everything it takes is met so far; it counts when the month closes.")
    else:
        why = _("%(what)s: %(now)s of %(need)s") % {
            "what": weakest["name"],
            "now": weakest["current"],
            "need": weakest["required"],
        }
        why = f"{why} · {weakest['note']}"
    return Row(
        "rank",
        one.person.code,
        one.person.name,
        what=_("%(name)s is close to %(rank)s") % {"name": one.person.name, "rank": one.rank},
        why=why,
        chip=one.rank,
        icon="award",
        planned=planned.get(one.person.code),
    )


def _known(
    kind: str,
    person: Known,
    planned: dict[str, date],
    *,
    why: str = "",
    chip: str = "",
    icon: str = "",
    is_off: bool = False,
) -> Row:
    return Row(
        kind,
        person.code,
        person.name,
        what=person.name,
        why=why,
        chip=chip or _("Level %(n)s") % {"n": person.level},
        icon=icon,
        is_off=is_off,
        planned=planned.get(person.code),
    )
