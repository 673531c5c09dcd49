"""Limits to what is paid (docs/plan/caps.md)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR
from fractions import Fraction
from typing import Any

from tests.engine.oracle.facts import ROUNDING, Line, number
from tests.engine.oracle.statement import Statement, company_volume, share_out


def cut(period: Statement, number_of_cap: int) -> None:
    """Take from each member what a cap does not allow, as a line of its own."""
    cap = period.plan["caps"][number_of_cap]
    subjects = subjects_of(period, number_of_cap)
    if cap["scope"] == "person":
        most = minor_units(period, cap["amount"])
        for member_id, subject in subjects.items():
            if subject > most:
                cut_of = subject - most
                rate = Fraction(-cut_of, subject)
                add(period, number_of_cap, member_id, rate, subject, cut_of)
        return
    most = company_limit(period, cap)
    total = sum(subjects.values())
    if total > most:
        rate = Fraction(-(total - most), total)
        for member_id, paid in share_out(most, sorted(subjects.items())).items():
            subject = subjects[member_id]
            add(period, number_of_cap, member_id, rate, subject, subject - paid)


def add(
    period: Statement, number_of_cap: int, member_id: int, rate: Fraction, subject: int, cut_of: int
) -> None:
    """Add the line of a cut, if there is one."""
    if cut_of == 0:
        return
    index = len(period.plan["components"]) + number_of_cap
    line = Line(member_id, index, 0, rate, "money", base=subject, amount=-cut_of, shared=True)
    line.matched = cut_lines(period, number_of_cap, member_id)
    period.lines[member_id, index, 0, rate] = line


def components_of(period: Statement, cap: dict[str, Any]) -> set[int]:
    """The components that a cap limits; all that pay money, where none is named."""
    return {
        index
        for index, component in enumerate(period.plan["components"])
        if component["kind"] != "rsp_points" and ("of" not in cap or component["id"] in cap["of"])
    }


def subjects_of(period: Statement, number_of_cap: int) -> dict[int, int]:
    """What each member gets of the components of a cap, less earlier cuts within them."""
    caps = period.plan["caps"]
    of = components_of(period, caps[number_of_cap])
    counted = set(of)
    for earlier in range(number_of_cap):
        if components_of(period, caps[earlier]) <= of:
            counted.add(len(period.plan["components"]) + earlier)
    found: dict[int, int] = {}
    for line in period.lines.values():
        if line.component in counted:
            found[line.receiver] = found.get(line.receiver, 0) + line.amount
    return {member_id: subject for member_id, subject in found.items() if subject > 0}


def cut_lines(period: Statement, number_of_cap: int, member_id: int) -> list[Line]:
    """A member's lines that a cap cuts, in the order in which ties go."""
    of = components_of(period, period.plan["caps"][number_of_cap])
    found = [
        line
        for line in period.lines.values()
        if line.component in of and line.receiver == member_id and line.amount
    ]
    return sorted(found, key=lambda line: (line.component, line.level, line.rate))


def company_limit(period: Statement, cap: dict[str, Any]) -> int:
    """What the company pays at most, in minor units."""
    if "amount" in cap:
        return minor_units(period, cap["amount"])
    on = cap.get("on", "bv")
    exact = company_volume(period, on) * period.rate(cap["percent"], on)
    return max(0, int(exact.to_integral_value(ROUND_FLOOR, ROUNDING)))


def minor_units(period: Statement, amount: str) -> int:
    """An amount of money of the plan document, in minor units."""
    return int(number(amount) * 10 ** period.plan.get("currency_digits", 2))


def parts(
    period: Statement, line: Line, parts_of: Callable[[Line], dict[int, int]]
) -> dict[int, int]:
    """Share a cut out to the lines that it cuts, and each share to that line's own rows."""
    return period.parts_through(line, parts_of)
