"""People of a representative's downline who deserve a word today: close to something, or slipping.

Everything is read from stored results in a fixed number of queries. Of a downline of more than
`SORTED_AT_MOST` people only the front line is looked at, so that no page reads a long run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.formats import date_format
from django.utils.translation import get_language

from compensation.engine.plan import Plan
from compensation.engine.requirements import Requirement
from compensation.models import MemberResult, Run
from compensation.selectors_pages import downline, plans
from representatives.models import Representative

LEVELS = 4
"""People further down are looked after by somebody nearer."""
MOST = 3
"""People shown of one kind."""
FRONT_LINE = 200
NEAR_FIFTHS = 4
"""Near is whoever has four fifths of what is asked for."""
QUIET_FROM_DAY = 8
"""Before this day of a month a month without sales says nothing."""

FRONT_LINE_SQL = """
WITH RECURSIVE walk (position, subtree_end, step) AS (
    SELECT position, subtree_end, 1 FROM compensation_memberresult
    WHERE run_id = %(run)s AND position = %(start)s
  UNION ALL
    SELECT m.position, m.subtree_end, w.step + 1
    FROM walk w JOIN compensation_memberresult m
      ON m.run_id = %(run)s AND m.position = w.subtree_end
    WHERE w.step < %(most)s AND w.subtree_end < %(end)s
)
SELECT position FROM walk
"""


@dataclass(frozen=True, slots=True)
class Near:
    """A person who is close to the next rank, and the requirement that is open the widest."""

    person: downline.Person
    rank: str
    weakest: dict[str, Any] | None
    """None where everything is met so far."""


@dataclass(frozen=True, slots=True)
class Slipping:
    """A person who sold last month and has not sold in this one."""

    person: downline.Person
    bv_before: int
    month_before: str
    was_active: bool


@dataclass(frozen=True, slots=True)
class Care:
    """The people to have a word with."""

    near_active: list[downline.Person]
    near_rank: list[Near]
    slipping: list[Slipping]

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody."""
        return not (self.near_active or self.near_rank or self.slipping)

    @property
    def codes(self) -> set[str]:
        """The codes of all of them."""
        return {
            *(person.code for person in self.near_active),
            *(one.person.code for one in self.near_rank),
            *(one.person.code for one in self.slipping),
        }


def list_care(
    run: Run,
    top: MemberResult,
    *,
    viewer: Representative,
    plan: Plan,
    before: tuple[int, date] | None,
    day: int,
    most: int = MOST,
) -> Care:
    """Return whom to have a word with, a few people of each kind.

    `before` is the run and the first day of the month before, `day` the day of the month it is.
    """
    people = people_below(top)
    near_rank = list(_near_rank(people, plan, run.figure_names)[:most])
    near_active = list(_near_active(people, plan)[:most])
    slipping = []
    if before is not None and day >= QUIET_FROM_DAY:
        slipping = list(_slipping(people, before[0], top)[:most])
    named = _named([*near_rank, *near_active, *slipping], top=top, viewer=viewer, plan=plan)
    language = get_language()

    def near(member: MemberResult) -> Near:
        progress = plans.rank_progress(plan, member, run.figure_names, language)
        return Near(named[member.position], progress["target"], progress["weakest"])

    def slipped(member: MemberResult) -> Slipping:
        assert before is not None
        return Slipping(
            person=named[member.position],
            bv_before=member.bv_before,  # type: ignore[attr-defined] # annotated
            month_before=date_format(before[1], "F"),
            was_active=member.active_before,  # type: ignore[attr-defined] # annotated
        )

    return Care(
        near_active=[named[one.position] for one in near_active if one.position in named],
        near_rank=[near(one) for one in near_rank if one.position in named],
        slipping=[slipped(one) for one in slipping if one.position in named],
    )


