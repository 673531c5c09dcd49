"""The plan in plain sentences, for staff and for `manage.py plan_check`."""

from __future__ import annotations

from compensation.engine.caps import Cap
from compensation.engine.components import (
    Component,
    Differential,
    FlatBonus,
    LevelPercent,
    Match,
    RspPoints,
    VolumeBracket,
)
from compensation.engine.figures import TRAILING, asks_for_ranks
from compensation.engine.plan import Plan, Rank
from compensation.engine.requirements import digits_of
from compensation.engine.rsp_bank import bank_prose
from compensation.engine.wording import (
    COMPRESSION_SENTENCES,
    MEASURE_NAMES,
    Told,
    brackets_text,
    decimal_text,
    depth_text,
    money_text,
    needs_text,
    percent_text,
    qualified_sentences,
    window_text,
)

__all__ = ["cap_prose", "component_prose", "decimal_text", "money_text", "plan_prose"]

_ROUNDINGS = {
    "half_away_from_zero": "halves go away from nought",
    "half_even": "halves go to the even neighbour",
    "half_up": "halves go up",
    "down": "towards nought",
}


def plan_prose(plan: Plan) -> list[str]:
    """Tell the plan in sentences, in the order of computation."""
    sentences = [f"{plan.title} ({plan.name}), in {plan.currency}."]
    sentences.append(_activity(plan))
    sentences.extend(_ranks(plan))
    sentences.append(
        "Order of computation: activity, volumes, ranks, depths, points, commissions, caps. A "
        "receiver's depth is that of his own pay rank of the period; a rank rule on points uses "
        "the points at the plan's base depth."
    )
    for ranking in plan.rankings:
        sentences.extend(ranking.prose(plan))
    for component in plan.components:
        sentences.extend(component_prose(plan, component))
    sentences.extend(_caps(plan))
    if plan.rsp_cash_rate is not None:
        by_tiers = plan.rsp_bank is not None and plan.rsp_bank.tiers
        sentences.append(
            f"{decimal_text(plan.rsp_cash_rate.points, 2)} RSP are "
            f"{'valued at' if by_tiers else 'worth'} {money_text(plan.rsp_cash_rate.pays, plan)}."
        )
    if plan.rsp_bank is not None:
        sentences.extend(bank_prose(plan.rsp_bank, plan))
    sentences.append(
        f"Each statement line is rounded once to the last decimal of the currency; "
        f"{_ROUNDINGS[plan.rounding]}."
    )
    return sentences


def _activity(plan: Plan) -> str:
    activity = plan.activity
    if activity.measure == "always":
        return "Every enrolled member is active."
    if activity.measure == "stated":
        return "Who is active is stated from outside."
    trailing = activity.window == "trailing"
    window = window_text(f"{TRAILING}{activity.trailing}" if trailing else activity.window)
    return (
        f"A member is active with at least {decimal_text(activity.at_least, 2)} "
        f"{MEASURE_NAMES[activity.measure]} {window}; own purchases and customers' orders count "
        "alike. Suspended and terminated members are never active."
    )


def _ranks(plan: Plan) -> list[str]:
    ranks = plan.ranks
    if len(ranks.ladder) == 1:
        return ["There is a single rank."]
    sentences = [f"Ranks, from the lowest: {', '.join(ranks.names)}."]
    sentences.extend(_rank(rank, ranks.names) for rank in ranks.ladder[1:])
    step = "one step" if ranks.steps_per_period == 1 else f"{ranks.steps_per_period} steps"
    sentences.append(
        f"A title rises by at most {step} in a period, and only to a rank whose requirements are "
        "all met in that period; no rank is jumped. The pay rank is the highest rank, not above "
        "the title, whose requirements were met."
    )
    if any(asks_for_ranks(one.measure) for one in plan.requirements()):
        sentences.append(
            "Where people are counted by rank, it is their pay rank of the same period; a rank can "
            "hang on lower ranks alone."
        )
    if ranks.grace_periods:
        more = (
            "one period more"
            if ranks.grace_periods == 1
            else f"up to {ranks.grace_periods} periods in a row"
        )
        sentences.append(
            f"Who meets less than the pay rank held in the period before keeps it for {more}, and "
            "then falls to what is met."
        )
    if ranks.floor is not None:
        sentences.append(
            f"From {ranks.names[ranks.floor.for_titles_from]} upwards the pay rank never falls "
            f"below {ranks.names[ranks.floor.floor]}."
        )
    return sentences


