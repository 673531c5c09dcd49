"""What all that tells a plan in words has in common: parts, rows, the reader, amounts as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.engine.plan import Plan
from compensation.engine.requirements import Requirement
from compensation.explaining import words
from representatives import formatting

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: cells as text; the first one names it."""

    cells: tuple[str, ...]
    is_here: bool = False
    """Whether the reader stands in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that the plan decides."""

    key: str
    title: str
    sentences: list[str]
    heads: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    here: str = ""
    """Where the reader stands in it, in a sentence."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Where the reader stands in a month; ranks are indexes of the ladder."""

    pay_rank: int
    title_rank: int
    figures: dict[str, int]
    """Measures by name, as `plans.member_figures` gives them."""


def requirement_text(one: Requirement, plan: Plan) -> str:
    """Return a requirement with what it needs, such as "Group BV: 300 BV"."""
    if one.measure == "active":
        return words.measure_name("active", plan)
    return _("%(what)s: %(need)s") % {
        "what": words.measure_name(one.measure, plan),
        "need": words.with_unit(one.measure, one.at_least),
    }


def whole(number: int) -> str:
    """Return a whole number."""
    return formatting.whole(number, get_language())


def money(minor: int, plan: Plan) -> str:
    """Return an amount of the plan's currency."""
    return formatting.money(minor, plan.currency, get_language())


def percent(rate: Fraction) -> str:
    """Return a rate as a percentage."""
    return formatting.percent(rate, get_language())


def volume(hundredths: int, unit: str = "BV") -> str:
    """Return a volume with its unit."""
    return f"{formatting.hundredths(hundredths, get_language())}\u00a0{unit}"


def measure_of(source: object) -> str:
    """Return what percentages are taken of."""
    return _("net sales") if getattr(source, "on", "bv") == "net" else "BV"


def qualified(requires: Sequence[Requirement], plan: Plan) -> list[str]:
    """Return who is paid, where being active is not what decides."""
    if not requires:
        return []
    list_of = "; ".join(requirement_text(one, plan) for one in requires)
    return [_("It is paid to enrolled people with: %(needs)s.") % {"needs": list_of}]


def depth(plan: Plan, depths: tuple[int, ...], reader: Reader | None) -> tuple[str, str]:
    """Return how deep a component pays, and how deep it pays the reader."""
    if len(set(depths)) == 1:
        text = ngettext(
            "It reaches %(count)s level deep.", "It reaches %(count)s levels deep.", depths[0]
        ) % {"count": whole(depths[0])}
        return text, ""
    text = _("How deep it reaches depends on the rank you are paid at.")
    if reader is None:
        return text, ""
    mine = depths[min(max(reader.pay_rank, 0), len(depths) - 1)]
    here = ngettext(
        "As %(rank)s you are paid on %(count)s level.",
        "As %(rank)s you are paid on %(count)s levels.",
        mine,
    )
    return text, here % {"rank": plan.ranks.names[reader.pay_rank], "count": whole(mine)}


def compression(kind: str) -> list[str]:
    """Return how levels are counted."""
    return {
        "none": [
            _("A level is the plain distance; where somebody there is not active, nobody has it.")
        ],
        "skip_and_recount": [
            _("People who are not active are left out when levels are counted, in that month only.")
        ],
        "dynamic": [
            _("A level goes to the next person above who may be paid on it; others are passed by.")
        ],
        "roll_up": [
            _("What a person who is not active misses goes to the next active person above.")
        ],
    }.get(kind, [])
