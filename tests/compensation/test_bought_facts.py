"""BV bought with points in a month: loaded, compared, told, and without any effect but on ranks."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta

import pytest
from django.db import transaction

from compensation import ledger, loaders, selectors, services
from compensation.bought_facts import load_bought
from compensation.comparing import run_diff
from compensation.comparing.moves import Cause
from compensation.engine import Unit
from compensation.explaining.rank_card import get_rank_card
from compensation.explaining.shortest import shortest_way
from compensation.models import Account, JournalKind, MemberResult, Period, RspConversion, Run
from compensation.plans import load_plan
from compensation.services.sources import InputSource
from representatives.models import Company
from tests.compensation.town import PLAN, Town, local

BY_RANK = PLAN.replace('at_least: "300"', 'at_least: "6000"').replace(
    "     compression: skip_and_recount, unqualified_volume_pays: true}",
    "     depth_by_rank: {IR: 1, Bronze: 3, Silver: 4}, compression: skip_and_recount}",
)
"""Who has Bronze is paid on three levels; nobody sells 6,000 BV."""


@pytest.fixture
def posted(town: Town) -> Town:
    """The town with January posted, so that there are points."""
    services.add_plan_version(
        document=BY_RANK.replace('at_least: "600"', 'at_least: "9000"'),
        effective_from=date(2016, 2, 1),
        created_by=town.closer,
    )
    town.close("2017-01")
    return town


def buy_bv(town: Town, code: str, bv: int, *, label: str = "2017-02", at: str) -> None:
    """Convert one point to BV (hundredths), as the RSP bank does."""
    member, period = town.members[code], Period.objects.get(label=label)
    key = f"convert:{code}:{bv}"
    entries = (
        (Account.RSP_BANK, "RSP", -100),
        (Account.CLEARING, "RSP", 100),
        (Account.CLEARING, "BV", -bv),
        (Account.VOLUME_BOUGHT, "BV", bv),
    )
    with transaction.atomic():
        journals = ledger.post(
            [ledger.Draft(key, member.pk, entries)],
            kind=JournalKind.CONVERSION,
            period=period,
            effective_at=local(at),
        )
        RspConversion.objects.create(
            representative=member,
            token=str(bv),
            target="bv",
            asked=100,
            points=100,
            bv=bv,
            plan_version=selectors.plan_version_for(period),
            period=period,
            journal_id=journals[key],
            by=town.closer,
            converted_at=local(at),
        )


def preview(town: Town, at: str) -> Run:
    run = services.preview_period(
        period=Period.objects.get(label="2017-02"), by=town.closer, now=local(at)
    )
    return run_diff.get_run(str(run.pk))


def ranks(run: Run) -> dict[str, int]:
    found = MemberResult.objects.filter(run_id=run.pk)
    return dict(found.values_list("representative__code", "pay_rank"))


def test_the_month_of_the_conversion_has_it_and_no_other(posted: Town) -> None:
    buy_bv(posted, "F", 600_000, at="2017-02-10T10:00")
    buy_bv(posted, "F", 100, at="2017-02-11T10:00")
    buy_bv(posted, "B", 5_000, at="2017-02-12T10:00")
    run = preview(posted, "2017-02-13T10:00")
    source = InputSource.of(run)

    with closing(loaders.connect()) as bulk:
        facts = source.load(bulk)
        ids = facts.members.ids
        until = load_bought(bulk, source.window, ids, until=local("2017-02-11T10:00"))
    bought = dict(zip(ids.tolist(), facts.members.bought_bv.tolist(), strict=True))

    assert {member for member, bv in bought.items() if bv} == {
        posted.members[code].pk for code in "BF"
    }
    assert bought[posted.members["F"].pk] == 600_100
    assert bought[posted.members["B"].pk] == 5_000
    assert until.sum() == 600_100
    assert InputSource.of(posted_run("2017-01")).digest() == posted_run("2017-01").input_digest


def posted_run(label: str) -> Run:
    return Run.objects.select_related("period", "plan_version").get(
        period__label=label, status="posted"
    )


def test_it_lifts_ranks_and_the_card_says_how(posted: Town) -> None:
    before = preview(posted, "2017-02-09T10:00")
    buy_bv(posted, "F", 600_000, at="2017-02-10T10:00")
    after = preview(posted, "2017-02-11T10:00")
    plan = load_plan(after.plan_version.document)

    assert set(ranks(before).values()) == {0}
    assert {code for code, rank in ranks(after).items() if rank} == {"TOP", *"ABCDEF"}
    member = MemberResult.objects.get(run_id=after.pk, representative=posted.members["D"])
    assert get_rank_card(before, plan, member.representative_id, rank=2).advance[0].bought == 0
    card = get_rank_card(after, plan, member.representative_id, rank=2)
    row = card.advance[0]
    assert (row.bought, row.current) == (600_000, member.group_bv + 600_000)
    way = shortest_way(after, plan, member.representative_id, rank=2)
    assert sum(step.sales * step.bv for step in way.steps) >= row.to_go
    assert sum((step.sales - 1) * step.bv for step in way.steps) < row.to_go


def test_a_comparison_takes_it_with_the_ranks(posted: Town) -> None:
    before = preview(posted, "2017-02-09T10:00")
    buy_bv(posted, "F", 600_000, at="2017-02-10T10:00")
    after = preview(posted, "2017-02-11T10:00")

    found = run_diff.compare_runs(before, after)
    back = run_diff.compare_runs(after, before)

    moved = {cause for unit in Unit for cause in found.difference.moves.by_cause(unit)}
    assert moved == {Cause.RANK}
    assert found.difference.moves.total(Unit.MONEY) > 0
    assert back.difference.moves.total(Unit.MONEY) == -found.difference.moves.total(Unit.MONEY)


def test_live_figures_notice_it(posted: Town) -> None:
    selectors.show_writes()
    before = selectors.facts_mark()

    buy_bv(posted, "F", 600_000, at="2017-02-10T10:00")

    selectors.show_writes()
    assert selectors.facts_mark() != before


def test_a_plan_without_group_volume_in_its_ranks_does_not_read_it(posted: Town) -> None:
    buy_bv(posted, "F", 600_000, at="2017-02-02T10:00")
    own = BY_RANK.replace("group_bv", "personal_bv")
    services.add_plan_version(
        document=own, effective_from=date(2017, 2, 1), created_by=posted.closer
    )
    Company.objects.update(clock_frozen_at=local("2017-02-03T09:00") + timedelta(hours=1))

    run = preview(posted, "2017-02-03T10:00")

    assert run.figure_names == []
    with closing(loaders.connect()) as bulk:
        assert not InputSource.of(run).load(bulk).members.bought_bv.any()