def _rank(rank: Rank, names: tuple[str, ...]) -> str:
    text = f"{rank.name} needs {needs_text(rank.requires, names)}"
    if rank.consecutive_periods > 1:
        text += f", all of it in {rank.consecutive_periods} periods in a row"
    if rank.maintains != rank.requires:
        text += f"; to be paid as it, {needs_text(rank.maintains, names)}"
    return text + "."


def _caps(plan: Plan) -> list[str]:
    if not plan.caps:
        return []
    return [
        *(cap_prose(plan, cap) for cap in plan.caps),
        "A cut is a line of its own on the statement. Components that match others take what "
        "these pay before any cut.",
    ]


def cap_prose(plan: Plan, cap: Cap) -> str:
    """Tell one cap in a plain sentence."""
    covers = ", ".join(cap.of)
    if cap.amount is not None:
        limit = money_text(cap.amount, plan)
    else:
        base = "BV" if cap.on == "bv" else "net sales without tax"
        limit = f"{percent_text(cap.percent)} of the company's {base} of the period"
    if cap.scope == "person":
        return f"{cap.id}: nobody is paid more than {limit} by {covers} together; the rest is cut."
    return (
        f"{cap.id}: {covers} together pay no more than {limit}; where they would, "
        "everybody's pay is cut by the same share."
    )


def component_prose(plan: Plan, component: Component) -> list[str]:
    """Tell one component in plain sentences."""
    if isinstance(component, Told):
        return component.prose(plan)
    if isinstance(component, RspPoints):
        return _points(plan, component)
    if isinstance(component, LevelPercent):
        return _percentages(plan, component)
    if isinstance(component, FlatBonus):
        return [_flat(plan, component)]
    if isinstance(component, VolumeBracket):
        return _bracket(plan, component)
    if isinstance(component, Differential):
        return _differential(plan, component)
    if isinstance(component, Match):
        return _match(plan, component)
    raise TypeError(f"no prose for {component.kind}")


def _points(plan: Plan, component: RspPoints) -> list[str]:
    of = {
        "repeat_only": "repeat products",
        "all_products": "all products",
        "repeat_sales": "repeat sales",
    }[component.points_from]
    own = "The seller is credited with them, and" if component.own_points else "Not the seller, but"
    return [
        f"{component.id}: a sale carries the points of {of}. {own} every active upline is "
        f"credited with all of them on {depth_text(plan, component.depths)}; they are not shared "
        "out.",
        COMPRESSION_SENTENCES[component.compression],
        "A sale of an inactive seller still pays his uplines.",
    ]


def _percentages(plan: Plan, component: LevelPercent) -> list[str]:
    base = "BV" if component.on == "bv" else "net sales without tax"
    rates = ", ".join(percent_text(rate) for rate in component.rates)
    sentences = []
    if component.rates:
        sentences.append(
            f"{component.id}: qualified uplines earn {rates} of the {base} of their levels 1 to "
            f"{len(component.rates)}, on {depth_text(plan, component.depths)}."
        )
        sentences.append(COMPRESSION_SENTENCES[component.compression])
    sentences.extend(qualified_sentences(component.id, component.qualification, plan.ranks.names))
    if component.level_minimum is not None:
        minimum = component.level_minimum
        figures = ", ".join(
            decimal_text(one, digits_of(minimum.measure)) for one in minimum.at_least
        )
        sentences.append(
            f"To be paid on a level takes {MEASURE_NAMES[minimum.measure]} of at least, level by "
            f"level, {figures}."
        )
    if component.seller_rate:
        sentences.append(
            f"{component.id}: a qualified seller earns {percent_text(component.seller_rate)} of "
            f"the {base} of his own sales."
        )
    sentences.append(
        "Sales of a seller who is not qualified still pay his uplines."
        if component.unqualified_volume_pays
        else "Sales of a seller who is not qualified pay nobody."
    )
    if component.window_days is not None:
        sentences.append(
            f"Only sales up to {component.window_days} days after the seller's enrolment count."
        )
    return sentences


