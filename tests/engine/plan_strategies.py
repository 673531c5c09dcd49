"""Hypothesis strategies: whole plan documents, every kind of component among them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PERCENTAGES = ("0", "0.5", "1", "2.5", "3", "5", "7.25", "10", "33.3333", "100")
BRACKETS = ("0", "1", "50", "60", "100", "1000", "100000")
CHOSEN_BY = ("personal_bv", "own_bv", "window_bv", "group_bv", "personal_rsp")
RANK_NAMES = ("IR", "Bronze", "Silver", "Gold", "Platinum")
MEASURES = (
    "personal_bv",
    "own_bv",
    "window_bv",
    "group_bv",
    "personal_rsp",
    "rsp_total",
    "stated_points",
    "active",
    "active_directs",
    "direct_count",
)
QUALIFYING = tuple(name for name in MEASURES if name not in ("rsp_total", "stated_points"))
COUNTED = ("active", "active_directs", "direct_count")


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """Whole plan documents, valid by docs/plan/format.md."""
    names = RANK_NAMES[: draw(st.integers(1, len(RANK_NAMES)))]
    plan: dict[str, Any] = {
        "format": 1,
        "name": "drawn",
        "currency": "EUR",
        "activity": draw(activities()),
        "components": [],
    }
    for key, values in (
        ("currency_digits", st.sampled_from((0, 2, 3))),
        ("rounding", st.sampled_from(("half_away_from_zero", "half_even", "half_up", "down"))),
        ("bv_value", st.sampled_from(("1", "0.5", "1.3"))),
    ):
        if draw(st.booleans()):
            plan[key] = draw(values)
    if len(names) > 1 or draw(st.booleans()):
        plan["ranks"] = draw(ladders(names))
    else:
        names = ("Member",)
    kinds = st.sampled_from(
        (rsp_points, level_percents, flat_bonuses, volume_brackets, differentials, matches)
    )
    for number, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=4))):
        paid = [one["id"] for one in plan["components"] if one["kind"] != "rsp_points"]
        if kind is matches:
            component = draw(matches(names, paid)) if paid else draw(level_percents(names))
        else:
            component = draw(kind(names))
        plan["components"].append({"id": f"c{number}", **component})
    return plan


def activities() -> st.SearchStrategy[dict[str, Any]]:
    """Activity tests with thresholds that the drawn volumes straddle."""
    thresholds = st.sampled_from(("0", "0.01", "50", "60"))
    measured = st.fixed_dictionaries(
        {"measure": st.sampled_from(("personal_bv", "personal_rsp")), "at_least": thresholds}
    )
    always = st.just({"measure": "always"})
    stated = st.just({"measure": "stated"})
    windows = st.sampled_from(("quarter_to_date", "period", {"trailing": 2}))
    return st.fixed_dictionaries(
        {"test": st.one_of(measured, measured, measured, always, stated)},
        optional={"window": windows},
    )


@st.composite
def ladders(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Ladders with requirements, upkeep and a floor."""
    ladder: list[dict[str, Any]] = [{"name": names[0]}]
    for name in names[1:]:
        rank: dict[str, Any] = {"name": name, "requires": draw(requirements())}
        if draw(st.booleans()):
            rank["maintains"] = draw(requirements())
        ladder.append(rank)
    ranks: dict[str, Any] = {"ladder": ladder}
    if draw(st.booleans()):
        ranks["steps_per_period"] = draw(st.integers(1, 3))
    if len(names) > 1 and draw(st.booleans()):
        from_index = draw(st.integers(0, len(names) - 1))
        ranks["pay_rank_floor"] = {
            "for_titles_from": names[from_index],
            "floor": names[draw(st.integers(0, from_index))],
        }
    return ranks


@st.composite
def requirements(
    draw: st.DrawFn, measures: tuple[str, ...] = MEASURES, least: int = 0
) -> list[dict[str, Any]]:
    """Up to two requirements, of a rank or of a component."""
    return [
        {"measure": measure, "at_least": draw(thresholds(measure))}
        for measure in draw(st.lists(st.sampled_from(measures), min_size=least, max_size=2))
    ]


