"""Kinds of example that the RSP bank's conversion and the rule of carried balances answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from compensation.engine.conversion import Table, Target, quote, table_of
from compensation.engine.payable import carry_forward
from compensation.examples.comparing import Names, Record
from compensation.examples.fields import Fields, from_hundredths
from compensation.examples.period_kinds import cases_of, parameters_of
from compensation.examples.reading import Example
from compensation.examples.setup import Setup, empty_setup, take_rounding

LEFTOVER = "smallest_lump"
READINGS = ("greedy", "single_lump")


def run_points_to_cash_rate(example: Example) -> Record:
    """Answer what points bring at named rates."""
    parameters = parameters_of(example)
    setup = _setup(parameters)
    rates = parameters.inner("rates")
    parameters.close()
    tables = {}
    for name in rates.mapping:
        rate = rates.inner(name)
        rates.take(name)
        setup.document["rsp_cash_rate"] = {
            "points": rate.number("points"),
            "pays": rate.number("pays"),
        }
        rate.close()
        tables[name] = _table(setup, example)
    values = Names()
    for case in cases_of(example):
        name = case.text("name")
        table = tables[case.choice("rate", tuple(tables), *_only(tables))]
        points = _points(case)
        case.close()
        values[name] = Record(cash=_money(quote(table, points).cash, setup))
    return Record(values=values)


def run_points_tiers(example: Example) -> Record:
    """Answer what points bring in lumps, in cash and in BV."""
    parameters = parameters_of(example)
    setup = _setup(parameters)
    tiers = []
    for lump in parameters.rows("lumps"):
        tier = {"points": lump.number("points"), "cash": lump.number("cash")}
        if "bv" in lump:
            tier["bv"] = lump.number("bv")
        lump.close()
        tiers.append(tier)
    setup.document["rsp_bank"] = {"tiers": tiers, "decomposition": _decomposition(parameters)}
    parameters.choice("leftover_at", (LEFTOVER,), LEFTOVER)
    parameters.close()
    table = _table(setup, example)
    values = Names()
    for case in cases_of(example):
        name = case.text("name")
        points = _points(case)
        case.close()
        cash, bv = (quote(table, points, target) for target in (Target.CASH, Target.BV))
        values[name] = Record(cash=_money(cash.cash, setup), bv=from_hundredths(bv.bv))
    return Record(values=values)


def run_balance_carry(example: Example) -> Record:
    """Answer what of earnings month after month is paid and what is carried."""
    parameters = parameters_of(example)
    parameters.text("currency", None)
    minimum = parameters.hundredths("minimum_payment", 0)
    if minimum < 0:
        raise parameters.fault("minimum_payment", "is below nought")
    parameters.close()
    names, earned = [], []
    for case in cases_of(example):
        names.append(case.text("name"))
        earned.append(case.hundredths("earned"))
        case.close()
    values = Names()
    for name, split in zip(names, carry_forward(earned, minimum=minimum), strict=True):
        values[name] = Record(
            paid=from_hundredths(split.paid), carried=from_hundredths(split.carried)
        )
    return Record(values=values)


def _setup(parameters: Fields) -> Setup:
    """Return a plan with a bank, in the example's currency and rounding."""
    setup = empty_setup()
    setup.document["components"] = [{"id": "rsp", "kind": "rsp_points", "depth": 0}]
    setup.document["rsp_bank"] = {}
    setup.document["currency"] = parameters.text("currency", setup.document["currency"])
    take_rounding(parameters, setup)
    return setup


def _table(setup: Setup, example: Example) -> Table:
    return table_of(setup.plan(example))


def _decomposition(parameters: Fields) -> str:
    """Take how points are split: greedily, unless the example knows the other reading alone."""
    readings = parameters.values("readings", list(READINGS))
    for reading in readings:
        if reading not in READINGS:
            raise parameters.fault("readings", f"must be of {', '.join(READINGS)}")
    return READINGS[0] if READINGS[0] in readings or not readings else str(readings[0])


def _only(tables: dict[str, Table]) -> tuple[Any, ...]:
    """Return the one rate there is as the default of a case that names none."""
    return tuple(tables) if len(tables) == 1 else ()


def _points(case: Fields) -> int:
    points = case.hundredths("points")
    if points < 0:
        raise case.fault("points", "is below nought")
    return points


def _money(minor: int, setup: Setup) -> Decimal:
    return Decimal(f"{minor}E-{setup.document.get('currency_digits', 2)}")
