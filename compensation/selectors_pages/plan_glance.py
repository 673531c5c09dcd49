"""The plan in force at a glance: its levels with one's own numbers, and its ladder."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from compensation.engine.components import LevelPercent, RspPoints
from compensation.engine.plan import Plan, Rank
from compensation.explaining import words
from compensation.models import Earning, EarningUnit, MemberResult, Run
from compensation.selectors_pages import dashboard, plans
from compensation.selectors_pages.plan_words import Reader, requirement_text

MOST_LEVELS = 12
"""Levels drawn and listed; a plan that goes deeper says so in its sentences."""
MOST_DOTS = 12

TERM_OF = {
    "personal_bv": "personal_bv",
    "group_bv": "group_bv",
    "rsp_total": "rsp",
    "active": "active",
    "active_directs": "front_line",
    "direct_count": "front_line",
}
"""Which explained word a figure of the ladder rests on."""

WIDTH = 320
TOP = 64
BAND = 44
GAP = 8
NARROW = 168
"""Width of the band of the first level; the last one fills the picture."""


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the plan, and what it brought the reader in the month."""

    level: int
    has_points: bool
    rates: tuple[Fraction, ...]
    is_paid: bool
    """Whether the plan pays the reader there at the rank of the month."""
    people: int = 0
    points: int = 0
    money: int = 0


def reader_of(run: Run, plan: Plan, member: MemberResult) -> Reader:
    """Return where a member stands, in the figures that the plan goes by."""
    top = len(plan.ranks.ladder) - 1
    return Reader(
        pay_rank=min(max(member.pay_rank, 0), top),
        title_rank=min(max(member.title_rank, 0), top),
        figures=plans.member_figures(plan, member, run.figure_names),
    )


def list_levels(plan: Plan, reader: Reader | None, earnings: list[Earning]) -> list[Level]:
    """Return the levels that points or percentages reach, the own sales as level 0 first."""
    points = [one for one in plan.components if isinstance(one, RspPoints)]
    percentages = [one for one in plan.components if isinstance(one, LevelPercent)]
    deepest = max(
        [max(one.depths, default=0) for one in points]
        + [min(len(one.rates), max(one.depths, default=0)) for one in percentages],
        default=0,
    )
    rank = reader.pay_rank if reader is not None else 0
    found = []
    for level in range(min(deepest, MOST_LEVELS) + 1):
        has_points = any(
            one.own_points if level == 0 else level <= max(one.depths, default=0) for one in points
        )
        rates = tuple(rate for one in percentages if (rate := _rate(one, level)))
        reached = [_depth_at(one.depths, rank) >= level for one in (*points, *percentages)]
        if level == 0 and not has_points and not rates:
            continue
        found.append(_filled(Level(level, has_points, rates, any(reached)), plan, earnings))
    return found


def _rate(component: LevelPercent, level: int) -> Fraction:
    if level == 0:
        return component.seller_rate
    return component.rates[level - 1] if level <= len(component.rates) else Fraction(0)


def _depth_at(depths: tuple[int, ...], rank: int) -> int:
    return depths[min(rank, len(depths) - 1)] if depths else 0


def _filled(level: Level, plan: Plan, earnings: list[Earning]) -> Level:
    lines = [
        line
        for line in earnings
        if line.paid_level == level.level
        and getattr(plans.component_of(plan, line.component), "kind", "")
        in ("rsp_points", "level_percent")
    ]
    return Level(
        level.level,
        level.has_points,
        level.rates,
        level.is_paid,
        people=max((line.members for line in lines), default=0),
        points=sum(line.amount for line in lines if line.unit == EarningUnit.RSP),
        money=sum(line.amount for line in lines if line.unit == EarningUnit.MONEY),
    )


def picture(levels: list[Level]) -> dict[str, Any] | None:
    """Return the shapes of the picture: the reader on top, a band for each level below.

    Bands widen downwards, as a downline does; dots are sellers of the month, a dozen at most.
    """
    below = [one for one in levels if one.level > 0]
    if not below:
        return None
    bands = []
    for place, one in enumerate(below):
        spread = (WIDTH - NARROW) * (place + 1) // max(len(below), 1)
        width = min(NARROW + spread, WIDTH)
        x, y = (WIDTH - width) // 2, TOP + place * (BAND + GAP)
        bands.append(
            {
                "level": one,
                "css": f"r{min(one.level, 4)}" if one.has_points else "r-plain",
                "on_dark": one.has_points and one.level < 2,
                "x": x,
                "y": y,
                "width": width,
                "middle": y + BAND // 2 + 5,
                "label_x": x + 14,
                "rate_x": x + width - 14,
                "dots": _dots(one.people, x, y, width),
                "more": max(one.people - MOST_DOTS, 0),
            }
        )
    height = TOP + len(below) * (BAND + GAP)
    return {"bands": bands, "height": height, "width": WIDTH, "band": BAND}


def _dots(people: int, x: int, y: int, width: int) -> list[tuple[int, int]]:
    """Return the centres of up to a dozen dots in two rows, in the middle of a band."""
    shown = min(people, MOST_DOTS)
    columns = (shown + 1) // 2 if shown > MOST_DOTS // 2 else shown
    start = x + width // 2 - (columns - 1) * 6
    rows = [y + BAND // 2] if columns == shown else [y + BAND // 2 - 6, y + BAND // 2 + 6]
    return [(start + 12 * (n % columns), rows[n // columns]) for n in range(shown)]


def ladder(plan: Plan, reader: Reader | None) -> dict[str, Any]:
    """Return the ranks as a table, the highest first: a column for each figure they ask for.

    A rank that asks for less to be paid at than to reach says so in a line of its own.
    """
    measures = list(
        dict.fromkeys(one.measure for rank in plan.ranks.ladder for one in rank.requires)
    )
    rows = []
    for index, rank in enumerate(plan.ranks.ladder):
        needed = {one.measure: one.at_least for one in rank.requires}
        rows.append(
            {
                "index": index,
                "name": rank.name,
                "cells": [
                    {
                        "text": words.figure_text(name, needed[name]) if name in needed else "",
                        "unit": words.unit_of(name),
                        "is_met": reader is not None
                        and name in needed
                        and reader.figures.get(name, 0) >= needed[name],
                    }
                    for name in measures
                ],
                "is_title": reader is not None and reader.title_rank == index,
                "is_pay": reader is not None and reader.pay_rank == index,
                "months": rank.consecutive_periods,
                "keeps": _keeps(rank, plan),
            }
        )
    own = [
        words.figure_text(name, reader.figures.get(name, 0)) if reader is not None else ""
        for name in measures
    ]
    return {
        "heads": [
            {
                "name": words.measure_name(name, plan),
                "unit": words.unit_of(name),
                "term": TERM_OF.get(name, ""),
            }
            for name in measures
        ],
        "rows": rows[::-1],
        "own": own if reader is not None else [],
    }


def _keeps(rank: Rank, plan: Plan) -> str:
    """Return what being paid as a rank takes, where it is less than what reaching it takes."""
    if rank.maintains == rank.requires:
        return ""
    return "; ".join(requirement_text(one, plan) for one in rank.maintains)


def own_earnings(run: Run, representative_id: int) -> list[Earning]:
    """Return the lines of the reader's month."""
    return dashboard.list_earnings(run.pk, representative_id)
