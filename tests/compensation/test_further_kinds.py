"""Months of a plan that asks for everything: what is read, stored, carried on and digested.

What the loaders read in bulk is read once more through the models, a row at a time, and computed
by the same engine: the stored run must be that to the last figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.db.models import F

from compensation import services, verification
from compensation.engine import Results
from compensation.loaders import UnableToLoad
from compensation.models import Carried as StoredCarried
from compensation.models import Earning, MemberResult, Period, ReversedPart, Run
from compensation.needs import Needs
from compensation.plans import load_plan
from compensation.services.sources import InputSource
from sales.models import Order
from tests.compensation.fair import EVERYTHING, SlowInput, build_fair
from tests.compensation.town import PLAN, Town


@pytest.fixture
def fair(transactional_db: None) -> Town:
    """A town under the plan, with customers, placements, decisions and coupons."""
    return build_fair()


# -- What is stored --------------------------------------------------------------------------------


def _stored(run: Run) -> dict[str, Any]:
    members = MemberResult.objects.filter(run_id=run.pk).order_by("position")
    names = (
        "representative_id", "personal_bv", "window_bv", "group_bv", "personal_rsp", "rsp_own",
        "rsp_total", "rsp_base", "retail_customers", "grace_used", "opening_title", "title_rank",
        "pay_rank", "commission_minor", "order_count", "active",
    )  # fmt: skip
    lines = Earning.objects.filter(run_id=run.pk).order_by(
        "receiver_id", "component", "paid_level", F("rate_num"), "rate_den"
    )
    carried = StoredCarried.objects.filter(run_id=run.pk)
    return {
        **{name: [getattr(one, name) for one in members] for name in names},
        "figures": [one.figures for one in members],
        "lines": sorted(
            lines.values_list("receiver_id", "component", "paid_level", "base", "amount", "unit")
        ),
        "carried": sorted(
            (one.representative_id, run.carried_keys[one.key], one.value) for one in carried
        ),
    }


def _computed(results: Results) -> dict[str, Any]:
    found, lines, left = results.members, results.earnings, results.carried
    ids = found.ids
    rankings = [
        (int(ids[at]), f"{prefix}:{name}", int(column[at]))
        for name, ranked in results.rankings.items()
        for prefix, column in (
            ("ranking_value", ranked.value),
            ("ranking_position", ranked.position),
        )
        for at in np.flatnonzero(column)
    ]
    carried = zip(ids[left.position], left.key, left.value, strict=True)
    names = (
        "personal_bv", "window_bv", "group_bv", "personal_rsp", "rsp_own", "rsp_total", "rsp_base",
        "retail_customers", "grace_used", "opening_title", "title_rank", "pay_rank",
        "commission_minor", "order_count", "active",
    )  # fmt: skip
    columns: Iterable[Any] = (ids[lines.receiver], lines.component, lines.paid_level, lines.base)
    return {
        "representative_id": ids.tolist(),
        **{name: getattr(found, name).tolist() for name in names},
        "figures": [list(map(int, row)) for row in zip(*found.figures, strict=True)],
        "lines": sorted(
            zip(
                *(column.tolist() for column in (*columns, lines.amount, lines.unit)),
                strict=True,
            )
        ),
        "carried": sorted(
            [(int(who), left.keys[key], int(value)) for who, key, value in carried] + rankings
        ),
    }


def test_what_is_stored_is_what_the_models_say(fair: Town) -> None:
    before = None
    for label in ("2017-01", "2017-02", "2017-03"):
        slow = SlowInput(label, before)
        expected = slow.compute()
        run = fair.close(label)

        stored, computed = _stored(run), _computed(expected)
        for name, values in computed.items():
            assert stored[name] == values, (label, name)
        assert tuple(run.figure_names) == expected.members.figure_names
        assert run.input_digest == expected.input_digest
        assert run.result_digest == expected.result_digest
        assert InputSource.of(run).digest() == run.input_digest
        before = run
    assert verification.ledger_faults() == []


def test_the_plan_makes_use_of_all_of_it(fair: Town) -> None:
    """So that the comparison above compares something."""
    runs = [fair.close(label) for label in ("2017-01", "2017-02", "2017-03")]

    plan = load_plan(EVERYTHING)
    earned = Earning.objects.filter(run_id__in=[run.pk for run in runs])
    components = set(earned.values_list("component", flat=True))
    assert {plan.statement_id(number) for number in components} >= {
        "rsp", "levels", "profit", "start", "reached", "legs", "prize", "per_head", "all_of_it",
    }  # fmt: skip
    keys = {
        run.carried_keys[key].partition(":")[0]
        for run in runs
        for key in StoredCarried.objects.filter(run_id=run.pk).values_list("key", flat=True)
    }
    assert keys >= {"held", "met", "bonus", "binary", "coupons", "ranking_value"}
    cuts = Earning.objects.filter(run_id=runs[0].pk, component__gte=len(plan.components))
    assert all(line.amount < 0 for line in cuts)
    assert runs[0].figure_names


def test_a_plain_plan_asks_for_nothing_of_it() -> None:
    needs = Needs.of(load_plan(PLAN))

    assert not any(
        getattr(needs, name)
        for name in ("rsp_all", "rsp_repeat", "first_order", "day", "customer", "margin", "units",
                     "placement", "coupons", "window_points", "own_points", "windows")
    )  # fmt: skip
    assert needs.reach(2) == 0


def test_decisions_on_a_rank_are_part_of_the_digest(fair: Town) -> None:
    run = fair.close("2017-01", post=False)
    source = InputSource.of(run)
    assert source.digest() == run.input_digest
    services.drop_run(run=run)
    services.drop_results_of_dead_runs()


def test_a_rank_that_the_plan_has_lost_is_named(fair: Town) -> None:
    run = fair.close("2017-01", post=False)
    plan = load_plan(EVERYTHING.replace("Bronze", "Brass"))
    source = InputSource.of(run)
    lost = InputSource(plan=plan, window=source.window, titles=None, using=source.using)

    with pytest.raises(UnableToLoad, match="the rank Bronze, decided for F"):
        lost.digest()


def test_two_previews_are_the_close_to_the_cent(fair: Town) -> None:
    period = Period.objects.get(label="2017-01")
    now = period.ends_at + timedelta(days=1)
    first = services.preview_period(period=period, by=fair.closer, now=now)
    second = services.preview_period(period=period, by=fair.closer, now=now)
    previewed = _stored(second)
    closed = fair.close("2017-01")

    assert _stored(closed) == previewed
    digests = {run.result_digest for run in (first, second, closed)}
    assert len(digests) == 1


def test_what_comes_back_whole_is_taken_back_whole(fair: Town) -> None:
    """Of what opens to orders, a cap's cut among it; the pool, cycles and rank bonus stay."""
    fair.close("2017-01")
    run = fair.close("2017-02")
    plan = load_plan(EVERYTHING)
    fair.set_clock("2017-03-27T12:00")
    within = {"counted_at__gte": run.period.starts_at, "counted_at__lt": run.period.ends_at}
    for order in Order.objects.filter(**within).order_by("id"):
        for line in order.lines.order_by("number"):
            gone = sum(line.returns.values_list("quantity", flat=True))
            if gone < line.quantity:
                fair.take_back(order, line.quantity - gone, "2017-03-27", number=line.number)

    back: dict[tuple[int, int, int], int] = defaultdict(int)
    for part in ReversedPart.objects.filter(run=run):
        back[part.receiver_id, part.component, part.paid_level] += part.amount
    lines = Earning.objects.filter(run_id=run.pk)
    opened = {"rsp", "levels", "profit", "start", "faithful", "per_head"}
    seen = set()
    for line in lines:
        key = (line.receiver_id, line.component, line.paid_level)
        name = plan.statement_id(line.component)
        if name in opened:
            seen.add(name)
            assert back[key] == line.amount, (name, key)
        elif name in ("prize", "legs", "reached"):
            assert back[key] == 0
    assert seen >= {"levels", "profit", "per_head"}
    assert verification.ledger_faults() == []


