"""Hypothesis strategies: requirements of every form, and ladders of ranks."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

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
    "retail_customers",
)
QUALIFYING = tuple(name for name in MEASURES if name not in ("rsp_total", "stated_points"))
COUNTED = ("active", "active_directs", "direct_count", "retail_customers")
VOLUMES = tuple(name for name in MEASURES if name not in (*COUNTED, "stated_points"))
WINDOWS = ("period", "quarter_to_date", {"trailing": 1}, {"trailing": 2}, {"trailing": 4})


def thresholds(measure: str) -> st.SearchStrategy[Any]:
    """Figures that the drawn ones straddle."""
    if measure in COUNTED:
        return st.integers(0, 2)
    return st.sampled_from(("0", "0.01", "60", "100", "1000"))


@st.composite
def plain(draw: st.DrawFn, measures: tuple[str, ...] = MEASURES) -> dict[str, Any]:
    """A measure that must reach a figure."""
    measure = draw(st.sampled_from(measures))
    return {"measure": measure, "at_least": draw(thresholds(measure))}


def windowed(draw: st.DrawFn) -> dict[str, Any]:
    """Personal volume of some buyers over some window."""
    optional = {
        "from": st.sampled_from(("customers", "own", "both")),
        "window": st.sampled_from(WINDOWS),
    }
    measure = draw(st.sampled_from(("personal_bv", "personal_rsp")))
    return {
        "measure": measure,
        "at_least": draw(thresholds(measure)),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


def legs_within(draw: st.DrawFn) -> dict[str, Any]:
    """Group volume of which no leg gives more than a share."""
    return {
        "measure": "group_bv",
        "per_leg_at_most": draw(st.sampled_from(("0.5", "33.3333", "40", "50", "100"))),
        "at_least": draw(st.sampled_from(("60", "100", "100.01", "1000", "100000"))),
    }


def counts(draw: st.DrawFn, measures: tuple[str, ...], ranks: tuple[str, ...]) -> dict[str, Any]:
    """A number of directs, or of legs, who reach a figure or one of these ranks."""
    if ranks and draw(st.booleans()):
        who: dict[str, Any] = {"rank": draw(st.sampled_from(ranks))}
    else:
        who = draw(plain(measures))
    return {
        "count": draw(st.sampled_from(("directs", "legs"))),
        "who": who,
        "at_least": draw(st.integers(0, 3)),
    }


@st.composite
def requirements(
    draw: st.DrawFn,
    measures: tuple[str, ...] = MEASURES,
    ranks: tuple[str, ...] = (),
    least: int = 0,
) -> list[dict[str, Any]]:
    """Up to two requirements, of a rank or of a component; ``ranks`` may be counted."""
    found = []
    for form in draw(st.lists(st.integers(0, 7), min_size=least, max_size=2)):
        if form < 4:
            found.append(draw(plain(measures)))
        elif form == 4:
            found.append(legs_within(draw))
        elif form == 5:
            found.append(windowed(draw))
        else:
            found.append(counts(draw, measures, ranks))
    return found


@st.composite
def ladders(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Ladders with requirements, upkeep, periods in a row, grace and a floor."""
    ladder: list[dict[str, Any]] = [{"name": names[0]}]
    for index, name in enumerate(names[1:], start=1):
        rank: dict[str, Any] = {"name": name, "requires": draw(requirements(ranks=names[:index]))}
        if draw(st.booleans()):
            rank["maintains"] = draw(requirements(ranks=names[:index]))
        if rank["requires"] and draw(st.integers(0, 3)) == 0:
            rank["consecutive_periods"] = draw(st.integers(1, 3))
        ladder.append(rank)
    ranks: dict[str, Any] = {"ladder": ladder}
    if draw(st.booleans()):
        ranks["steps_per_period"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        ranks["grace_periods"] = draw(st.integers(0, 2))
    if len(names) > 1 and draw(st.booleans()):
        from_index = draw(st.integers(0, len(names) - 1))
        ranks["pay_rank_floor"] = {
            "for_titles_from": names[from_index],
            "floor": names[draw(st.integers(0, from_index))],
        }
    return ranks
