"""Flat spots: where one more sale lowers what somebody is paid. Rules: docs/plan/flat-spots.md.

Many plans have some by their nature; staff should see them with numbers before a plan is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

from compensation.engine.caps import Cap
from compensation.engine.components import (
    BinaryCycles,
    Component,
    Differential,
    FlatBonus,
    GenerationPercent,
    LevelPercent,
    Match,
    Pool,
    QuickStart,
    VolumeBracket,
)
from compensation.engine.components.pool import SharesByPosition, SharesByRank
from compensation.engine.money import round_ratio
from compensation.engine.plan import Plan
from compensation.engine.reading import Fault
from compensation.engine.wording import decimal_text, money_text, percent_text
from compensation.engine.worst_case import of_base, worst_case

EXAMPLE = 100_000
"""Volume of examples where the plan names none: 1,000.00."""
Found = Iterator[tuple[str, str]]
"""Keys of a component and what is wrong with them."""


def flat_spots(plan: Plan) -> list[Fault]:
    """Find where a sale can lower somebody's pay, each with its path and example numbers."""
    found = [
        Fault(f"components[{index}].{key}", message)
        for index, component in enumerate(plan.components)
        for look in _LOOKS
        for key, message in look(plan, component)
    ]
    return [*found, *_caps(plan)]


def _money(plan: Plan, volume: int, percent: Fraction, on: str) -> str:
    """Tell what a percentage of a volume pays."""
    exact = volume * percent * (Fraction(1) if on == "net" else plan.bv_value)
    return money_text(round_ratio(exact.numerator, exact.denominator, plan.rounding), plan)


def _volume(plan: Plan, figure: int, on: str) -> str:
    if on == "net":
        return money_text(figure, plan)
    return f"{decimal_text(figure, 2)} BV"


def _falling_depths(plan: Plan, component: Component) -> Found:
    """A higher rank with fewer levels: who advances is paid less."""
    depths = getattr(component, "depths", ())
    for rank in range(1, len(depths)):
        if depths[rank] < depths[rank - 1]:
            names = plan.ranks.names
            yield (
                "depth_by_rank",
                f"{names[rank]} is paid on {depths[rank]} levels, {names[rank - 1]} on "
                f"{depths[rank - 1]}: the sale that makes somebody {names[rank]} costs him "
                f"{depths[rank - 1] - depths[rank]} of them",
            )


def _falling_brackets(plan: Plan, component: Component) -> Found:
    """A bracket with a lower percentage than the one below it, paid on the whole volume."""
    if not isinstance(component, (VolumeBracket, Differential)):
        return
    if isinstance(component, VolumeBracket) and component.method == "marginal":
        return  # each slice keeps its own percentage
    brackets, on = component.brackets, component.on
    for index in range(1, len(brackets)):
        lower, upper = brackets[index - 1], brackets[index]
        if upper.percent < lower.percent:
            yield (
                f"brackets[{index}].percent",
                f"{percent_text(upper.percent)} after {percent_text(lower.percent)}: with "
                f"{decimal_text(upper.start - 1, 2)} it pays "
                f"{_money(plan, upper.start - 1, lower.percent, on)}, with "
                f"{decimal_text(upper.start, 2)} {_money(plan, upper.start, upper.percent, on)} "
                "(where the same volume chooses and is paid)",
            )


def _falling_by_rank(plan: Plan, component: Component) -> Found:
    """A higher rank with a lower percentage, or with fewer shares of a pool."""
    names = plan.ranks.names
    if isinstance(component, Differential):
        percents = component.percent_by_rank
        for rank in range(1, len(percents)):
            if percents[rank] < percents[rank - 1]:
                before = _money(plan, EXAMPLE, percents[rank - 1], component.on)
                after = _money(plan, EXAMPLE, percents[rank], component.on)
                yield (
                    f"percent_by_rank.{names[rank]}",
                    f"{percent_text(percents[rank])} after {percent_text(percents[rank - 1])} of "
                    f"{names[rank - 1]}: on {_volume(plan, EXAMPLE, component.on)} the sale that "
                    f"makes somebody {names[rank]} takes him from {before} to {after}",
                )
    if isinstance(component, Pool) and isinstance(component.shares, SharesByRank):
        shares = component.shares.shares
        for rank in range(1, len(shares)):
            if shares[rank] < shares[rank - 1]:
                yield (
                    f"shares.by_rank.{names[rank]}",
                    f"{shares[rank]} shares after {shares[rank - 1]} of {names[rank - 1]}: the "
                    f"sale that makes somebody {names[rank]} costs him "
                    f"{shares[rank - 1] - shares[rank]} of them",
                )


def _risen_below(plan: Plan, component: Component) -> Found:
    """A differential: who rises to a higher percentage takes it from those above."""
    if not isinstance(component, Differential):
        return
    on = component.on
    if component.percent_by_rank:
        yield from _rank_below(plan, component)
        return
    percents = [Fraction(0), *(bracket.percent for bracket in component.brackets)]
    highest = max(percents)
    steps = [
        (bracket.start, before, after)
        for bracket, (before, after) in zip(component.brackets, pairwise(percents), strict=True)
        if bracket.start > 0 and before < after
    ]
    if not steps:
        return
    start, before, after = max(steps, key=lambda step: (step[2] - step[1]) * step[0])
    yield (
        "brackets",
        f"with {decimal_text(start - 1, 2)} somebody has {percent_text(before)} and his "
        f"upline at {percent_text(highest)} earns "
        f"{_money(plan, start - 1, highest - before, on)} on it; with "
        f"{decimal_text(start, 2)} he has {percent_text(after)} and the upline earns "
        f"{_money(plan, start, highest - after, on)}",
    )
    if component.breakaway:
        top = component.brackets[-1]
        yield (
            "breakaway",
            f"the sale with which somebody reaches {decimal_text(top.start, 2)} group BV takes "
            f"these {decimal_text(top.start, 2)} from the group BV of everybody above him, and "
            "all pay on them",
        )


