"""Kinds of example that look at a whole company or at two legs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from compensation import engine
from compensation.engine.results import Ranked
from compensation.examples import company_plans
from compensation.examples.cast import Cast, Line, Person, read_cast
from compensation.examples.comparing import Names, Record
from compensation.examples.fields import from_hundredths
from compensation.examples.months import Month, Place, refused
from compensation.examples.period_kinds import cases_of, content_of, parameters_of
from compensation.examples.reading import Example
from compensation.examples.setup import Setup

SIDES = ("left", "right")
HOUSE = "the sales of the whole company"
"""Stands for everybody who sold the company's volume and earns nothing of what is capped."""


# -- two legs -------------------------------------------------------------------------------------


def run_binary_cycles(example: Example) -> Record:
    """Answer cycles, their pay and what is carried: of people with one member in each leg."""
    parameters = parameters_of(example)
    setup = company_plans.binary_cycles(parameters)
    parameters.close()
    cases = []
    people: list[Person] = []
    lines: list[Line] = []
    places = {}
    for case in cases_of(example):
        name = case.text("name")
        cases.append(name)
        people.append(_person(name, example))
        for side, word in enumerate(SIDES):
            below = f"{name}, everybody on the {word}"
            people.append(_person(below, example))
            places[below] = Place(name, side)
            lines.append(_sale(below, example, bv=case.hundredths(word)))
        case.close()
    month = _month(example, setup, people, lines, {}, places)
    return Record(values=Names({name: _cycles_record(month, name) for name in cases}))


def _cycles_record(month: Month, name: str) -> Record:
    earnings = month.results.earnings
    own = earnings.receiver == month.position[name]
    return Record(
        cycles=int(earnings.base[own].sum()),
        commission=_money(month, int(earnings.amount[own].sum())),
        carry_left=from_hundredths(month.left_behind(name, "binary:cycles:left")),
        carry_right=from_hundredths(month.left_behind(name, "binary:cycles:right")),
    )


# -- a cap on all pay -----------------------------------------------------------------------------


def run_pool_cap(example: Example) -> Record:
    """Answer what is left of everybody's pay under a limit for the whole company."""
    parameters = parameters_of(example)
    setup = company_plans.pool_cap(parameters)
    volume = parameters.hundredths("company_volume")
    parameters.close()
    cast = read_cast(content_of(example, "members"), with_moves=False)
    people = list(cast.people.values())
    lines = [
        _sale(person.name, example, price=person.numbers.get("uncapped", 0)) for person in people
    ]
    house = [_person(HOUSE, example)]
    lines.append(_sale(HOUSE, example, bv=volume))
    month = _month(example, setup, [*people, *house], lines, {})
    uncapped = {name: _paid(month, name, cut=False) for name in cast.people}
    paid = {name: _paid(month, name, cut=True) for name in cast.people}
    return Record(
        cap=_money(month, month.company_limit()),
        uncapped_total=sum(uncapped.values(), Decimal(0)),
        factor=_factor(month),
        paid=Names(paid),
        paid_total=sum(paid.values(), Decimal(0)),
        members=Names(
            {name: Record(uncapped=uncapped[name], paid=paid[name]) for name in cast.people}
        ),
    )


def _paid(month: Month, name: str, *, cut: bool) -> Decimal:
    """Return what a member is paid, before the cap's cut or after it."""
    earnings = month.results.earnings
    chosen = earnings.receiver == month.position[name]
    if not cut:
        chosen &= earnings.component < len(month.plan.components)
    return _money(month, int(earnings.amount[chosen].sum()))


def _factor(month: Month) -> Fraction:
    """Return what is left of each amount: 1 less the part that the cap's lines tell of."""
    earnings = month.results.earnings
    cuts = earnings.component == len(month.plan.components)
    rates = set(
        zip(earnings.rate_num[cuts].tolist(), earnings.rate_den[cuts].tolist(), strict=True)
    )
    return 1 + sum((Fraction(*rate) for rate in rates), Fraction(0))


# -- rankings -------------------------------------------------------------------------------------


def run_pool_ranking(example: Example) -> Record:
    """Answer values and positions; who is not qualified for payment has no position."""
    parameters = parameters_of(example)
    setup = company_plans.pool_ranking(parameters)
    parameters.close()
    cast = read_cast(content_of(example, "members"), with_moves=False)
    people = list(cast.people.values())
    lines = [
        _sale(
            person.name,
            example,
            units=person.counts.get("units", 0),
            paid_at=int(person.last_sale.timestamp()) if person.last_sale else 0,
        )
        for person in people
    ]
    stated = {
        person.name: {
            "active": int(person.flags.get("payout_qualified", True)),
            "coupons": person.counts.get("coupons_used", 0),
            "coupons_to_use": person.counts.get("coupons_used", 0),
        }
        for person in people
    }
    month = _month(example, setup, people, lines, stated)
    ranked = _ranked(month)

    def record(name: str) -> Record:
        at = month.position[name]
        return Record(value=int(ranked.value[at]), position=int(ranked.position[at]) or None)

    return Record(members=Names({name: record(name) for name in cast.people}))


def run_coupons(example: Example) -> Record:
    """Answer ranking values of people with so many units and coupons, and what is left."""
    parameters = parameters_of(example)
    setup = company_plans.coupons(parameters)
    parameters.close()
    people, lines, stated = [], [], {}
    for case in cases_of(example):
        name = case.text("name")
        people.append(_person(name, example))
        lines.append(_sale(name, example, units=case.whole("units")))
        stated[name] = {
            "coupons": case.whole("coupons"),
            "coupons_to_use": case.whole("wants_to_use"),
        }
        case.close()
    month = _month(example, setup, people, lines, stated)
    ranked = _ranked(month)
    return Record(
        values=Names(
            {
                name: Record(
                    ranking_value=int(ranked.value[month.position[name]]),
                    coupons_left=int(ranked.left[month.position[name]]),
                )
                for name in stated
            }
        )
    )


def _ranked(month: Month) -> Ranked:
    return month.results.rankings[company_plans.RANKING]


# -- one month ------------------------------------------------------------------------------------


def _month(
    example: Example,
    setup: Setup,
    people: list[Person],
    lines: list[Line],
    stated: Mapping[str, Mapping[str, int]],
    places: Mapping[str, Place] | None = None,
) -> Month:
    cast = Cast({one.name: one for one in people}, {one.name: one for one in lines})
    try:
        return Month(setup.plan(example), cast, None, lines, [], stated, places)
    except engine.EngineError as fault:
        raise refused(example, cast, fault) from None


def _person(name: str, example: Example) -> Person:
    return Person(name, None, {}, {}, {}, {}, None, example.line)


def _sale(seller: str, example: Example, *, bv: int = 0, price: int = 0, **more: Any) -> Line:
    """Return one order of a member; volumes and prices in hundredths."""
    return Line(
        name=seller,
        order=seller,
        seller=seller,
        own=False,
        repeat=False,
        bv=bv,
        rsp=0,
        price=price,
        pv=bv,
        day=None,
        is_paid=True,
        line=example.line,
        **more,
    )


def _money(month: Month, amount: int) -> Decimal:
    return Decimal(f"{amount}E-{month.plan.currency_digits}")
