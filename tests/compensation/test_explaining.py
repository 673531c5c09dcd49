"""A statement line of every kind opens to people and order lines that add up to it."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from compensation import services
from compensation.explaining import glance as glancing
from compensation.explaining import stored
from compensation.explaining.opened import Lines
from compensation.explaining.walking import rule_for
from compensation.explaining.why import why_order
from compensation.models import Earning
from compensation.plans import load_plan
from compensation.posted_parts import parts_of_order_line
from sales.models import OrderLine
from tests.compensation.test_posted_parts import EVERY_KIND
from tests.compensation.town import Town


@pytest.mark.parametrize("at_once", [1_000, 1], ids=["whole", "level-by-level"])
def test_every_line_opens_to_parts_that_add_up(
    town: Town, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(stored, "AT_ONCE", at_once)
    services.add_plan_version(
        document=EVERY_KIND, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
    lines = Lines(run, load_plan(run.plan_version.document))

    told: dict[tuple[int, int, int, str, int], int] = {}
    for earning in Earning.objects.filter(run_id=run.pk):
        opened = lines.open(earning)
        assert opened.adds_up, (earning, opened)
        for someone in opened.people:
            for part in someone.parts:
                key = (earning.receiver_id, earning.component, earning.paid_level, *part.line.key)
                told[key] = told.get(key, 0) + part.amount

    of_orders: dict[tuple[int, int, int, str, int], int] = {}
    for line in OrderLine.objects.filter(
        order__counted_at__gte=run.period.starts_at, order__counted_at__lt=run.period.ends_at
    ).select_related("order"):
        for one in parts_of_order_line(
            run=run, order_id=line.order_id, line_id=line.pk, seller_id=line.order.seller_id
        ):
            place = (one.receiver_id, one.component, one.paid_level)
            of_orders[*place, line.order.reference, line.number] = one.amount
    assert {key: amount for key, amount in told.items() if amount} == of_orders


def test_a_glance_gives_the_first_parts_to_a_unit(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.add_plan_version(
        document=EVERY_KIND, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
    monkeypatch.setattr(glancing, "FEW_ORDERS", 0)
    monkeypatch.setattr(glancing, "FIRST_STRETCH", 2)
    plan = load_plan(run.plan_version.document)

    for earning in Earning.objects.filter(run_id=run.pk):
        whole = Lines(run, plan).open(earning)
        first = glancing.glance(Lines(run, plan), earning, parts=1_000)
        assert not first.is_whole
        amounts = {
            (one.representative_id, part.line.key): (part.base, part.amount)
            for one in whole.people
            for part in one.parts
        }
        looked_at = {
            (one.representative_id, part.line.key): (part.base, part.amount)
            for one in first.people
            for part in one.parts
        }
        if earning.component < 5:  # not a match: nothing is shared out twice
            assert looked_at.keys() == amounts.keys()
            for key, (base, amount) in looked_at.items():
                assert base == amounts[key][0]
                assert 0 <= amounts[key][1] - amount <= 1
        through = [line for one in first.people for line, _ in one.through]
        assert sorted(through, key=str) == sorted(
            (line for one in whole.people for line, _ in one.through), key=str
        )


def test_amounts_of_an_order_are_right_to_a_unit_without_opening_lines(town: Town) -> None:
    services.add_plan_version(
        document=EVERY_KIND, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
    plan = load_plan(run.plan_version.document)

    for order in town.orders.values():
        if order.counted_at is None or order.counted_at >= run.period.ends_at:
            continue
        exact = why_order(run=run, plan=plan, order=order, exact=True)
        quick = why_order(run=run, plan=plan, order=order)
        for one, other in zip(exact.components, quick.components, strict=True):
            for row, fast in zip(one.rows, other.rows, strict=True):
                assert (row.person, row.reason, row.missed) == (
                    fast.person,
                    fast.reason,
                    fast.missed,
                )
                for paid, told in zip(row.paid, fast.paid, strict=True):
                    assert abs(paid.amount - told.amount) <= 3


def test_a_large_branch_is_read_in_one_go_and_is_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = town.close("2017-01")
    reader = stored.StoredRun(run)
    top = reader.members([town.members["A"].pk])

    slowly = reader.whole_branch(top)
    monkeypatch.setattr(stored, "IN_ONE_GO", 1)
    at_once = reader.whole_branch(top)

    assert len(slowly) == 6
    assert (slowly.rows() == at_once.rows()).all()


def test_a_branch_is_read_only_as_far_as_a_line_goes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = town.close("2017-01")
    plan = load_plan(run.plan_version.document)
    monkeypatch.setattr(stored, "AT_ONCE", 1)
    reader, top = stored.StoredRun(run), town.members["TOP"].pk

    def codes(level: int) -> set[str]:
        people = reader.branch(top, partial(rule_for, plan.components[1], level))
        ids = set(people.fact("representative_id").tolist())
        return {code for code, one in town.members.items() if one.pk in ids}

    # C is not active and no level: whoever sells on level 3 below TOP stands under B or under C.
    assert codes(1) == {"TOP", "A", "X"}
    assert codes(2) == {"TOP", "A", "X", "B", "Y"}
    assert codes(3) == {"TOP", "A", "X", "B", "Y", "C", "D"}
