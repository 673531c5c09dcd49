"""What a plan could pay at most, before anybody has sold anything.

The worst case: every level is taken by somebody qualified whose rank gives the full depth. It is
told as money per BV (one BV counted as one unit of the currency), as money per net sales, and as
fixed amounts per head, which depend on no volume.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from compensation.engine.bounds import Bounded, Given, Share
from compensation.engine.caps import Cap
from compensation.engine.components import (
    Differential,
    FlatBonus,
    LevelPercent,
    Match,
    RspPoints,
    VolumeBracket,
)
from compensation.engine.plan import Plan
from compensation.engine.reading import Fault
from compensation.engine.rsp_bank import best_rate
from compensation.engine.wording import decimal_text, percent_text, plain_text

__all__ = ["Share", "WorstCase", "check_plan", "of_base", "percent_text", "worst_case"]


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The worst case of a whole plan."""

    shares: tuple[Share, ...]
    of_bv: Fraction | None
    """Sum of all shares of BV; ``None`` if one of them is not known."""
    of_net: Fraction | None
    """Sum of all shares of net sales; ``None`` if one of them is not known."""


def worst_case(plan: Plan, rsp_per_bv: Fraction | None = None) -> WorstCase:
    """Work out the most that the plan can pay.

    ``rsp_per_bv`` is the largest RSP per BV of the catalogue; the plan's own figure goes first.
    """
    ratio = plan.rsp_per_bv if plan.rsp_per_bv is not None else rsp_per_bv
    given = Given(plan.currency_digits, plan.bv_value)
    shares: list[Share] = []
    for component in plan.components:
        if isinstance(component, Bounded):
            shares.extend(component.worst_case_share(given))
        elif isinstance(component, RspPoints):
            shares.append(_points(plan, component, ratio))
        elif isinstance(component, LevelPercent):
            shares.append(_percentages(plan, component))
        elif isinstance(component, VolumeBracket):
            shares.append(_bracket(plan, component))
        elif isinstance(component, Differential):
            shares.append(_differential(plan, component))
        elif isinstance(component, Match):
            shares.extend(_match(component, shares))
        elif isinstance(component, FlatBonus):
            occasion = "customer's first order" if component.trigger == "first_order" else "order"
            shares.append(
                Share(component.id, "order", None, component.amount, f"for each {occasion}")
            )
    left = list(shares)
    for cap in plan.caps:
        left = _capped(plan, cap, left, given)
    return WorstCase(
        shares=(*shares, *(share for share in left if share not in shares)),
        of_bv=_together(share.share for share in left if share.of == "bv"),
        of_net=_together(share.share for share in left if share.of == "net"),
    )


def _capped(plan: Plan, cap: Cap, shares: list[Share], given: Given) -> list[Share]:
    """Put a company's cap in the place of what it covers, where that could be more.

    A cap of a fixed amount, or for each person, sets no bound as a share of volume.
    """
    if cap.scope != "company" or cap.amount is not None:
        return shares
    within = {one.id for one in plan.caps if set(one.of) <= set(cap.of)} | set(cap.of)
    covered = [
        share for share in shares if share.component in within and share.of not in ("order", "head")
    ]
    most = cap.percent * given.of_base(cap.on)
    known = _together(share.share for share in covered)
    alike = _together(share.share for share in covered if share.of == cap.on)
    if known is not None and alike is not None and alike <= most:
        return shares
    how = f"in place of {', '.join(cap.of)}: all of it together is cut to this"
    return [
        *(share for share in shares if share.component not in within),
        Share(cap.id, cap.on, most, 0, how),
    ]


def _together(shares: Iterable[Fraction | None]) -> Fraction | None:
    """Add up shares; ``None`` if one of them is not known."""
    total = Fraction(0)
    for share in shares:
        if share is None:
            return None
        total += share
    return total


