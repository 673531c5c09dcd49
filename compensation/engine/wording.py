"""Words for figures, requirements and tables, shared by all that tells a plan in prose."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from compensation.engine.figures import (
    TRAILING,
    Counted,
    LegMaximum,
    Windowed,
    digits_of,
    figure_of,
)
from compensation.engine.requirements import Requirement

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
    "retail_customers": "customers who bought",
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
    return f"{_shortest(round(share * 1_000_000), 4)} %"


def plain_text(number: Fraction) -> str:
    """Write a fraction as a decimal if it has one of at most six places, else as a fraction."""
    millionths = number * 1_000_000
    return _shortest(millionths.numerator, 6) if millionths.denominator == 1 else str(number)


def _shortest(number: int, digits: int) -> str:
    """Write an integer of 10 ** -digits as a decimal without noughts at its end."""
    return f"{Decimal(number).scaleb(-digits).normalize():f}"


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


def window_text(window: str) -> str:
    """Tell a window: ``period``, ``quarter_to_date`` or ``trailing-<periods>``."""
    if window == "period":
        return "in the period"
    if window == "quarter_to_date":
        return "from the first day of the calendar quarter to the end of the period"
    before = int(window.removeprefix(TRAILING)) - 1
    return f"in this period and the {before} before it"


def figure_text(name: str, ranks: Sequence[str] = ()) -> str:
    """Tell what a figure is; ``ranks`` are the names of the ladder."""
    figure = figure_of(name)
    if isinstance(figure, Windowed):
        source = {
            "customers": " of customers' orders",
            "own": " of own purchases",
            "both": "",
        }[figure.source]
        return f"{MEASURE_NAMES[figure.measure]}{source} {window_text(figure.window)}"
    if isinstance(figure, LegMaximum):
        return f"group BV, of which no leg counts for more than {decimal_text(figure.most, 2)}"
    if isinstance(figure, Counted):
        people = "directs" if figure.what == "directs" else "legs that hold somebody"
        return f"{people} {_kind_text(figure, ranks)}"
    return MEASURE_NAMES.get(name, name)


def _kind_text(figure: Counted, ranks: Sequence[str]) -> str:
    if figure.measure == "rank":
        known = figure.at_least < len(ranks)
        rank = ranks[figure.at_least] if known else f"number {figure.at_least} of the ladder"
        return f"with the pay rank {rank} or a higher one"
    if figure.measure == "active":
        return "who are active" if figure.what == "directs" else "who is active"
    return f"with {requirement_text(Requirement(figure.measure, figure.at_least))}"


def requirement_text(requirement: Requirement, ranks: Sequence[str] = ()) -> str:
    """Tell one requirement: the figure, and what it must be at least."""
    name = requirement.measure
    if name == "active" and requirement.at_least == 1:
        return MEASURE_NAMES["active"]
    return f"{decimal_text(requirement.at_least, digits_of(name))} {figure_text(name, ranks)}"


def needs_text(requires: Sequence[Requirement], ranks: Sequence[str] = ()) -> str:
    """Tell what a list of requirements asks for; ``ranks`` are the names of the ladder."""
    if not requires:
        return "nothing"
    return ", ".join(requirement_text(one, ranks) for one in requires)


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


def qualified_sentences(
    identifier: str, qualification: Sequence[Requirement], ranks: Sequence[str] = ()
) -> list[str]:
    """Tell who is qualified for a component; nothing where being active decides."""
    if not qualification:
        return []
    return [
        f"Qualified for {identifier} is, in place of who is active, an enrolled member with "
        f"{needs_text(qualification, ranks)}."
    ]
