"""Facts for comparing: read in one read-only snapshot, as they are or as a run knew them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import numpy as np

from compensation import loaders, selectors
from compensation.bought_facts import load_bought
from compensation.comparing.inputs import (
    Input,
    Returned,
    before_returns,
    chosen_qualifying,
    chosen_stated,
    rows_of,
)
from compensation.engine import Members, Plan, Qualifying, Results
from compensation.engine.arrays import Bool, Int
from compensation.models import Period, Run, RunKind, RunStatus
from compensation.needs import Needs
from compensation.period_facts import STATUS_CODE, returns_within, summed_columns
from compensation.plans import load_plan
from compensation.services.sources import InputSource, carried_by, window_of
from representatives.errors import UnableTo
from representatives.formatting import hundredths


class UnableToCompare(UnableTo):
    """Two computations can't be set beside each other; the message says why."""


@contextmanager
def snapshot() -> Iterator[loaders.Connection]:
    """Open one snapshot of all facts in which nothing can be written."""
    with closing(loaders.connect(name="perennial comparing")) as bulk:
        loaders.begin(bulk)
        loaders.execute(bulk, "SET TRANSACTION READ ONLY")
        yield bulk


def numbers(bulk: loaders.Connection, text: str, **values: object) -> list[Int]:
    """Run one query of whole numbers and return its columns."""
    found = loaders.query(bulk, text, **values)
    return [loaders.numbers(found, column) for column in range(found.num_columns)]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The input of a period under a plan, and what was taken off it."""

    source: InputSource
    given: Input
    returned: Returned

    @property
    def plan(self) -> Plan:
        """The plan for which it was read."""
        return self.source.plan


def load(bulk: loaders.Connection, source: InputSource) -> Loaded:
    """Read the input from a source, and the returns that are netted in it.

    :raises loaders.UnableToLoad: as the loader.
    """
    given = Input.of(source.load(bulk))
    return Loaded(source, given, _returned(bulk, source.plan, source.window))


def _returned(bulk: loaders.Connection, plan: Plan, window: loaders.Window) -> Returned:
    """Read what came back of the period's own orders while it was open, in order of decision.

    Only the columns that the plan needs, as they are netted in its sales.
    """
    names = summed_columns(Needs.of(plan))
    order, *columns = returns_within(bulk, window, names)
    amounts = dict(zip(names, columns, strict=True))
    # As the loader: where nobody asks for points of all products they are those of repeat ones.
    return Returned(order, {**amounts, "rsp_all": amounts.get("rsp_all", amounts["rsp"])})


def source_for(period: Period, plan: Plan) -> InputSource:
    """Say where the input of a month comes from under any plan."""
    return InputSource(
        plan=plan,
        window=window_of(Run(period=period), plan),
        titles=titles_for(period, plan),
        using=loaders.address(),
    )


def titles_for(period: Period, plan: Plan) -> loaders.Titles | None:
    """Say where opening titles come from under any plan, its ranks found by name.

    A rank that the plan does not have becomes the next lower one that it has.
    """
    return _titles_of(selectors.last_posted_run_before(period), plan)


def _titles_of(before: Run | None, plan: Plan) -> loaders.Titles | None:
    if before is None:
        return None
    ranks = ranks_by_name(load_plan(before.plan_version.document), plan)
    return loaders.Titles(before.pk, ranks, carried_by(before))


def ranks_by_name(old: Plan, new: Plan) -> tuple[int, ...]:
    """Give the new ladder's index for each rank of the old one."""
    found: list[int] = []
    for name in old.ranks.names:
        lower = found[-1] if found else 0
        found.append(new.ranks.names.index(name) if name in new.ranks.names else lower)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a run knew of the facts that are there now."""

    members: int
    """Only that many, by id, were enrolled."""
    orders: Int
    """Numbers of the orders that were paid, ascending."""
    returns: int
    """Only that many of their returns, in order of decision, were accepted."""
    late: Bool
    """Which returns of earlier months' orders were accepted, in the order of their numbers."""
    suspended: tuple[Int, Int]
    """Ids whose status was changed since, ascending, and the statuses that they had."""
    bought: Int
    """BV that each of today's members had bought with points by then."""

    def apply(self, loaded: Loaded) -> Loaded:
        """Leave out what came later.

        :raises UnableToCompare: if what is left does not hang together.
        """
        given, returned = loaded.given, loaded.returned
        sold = np.isin(given.sales.order, self.orders)
        known = np.isin(returned.order, self.orders)
        accepted = known & (np.cumsum(known) <= self.returns)
        members = self._members(_first_members(given.members, self.members))
        qualifying = self._qualifying(given.qualifying)
        whole = before_returns(given.sales, returned.only(~accepted))
        sales = replace(
            whole,
            **{name: getattr(whole, name)[sold] for name in whole.__slots__},
        )
        rows = [sales.seller, qualifying.member]
        rows += [] if given.carried is None else [given.carried.member]
        if max(int(one.max(initial=-1)) for one in rows) >= len(members):
            raise UnableToCompare("there are facts of somebody who was enrolled later")
        here = np.arange(len(members))
        stated = None if given.stated is None else chosen_stated(given.stated, here)
        return replace(
            loaded,
            given=replace(
                given, members=members, sales=sales, qualifying=qualifying, stated=stated
            ),
            returned=returned.only(accepted),
        )

    def _members(self, members: Members) -> Members:
        ids, statuses = self.suspended
        row = rows_of(members.ids, ids)
        status = members.status.copy()
        status[row[row >= 0]] = statuses[row >= 0]
        return replace(members, status=status, bought_bv=self.bought[: len(members)])

    def _qualifying(self, qualifying: Qualifying) -> Qualifying:
        """Leave out late returns that were not accepted: the loader puts them in by number."""
        late = np.flatnonzero(qualifying.in_period)
        if len(late) != len(self.late):
            return qualifying
        kept = np.ones(len(qualifying), dtype=np.bool_)
        kept[late] = self.late
        return chosen_qualifying(qualifying, kept)


