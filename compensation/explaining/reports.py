"""A member's figures of a period as a tree: lines, people, order lines; for command and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from compensation.engine.caps import Cap
from compensation.engine.components import Match
from compensation.engine.opening import source_of
from compensation.engine.plan import Plan
from compensation.engine.prose import cap_prose, component_prose
from compensation.explaining.glance import glance
from compensation.explaining.opened import Lines, Opened, Part
from compensation.explaining.qualifying import Fact, qualifying_facts
from compensation.models import Earning, EarningUnit, Run
from representatives.models import Representative

PARTS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """One part on the page: an order line, and through whom it came."""

    representative_id: int
    level: int
    part: Part


@dataclass(frozen=True, slots=True)
class LineReport:
    """A statement line with a page of its parts; sums are of all parts."""

    earning: Earning
    source_id: str
    base_unit: str
    """``BV``, ``RSP``, ``money``, ``orders``, ``cycles`` or ``times``."""
    rule: list[str]
    opened: Opened
    facts: list[Fact]
    """What it rests on where it hangs on no order."""
    shown: list[Shown]
    first: int
    """Number of the first part shown, from 1."""
    part_count: int | None
    """Number of parts; None where only the first ones were looked at."""

    @property
    def rate(self) -> Fraction:
        """The exact rate from base to amount."""
        return Fraction(self.earning.rate_num, self.earning.rate_den)


def list_earnings(
    run: Run, representative_id: int, *, component: int | None, level: int | None
) -> list[Earning]:
    """Return a member's statement lines in the plan's order, one component's or all."""
    lines = Earning.objects.filter(run_id=run.pk, receiver_id=representative_id)
    if component is not None:
        lines = lines.filter(component=component)
    if level is not None:
        lines = lines.filter(paid_level=level)
    return list(lines.order_by("component", "paid_level", "rate_num", "rate_den"))


def report_lines(
    run: Run, plan: Plan, earnings: Sequence[Earning], *, page: int = 1, everything: bool = False
) -> list[LineReport]:
    """Open lines and return a page of the parts of each, or all.

    The first page of a line that rests on very many comes without reading the others.
    """
    lines = Lines(run, plan)
    return [_report(lines, earning, page=page, everything=everything) for earning in earnings]


def _report(lines: Lines, earning: Earning, *, page: int, everything: bool) -> LineReport:
    plan = lines.plan
    source = source_of(plan, earning.component)
    if everything or page > 1:
        opened = lines.opened(earning)
    else:
        opened = glance(lines, earning, parts=PARTS_AT_ONCE)
    every = [
        Shown(someone.representative_id, someone.level, part)
        for someone in opened.people
        for part in someone.parts
    ]
    start = 0 if everything else (max(page, 1) - 1) * PARTS_AT_ONCE
    shown = every[start:] if everything else every[start : start + PARTS_AT_ONCE]
    return LineReport(
        earning=earning,
        source_id=source.id,
        base_unit=base_unit(plan, earning.component),
        rule=rule_of(plan, earning.component),
        opened=opened,
        facts=qualifying_facts(lines.run, plan, earning),
        shown=shown,
        first=start + 1,
        part_count=len(every) if opened.is_whole else None,
    )


def rule_of(plan: Plan, index: int) -> list[str]:
    """Return the rule of a component or a cap in sentences."""
    source = source_of(plan, index)
    if isinstance(source, Cap):
        return [cap_prose(plan, source)]
    return component_prose(plan, source)


def base_unit(plan: Plan, index: int) -> str:
    """Return what the base of a line is counted in."""
    source = source_of(plan, index)
    if isinstance(source, (Cap, Match)):
        return "money"
    named = {
        "rsp_points": "RSP",
        "flat_bonus": "orders",
        "binary_cycles": "cycles",
        "rank_bonus": "times",
        "retail_profit": "money",
        "pool": "money",
    }
    return named.get(source.kind, "money" if getattr(source, "on", "bv") == "net" else "BV")


def people_by_id(ids: Iterable[int]) -> Mapping[int, Representative]:
    """Return code and name of people."""
    found = Representative.objects.filter(pk__in=set(ids)).only("id", "code", "name")
    return {one.pk: one for one in found}


def people_of(reports: Iterable[LineReport]) -> set[int]:
    """Return the ids of everybody named in reports."""
    return {
        number
        for report in reports
        for number in (
            *(one.representative_id for one in report.shown),
            *(one.representative_id for one in report.opened.people if one.through),
        )
    }


def as_json(report: LineReport, plan: Plan, names: Mapping[int, Representative]) -> dict[str, Any]:
    """Return a line's report as plain values: figures in hundredths and minor units."""
    earning, opened = report.earning, report.opened
    return {
        "component": report.source_id,
        "paid_level": earning.paid_level,
        "unit": "money" if earning.unit == EarningUnit.MONEY else "RSP",
        "base": earning.base,
        "base_unit": report.base_unit,
        "rate": f"{report.rate.numerator}/{report.rate.denominator}",
        "amount": earning.amount,
        "members": earning.members,
        "orders": earning.sales,
        "rule": report.rule,
        "adds_up": opened.adds_up,
        "is_whole": opened.is_whole,
        "hangs_on_no_order": opened.unopened,
        "facts": [fact.as_json() for fact in report.facts],
        "through": [
            {
                "member": names[someone.representative_id].code,
                "component": plan.statement_id(line.component),
                "paid_level": line.paid_level,
                "amount": line.amount,
                "share": share,
            }
            for someone in opened.people
            for line, share in someone.through
        ],
        "part_count": report.part_count,
        "first_part": report.first,
        "parts": [
            {
                "member": names[one.representative_id].code,
                "level": one.level,
                "order": one.part.line.reference,
                "line": one.part.line.number,
                "line_id": one.part.line.id,
                "paid_at": one.part.line.paid_at.isoformat(),
                "base": one.part.base,
                "amount": one.part.amount,
            }
            for one in report.shown
        ],
    }
