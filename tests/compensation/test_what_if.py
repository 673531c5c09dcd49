"""What would happen if: equal to what happens when it is really done; nothing is written."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import InternalError, connection, transaction

from compensation import services
from compensation.comparing import facts
from compensation.comparing.effects import Effect
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.what_if_order import order_effect
from compensation.comparing.what_if_plan import DraftRefused, get_months, plan_effect, read_draft
from compensation.comparing.what_if_sponsor import sponsor_effect
from compensation.loaders import BulkError, execute
from compensation.models import MemberResult, Period, Run
from representatives import services as people
from representatives.models import Company
from sales import services as sales_services
from sales.models import Customer
from sales.services import LineRequest, add_customer
from tests.compensation.town import PLAN, ZONE, Town, digest, local

DRAFT = """
format: 1
name: draft
currency: EUR
rsp_cash_rate: {points: "10000", pays: "260.00"}
activity:
  test: {measure: personal_bv, at_least: "90"}
  window: quarter_to_date
ranks:
  steps_per_period: 1
  grace_periods: 1
  ladder:
    - {name: IR}
    - {name: Bronze, requires: [{measure: group_bv, at_least: "200"}], consecutive_periods: 2}
    - {name: Silver, requires: [{measure: group_bv, at_least: "500"}]}
    - {name: Gold, requires: [{measure: group_bv, at_least: "900"}]}
components:
  - {id: rsp, kind: rsp_points, depth_by_rank: {IR: 1, Bronze: 2, Silver: 4, Gold: 5},
     compression: skip_and_recount, own_points: true}
  - {id: levels, kind: level_percent, on: bv, rates: ["10", "6", "2"], compression: roll_up}
  - {id: retail, kind: retail_profit, percent: "100"}
  - {id: leaders, kind: pool, percent: "2", on: bv, shares: {by_rank: {Bronze: 1, Silver: 2}}}
caps:
  - {id: top, scope: person, amount: "60.00", of: [levels]}
