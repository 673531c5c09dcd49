"""Hypothesis strategies: whole plan documents, every kind of component among them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.engine.component_strategies import KINDS, Context
from tests.engine.requirement_strategies import QUALIFYING, VOLUMES, ladders, requirements

RANK_NAMES = ("IR", "Bronze", "Silver", "Gold", "Platinum")


@st.composite
def plans(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(KINDS)) -> dict[str, Any]:
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
    rankings = draw(st.lists(ranking(names), max_size=2))
    if rankings:
        plan["rankings"] = [{"id": f"r{number}", **one} for number, one in enumerate(rankings)]
    for number, kind in enumerate(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))):
        context = context_of(plan, names)
        if (kind == "match" and not context.paid) or (
            kind == "rank_bonus" and not context.with_volume
        ):
            kind = "level_percent"
        component = draw(KINDS[kind](context))
        plan["components"].append({"id": f"c{number}", **component})
    paid = context_of(plan, names).paid
    if paid and draw(st.integers(0, 2)) == 0:
        plan["caps"] = draw(caps(paid))
    return plan


def context_of(plan: dict[str, Any], names: tuple[str, ...]) -> Context:
    """What a further component can hang on."""
    ladder = plan.get("ranks", {}).get("ladder", [])
    return Context(
        ranks=names,
        with_volume=tuple(
            rank["name"]
            for rank in ladder
            if any(
                one.get("measure") in VOLUMES and Decimal(one["at_least"]) > 0
                for one in rank.get("requires", [])
            )
        ),
        paid=tuple(one["id"] for one in plan["components"] if one["kind"] != "rsp_points"),
        rankings=tuple(
            one["id"]
            for one in plan.get("rankings", [])
            if one.get("coupons_per_unit") != "unlimited"  # it ranks people without a sale
        ),
    )


@st.composite
def activities(draw: st.DrawFn) -> dict[str, Any]:
    """Activity tests with thresholds that the drawn volumes straddle."""
    measures = ("personal_bv",) * 3 + ("personal_rsp",) * 2 + ("always",) * 3 + ("stated",)
    test = {"measure": draw(st.sampled_from(measures))}
    if test["measure"].startswith("personal"):
        test["at_least"] = draw(st.sampled_from(("0", "0.01", "50", "60")))
    found: dict[str, Any] = {"test": test}
    if draw(st.booleans()):
        windows = st.sampled_from(("quarter_to_date", "period", {"trailing": 2}))
        found["window"] = draw(windows)
    return found


@st.composite
def ranking(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """A ranking by units, with coupons or without."""
    found: dict[str, Any] = {"value": draw(st.sampled_from(("units", "units_plus_coupons_used")))}
    if found["value"] != "units" and draw(st.booleans()):
        found["coupons_per_unit"] = draw(st.sampled_from(("0.5", "1", "2", "unlimited")))
    if draw(st.booleans()):
        found["tie"] = "earlier_last_sale_first"
    if draw(st.booleans()):
        found["qualification"] = draw(requirements(QUALIFYING, names, least=1))
    return found


@st.composite
def caps(draw: st.DrawFn, paid: tuple[str, ...]) -> list[dict[str, Any]]:
    """Limits, the narrower ones first: of two lots of components, and of all of them."""
    first = [one for one in paid if draw(st.booleans())]
    second = [one for one in paid if one not in first]
    found = []
    for of in [lot for lot in (first, second) if lot] + [None, None]:
        if draw(st.booleans()):
            found.append({"id": f"cap{len(found)}", **({"of": of} if of else {})} | draw(limit()))
    return found or [{"id": "cap0", **draw(limit())}]


@st.composite
def limit(draw: st.DrawFn) -> dict[str, Any]:
    """What a cap allows."""
    amounts = st.sampled_from(("1", "20", "100", "20000"))
    if draw(st.booleans()):
        return {"scope": "person", "amount": draw(amounts)}
    if draw(st.booleans()):
        return {"scope": "company", "amount": draw(amounts)}
    return {
        "scope": "company",
        "percent": draw(st.sampled_from(("0.5", "10", "33.3333", "50"))),
        "on": draw(st.sampled_from(("bv", "net"))),
    }
