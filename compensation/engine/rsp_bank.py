"""The RSP bank as a plan states it: when points may be used, and what they buy.

Rules: docs/plan/rsp-bank.md. The engine pays nothing by it: what it says is for
``compensation.engine.conversion`` and ``compensation.engine.lots``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from compensation.engine.reading import Mapping, Node
from compensation.engine.wording import decimal_text, money_text

if TYPE_CHECKING:
    from compensation.engine.plan import Plan

AT_EXPIRY = ("cash",)
RESTS = ("bank", "cash")
DECOMPOSITIONS = ("greedy", "single_lump")
PENDING_DAYS, MOST_PENDING_DAYS = 14, 366
EXPIRES_AFTER_MONTHS, MOST_EXPIRES_AFTER_MONTHS = 24, 600
LEAST_POINTS = 100
"""One RSP: rounding in somebody's favour can't be had again and again with a fraction of one."""
MOST_TIERS = 20


@dataclass(frozen=True, slots=True)
class Tier:
    """A lump of points and what it buys; hundredths of RSP and BV, minor units of money."""

    points: int
    cash: int
    bv: int | None
    """``None`` where the plan's lumps buy no BV."""


@dataclass(frozen=True, slots=True)
class BvRate:
    """``points`` hundredths of RSP buy ``bv`` hundredths of BV."""

    points: int
    bv: int


@dataclass(frozen=True, slots=True)
class RspBank:
    """When credited points may be used, when they are cashed by themselves, and what they buy."""

    pending_days: int
    """Days after the end of the month in which returns may still take points back."""
    expires_after_months: int
    at_expiry: str
    tiers: tuple[Tier, ...]
    """From the smallest lump to the largest; empty: the plan's ``rsp_cash_rate`` decides."""
    bv: BvRate | None
    rest: str
    """What becomes of points that fill no lump when BV is bought: ``bank`` or ``cash``."""
    decomposition: str
    """``greedy``: lumps as long as one fits; ``single_lump``: the largest that fits, once."""
    least_points: int
    """The fewest points that one converts by hand, hundredths."""

    @property
    def buys_bv(self) -> bool:
        """Tell whether points buy BV at all."""
        return self.bv is not None or any(tier.bv is not None for tier in self.tiers)


def read_rsp_bank(node: Node, *, digits: int, has_cash_rate: bool) -> RspBank | None:
    """Read the section ``rsp_bank``; ``None`` where the plan has no bank.

    ``digits`` are the decimals of the currency, ``has_cash_rate`` says whether the plan states
    what points are worth without tiers.
    """
    if not node.given:
        return None
    table = node.mapping(
        (),
        (
            "pending_days",
            "expires_after_months",
            "at_expiry",
            "tiers",
            "bv",
            "rest",
            "decomposition",
            "least_points",
        ),
    )
    if table.broken:
        return None
    tiers = _tiers(table, digits)
    if not tiers and not table.has("tiers") and not has_cash_rate:
        node.fault("says by neither tiers nor rsp_cash_rate what points are worth")
    bv = _bv_rate(table["bv"])
    if bv is not None and any(tier.bv is not None for tier in tiers):
        table["bv"].fault("has no meaning with tiers that buy BV")
    for key in ("rest", "decomposition"):
        if table.has(key) and not table.has("tiers"):
            table[key].fault("has no meaning without tiers")
    return RspBank(
        pending_days=_count(table, "pending_days", 0, MOST_PENDING_DAYS, PENDING_DAYS),
        expires_after_months=_count(
            table, "expires_after_months", 1, MOST_EXPIRES_AFTER_MONTHS, EXPIRES_AFTER_MONTHS
        ),
        at_expiry=_choice(table, "at_expiry", AT_EXPIRY),
        tiers=tiers,
        bv=bv,
        rest=_choice(table, "rest", RESTS),
        decomposition=_choice(table, "decomposition", DECOMPOSITIONS),
        least_points=(
            table["least_points"].scaled("a number of points", 2, least=1)
            if table.has("least_points")
            else LEAST_POINTS
        ),
    )