def _points(plan: Plan, component: RspPoints, ratio: Fraction | None) -> Share:
    """Points at the most that one can bring: with tiers, in the lump that pays best."""
    times = max(component.depths) + component.own_points
    flat = plan.rsp_cash_rate
    best, tier = best_rate(plan.rsp_bank, None if flat is None else flat.per_point)
    if best is None:
        return Share(component.id, "bv", None, 0, "the plan states no rsp_cash_rate")
    if ratio is None:
        return Share(component.id, "bv", None, 0, "the largest RSP per BV is not known")
    cash = best / Fraction(10**plan.currency_digits, 100)
    how = f"{times} × {plain_text(ratio)} RSP per BV at {plain_text(cash)} a point"
    if tier is not None:
        how += f", as {decimal_text(tier.points, 2)} RSP together bring"
    return Share(component.id, "bv", ratio * times * cash, 0, how)


def _percentages(plan: Plan, component: LevelPercent) -> Share:
    levels = component.rates[: max(component.depths)]
    total = sum(levels, component.seller_rate)
    parts = [percent_text(rate) for rate in (component.seller_rate, *levels) if rate]
    how = " + ".join(parts)
    if component.on == "net":
        return Share(component.id, "net", total, 0, how)
    return Share(
        component.id, "bv", total * plan.bv_value / Fraction(10**plan.currency_digits, 100), 0, how
    )


def _bracket(plan: Plan, component: VolumeBracket) -> Share:
    if component.scope == "group":
        how = (
            "every upline is paid on the same sale, however many there are; "
            "a cap on the whole company would bound it"
        )
        return Share(component.id, component.on, None, 0, how)
    share = max(bracket.percent for bracket in component.brackets)
    how = f"highest bracket {percent_text(share)}"
    return Share(component.id, component.on, share * of_base(plan, component.on), 0, how)


def _differential(plan: Plan, component: Differential) -> Share:
    """Differences on one way up add up to the highest percentage at most."""
    share = component.percents()[-1]
    how = f"highest percentage {percent_text(share)}"
    return Share(component.id, component.on, share * of_base(plan, component.on), 0, how)


def _match(component: Match, before: list[Share]) -> list[Share]:
    """All levels of what the matched components can pay, for each base that they pay on."""
    total = sum(component.rates[: max(component.depths)], Fraction(0))
    found: dict[str, Share] = {}
    for share in before:
        if share.component not in component.of:
            continue
        how = f"{percent_text(total)} of {', '.join(component.of)}"
        known = found.get(share.of, Share(component.id, share.of, Fraction(0), 0, how))
        fixed = known.fixed_minor
        if share.of in ("order", "head"):
            fixed += math.ceil(share.fixed_minor * total)
        bound = None
        if share.share is not None and known.share is not None:
            bound = known.share + share.share * total
        found[share.of] = Share(component.id, share.of, bound, fixed, how)
    return list(found.values())


def of_base(plan: Plan, base: str) -> Fraction:
    """Give the money per unit of a base: 1 for sales and margins, else what a BV stands for."""
    if base in ("net", "margin"):
        return Fraction(1)
    return plan.bv_value / Fraction(10**plan.currency_digits, 100)


def check_plan(plan: Plan, rsp_per_bv: Fraction | None = None) -> list[Fault]:
    """Find what makes a readable plan unacceptable.

    Rates that add up to more than the whole base, and a worst case over the plan's own limit.
    """
    case = worst_case(plan, rsp_per_bv)
    faults = _too_high(plan, case)
    limit = plan.worst_case_limit
    if limit is None:
        return faults
    for name, share in (("BV", case.of_bv), ("net sales", case.of_net)):
        if share is None:
            faults.append(
                Fault("worst_case_limit", f"the worst case as a share of {name} is not known")
            )
        elif share > limit:
            faults.append(
                Fault(
                    "worst_case_limit",
                    f"the worst case is {percent_text(share)} of {name}, "
                    f"over the limit of {percent_text(limit)}",
                )
            )
    return faults


def _too_high(plan: Plan, case: WorstCase) -> list[Fault]:
    """Find components whose rates together are more than all of what they are paid on."""
    faults = []
    for index, component in enumerate(plan.components):
        if isinstance(component, RspPoints):
            continue
        for share in case.shares:
            if share.component != component.id or share.share is None:
                continue
            rate = share.share / of_base(plan, share.of)
            if rate > 1:
                base = {"bv": "BV", "margin": "margin"}.get(share.of, "net sales")
                faults.append(
                    Fault(
                        f"components[{index}].rates",
                        f"together {percent_text(rate)} of the {base}, more than all of it",
                    )
                )
    return faults
