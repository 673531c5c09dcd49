"""The planner's computation: one branch gives its top the very figures that the company gives."""

from __future__ import annotations

import pytest

from compensation.comparing import what_if_own
from compensation.comparing.branch import load_branch, of_branch
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.what_if_order import order_effect
from compensation.comparing.what_if_own import OwnEffect, Wish, own_effect
from compensation.engine.plan import parse_plan
from compensation.models import MemberResult, Run
from compensation.plans import load_plan
from representatives import services as people
from sales.models import Order
from sales.services import LineRequest
from tests.compensation.test_what_if import preview
from tests.compensation.town import ZONE, Town
from tests.engine.documents import KINDS, document, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def february(town: Town) -> tuple[Town, Run]:
    """January posted, February open, and somebody moved in between."""
    now = town.set_clock("2017-01-25T12:00")
    people.change_sponsor(
        representative=town.members["Y"],
        new_sponsor=town.members["B"],
        reason="as agreed",
        decided_by=town.closer,
        now=now,
        zone=ZONE,
    )
    town.close("2017-01")
    now = town.set_clock("2017-02-24T12:00")
    people.apply_sponsor_changes(now=now)
    return town, preview(town, "2017-02")


def try_out(town: Town, run: Run, code: str, *wishes: Wish) -> OwnEffect:
    seller = town.members[code]
    return own_effect(
        run=run,
        period=run.period,
        plan=load_plan(run.plan_version.document),
        member=MemberResult.objects.get(run_id=run.pk, representative_id=seller.pk),
        seller=seller,
        wishes=wishes,
        now=town.set_clock("2017-02-24T12:00"),
    )


def greens(town: Town, pieces: int) -> tuple[LineRequest, ...]:
    return (LineRequest(town.products["GREENS"].pk, pieces),)


def test_a_branch_gives_what_the_company_gives(february: tuple[Town, Run]) -> None:
    town, run = february
    orders = Order.objects.count()
    for code, member in town.members.items():
        stored = MemberResult.objects.get(run_id=run.pk, representative_id=member.pk)

        tried = try_out(town, run, code, Wish(greens(town, 3)))

        before = tried.before
        assert (before.money, before.points) == (stored.commission_minor, stored.rsp_total), code
        assert (before.title_rank, before.pay_rank) == (stored.title_rank, stored.pay_rank)
        assert before.figures["group_bv"] == stored.group_bv
        assert before.figures["window_bv"] == stored.window_bv
        whole = order_effect(
            seller=member,
            own=False,
            lines=list(greens(town, 3)),
            now=town.set_clock("2017-02-24T12:00"),
            most=None,
        )
        mine = next(one for one in whole.effect.largest if one.person.code == code)
        assert (mine.money, mine.rsp) == (
            (before.money, tried.after.money),
            (before.points, tried.after.points),
        ), code
    assert Order.objects.count() == orders


def test_orders_of_several_buyers_add_up_and_can_raise_a_rank(
    february: tuple[Town, Run],
) -> None:
    town, run = february

    one = try_out(town, run, "F", Wish(greens(town, 1)))
    many = try_out(town, run, "F", *[Wish(greens(town, 2))] * 5, Wish(greens(town, 1), own=True))

    assert one.after.figures["personal_bv"] == one.before.figures["personal_bv"] + 2500
    assert many.after.figures["personal_bv"] == many.before.figures["personal_bv"] + 11 * 2500
    assert many.after.figures["retail_customers"] == 5
    assert many.after.figures["own_bv"] == many.before.figures["own_bv"] + 2500
    assert many.after.title_rank > one.before.title_rank
    assert [quote.own for quote in many.quotes] == [False] * 5 + [True]


def test_what_can_t_be_sold_or_is_too_large_is_refused(
    february: tuple[Town, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, run = february

    with pytest.raises(UnableToCompare):
        try_out(town, run, "F", Wish((LineRequest(10**9, 1),)))
    monkeypatch.setattr(what_if_own, "LARGEST_BRANCH", 2)
    with pytest.raises(UnableToCompare) as refusal:
        try_out(town, run, "A", Wish(greens(town, 1)))

    assert refusal.value.field == "size"
    assert try_out(town, run, "F", Wish(greens(town, 1))).after.points > 0


def test_a_branch_without_people_is_its_top_alone(february: tuple[Town, Run]) -> None:
    town, run = february
    member = MemberResult.objects.get(run_id=run.pk, representative_id=town.members["F"].pk)

    given = load_branch(run, run.period, load_plan(run.plan_version.document), member)

    assert given.members.ids.tolist() == [town.members["F"].pk]
    assert given.members.sponsor.tolist() == [-1]
    assert set(given.sales.seller.tolist()) == {0}


def test_what_rests_on_the_company_is_left_out_of_a_branch() -> None:
    plan = parse_plan(
        of_kind("pool")
        | {
            "caps": [
                {"id": "one", "scope": "person", "amount": "90", "of": ["base", "x"]},
                {"id": "all", "scope": "company", "percent": "40", "on": "bv"},
            ]
        }
    )

    cut, left_out = of_branch(plan)

    assert [one.id for one in cut.components] == ["base"]
    assert left_out == (1,)
    assert [(cap.id, cap.of) for cap in cut.caps] == [("one", ("base",))]
    assert cut.rankings == ()


def test_a_match_of_what_is_left_out_falls_away_as_well() -> None:
    pool = {"id": "leaders", "kind": "pool", **KINDS["pool"][0]}
    match = {"id": "match", "kind": "match", "of": ["leaders"], "rates": ["10"]}
    both = match | {"id": "both", "of": ["leaders", "base"]}

    cut, left_out = of_branch(parse_plan(document(pool, match, both)))

    assert left_out == (1, 2)
    assert [getattr(one, "of", ()) for one in cut.components] == [(), ("base",)]
