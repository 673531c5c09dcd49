"""People of a run as explanations see them: a branch of the tree, a path up, and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from compensation.engine.arrays import as_numbers
from compensation.engine.components.base import Standing
from compensation.engine.requirements import MEASURES, Requirement
from compensation.engine.results import MemberResults
from compensation.engine.types import Bool, Int, Reason, Status


@dataclass(frozen=True, slots=True)
class Branch:
    """A member and the whole downline: consecutive positions of one run, the member first."""

    start: int
    """Position of the member."""
    sponsor: Int
    """Position of each one's sponsor (absolute)."""
    end: Int
    """End of each one's downline (absolute, exclusive)."""
    depth: Int
    """Number of uplines, as stored."""
    standing: Standing

    def __len__(self) -> int:
        return len(self.sponsor)


FIGURES = tuple(measure for measure in MEASURES if measure != "active")
"""Measures that are columns of ``MemberResults``; components may go by any of them."""
RESULT_FIGURES = (*FIGURES, "window_rsp", "rsp_total")
"""Columns of ``MemberResults`` that explanations may name besides the plan's further figures."""


def standing_of(
    status: Int,
    active: Bool,
    enrolled_day: Int,
    pay_rank: Int | None = None,
    figures: Mapping[str, Int] | None = None,
) -> Standing:
    """Make a ``Standing`` from stored columns.

    Pay ranks and ``figures`` (``FIGURES`` by name) are needed by components that go by them.
    """
    return Standing(
        enrolled=status == Status.ENROLLED,
        qualified=active,
        enrolled_day=enrolled_day,
        pay_rank=pay_rank,
        figures=figures or {},
    )


def standing_by_position(
    results: MemberResults, enrolled_day: Int, part: slice = slice(None)
) -> Standing:
    """Make the ``Standing`` of members from results; ``enrolled_day`` is by position."""
    return standing_of(
        as_numbers(results.status[part]),
        results.active[part],
        enrolled_day[part],
        as_numbers(results.pay_rank[part]),
        {name: column[part] for name, column in _columns(results).items()},
    )


def _columns(results: MemberResults) -> dict[str, Int]:
    """Give every figure of results by name: measures, and the plan's further figures."""
    columns = {name: getattr(results, name).astype(np.int64) for name in RESULT_FIGURES}
    return columns | dict(zip(results.figure_names, results.figures, strict=True))


def branch_of(results: MemberResults, position: int, enrolled_day: Int) -> Branch:
    """Cut a member's branch out of results; ``enrolled_day`` is by position."""
    part = slice(position, int(results.subtree_end[position]))
    return Branch(
        start=position,
        sponsor=results.sponsor_position[part],
        end=results.subtree_end[part],
        depth=results.depth[part].astype(np.int64),
        standing=standing_by_position(results, enrolled_day, part),
    )


@dataclass(frozen=True, slots=True)
class Upline:
    """One person on the way up from a seller, as a run stored him."""

    position: int
    status: int
    active: bool
    pay_rank: int
    figures: Mapping[str, int] = field(default_factory=dict)
    """``FIGURES`` and the plan's further figures by name, for components that go by them."""
    lines: Mapping[tuple[str, int], tuple[int, int]] | None = None
    """Base and amount of his statement lines by (component's or cap's id, paid level).

    ``None`` where they are not at hand: then no cut is told, and of marginal brackets all are
    named that a sale can be part of.
    """

    @classmethod
    def of(
        cls,
        results: MemberResults,
        position: int,
        lines: Mapping[tuple[str, int], tuple[int, int]] | None = None,
    ) -> Upline:
        """Take somebody out of results; ``lines`` as in the class."""
        return cls(
            position=position,
            status=int(results.status[position]),
            active=bool(results.active[position]),
            pay_rank=int(results.pay_rank[position]),
            figures={name: int(column[position]) for name, column in _columns(results).items()},
            lines=lines,
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """A figure that somebody needed and did not reach."""

    measure: str
    """What was asked for.

    A measure or plan figure (docs/plan/requirements.md); or ``pay_rank`` (indexes in the ladder),
    ``depth`` (levels), ``generation`` (number), ``percent`` (fractions; more than ``needed`` was
    needed), ``order_bv`` (of this order), ``days`` (since the seller's enrolment; at most
    ``needed``), ``net`` (sales that are paid on, minor units), ``cap`` (minor units; at most
    ``needed`` is paid of ``had``).
    """
    needed: int | Fraction
    had: int | Fraction | None
    """``None`` where the figure is not at hand."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why one person is or is not paid for a sale by a component."""

    position: int
    level: int | None
    """Level counted for payment; ``None`` for people passed over by compression.

    Under dynamic compression the level that was due when it came to this person.
    """
    reason: Reason
    """``PAID`` and ``CAPPED`` (paid, and cut by a cap) come with ``paid_levels``; no others."""
    paid_levels: tuple[int, ...]
    """Levels paid on this sale; more than one only where missed levels roll up."""
    depth: int | None
    """Deepest level the person may be paid on, ``None``: no limit."""
    received_by: int | None
    """Position of who got the level instead, where somebody did."""
    missed: tuple[Missed, ...] = ()
    """What he lacked, in the order of the plan; empty where no figure decides."""
    blocked_by: int | None = None
    """Position of who broke away, for ``BREAKAWAY``."""
    cut_by: tuple[str, ...] = ()
    """Ids of the caps that cut what he earned, for ``CAPPED``."""

    @property
    def measure(self) -> str:
        """The first thing that was missed, or nothing."""
        return self.missed[0].measure if self.missed else ""

    @property
    def needed(self) -> int | Fraction | None:
        """What was needed of ``measure``; ``None`` if no figure decides."""
        return self.missed[0].needed if self.missed else None

    @property
    def had(self) -> int | Fraction | None:
        """What was had of ``measure``; ``None`` if no figure decides, or it is not at hand."""
        return self.missed[0].had if self.missed else None


def standing_of_people(people: Sequence[Upline], enrolled_day: int) -> Standing:
    """Make a ``Standing`` of single persons, in their order."""
    names = set(people[0].figures).intersection(*(one.figures for one in people)) if people else ()
    return Standing(
        enrolled=np.array([one.status == Status.ENROLLED for one in people], dtype=np.bool_),
        qualified=np.array([one.active for one in people], dtype=np.bool_),
        enrolled_day=np.full(len(people), enrolled_day),
        pay_rank=np.array([one.pay_rank for one in people], dtype=np.int64),
        figures={
            name: np.array([one.figures[name] for one in people], dtype=np.int64) for name in names
        },
    )


def own_reason(qualification: tuple[Requirement, ...], person: Upline) -> Reason:
    """Tell why somebody is not qualified by a component's test, or by none but activity."""
    if person.status == Status.SUSPENDED:
        return Reason.SUSPENDED
    if person.status == Status.TERMINATED:
        return Reason.TERMINATED
    asks_for_activity = any(one.measure == "active" for one in qualification)
    if qualification and (person.active or not asks_for_activity):
        return Reason.BELOW_MINIMUM
    return Reason.INACTIVE


def unmet(qualification: tuple[Requirement, ...], person: Upline) -> tuple[Missed, ...]:
    """Give the requirements of a component that an enrolled person does not meet.

    What the plan's activity test asks for is added by ``compensation.engine.explain.why``.
    """
    if person.status != Status.ENROLLED:
        return ()
    found = []
    for one in qualification:
        had = int(person.active) if one.measure == "active" else person.figures.get(one.measure)
        if had is None or had < one.at_least:
            found.append(Missed(one.measure, one.at_least, had))
    return tuple(found)
