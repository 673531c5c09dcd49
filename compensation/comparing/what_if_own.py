"""What a person's own month would be with some orders more; nothing is written.

Only the branch of the person is computed, twice and by the engine that closes the month: nobody
outside it changes what it pays the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from compensation.comparing.branch import load_branch, of_branch
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.what_if_order import FAULTS, with_orders
from compensation.engine import Plan, Results, Unit
from compensation.engine.requirements import RANK_MEASURES
from compensation.models import MemberResult, Period, Run
from representatives.models import Representative
from sales.models import Customer
from sales.services import LineRequest, UnableToPlaceOrder
from sales.services.quotes import Quote, quote_order

LARGEST_BRANCH = 50_000
"""People below whom nobody waits for two computations of a branch."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that is thought of; without a customer and not own, somebody new buys."""

    lines: tuple[LineRequest, ...]
    own: bool = False
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """A person's month in one computation; money in minor units, the rest in hundredths."""

    money: int
    points: int
    active: bool
    title_rank: int
    pay_rank: int
    figures: dict[str, int]
    """What ranks go by, by measure."""
    components: dict[str, int]
    """What each component and limit of money pays, by id."""


@dataclass(frozen=True, slots=True)
class OwnEffect:
    """Orders that do not exist, and what they would do to the person who sells them."""

    plan: Plan
    """The plan without what rests on the whole company."""
    left_out: tuple[int, ...]
    """Components of the whole plan that are not in it."""
    quotes: tuple[Quote, ...]
    before: Own
    after: Own


def own_effect(
    *,
    run: Run,
    period: Period,
    plan: Plan,
    member: MemberResult,
    seller: Representative,
    wishes: Sequence[Wish],
    now: datetime,
) -> OwnEffect:
    """Say what a month would be for somebody who sold some orders more, placed and paid now.

    :raises UnableToCompare: if an order would be refused, the branch is too large to be computed
        while somebody waits, or the month can't be computed.
    """
    if member.subtree_end - member.position > LARGEST_BRANCH:
        raise UnableToCompare(
            gettext("the branch is too large to be computed while you wait"), "size"
        )
    cut, left_out = of_branch(plan)
    quotes = _quotes(seller, wishes, now)
    try:
        given = load_branch(run, period, cut, member)
        before = given.compute(cut)
        after = with_orders(given, quotes, now=now).compute(cut)
    except FAULTS as fault:
        raise UnableToCompare(str(fault)) from fault
    return OwnEffect(cut, left_out, quotes, _own(before, cut, seller), _own(after, cut, seller))


def _quotes(seller: Representative, wishes: Sequence[Wish], now: datetime) -> tuple[Quote, ...]:
    try:
        return tuple(
            quote_order(
                seller=seller, own=wish.own, customer=wish.customer, lines=wish.lines, now=now
            )
            for wish in wishes
        )
    except UnableToPlaceOrder as fault:
        raise UnableToCompare(fault.message, fault.field) from fault


def _own(results: Results, plan: Plan, seller: Representative) -> Own:
    people, lines = results.members, results.earnings
    at = people.ids.tolist().index(seller.pk)
    figures = {
        name: int(getattr(people, name)[at]) for name in RANK_MEASURES if hasattr(people, name)
    }
    figures |= {
        name: int(values[at])
        for name, values in zip(people.figure_names, people.figures, strict=True)
    }
    # As a rank rule counts them: points at the base depth, and what is stated.
    figures |= {
        "rsp_total": int(people.rsp_base[at]),
        "stated_points": int(people.points[at]),
        "active": int(people.active[at]),
    }
    components: dict[str, int] = {}
    mine = (lines.receiver == at) & (lines.unit == Unit.MONEY)
    for index, amount in zip(
        lines.component[mine].tolist(), lines.amount[mine].tolist(), strict=True
    ):
        key = plan.statement_id(index)
        components[key] = components.get(key, 0) + amount
    return Own(
        money=int(people.commission_minor[at]),
        points=int(people.rsp_total[at]),
        active=bool(people.active[at]),
        title_rank=int(people.title_rank[at]),
        pay_rank=int(people.pay_rank[at]),
        figures=figures,
        components=components,
    )