def _first_members(members: Members, count: int) -> Members:
    """Keep the members with the lowest ids, who are at the front: the loader sorts by id."""
    if len(members) <= count:
        return members
    if int(members.sponsor[:count].max(initial=-1)) >= count:
        raise UnableToCompare("a member's sponsor was enrolled after him")
    return replace(members, **{name: getattr(members, name)[:count] for name in members.__slots__})


def known_to(bulk: loaders.Connection, run: Run, loaded: Loaded) -> Cut:
    """Work out what a preview knew: its members, orders and returns, by the order they came in.

    A run keeps how many there were and what they summed up to, and the instant at which it was
    taken; whether the cut is right, the digest of the input tells.
    """
    window = loaded.source.window
    orders, _ = numbers(
        bulk,
        "SELECT o.id, coalesce(p.id, 0) FROM sales_order o"
        " LEFT JOIN sales_payment p ON p.order_id = o.id"
        " WHERE o.counted_at >= {starts_at} AND o.counted_at < {ends_at}"
        " ORDER BY p.id NULLS FIRST, o.id",
        starts_at=window.starts_at,
        ends_at=window.ends_at,
    )
    orders = np.sort(orders[: run.order_count])
    whole = before_returns(loaded.given.sales, loaded.returned)
    sold = np.isin(whole.order, orders)
    back = loaded.returned.only(np.isin(loaded.returned.order, orders))
    sums = {"bv": run.bv, "net": run.net_minor}
    fits = np.ones(len(back) + 1, dtype=np.bool_)
    for name, wanted in sums.items():
        taken = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(back.amounts[name])))
        fits &= getattr(whole, name)[sold].sum() - taken == wanted
    found = np.flatnonzero(fits)
    return Cut(
        members=run.member_count,
        orders=orders,
        returns=int(found[-1]) if len(found) else len(back),
        late=_late_returns(bulk, run, window),
        suspended=_statuses_since(bulk, run, window),
        bought=_bought(bulk, run, loaded),
    )


def _bought(bulk: loaders.Connection, run: Run, loaded: Loaded) -> Int:
    """Give the BV that each of today's members had bought when a run was taken."""
    members, window = loaded.given.members, loaded.source.window
    if not members.bought_bv.any():
        return members.bought_bv
    return load_bought(bulk, window, members.ids, until=run.as_of)


