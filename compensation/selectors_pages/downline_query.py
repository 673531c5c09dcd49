"""What of a downline is asked for, as conditions of SQL over the rows of one run.

Every condition is over `m`, the member's row of the run, and `r`, the person now. People whom the
viewer may not see now have no figures for the viewer: no filter finds them by what is hidden, and
no order tells it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from compensation.engine.plan import Plan
from compensation.models import MemberResult, Period, Run
from representatives.models import Representative, SponsorChange
from representatives.text import beginning, folded

LEVELS_SHOWN = 4
RANGES_AT_MOST = 40

TABLE = (
    "compensation_memberresult m"
    " JOIN representatives_representative r ON r.id = m.representative_id"
)
TABLE_ALONE = "compensation_memberresult m"

ACTIVE = "m.active"
AWAY = "m.status <> 0"
DORMANT = "NOT m.active AND m.status = 0 AND m.window_bv <= 0"
STATES = ("active", "inactive", "near", "dormant", "away")

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose downline in which run, for which viewer, and where people may be hidden.

    `moved` are the stretches of positions below people who changed their sponsor since: only
    there somebody of the run can be out of the viewer's sight now.
    """

    top: MemberResult
    viewer: Representative
    plan: Plan
    moved: tuple[Range, ...] = ()
    stamp: str = ""

    @property
    def size(self) -> int:
        """The number of people below."""
        return self.top.subtree_end - self.top.position - 1

    @property
    def key(self) -> str:
        """What tells this scope from any other; the rows of a run never change."""
        return f"{self.stamp}:{self.top.position}:{self.viewer.pk}:{self.moved}"


@dataclass(frozen=True, slots=True)
class Question:
    """Filters of the table; None and empty texts ask for nothing."""

    text: str = ""
    level: int | None = None
    rank: int | None = None
    state: str = ""
    joined_from: date | None = None
    joined_to: date | None = None
    bv_least: int | None = None
    bv_most: int | None = None
    rsp_least: int | None = None
    group_least: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everybody is asked for."""
        return self == Question()

    def digest(self) -> str:
        """Return a short text that is the same for the same question alone."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:24]


@dataclass(slots=True)
class Conditions:
    """Conditions that hold together, with their values; `joins` if they need the person now."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    joins: bool = False

    def add(self, part: str, *values: Any) -> None:
        """Add a condition."""
        self.parts.append(part)
        self.values += values

    def sql(self) -> str:
        """Return the conditions as one."""
        return " AND ".join(f"({part})" for part in self.parts)


def scope_of(
    top: MemberResult, *, viewer: Representative, run: Run, period: Period, plan: Plan
) -> Scope:
    """Return the downline of a member, with the stretches where people may be out of sight.

    Who was below in the run and is not now has changed the sponsor since, or somebody between has.
    """
    since = SponsorChange.objects.filter(cancelled_at__isnull=True).filter(
        Q(effective_at__gt=period.starts_at) | Q(applied_at__isnull=True)
    )
    found = (
        MemberResult.objects.filter(
            run_id=top.run_id,
            position__gt=top.position,
            position__lt=top.subtree_end,
            representative_id__in=since.values("representative_id"),
        )
        .order_by("position")
        .values_list("position", "subtree_end")
    )
    moved: list[Range] = []
    for start, end in found:
        if not moved or start >= moved[-1][1]:
            moved.append((start, end))
    if len(moved) > RANGES_AT_MOST:
        moved = [(moved[0][0], moved[-1][1])]
    stamp = f"{run.pk}:{run.created_at.timestamp()}"
    return Scope(top, viewer, plan, tuple(moved), stamp)


def seen(scope: Scope) -> tuple[str, list[Any]]:
    """Return the condition that the viewer may see a person now; empty if all can be seen."""
    if not scope.moved:
        return "", []
    inside = " OR ".join(["m.position >= %s AND m.position < %s"] * len(scope.moved))
    visible = (
        "EXISTS (SELECT 1 FROM representatives_representative p, representatives_representative v"
        " WHERE p.id = m.representative_id AND v.id = %s"
        " AND p.tree_id = v.tree_id AND p.lft BETWEEN v.lft AND v.rght)"
    )
    bounds = [bound for stretch in scope.moved for bound in stretch]
    return f"NOT ({inside}) OR {visible}", [*bounds, scope.viewer.pk]


def state_condition(plan: Plan, state: str) -> str:
    """Return the condition of an activity state; the words of `activity_state` go by the same."""
    need = plan.activity.at_least
    counts = plan.activity.measure == "personal_bv" and need > 0
    near = f"NOT m.active AND m.status = 0 AND m.window_bv * 5 >= {int(need) * 4}"
    return {
        "active": ACTIVE,
        "inactive": "NOT m.active",
        "near": near if counts else "FALSE",
        "dormant": DORMANT,
        "away": AWAY,
    }[state]


def below(scope: Scope) -> Conditions:
    """Return the conditions of everybody below."""
    found = Conditions()
    found.add("m.run_id = %s", scope.top.run_id)
    found.add("m.position > %s", scope.top.position)
    found.add("m.position < %s", scope.top.subtree_end)
    return found


def conditions(scope: Scope, question: Question, *, anywhere: bool) -> Conditions:
    """Return the conditions of a question.

    `anywhere` finds a text anywhere in a name; without it a name must begin with the text, which
    an index answers in a downline of any size.
    """
    found = below(scope)
    if question.level is not None:
        sign = ">=" if question.level > LEVELS_SHOWN else "="
        found.add(f"m.depth {sign} %s", scope.top.depth + question.level)
    _add_figures(found, scope, question)
    if question.joined_from is not None:
        found.add("r.enrolled_on >= %s", question.joined_from)
    if question.joined_to is not None:
        found.add("r.enrolled_on <= %s", question.joined_to)
    if question.text:
        _add_text(found, question.text, anywhere=anywhere)
    found.joins = bool(question.text or question.joined_from or question.joined_to)
    condition, values = seen(scope)
    if condition and question != Question(level=question.level):
        found.add(condition, *values)
    return found


def _add_figures(found: Conditions, scope: Scope, question: Question) -> None:
    if question.rank is not None:
        found.add("m.pay_rank = %s", question.rank)
    if question.state in STATES:
        found.add(state_condition(scope.plan, question.state))
    for column, sign, value in (
        ("personal_bv", ">=", question.bv_least),
        ("personal_bv", "<=", question.bv_most),
        ("personal_rsp", ">=", question.rsp_least),
        ("group_bv", ">=", question.group_least),
    ):
        if value is not None:
            found.add(f"m.{column} {sign} %s", value)


def _add_text(found: Conditions, text: str, *, anywhere: bool) -> None:
    key = folded(text)
    codes = (text, text.upper())
    if not key:
        found.add("r.code = %s OR r.code = %s", *codes)
    elif anywhere:
        found.add("strpos(r.sort_key, %s) > 0 OR r.code = %s OR r.code = %s", key, *codes)
    else:
        named, values = beginning("r.sort_key", text)
        found.add(f"({named}) OR r.code = %s OR r.code = %s", *values, *codes)
