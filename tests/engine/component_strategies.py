"""Hypothesis strategies: every kind of component, in all its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.engine.requirement_strategies import COUNTED, QUALIFYING, requirements, thresholds

PERCENTAGES = ("0", "0.5", "1", "2.5", "3", "5", "7.25", "10", "33.3333", "100")
BRACKETS = ("0", "1", "50", "60", "100", "1000", "100000")
CHOSEN_BY = ("personal_bv", "own_bv", "window_bv", "group_bv", "personal_rsp")
COMPRESSIONS = ("none", "skip_and_recount", "roll_up", "dynamic")


@dataclass(frozen=True)
class Context:
    """What the plan has so far."""

    ranks: tuple[str, ...]
    with_volume: tuple[str, ...]
    """Ranks that ask for volume."""
    paid: tuple[str, ...]
    """Ids of components before that pay money."""
    rankings: tuple[str, ...]


def qualification(context: Context) -> st.SearchStrategy[list[dict[str, Any]]]:
    """A component's own test."""
    return requirements(QUALIFYING, context.ranks, least=1)


def chosen(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these keys."""
    return st.fixed_dictionaries({}, optional=optional)


ON = st.sampled_from(("bv", "net"))


@st.composite
def depths(draw: st.DrawFn, context: Context, most: int) -> dict[str, Any]:
    """A depth for all, or one for each rank."""
    if draw(st.booleans()):
        return {"depth": draw(st.integers(0, most))}
    return {"depth_by_rank": {name: draw(st.integers(0, most)) for name in context.ranks}}


def rates(most: int = 5) -> st.SearchStrategy[list[str]]:
    """Percentages by level."""
    return st.lists(st.sampled_from(PERCENTAGES), min_size=1, max_size=most)


@st.composite
def rsp_points(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Points components."""
    optional = chosen(
        compression=st.sampled_from(("none", "skip_and_recount")),
        own_points=st.booleans(),
        points_from=st.sampled_from(("repeat_only", "all_products", "repeat_sales")),
        base_depth=st.integers(0, 4),
    )
    return {"kind": "rsp_points", **draw(depths(context, 6)), **draw(optional)}


@st.composite
def level_minimums(draw: st.DrawFn, levels: int) -> dict[str, Any]:
    """A minimum for each of so many levels."""
    measure = draw(st.sampled_from(QUALIFYING))
    figures = draw(st.lists(thresholds(measure), min_size=levels, max_size=levels))
    return {"measure": measure, "at_least": figures}


@st.composite
def level_percents(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Level percentages with every compression."""
    by_level = draw(rates())
    component = {"kind": "level_percent", "rates": by_level}
    if draw(st.booleans()):
        component |= draw(depths(context, len(by_level)))
    optional = chosen(
        on=ON,
        seller_rate=st.sampled_from(PERCENTAGES),
        compression=st.sampled_from(COMPRESSIONS),
        qualification=qualification(context),
        level_minimum=level_minimums(len(by_level)),
        unqualified_volume_pays=st.booleans(),
        window_days_from_enrolment=st.sampled_from((0, 1, 30)),
    )
    return component | draw(optional)


@st.composite
def quick_starts(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Percentages on what new members sell to customers."""
    by_level = draw(rates(3))
    component = {
        "kind": "quick_start",
        "rates": by_level,
        "days": draw(st.sampled_from((0, 1, 30, 90))),
    }
    if draw(st.booleans()):
        component |= draw(depths(context, len(by_level)))
    optional = chosen(
        on=ON, compression=st.sampled_from(COMPRESSIONS), qualification=qualification(context)
    )
    return component | draw(optional)


@st.composite
def generation_percents(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Percentages by generation of leaders."""
    by_generation = draw(rates(4))
    component = {
        "kind": "generation_percent",
        "rates": by_generation,
        "leader_rank": draw(st.sampled_from(context.ranks)),
    }
    if draw(st.booleans()):
        component |= draw(depths(context, len(by_generation)))
    optional = chosen(
        on=ON, own_rate=st.sampled_from(PERCENTAGES), qualification=qualification(context)
    )
    return component | draw(optional)


def flat_bonuses(context: Context) -> st.SearchStrategy[dict[str, Any]]:
    """Fixed amounts for orders."""
    return st.fixed_dictionaries(
        {
            "kind": st.just("flat_bonus"),
            "amount": st.sampled_from(("1", "50", "3000")),
            "trigger": st.sampled_from(("first_order", "every_order")),
        },
        optional={
            "to": st.sampled_from(("sponsor", "seller")),
            "buyers": st.sampled_from(("all", "customers", "own")),
            "minimum_bv": st.sampled_from(("0", "0.01", "60")),
            "requires_active": st.booleans(),
            "compression": st.sampled_from(("none", "roll_up")),
        },
    )


@st.composite
def bracket_tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Tables of ascending figures, not always of ascending percentages."""
    figures = draw(st.lists(st.sampled_from(BRACKETS), min_size=1, max_size=4, unique=True))
    return [
        {"from": figure, "percent": draw(st.sampled_from(PERCENTAGES))}
        for figure in sorted(figures, key=float)
    ]


@st.composite
def volume_brackets(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Percentages chosen by volume, whole and marginal."""
    paid_on = chosen(base=ON, scope=st.sampled_from(("own", "group")))
    component: dict[str, Any] = {"kind": "volume_bracket", "brackets": draw(bracket_tables())}
    if draw(st.booleans()):
        component["method"] = "marginal"
    else:
        component["chosen_by"] = draw(st.sampled_from(CHOSEN_BY))
    return component | draw(chosen(paid_on=paid_on, qualification=qualification(context)))


@st.composite
def differentials(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Own percentages by rank or by volume, less the highest below; legs that break away."""
    component: dict[str, Any] = {"kind": "differential"}
    if draw(st.integers(0, 2)) == 2:
        percents = {name: draw(st.sampled_from(PERCENTAGES)) for name in context.ranks}
        component["percent_by_rank"] = percents
    else:
        component["brackets"] = draw(bracket_tables())
        component["chosen_by"] = draw(st.sampled_from(("group_bv", "group_bv", *CHOSEN_BY)))
        if component["chosen_by"] == "group_bv":
            component["breakaway"] = draw(st.sampled_from((True, True, False)))
    optional = chosen(on=ON, from_level=st.integers(0, 3), qualification=qualification(context))
    return component | draw(optional)


@st.composite
def matches(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Percentages of what some of the components before have paid."""
    by_level = draw(rates(4))
    of = st.lists(st.sampled_from(context.paid), min_size=1, unique=True)
    component = {"kind": "match", "of": draw(of), "rates": by_level}
    if draw(st.booleans()):
        component |= draw(depths(context, len(by_level)))
    optional = chosen(
        compression=st.sampled_from(COMPRESSIONS), qualification=qualification(context)
    )
    return component | draw(optional)


def retail_profits(context: Context) -> st.SearchStrategy[dict[str, Any]]:
    """What customers pay above the representative's price."""
    return st.fixed_dictionaries(
        {"kind": st.just("retail_profit")},
        optional={
            "percent": st.sampled_from(PERCENTAGES),
            "qualification": qualification(context),
        },
    )


@st.composite
def rank_bonuses(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Amounts for ranks that are reached."""
    names = draw(st.lists(st.sampled_from(context.with_volume), min_size=1, unique=True))
    amounts = {name: draw(st.sampled_from(("1", "250", "10000"))) for name in names}
    component = {"kind": "rank_bonus", "amounts": amounts}
    return component | draw(chosen(after_periods=st.integers(0, 2)))


@st.composite
def pools(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Shares of the company's volume."""
    forms = ["by_rank", "measure", *(["ranking"] if context.rankings else [])]
    form = draw(st.sampled_from(forms))
    if form == "by_rank":
        names = draw(st.lists(st.sampled_from(context.ranks), min_size=1, unique=True))
        shares: dict[str, Any] = {"by_rank": {name: draw(st.integers(1, 5)) for name in names}}
    elif form == "measure":
        measure = draw(st.sampled_from(QUALIFYING))
        per = st.integers(1, 2) if measure in COUNTED else st.sampled_from(("1", "60", "100"))
        shares = {"measure": measure, "per": draw(per)}
    else:
        positions = st.lists(st.integers(1, 5), min_size=1, max_size=4)
        shares = {
            "ranking": draw(st.sampled_from(context.rankings)),
            "by_position": sorted(draw(positions), reverse=True),
        }
    percent = draw(st.sampled_from([one for one in PERCENTAGES if one != "0"]))
    component = {"kind": "pool", "percent": percent, "shares": shares}
    return component | draw(chosen(on=ON, qualification=qualification(context)))


@st.composite
def binary_cycles(draw: st.DrawFn, context: Context) -> dict[str, Any]:
    """Cycles of volume in two legs."""
    figures = st.sampled_from(("1", "60", "99.99", "500"))
    limited = st.fixed_dictionaries(
        {"most_cycles": st.sampled_from((1, 3, 40))}, optional={"flush_over_most": st.booleans()}
    )
    component = {
        "kind": "binary_cycles",
        "cycle": {"left": draw(figures), "right": draw(figures)},
        "pays": draw(st.sampled_from(("1", "35", "200"))),
    }
    optional = chosen(
        carry_at_most=st.sampled_from(("0", "100", "10000")),
        flush_when_unqualified=st.booleans(),
        qualification=qualification(context),
    )
    return component | draw(st.one_of(st.just({}), limited)) | draw(optional)


KINDS = {
    "rsp_points": rsp_points,
    "level_percent": level_percents,
    "flat_bonus": flat_bonuses,
    "volume_bracket": volume_brackets,
    "differential": differentials,
    "match": matches,
    "generation_percent": generation_percents,
    "retail_profit": retail_profits,
    "quick_start": quick_starts,
    "rank_bonus": rank_bonuses,
    "pool": pools,
    "binary_cycles": binary_cycles,
}