"""


def preview(town: Town, label: str) -> Run:
    period = Period.objects.get(label=label)
    now = Company.objects.get().clock_frozen_at
    assert now is not None
    return services.preview_period(period=period, by=town.closer, now=now)


def paid(run: Run) -> dict[str, tuple[int, int]]:
    """Money and points of each member, as a run stored them."""
    return {
        row.representative.code: (row.commission_minor, row.rsp_total)
        for row in MemberResult.objects.filter(run=run).select_related("representative")
        if row.commission_minor or row.rsp_total
    }


def expected(before: dict[str, tuple[int, int]], effect: Effect) -> dict[str, tuple[int, int]]:
    """What members would be paid, from what they are paid and the gains of an effect."""
    after = dict(before)
    for gain in effect.largest:
        assert before.get(gain.person.code, (0, 0)) == (gain.money[0], gain.rsp[0])
        after[gain.person.code] = (gain.money[1], gain.rsp[1])
    return {code: amounts for code, amounts in after.items() if any(amounts)}


def lines(town: Town, **pieces: int) -> list[LineRequest]:
    return [LineRequest(town.products[sku].pk, quantity) for sku, quantity in pieces.items()]


@pytest.fixture
def february(january_town: Town) -> Town:
    """The town with January posted, in the middle of February."""
    january_town.set_clock("2017-02-24T12:00")
    return january_town


@pytest.mark.parametrize("code", ["A", "C", "F"])
def test_an_order_does_what_it_was_said_to_do(february: Town, code: str) -> None:
    now = local("2017-02-24T12:00")
    before = paid(preview(february, "2017-02"))

    said = order_effect(
        seller=february.members[code],
        own=True,
        lines=lines(february, GREENS=3, JUG=1),
        now=now,
        most=None,
    )
    february.buy(code, "2017-02-24", GREENS=3, JUG=1)
    run = preview(february, "2017-02")

    assert paid(run) == expected(before, said.effect)
    assert said.effect.after.commission == run.commission_minor
    assert said.effect.after.rsp == run.rsp_credited
    assert said.effect.after.net == run.net_minor
    assert said.effect.after.active == run.active_count


def test_an_order_of_a_customer_does_what_it_was_said_to_do(february: Town) -> None:
    now = local("2017-02-24T12:00")
    seller = february.members["E"]
    customer = add_customer(representative=seller, name="Ada", now=now)
    before = paid(preview(february, "2017-02"))

    said = order_effect(
        seller=seller,
        own=False,
        customer=customer,
        lines=lines(february, TEA=5),
        now=now,
        most=None,
    )
    order = sales_services.place_order(
        seller=seller, customer=customer, lines=lines(february, TEA=5), now=now
    )
    services.record_payment(
        order=order,
        payment_reference="p",
        amount_minor=order.gross_minor,
        recorded_by=february.closer,
        now=now,
    )

    assert said.quote.gross_minor == order.gross_minor
    assert paid(preview(february, "2017-02")) == expected(before, said.effect)


def test_somebody_new_may_be_the_customer(february: Town) -> None:
    said = order_effect(
        seller=february.members["E"],
        own=False,
        lines=lines(february, TEA=5),
        now=local("2017-02-24T12:00"),
    )

    assert said.quote.is_first
    assert said.effect.change > 0
    assert not Customer.objects.filter(is_self=False).exists()


def test_an_order_that_would_be_refused_is_refused(february: Town) -> None:
    now = local("2017-02-24T12:00")
    stranger = add_customer(representative=february.members["A"], name="Ada", now=now)
    tea = lines(february, TEA=1)

    for fault, asked in (
        ("Add at least one product", {"own": True, "lines": []}),
        ("not on sale", {"own": True, "lines": [LineRequest(0, 1)]}),
        ("Order 1 to", {"own": True, "lines": lines(february, TEA=0)}),
        (
            "your own customers",
            {"own": False, "customer": stranger, "lines": tea},
        ),
    ):
        with pytest.raises(UnableToCompare, match=fault):
            order_effect(seller=february.members["B"], now=now, **asked)  # type: ignore[arg-type]
    with pytest.raises(UnableToCompare, match="no month is open"):
        order_effect(
            seller=february.members["B"],
            own=True,
            lines=lines(february, TEA=1),
            now=local("2019-01-01T12:00"),
        )


def test_a_sponsor_change_does_what_it_was_said_to_do(town: Town) -> None:
    """Said in January of January's sales; equal sales in February show it."""
    member, target = town.members["E"], town.members["Y"]
    town.close("2017-01")
    for code in ("A", "B", "D", "E", "F", "X", "Y", "TOP"):
        town.buy(code, "2017-03-05", GREENS=4, TEA=2)
    town.close("2017-02")
    town.set_clock("2017-03-20T12:00")
    now = local("2017-03-20T12:00")
    before = paid(preview(town, "2017-03"))

    said = sponsor_effect(member=member, new_sponsor=target, now=now, most=None)
    moved_at = Period.objects.get(label="2017-03").starts_at
    change = people.change_sponsor(
        representative=member,
        new_sponsor=target,
        reason="asked",
        decided_by=town.closer,
        now=local("2017-02-27T12:00"),
        zone=ZONE,
    )
    people.apply_sponsor_changes(now=now)

    assert change.effective_at == moved_at
    assert said.effective_at == Period.objects.get(label="2017-03").ends_at
    assert said.moved == 2
    assert paid(preview(town, "2017-03")) == expected(before, said.effect)
    assert {gain.person.code for gain in said.effect.largest} >= {"Y", "D"}


def test_a_sponsor_change_that_would_be_refused_is_refused(february: Town) -> None:
    now = local("2017-02-24T12:00")
    for member, target, fault in (
        ("TOP", "A", "root of the tree"),
        ("A", "F", "in the downline"),
        ("E", "D", "is the sponsor already"),
        ("E", "E", "Nobody sponsors himself"),
    ):
        with pytest.raises(UnableToCompare, match=fault):
            sponsor_effect(
                member=february.members[member], new_sponsor=february.members[target], now=now
            )