def test_what_a_later_plan_does_not_have_stays_behind(fair: Town) -> None:
    """Ranks are found again by name, elsewhere in the ladder; cycles and coupons are gone."""
    fair.close("2017-01")
    services.add_plan_version(document=LATER, effective_from=date(2017, 2, 1))
    run = fair.close("2017-02")

    titles = MemberResult.objects.filter(run_id=run.pk, opening_title__gt=0)
    assert set(titles.values_list("opening_title", flat=True)) == {2}
    kinds = {name.partition(":")[0] for name in run.carried_keys}
    assert kinds == {"held", "met", "bonus"}
    held = StoredCarried.objects.filter(run_id=run.pk)
    assert {run.carried_keys[one.key] for one in held} >= {"held:Bronze"}
    assert InputSource.of(run).digest() == run.input_digest


GONE = ("id: legs", "id: prize", "rankings:", "id: race")
LATER = "\n".join(
    line
    for line in EVERYTHING.replace("{name: IR}", "{name: IR}\n    - {name: Starter}").splitlines()
    if not any(words in line for words in GONE)
)


def test_two_rankings_can_not_share_coupons(fair: Town) -> None:
    run = fair.close("2017-01", post=False)
    source = InputSource.of(run)
    second = "rankings:\n  - {id: relay, value: units_plus_coupons_used}\n"
    plan = load_plan(EVERYTHING.replace("rankings:\n", second))
    both = InputSource(plan=plan, window=source.window, titles=None, using=source.using)

    with pytest.raises(UnableToLoad, match="relay and race both count them"):
        both.digest()