def _late_returns(bulk: loaders.Connection, run: Run, window: loaders.Window) -> Bool:
    """Tell which late returns a run knew, in the order of their numbers."""
    known, _ = numbers(
        bulk,
        "SELECT (coalesce(r.decided_at, r.returned_at) <= {as_of})::int, r.id FROM sales_return r"
        " JOIN sales_orderline l ON l.id = r.line_id JOIN sales_order o ON o.id = l.order_id"
        " WHERE r.counted_at >= {starts_at} AND r.counted_at < {ends_at}"
        " AND o.counted_at < {starts_at} ORDER BY r.id",
        as_of=run.as_of or window.ends_at,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
    )
    return known == 1


def _statuses_since(bulk: loaders.Connection, run: Run, window: loaders.Window) -> tuple[Int, Int]:
    """Give the statuses before the changes that came after a run was taken."""
    ids, statuses = numbers(
        bulk,
        f"SELECT DISTINCT ON (representative_id) representative_id,"  # noqa: S608
        f" {STATUS_CODE.format('old_status')} FROM representatives_statuschange"
        " WHERE effective_at > {as_of} AND effective_at < {ends_at}"
        " ORDER BY representative_id, effective_at, id",
        as_of=run.as_of or window.ends_at,
        ends_at=window.ends_at,
    )
    return ids, statuses


def _source_then(run: Run) -> InputSource:
    """Say where the input of a run came from when it was taken.

    A preview may be older than the posting that gives today's titles.
    """
    source = InputSource.of(run)
    if run.kind != RunKind.PREVIEW or run.as_of is None:
        return source
    before = (
        Run.objects.filter(
            kind=RunKind.CLOSE,
            status=RunStatus.POSTED,
            period__starts_at__lt=run.period.starts_at,
            posted_at__lte=run.as_of,
        )
        .select_related("plan_version")
        .order_by("-period__starts_at")
        .first()
    )
    return replace(source, titles=_titles_of(before, source.plan))


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A run computed once more from the facts that it knew."""

    run: Run
    loaded: Loaded
    cut: Cut | None
    """What was left out of today's facts; ``None`` where they have not changed."""
    results: Results


def rebuild(bulk: loaders.Connection, run: Run) -> Rebuilt:
    """Compute a run once more and prove by the digests that it is the same.

    :raises UnableToCompare: if it was never computed, the facts have changed in a way that can't
        be taken back, or this engine finds something else.
    """
    if not run.input_digest:
        raise UnableToCompare(f"run {run.pk} of {run.period.label} has not been computed")
    loaded = load(bulk, _source_then(run))
    results = loaded.given.compute(loaded.plan)
    cut = None
    if results.input_digest != run.input_digest:
        cut = known_to(bulk, run, loaded)
        try:
            loaded = cut.apply(loaded)
        except (UnableToCompare, KeyError) as fault:
            raise UnableToCompare(_changed(run, results)) from fault
        now = results
        results = loaded.given.compute(loaded.plan)
        if results.input_digest != run.input_digest:
            raise UnableToCompare(_changed(run, now))
    if results.result_digest != run.result_digest:
        raise UnableToCompare(
            f"run {run.pk} of {run.period.label} was computed by engine {run.engine_version};"
            f" this one, {results.engine_version}, finds other figures for the same facts"
        )
    return Rebuilt(run, loaded, cut, results)


def _changed(run: Run, now: Results) -> str:
    def told(members: int, orders: int, bv: int) -> str:
        return f"{members} members, {orders} orders, {hundredths(bv)} BV"

    return (
        f"the input of run {run.pk} of {run.period.label} can't be rebuilt: the facts have changed"
        f" since (then {told(run.member_count, run.order_count, run.bv)};"
        f" now {told(now.totals.members, now.totals.orders, now.totals.bv)})"
    )


def under_plan(bulk: loaders.Connection, rebuilt: Rebuilt, plan: Plan) -> Loaded:
    """Read the facts that a run knew as another plan needs them.

    :raises UnableToCompare: as `Cut.apply`.
    """
    titles = rebuilt.loaded.source.titles
    source = source_for(rebuilt.run.period, plan)
    if titles is None or source.titles is None or titles.run_id != source.titles.run_id:
        before = None if titles is None else Run.objects.get(pk=titles.run_id)
        source = replace(source, titles=_titles_of(before, plan))
    loaded = load(bulk, source)
    return loaded if rebuilt.cut is None else rebuilt.cut.apply(loaded)