def test_a_draft_does_what_it_was_said_to_do(town: Town) -> None:
    now = local("2017-03-03T12:00")
    town.set_clock("2017-03-03T12:00")
    old = [paid(preview(town, label)) for label in ("2017-01", "2017-02")]
    draft = read_draft(DRAFT)

    said = plan_effect(draft=draft, months=get_months(["2017-02", "2017-01"], now), most=None)
    services.add_plan_version(document=DRAFT, effective_from=date(2017, 1, 1))
    runs = [town.close("2017-01"), town.close("2017-02")]

    for month, run in zip(said.months, runs, strict=True):
        assert month.period.label == run.period.label
        assert month.after.commission == run.commission_minor
        assert month.after.rsp == run.rsp_credited
        assert month.after.net == run.net_minor
        assert month.after.promotions == run.promotion_count
    new = [paid(run) for run in runs]
    for gain in said.effect.largest:
        code = gain.person.code
        for side, months in ((0, old), (1, new)):
            amounts = [month.get(code, (0, 0)) for month in months]
            assert gain.money[side] == sum(money for money, _ in amounts)
            assert gain.rsp[side] == sum(points for _, points in amounts)
    ratio = said.effect.after.payout_ratio
    assert ratio is not None
    assert ratio * said.effect.after.net == said.effect.after.total
    assert sum(row.winners for row in said.effect.by_rank) == said.effect.winners


def test_a_draft_on_posted_months_begins_with_what_was_posted(february: Town) -> None:
    said = plan_effect(
        draft=read_draft(PLAN), months=get_months(["2017-01"], local("2017-02-24T12:00"))
    )

    assert said.effect.change == 0
    assert said.effect.largest == ()


def test_faults_of_a_draft_are_told_by_path(town: Town) -> None:
    with pytest.raises(DraftRefused) as refused:
        read_draft(DRAFT.replace('at_least: "90"', 'at_least: "many"').replace("roll_up", "up"))
    assert {fault.path for fault in refused.value.faults} == {
        "activity.test.at_least",
        "components[1].compression",
    }
    with pytest.raises(DraftRefused, match="currency: is PLN; the company pays in EUR"):
        read_draft(DRAFT.replace("EUR", "PLN"))


@pytest.mark.parametrize(
    ("document", "fault"),
    [("[" * 5000, "nested too deeply"), ("a: " + "9" * 5000, "not valid YAML"), ("", "table")],
)
def test_what_is_no_plan_at_all_is_refused(town: Town, document: str, fault: str) -> None:
    with pytest.raises(DraftRefused, match=fault):
        read_draft(document)


def test_months_must_be_there_and_begun(town: Town) -> None:
    now = local("2017-02-03T12:00")
    for labels, fault in (([], "at least one"), (["2017-03"], "2017-03"), (["x"], "no month x")):
        with pytest.raises(UnableToCompare, match=fault):
            get_months(labels, now)


def test_nothing_is_written(february: Town) -> None:
    """Both connections refuse writes: Django's by the test, the snapshot by itself."""
    now = local("2017-02-24T12:00")
    ledger = digest()

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        order_effect(seller=february.members["A"], own=True, lines=lines(february, TEA=1), now=now)
        sponsor_effect(member=february.members["F"], new_sponsor=february.members["Y"], now=now)
        plan_effect(draft=read_draft(DRAFT), months=get_months(["2017-01", "2017-02"], now))
        with pytest.raises(InternalError, match="read-only"), transaction.atomic():
            Company.objects.update(name="written")

    assert digest() == ledger
    with facts.snapshot() as bulk, pytest.raises(BulkError, match="read-only transaction"):
        execute(bulk, "UPDATE representatives_company SET name = 'written'")
