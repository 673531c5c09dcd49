"""Words for figures, requirements and tables, shared by all that tells a plan in prose."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from compensation.engine.requirements import Requirement, digits_of

if TYPE_CHECKING:
    from compensation.engine.components.brackets import Bracket
    from compensation.engine.plan import Plan


@runtime_checkable
class Told(Protocol):
    """A component that tells itself in sentences; the others are told by ``engine.prose``."""

    def prose(self, plan: Plan) -> list[str]:
        """Tell the component in plain sentences."""


MEASURE_NAMES = {
    "personal_bv": "personal BV",
    "own_bv": "BV of own purchases",
    "window_bv": "personal BV over the activity window",
    "group_bv": "group BV",
    "personal_rsp": "personal RSP",
    "rsp_total": "RSP credited at the base depth",
    "active": "being active",
    "active_directs": "active directs",
    "direct_count": "enrolled directs",
    "stated_points": "points stated from outside",
}
COMPRESSION_SENTENCES = {
    "none": "Levels are plain distances; the level of somebody who is not qualified pays nobody.",
    "skip_and_recount": "People who are not qualified are left out when levels are counted.",
    "roll_up": (
        "Levels are plain distances; what somebody who is not qualified misses goes to the next "
        "qualified upline, who has his own level besides."
    ),
    "dynamic": (
        "A level is only taken by somebody who may be paid on that very level; everybody else is "
        "passed over and the level goes to the next upline who may."
    ),
}


def percent_text(share: Fraction) -> str:
    """Write a fraction as per cent, e.g. ``12.5 %``; at most four decimals."""
    ten_thousandths = round(share * 1_000_000)
    text = f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04d}".rstrip("0").rstrip(".")
    return f"{text} %"


def plain_text(number: Fraction) -> str:
    """Write a fraction as a decimal if it has one of at most six places, else as a fraction."""
    millionths = number * 1_000_000
    if millionths.denominator != 1:
        return str(number)
    whole, rest = divmod(millionths.numerator, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def decimal_text(number: int, digits: int) -> str:
    """Write an integer of 10 ** -digits as a decimal with thousands separated, e.g. 12,000.50."""
    whole, rest = divmod(abs(number), 10**digits)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:0{digits}d}" if rest else "")


def money_text(minor: int, plan: Plan) -> str:
    """Write minor units with all decimals and the currency, e.g. ``260.00 EUR``."""
    digits = plan.currency_digits
    whole, rest = divmod(minor, 10**digits)
    return f"{whole:,}" + (f".{rest:0{digits}d}" if digits else "") + f" {plan.currency}"


def needs_text(requires: tuple[Requirement, ...]) -> str:
    """Tell what a list of requirements asks for."""
    if not requires:
        return "nothing"
    return ", ".join(
        f"{decimal_text(one.at_least, digits_of(one.measure))} {MEASURE_NAMES[one.measure]}"
        if one.measure != "active"
        else MEASURE_NAMES["active"]
        for one in requires
    )


def depth_text(plan: Plan, depths: tuple[int, ...]) -> str:
    """Tell how many levels are paid, by rank where ranks differ."""
    if len(set(depths)) == 1:
        return f"{depths[0]} level{'' if depths[0] == 1 else 's'}"
    by_rank = ", ".join(
        f"{name} {depth}" for name, depth in zip(plan.ranks.names, depths, strict=True)
    )
    return f"as many levels as the receiver's own pay rank allows ({by_rank})"


def brackets_text(brackets: tuple[Bracket, ...], digits: int) -> str:
    """Tell a table of brackets; ``digits`` are the decimals of its figures."""
    return ", ".join(
        f"from {decimal_text(one.start, digits)} {percent_text(one.percent)}" for one in brackets
    )


def qualified_sentences(identifier: str, qualification: tuple[Requirement, ...]) -> list[str]:
    """Tell who is qualified for a component; nothing where being active decides."""
    if not qualification:
        return []
    return [
        f"Qualified for {identifier} is, in place of who is active, an enrolled member with "
        f"{needs_text(qualification)}."
    ]