def _rank_below(plan: Plan, component: Differential) -> Found:
    percents, names = component.percent_by_rank, plan.ranks.names
    highest = max(percents)
    rises = [rank for rank in range(1, len(percents)) if percents[rank] > percents[rank - 1]]
    if not rises:
        return
    rank = max(rises, key=lambda one: percents[one] - percents[one - 1])
    yield (
        "percent_by_rank",
        f"the sale that makes somebody {names[rank]} takes his upline at "
        f"{percent_text(highest)} from "
        f"{_money(plan, EXAMPLE, highest - percents[rank - 1], component.on)} to "
        f"{_money(plan, EXAMPLE, highest - percents[rank], component.on)} on "
        f"{_volume(plan, EXAMPLE, component.on)} of his",
    )


def _level_taken(plan: Plan, component: Component) -> Found:
    """Compression: who becomes qualified takes a level from those above."""
    if not isinstance(component, (LevelPercent, Match, QuickStart)):
        return
    if plan.activity.measure == "always" and not component.qualification:
        return
    on = getattr(component, "on", "net")
    rates = (*component.rates[: max(component.depths)], Fraction(0))
    if component.compression == "none" or len(rates) == 1:
        return
    drops = [
        (before - after, place) for place, (before, after) in enumerate(pairwise(rates), start=1)
    ]
    drop, level = max(drops, key=lambda one: (one[0], -one[1]))
    if drop <= 0:
        return
    what = "earnings" if isinstance(component, Match) else _volume(plan, EXAMPLE, on)
    if component.compression == "roll_up":
        yield (
            "compression",
            f"the sale that makes somebody at level {level} qualified takes what rolled up past "
            f"him, {percent_text(rates[level - 1])} of it, from the next one above",
        )
        return
    yield (
        "compression",
        f"the sale that makes somebody qualified moves all below him a level further from those "
        f"above: from level {level} to {level + 1}, and on {what} from "
        f"{_money(plan, EXAMPLE, rates[level - 1], on)} to "
        f"{_money(plan, EXAMPLE, rates[level], on)}",
    )


def _bonus_rolled_up(plan: Plan, component: Component) -> Found:
    if isinstance(component, FlatBonus) and component.compression == "roll_up":
        yield (
            "compression",
            "the sale that makes a sponsor qualified takes what rolled up past him, "
            f"{money_text(component.amount, plan)} for each order, from the next one above",
        )


def _new_leader(plan: Plan, component: Component) -> Found:
    """Generations: a new leader moves his group one generation further from those above."""
    if not isinstance(component, GenerationPercent):
        return
    paid = component.rates[: max(component.depths)]
    rates = (component.own_rate, *paid, Fraction(0))
    for generation, (before, after) in enumerate(pairwise(rates)):
        if after < before:
            leader = plan.ranks.names[component.leader_rank]
            yield (
                "rates",
                f"the sale that makes somebody {leader} moves his group from generation "
                f"{generation} to {generation + 1} of the leader above, who earns "
                f"{_money(plan, EXAMPLE, before, component.on)} on "
                f"{_volume(plan, EXAMPLE, component.on)} before and "
                f"{_money(plan, EXAMPLE, after, component.on)} after",
            )
            return


def _shared_out(plan: Plan, component: Component) -> Found:
    """Pools: what one more share brings somebody, all others lose."""
    if not isinstance(component, Pool):
        return
    if isinstance(component.shares, SharesByPosition):
        what = "the sale with which somebody is passed in the ranking costs him his position"
    else:
        what = (
            "the sale that brings somebody one share more lowers what each share is worth: of "
            "100 shares each has 1 % of the pool, of 101 only 0.9901 %"
        )
    yield "shares", what


def _flushed(plan: Plan, component: Component) -> Found:
    if isinstance(component, BinaryCycles) and component.flush_over_most:
        most = component.most_cycles
        assert most is not None  # the plan is refused without it
        left, right = component.cycle_left * (most + 1), component.cycle_right * (most + 1)
        yield (
            "flush_over_most",
            f"with {decimal_text(left, 2)} BV on the left and {decimal_text(right, 2)} on the "
            f"right there would be {most + 1} cycles: {most} are paid and all the rest is lost",
        )


_LOOKS: tuple[Callable[[Plan, Component], Found], ...] = (
    _falling_depths,
    _falling_brackets,
    _falling_by_rank,
    _risen_below,
    _level_taken,
    _bonus_rolled_up,
    _new_leader,
    _shared_out,
    _flushed,
)


def _caps(plan: Plan) -> list[Fault]:
    """A company's cap that can cut: who sells more takes from everybody else's pay."""
    found = []
    for index, cap in enumerate(plan.caps):
        if cap.scope == "company" and _can_cut(plan, cap):
            found.append(
                Fault(
                    f"caps[{index}]",
                    "where it cuts, a sale that brings one person more lowers everybody else's "
                    "pay: of 110.00 down to a limit of 100.00 each is paid 90.91 %, of 120.00 "
                    "only 83.33 %",
                )
            )
    return found


def _can_cut(plan: Plan, cap: Cap) -> bool:
    """Tell whether what a cap covers can be more than it lets through."""
    if cap.amount is not None:
        return True
    covered = [share for share in worst_case(plan).shares if share.component in cap.of]
    if any(share.share is None or share.of != cap.on for share in covered):
        return True
    total = sum(share.share for share in covered if share.share is not None)
    return total > cap.percent * of_base(plan, cap.on)