def people_below(top: MemberResult) -> QuerySet[MemberResult]:
    """Return the members looked at: the levels that pay, in a large downline the front line."""
    rows = MemberResult.objects.filter(run_id=top.run_id, status=0)
    if downline.size(top) <= downline.SORTED_AT_MOST:
        return rows.filter(
            position__gt=top.position,
            position__lt=top.subtree_end,
            depth__lte=top.depth + LEVELS,
        )
    with connection.cursor() as cursor:
        cursor.execute(
            FRONT_LINE_SQL,
            {
                "run": top.run_id,
                "start": top.position + 1,
                "end": top.subtree_end,
                "most": FRONT_LINE,
            },
        )
        return rows.filter(position__in=[position for (position,) in cursor.fetchall()])


def _near_active(people: QuerySet[MemberResult], plan: Plan) -> QuerySet[MemberResult]:
    need = plan.activity.at_least
    if plan.activity.measure != "personal_bv" or need <= 0:
        return people.none()
    # In whole hundredths: what is reached is at least the larger half of what the share says.
    least = -(-need * NEAR_FIFTHS // 5)
    found = people.filter(active=False, window_bv__gte=least, window_bv__lt=need)
    return found.order_by("-window_bv", "position")


def _near_rank(
    people: QuerySet[MemberResult], plan: Plan, figure_names: list[str]
) -> QuerySet[MemberResult]:
    """Return members who have most of everything that the rank above their title asks for."""
    near = Q()
    for index, rank in enumerate(plan.ranks.ladder[1:], start=1):
        if not rank.requires:
            continue
        step = Q(title_rank=index - 1)
        for required in rank.requires:
            step &= _has_most_of(required, figure_names)
        near |= step
    if not near:
        return people.none()
    return people.filter(near, active=True).order_by("-title_rank", "-group_bv", "position")


def _has_most_of(required: Requirement, figure_names: list[str]) -> Q:
    measure = required.measure
    least = -(-required.at_least * NEAR_FIFTHS // 5)
    if measure == "active":
        return Q(active=True) if required.at_least > 0 else Q()
    if measure == "rsp_total":
        return Q(rsp_base__gte=least)  # ranks take the points at the plan's base depth
    if measure in figure_names:
        return Q(**{f"figures__{figure_names.index(measure)}__gte": least})
    if measure in {one.name for one in MemberResult._meta.concrete_fields}:
        return Q(**{f"{measure}__gte": least})
    return Q(position__lt=0)  # a figure the run does not hold: nobody is near by it


def _slipping(
    people: QuerySet[MemberResult], run_before: int, top: MemberResult
) -> QuerySet[MemberResult]:
    """Return who sold in the run before and not now; who was not below the viewer then never did.

    A month in which somebody was in another line is no matter of the viewer's.
    """
    then = MemberResult.objects.filter(run_id=run_before, representative_id=top.representative_id)
    before = MemberResult.objects.filter(
        run_id=run_before,
        representative_id=OuterRef("representative_id"),
        position__gt=Subquery(then.values("position")[:1]),
        position__lt=Subquery(then.values("subtree_end")[:1]),
    )
    return (
        people.filter(personal_bv__lte=0)
        .annotate(
            bv_before=Subquery(before.values("personal_bv")[:1]),
            active_before=Subquery(before.values("active")[:1]),
        )
        .filter(bv_before__gt=0)
        .order_by(F("active_before").desc(), "-bv_before", "position")
    )


def _named(
    members: list[MemberResult], *, top: MemberResult, viewer: Representative, plan: Plan
) -> dict[int, downline.Person]:
    """Return the people by position; whom the viewer may not see now is left out."""
    # With the viewer, so that a month without anybody asks as often.
    wanted = {member.representative_id for member in members} | {viewer.pk}
    visible = {
        person.pk: person
        for person in Representative.objects.visible_to(viewer)
        .filter(pk__in=wanted)
        .only(*downline.NAMED_FIELDS)
    }
    return {
        member.position: downline.describe(
            member, visible[member.representative_id], top=top, plan=plan
        )
        for member in members
        if member.representative_id in visible
    }