def thresholds(measure: str) -> st.SearchStrategy[Any]:
    """Figures that the drawn ones straddle."""
    if measure in COUNTED:
        return st.integers(0, 2)
    return st.sampled_from(("0", "0.01", "60", "100", "1000"))


@st.composite
def level_minimums(draw: st.DrawFn, levels: int) -> dict[str, Any]:
    """A minimum for each of so many levels."""
    measure = draw(st.sampled_from(QUALIFYING))
    figures = draw(st.lists(thresholds(measure), min_size=levels, max_size=levels))
    return {"measure": measure, "at_least": figures}


@st.composite
def depths(draw: st.DrawFn, names: tuple[str, ...], most: int) -> dict[str, Any]:
    """A depth for all, or one for each rank."""
    if draw(st.booleans()):
        return {"depth": draw(st.integers(0, most))}
    return {"depth_by_rank": {name: draw(st.integers(0, most)) for name in names}}


@st.composite
def rsp_points(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Points components."""
    optional = {
        "compression": st.sampled_from(("none", "skip_and_recount")),
        "own_points": st.booleans(),
        "points_from": st.sampled_from(("repeat_only", "all_products")),
        "base_depth": st.integers(0, 4),
    }
    return {
        "kind": "rsp_points",
        **draw(depths(names, 6)),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


@st.composite
def level_percents(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Level percentages with every compression."""
    rates = draw(st.lists(st.sampled_from(PERCENTAGES), min_size=1, max_size=5))
    optional = {
        "on": st.sampled_from(("bv", "net")),
        "seller_rate": st.sampled_from(PERCENTAGES),
        "compression": st.sampled_from(("none", "skip_and_recount", "roll_up", "dynamic")),
        "qualification": requirements(QUALIFYING, least=1),
        "level_minimum": level_minimums(len(rates)),
        "unqualified_volume_pays": st.booleans(),
        "window_days_from_enrolment": st.sampled_from((0, 1, 30)),
    }
    component = {"kind": "level_percent", "rates": rates}
    if draw(st.booleans()):
        component |= draw(depths(names, len(rates)))
    return component | draw(st.fixed_dictionaries({}, optional=optional))


def flat_bonuses(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
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
def volume_brackets(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Percentages chosen by volume, whole and marginal."""
    paid_on = st.fixed_dictionaries(
        {},
        optional={
            "base": st.sampled_from(("bv", "net")),
            "scope": st.sampled_from(("own", "group")),
        },
    )
    component: dict[str, Any] = {"kind": "volume_bracket", "brackets": draw(bracket_tables())}
    if draw(st.booleans()):
        component["method"] = "marginal"
    else:
        component["chosen_by"] = draw(st.sampled_from(CHOSEN_BY))
    optional = {"paid_on": paid_on, "qualification": requirements(QUALIFYING, least=1)}
    return component | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def differentials(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Own percentages by rank or by volume, less the highest below."""
    component: dict[str, Any] = {"kind": "differential"}
    if draw(st.booleans()):
        percents = {name: draw(st.sampled_from(PERCENTAGES)) for name in names}
        component["percent_by_rank"] = percents
    else:
        component["brackets"] = draw(bracket_tables())
        component["chosen_by"] = draw(st.sampled_from(CHOSEN_BY))
    optional = {
        "on": st.sampled_from(("bv", "net")),
        "from_level": st.integers(0, 3),
        "qualification": requirements(QUALIFYING, least=1),
    }
    return component | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def matches(draw: st.DrawFn, names: tuple[str, ...], paid: list[str]) -> dict[str, Any]:
    """Percentages of what some of these components have paid."""
    rates = draw(st.lists(st.sampled_from(PERCENTAGES), min_size=1, max_size=4))
    component = {
        "kind": "match",
        "of": draw(st.lists(st.sampled_from(paid), min_size=1, unique=True)),
        "rates": rates,
    }
    if draw(st.booleans()):
        component |= draw(depths(names, len(rates)))
    optional = {
        "compression": st.sampled_from(("none", "skip_and_recount", "roll_up", "dynamic")),
        "qualification": requirements(QUALIFYING, least=1),
    }
    return component | draw(st.fixed_dictionaries({}, optional=optional))