def _bracket(plan: Plan, component: VolumeBracket) -> list[str]:
    base = "BV" if component.on == "bv" else "net sales without tax"
    whose = {"own": "his own sales", "group": "his own sales and those of everybody below"}
    digits = 2
    if component.method == "whole":
        how = (
            f"the bracket that his {MEASURE_NAMES[component.chosen_by]} reaches is paid on the "
            f"whole {base} of {whose[component.scope]}"
        )
    else:
        how = f"each bracket is paid on its own slice of the {base} of {whose[component.scope]}"
        digits = plan.currency_digits if component.on == "net" else 2
    table = brackets_text(component.brackets, digits)
    return [
        f"{component.id}: a qualified member earns a percentage by bracket; {how}: {table}.",
        *qualified_sentences(component.id, component.qualification, plan.ranks.names),
    ]


def _differential(plan: Plan, component: Differential) -> list[str]:
    base = "BV" if component.on == "bv" else "net sales without tax"
    if component.percent_by_rank:
        table = ", ".join(
            f"{name} {percent_text(percent)}"
            for name, percent in zip(plan.ranks.names, component.percent_by_rank, strict=True)
        )
        whose = f"The own percentage is that of the own pay rank: {table}."
    else:
        whose = (
            f"The own percentage is that of the bracket which the own "
            f"{MEASURE_NAMES[component.chosen_by]} reaches: {brackets_text(component.brackets, 2)}."
        )
    sentences = [
        f"{component.id}: on the {base} of each sale a qualified member earns his own percentage "
        "less the highest percentage of any qualified member between himself and the buyer, never "
        "below nought.",
        whose,
    ]
    if component.from_level:
        sentences += [
            f"Only sales from level {component.from_level} down count.",
            "The seller stands between as well, paid or not, unless he has bought himself.",
        ]
    if component.breakaway:
        sentences.append(
            "Whoever reaches the highest bracket breaks away: his leg leaves the group BV of "
            "everybody above, and sales at or below him pay nobody above him."
        )
    return [
        *sentences,
        *qualified_sentences(component.id, component.qualification, plan.ranks.names),
    ]


def _match(plan: Plan, component: Match) -> list[str]:
    rates = ", ".join(percent_text(rate) for rate in component.rates)
    return [
        f"{component.id}: qualified uplines earn {rates} of what their levels 1 to "
        f"{len(component.rates)} have earned by {', '.join(component.of)}, on "
        f"{depth_text(plan, component.depths)}; it is paid on top.",
        COMPRESSION_SENTENCES[component.compression],
        *qualified_sentences(component.id, component.qualification, plan.ranks.names),
    ]


def _flat(plan: Plan, component: FlatBonus) -> str:
    to = "his sponsor" if component.to == "sponsor" else "the seller"
    occasion = {
        ("first_order", "customers"): "a customer's first order",
        ("first_order", "own"): "the seller's own first order",
        ("first_order", "all"): "the first order of a customer or of the seller himself",
        ("every_order", "customers"): "each customer's order",
        ("every_order", "own"): "each own order of the seller",
        ("every_order", "all"): "each order",
    }[component.trigger, component.buyers]
    text = f"{component.id}: {occasion} pays {to} {money_text(component.amount, plan)}"
    if component.minimum_bv:
        text += f", from {decimal_text(component.minimum_bv, 2)} BV on"
    text += ", if active" if component.requires_active else ", if enrolled"
    if component.to == "sponsor" and component.compression == "roll_up":
        text += "; else the next qualified upline"
    return text + ". An order without net sales or without BV (a kit, a fee) pays nothing."