def _count(table: Mapping, key: str, least: int, most: int, fallback: int) -> int:
    return table[key].count(least, most) if table.has(key) else fallback


def _choice(table: Mapping, key: str, allowed: tuple[str, ...]) -> str:
    return table[key].choice(allowed) if table.has(key) else allowed[0]


def _tiers(table: Mapping, digits: int) -> tuple[Tier, ...]:
    """Read the lumps in whatever order they are written."""
    if not table.has("tiers"):
        return ()
    found: list[Tier] = []
    for node in table["tiers"].items(least=1, most=MOST_TIERS):
        lump = node.mapping(("points", "cash"), ("bv",))
        if lump.broken or not lump.has("points") or not lump.has("cash"):
            continue
        tier = Tier(
            points=lump["points"].scaled("a number of points", 2, least=1) or 1,
            cash=lump["cash"].scaled("an amount of money", digits),
            bv=lump["bv"].volume() if lump.has("bv") else None,
        )
        if any(tier.points == other.points for other in found):
            lump["points"].fault("stands in tiers twice")
        found.append(tier)
    if len({tier.bv is None for tier in found}) > 1:
        table["tiers"].fault("either all of them state bv or none does")
    return tuple(sorted(found, key=lambda tier: tier.points))


def _bv_rate(node: Node) -> BvRate | None:
    if not node.given:
        return None
    rate = node.mapping(("points", "bv"))
    if rate.broken or not rate.has("points") or not rate.has("bv"):
        return None
    points = rate["points"].scaled("a number of points", 2, least=1)
    return BvRate(points=points or 1, bv=rate["bv"].scaled("a volume", 2, least=1))


def best_rate(bank: RspBank | None, flat: Fraction | None) -> tuple[Fraction | None, Tier | None]:
    """Give the most that one point can bring: minor units for a hundredth of it, and by which lump.

    ``flat`` is what the plan's cash rate pays; with tiers they decide, even where they pay less.
    """
    if bank is None or not bank.tiers:
        return flat, None
    best = max(bank.tiers, key=lambda tier: Fraction(tier.cash, tier.points))
    return Fraction(best.cash, best.points), best


def bank_prose(bank: RspBank, plan: Plan) -> list[str]:
    """Tell the bank in plain sentences."""
    days = "1 day" if bank.pending_days == 1 else f"{bank.pending_days} days"
    months = "1 month" if bank.expires_after_months == 1 else f"{bank.expires_after_months} months"
    sentences = [
        f"The RSP bank: points may be converted from {days} after the end of the month on for which"
        f" they were credited, the oldest first; {months} after its end what is left of them is"
        " converted to cash by itself."
    ]
    if bank.tiers:
        lumps = "; ".join(
            f"{decimal_text(tier.points, 2)} RSP for {money_text(tier.cash, plan)}"
            + ("" if tier.bv is None else f" or {decimal_text(tier.bv, 2)} BV")
            for tier in bank.tiers
        )
        how = (
            "Lumps are taken from the largest that fits down, as often as they fit"
            if bank.decomposition == "greedy"
            else "The largest lump that fits is taken, once"
        )
        sentences.append(
            f"{lumps}. {how}; the rest is paid in cash in proportion to the smallest lump."
        )
        if bank.buys_bv and bank.bv is None:
            stays = "stays in the bank" if bank.rest == "bank" else "is paid in cash"
            sentences.append(f"Where BV is bought, the rest {stays}.")
    if bank.bv is not None:
        sentences.append(
            f"{decimal_text(bank.bv.points, 2)} RSP buy {decimal_text(bank.bv.bv, 2)} BV."
        )
    if bank.buys_bv:
        sentences.append(
            "BV bought counts toward the group volume of the open month for ranks; it pays no"
            " commission, gives no RSP and meets no activity or retail test."
        )
    sentences.append(f"The fewest to convert by hand are {decimal_text(bank.least_points, 2)} RSP.")
    return sentences
