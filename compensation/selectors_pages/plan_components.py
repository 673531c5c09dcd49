"""How each kind of component is told: sentences, and a table of its rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    RankBonus,
    RetailProfit,
    RspPoints,
    VolumeBracket,
)
from compensation.engine.components.pool import SharesByMeasure, SharesByRank
from compensation.engine.plan import Plan
from compensation.explaining import words
from compensation.selectors_pages.plan_words import (
    NOWHERE,
    Part,
    Reader,
    Row,
    compression,
    depth,
    measure_of,
    money,
    percent,
    qualified,
    volume,
    whole,
)


def tell_component(plan: Plan, index: int, component: Component, reader: Reader | None) -> Part:
    """Return what a component says, and what its statement lines are called."""
    told = _TELLERS[component.kind](plan, component, reader)
    told = told if isinstance(told, Part) else Part("", "", told)
    sentences = told.sentences + qualified(component.qualification, plan)
    title = words.source_name(plan, index)
    return Part(component.id, title, sentences, told.heads, told.rows, told.here)


def _points(plan: Plan, component: RspPoints, reader: Reader | None) -> Part:
    of = {
        "repeat_only": _("Repeat products carry points."),
        "all_products": _("All products carry points."),
        "repeat_sales": _("A sale carries points when the customer buys the product again."),
    }[component.points_from]
    credited = (
        _("The seller has all of them, and so has every active person above, level by level.")
        if component.own_points
        else _("Every active person above has all of them, level by level; the seller has none.")
    )
    reach, here = depth(plan, component.depths, reader)
    told = [of, credited, _("They are never shared out."), reach]
    return Part("", "", told + compression(component.compression), here=here)


def _level_rows(component: Any) -> list[Row]:
    return [
        Row((_("Level %(level)s") % {"level": whole(level)}, percent(rate)))
        for level, rate in enumerate(component.rates, start=1)
    ]


def _percentages(plan: Plan, component: LevelPercent, reader: Reader | None) -> Part:
    measure = {"measure": measure_of(component)}
    told = [_("Active people above earn a share of the %(measure)s of each sale.") % measure]
    told += compression(component.compression)
    if component.seller_rate:
        told.append(
            _("The seller earns %(rate)s of the %(measure)s of the own sales.")
            % (measure | {"rate": percent(component.seller_rate)})
        )
    told.append(
        _("Sales of somebody who is not active still pay the people above.")
        if component.unqualified_volume_pays
        else _("Sales of somebody who is not active pay nobody.")
    )
    if component.window_days is not None:
        told.append(_days(component.window_days))
    rows = _level_rows(component)
    heads: tuple[str, ...] = (_("Paid level"), _("Rate"))
    if component.level_minimum is not None:
        minimum = component.level_minimum
        rows = [
            Row((*row.cells, words.with_unit(minimum.measure, need)), row.is_here)
            for row, need in zip(rows, minimum.at_least, strict=False)
        ]
        heads = (*heads, words.measure_name(minimum.measure, plan))
    _text, here = depth(plan, component.depths, reader) if component.depths else ("", "")
    return Part("", "", told, heads, rows, here)


def _days(days: int) -> str:
    return ngettext(
        "Only sales up to %(count)s day after the seller joined count.",
        "Only sales up to %(count)s days after the seller joined count.",
        days,
    ) % {"count": whole(days)}


def _flat(plan: Plan, component: FlatBonus, reader: Reader | None) -> list[str]:
    amount = {"amount": money(component.amount, plan)}
    first = component.trigger == "first_order"
    to_sponsor = component.to == "sponsor"
    texts = {
        ("customers", True): _("A customer’s first order pays %(amount)s."),
        ("own", True): _("The seller’s own first order pays %(amount)s."),
        ("all", True): _("A first order, of a customer or one’s own, pays %(amount)s."),
        ("customers", False): _("Each order of a customer pays %(amount)s."),
        ("own", False): _("Each own order pays %(amount)s."),
        ("all", False): _("Each order pays %(amount)s."),
    }
    told = [texts[component.buyers, first] % amount]
    told.append(_("The seller’s sponsor has it.") if to_sponsor else _("The seller has it."))
    if component.minimum_bv:
        told.append(
            _("The order must have at least %(need)s.") % {"need": volume(component.minimum_bv)}
        )
    if component.requires_active:
        told.append(_("Only active people are paid it."))
    return told


def _brackets(plan: Plan, component: Any, reader: Reader | None, measure: str) -> list[Row]:
    mine = reader.figures.get(measure) if reader is not None else None
    reached = [one for one in component.brackets if mine is not None and one.start <= mine]
    in_money = getattr(component, "method", "whole") == "marginal" and component.on == "net"
    return [
        Row(
            (
                money(one.start, plan) if in_money else words.with_unit(measure, one.start),
                percent(one.percent),
            ),
            not in_money and bool(reached) and one is reached[-1],
        )
        for one in component.brackets
    ]


def _bracket(plan: Plan, component: VolumeBracket, reader: Reader | None) -> Part:
    measure = component.chosen_by or ("group_bv" if component.scope == "group" else "personal_bv")
    what = {"measure": measure_of(component)}
    whose = (
        _("It is paid on the %(measure)s of your own sales.")
        if component.scope == "own"
        else _("It is paid on the %(measure)s of your own sales and of everybody below.")
    )
    how = (
        _("The bracket you reach pays its percentage on the whole.")
        if component.method == "whole"
        else _("Each bracket pays its percentage on its own slice.")
    )
    heads = (_("From"), _("Rate"))
    return Part("", "", [whose % what, how], heads, _brackets(plan, component, reader, measure))


def _differential(plan: Plan, component: Differential, reader: Reader | None) -> Part:
    told = [
        _(
            "On each sale you earn your own percentage less the highest one of a qualified person "
            "between you and the buyer, never below nought."
        ),
        _("It is taken of the %(measure)s of the sale.") % {"measure": measure_of(component)},
    ]
    if component.breakaway:
        told.append(
            _("Whoever reaches the highest bracket breaks away, and with that the whole leg.")
        )
    if component.percent_by_rank:
        rows = _by_rank(plan, [percent(one) for one in component.percent_by_rank], reader)
        return Part("", "", told, (_("Paid as"), _("Own percentage")), rows)
    rows = _brackets(plan, component, reader, component.chosen_by)
    return Part("", "", told, (_("From"), _("Own percentage")), rows)


def _by_rank(plan: Plan, texts: Sequence[str], reader: Reader | None) -> list[Row]:
    mine = reader.pay_rank if reader is not None else NOWHERE
    pairs = zip(plan.ranks.names, texts, strict=True)
    return [Row((name, text), index == mine) for index, (name, text) in enumerate(pairs)]


def _generations(plan: Plan, component: GenerationPercent, reader: Reader | None) -> Part:
    leader = plan.ranks.names[component.leader_rank]
    measure = {"measure": measure_of(component)}
    told = [
        _("A leader is an active person paid as %(rank)s or above.") % {"rank": leader},
        _("Each group of a leader below you is a generation.")
        if component.rates
        else _("A sale belongs to the group of the first leader at or above its seller."),
    ]
    if component.own_rate:
        told.append(
            _("A leader earns %(rate)s of the %(measure)s of the own group.")
            % (measure | {"rate": percent(component.own_rate)})
        )
    rows = [
        Row((_("Generation %(level)s") % {"level": whole(number)}, percent(rate)))
        for number, rate in enumerate(component.rates, start=1)
    ]
    return Part("", "", told, (_("Generation"), _("Rate")) if rows else (), rows)


def _match(plan: Plan, component: Match, reader: Reader | None) -> Part:
    ids = [one.id for one in plan.components]
    names = ", ".join(words.source_name(plan, ids.index(one)) for one in component.of)
    told = [
        _("You earn a share of what people at your levels have earned by: %(names)s.")
        % {"names": names},
        _("It is paid on top and takes nothing from them."),
        *compression(component.compression),
    ]
    heads = (_("Paid level"), _("Rate"))
    return Part("", "", told, heads, _level_rows(component))


def _quick_start(plan: Plan, component: QuickStart, reader: Reader | None) -> Part:
    told = [
        _("What new people sell to customers pays the people above a share of the %(measure)s.")
        % {"measure": measure_of(component)},
        _days(component.days),
        _("Their own purchases count for nothing here: nobody is paid for recruiting."),
        *compression(component.compression),
    ]
    heads = (_("Paid level"), _("Rate"))
    return Part("", "", told, heads, _level_rows(component))


def _rank_bonus(plan: Plan, component: RankBonus, reader: Reader | None) -> Part:
    told = [_("Reaching a rank pays once.")]
    if component.after_periods:
        text = ngettext(
            "It is paid once the rank is held for %(count)s further month.",
            "It is paid once the rank is held for %(count)s further months in a row.",
            component.after_periods,
        )
        told.append(text % {"count": whole(component.after_periods)})
    told.append(_("A month counts where the rank is paid and the group sold something."))
    mine = plan.ranks.names[reader.title_rank] if reader is not None else ""
    rows = [
        Row((name, money(amount, plan)), name == mine)
        for name, amount in zip(component.ranks, component.amounts, strict=True)
    ]
    return Part("", "", told, (_("Rank"), _("Paid once")), rows)


def _pool(plan: Plan, component: Pool, reader: Reader | None) -> Part:
    told = [
        _("%(rate)s of the company’s %(measure)s of the month are shared out.")
        % {"rate": percent(component.percent), "measure": measure_of(component)}
    ]
    shares = component.shares
    if isinstance(shares, SharesByRank):
        mine = reader.pay_rank if reader is not None else NOWHERE
        rows = [
            Row((name, whole(number)), index == mine)
            for index, (name, number) in enumerate(
                zip(plan.ranks.names, shares.shares, strict=True)
            )
            if number
        ]
        return Part("", "", told, (_("Paid as"), _("Shares")), rows)
    if isinstance(shares, SharesByMeasure):
        per = words.with_unit(shares.measure, shares.per)
        told.append(
            _("Each full %(per)s (%(what)s) is one share.")
            % {"per": per, "what": words.measure_name(shares.measure, plan)}
        )
        return Part("", "", told)
    rows = [
        Row((_("Place %(place)s") % {"place": whole(place)}, whole(number)))
        for place, number in enumerate(shares.by_position, start=1)
    ]
    return Part("", "", told, (_("Ranking"), _("Shares")), rows)


def _cycles(plan: Plan, component: BinaryCycles, reader: Reader | None) -> list[str]:
    told = [
        _("Each time both legs of the placement tree bring their volume it pays %(amount)s.")
        % {"amount": money(component.pays, plan)},
        _("One leg takes %(left)s, the other %(right)s; your own sales count in neither.")
        % {"left": volume(component.cycle_left), "right": volume(component.cycle_right)},
        _("What is left over is carried into the next month."),
    ]
    if component.most_cycles is not None:
        told.append(
            ngettext(
                "At most %(count)s cycle is paid in a month.",
                "At most %(count)s cycles are paid in a month.",
                component.most_cycles,
            )
            % {"count": whole(component.most_cycles)}
        )
    return told


def _retail(plan: Plan, component: RetailProfit, reader: Reader | None) -> list[str]:
    if component.percent == 1:
        return [_("The difference between the customer’s price and yours, without tax, is yours.")]
    text = _("%(rate)s of the difference between the customer’s price and yours is yours.")
    return [text % {"rate": percent(component.percent)}]


Teller = Callable[[Plan, Any, Reader | None], Part | list[str]]

_TELLERS: dict[str, Teller] = cast(
    "dict[str, Teller]",
    {
        "rsp_points": _points,
        "level_percent": _percentages,
        "flat_bonus": _flat,
        "volume_bracket": _bracket,
        "differential": _differential,
        "generation_percent": _generations,
        "match": _match,
        "quick_start": _quick_start,
        "rank_bonus": _rank_bonus,
        "pool": _pool,
        "binary_cycles": _cycles,
        "retail_profit": _retail,
    },
)
