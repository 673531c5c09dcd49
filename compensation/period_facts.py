"""Read what a run is computed from, in the form that the engine takes.

Everything is read as of the period's last instant, whenever it is read: facts by ``counted_at``,
people from their dated history. Rows come out ordered by id, so that equal facts give equal bytes.
Only what the plan needs is read (``compensation.needs``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from compensation import loaders
from compensation.bought_facts import load_bought
from compensation.engine import Members, Plan, Qualifying, Sales
from compensation.engine.carried import Carried
from compensation.engine.qualifying import VOLUMES, PeriodPlace
from compensation.loaders import Connection, Facts, Int, Titles, Window, numbers, places
from compensation.needs import Needs
from compensation.stated_facts import load_stated

EPOCH = date(1970, 1, 1)
STATUS_CODE = "CASE {} WHEN 'enrolled' THEN 0 WHEN 'suspended' THEN 1 ELSE 2 END::smallint"


def load_facts(connection: Connection, plan: Plan, window: Window, titles: Titles | None) -> Facts:
    """Read everything that a run of this plan needs, as of the period's last instant.

    :raises UnableToLoad: if a fact names somebody who is not a member in the period, or a decision
        a rank that the plan does not have.
    """
    needs = Needs.of(plan)
    ids, sponsor, status, enrolled = _people(connection, window)
    placement, side = _placement(connection, window, ids) if needs.placement else (None, None)
    sales, line_count = _sales(connection, needs, window, ids)
    return Facts(
        members=Members.of(
            ids,
            sponsor,
            status=status,
            opening_title=_titles(connection, titles, ids),
            enrolled=enrolled,
            placement=placement,
            side=side,
            bought_bv=load_bought(connection, window, ids) if needs.bought else None,
        ),
        sales=sales,
        qualifying=_qualifying(connection, needs, window, ids),
        line_count=line_count,
        stated=load_stated(connection, plan, needs, window, ids),
        carried=_carried(connection, titles, ids),
        calendar=PeriodPlace(window.month_of_quarter) if needs.windows else None,
    )


def _titles(connection: Connection, titles: Titles | None, ids: Int) -> Int:
    opening = np.zeros(len(ids), dtype=np.int64)
    if titles is not None:
        found = loaders.query(
            connection,
            "SELECT representative_id, title_rank FROM compensation_memberresult"
            " WHERE run_id = {run} AND title_rank > 0",
            run=titles.run_id,
        )
        rows = places(ids, numbers(found, 0), "title of the posted run")
        opening[rows] = np.array(titles.ranks, dtype=np.int64)[numbers(found, 1)]
    return opening


def _carried(connection: Connection, titles: Titles | None, ids: Int) -> Carried | None:
    """Read what the last posted run left behind; None where it left nothing."""
    if titles is None or not titles.carried:
        return None
    stored = [number for number, _ in titles.carried]
    found = loaders.query(
        connection,
        "SELECT representative_id, key, value FROM compensation_carried"
        " WHERE run_id = {run} AND key = ANY ({keys}::smallint[])"
        " ORDER BY representative_id, key",
        run=titles.run_id,
        keys=stored,
    )
    place = np.zeros(max(stored) + 1, dtype=np.int64)
    place[stored] = np.arange(len(stored))
    return Carried.of(
        places(ids, numbers(found, 0), "what the posted run carries"),
        place[numbers(found, 1)],
        numbers(found, 2),
        keys=[name for _, name in titles.carried],
    )


def _people(connection: Connection, window: Window) -> tuple[Int, Int, Int, Int]:
    """Ids in order, sponsor rows, statuses and days of enrolment at the period's last instant."""
    found = loaders.query(
        connection,
        f"SELECT id, coalesce(sponsor_id, -1) AS sponsor_id, {STATUS_CODE.format('status')},"
        " enrolled_on FROM representatives_representative",
    )
    ids, sponsor_ids, status = (numbers(found, column) for column in range(3))
    enrolled = numbers(found, 3)
    if len(ids) and not (ids[1:] > ids[:-1]).all():
        order = np.argsort(ids)
        ids, sponsor_ids, status, enrolled = (
            values[order] for values in (ids, sponsor_ids, status, enrolled)
        )
    for table, old, new, target in (
        ("sponsorchange", "old_sponsor_id", "new_sponsor_id", sponsor_ids),
        (
            "statuschange",
            STATUS_CODE.format("old_status"),
            STATUS_CODE.format("new_status"),
            status,
        ),
    ):
        changed = loaders.query(
            connection,
            _HISTORY.format(table=table, old=old, new=new, live=_LIVE[table]),
            ends_at=window.ends_at,
        )
        target[places(ids, numbers(changed, 0), table)] = numbers(changed, 1)
    return _present(ids, _sponsor_rows(ids, sponsor_ids), status, enrolled, window.last_day)


_LIVE = {"sponsorchange": "cancelled_at IS NULL", "statuschange": "TRUE"}
# The value at an instant: new value of the latest change before it, else old value of the
# earliest change after it; whoever has neither keeps what his row says.
_HISTORY = """
    SELECT DISTINCT ON (representative_id) representative_id,
           CASE WHEN effective_at < {{ends_at}} THEN {new} ELSE {old} END
    FROM representatives_{table}
    WHERE {live}
    ORDER BY representative_id, effective_at >= {{ends_at}},
             CASE WHEN effective_at < {{ends_at}} THEN -extract(epoch FROM effective_at)
                  ELSE extract(epoch FROM effective_at) END,
             CASE WHEN effective_at < {{ends_at}} THEN -id ELSE id END
"""


def _present(
    ids: Int, sponsor: Int, status: Int, enrolled: Int, last_day: date
) -> tuple[Int, Int, Int, Int]:
    """Leave out who enrolled after the period; their downline, if any, hangs on who was there."""
    here = enrolled <= (last_day - EPOCH).days
    if here.all():
        return ids, sponsor, status, enrolled
    climbing = np.flatnonzero(here & (sponsor >= 0))
    while len(climbing):
        climbing = climbing[~here[sponsor[climbing]]]
        sponsor[climbing] = sponsor[sponsor[climbing]]
        climbing = climbing[sponsor[climbing] >= 0]
    new_row = np.cumsum(here) - 1
    kept = sponsor[here]
    return (
        ids[here],
        np.where(kept >= 0, new_row[kept], -1),
        status[here],
        enrolled[here],
    )


def _placement(connection: Connection, window: Window, ids: Int) -> tuple[Int, Int]:
    """Rows of the parents in the placement tree as it was at the period's end, and the legs."""
    found = loaders.query(
        connection,
        "SELECT p.representative_id, p.parent_id, p.side::bigint FROM representatives_placement p"
        " JOIN representatives_representative r ON r.id = p.representative_id"
        " WHERE p.placed_at < {ends_at} AND r.enrolled_on <= {last_day}"
        " ORDER BY p.representative_id",
        ends_at=window.ends_at,
        last_day=window.last_day,
    )
    parent, side = (np.full(len(ids), -1, dtype=np.int64) for _ in range(2))
    rows = places(ids, numbers(found, 0), "placement")
    parent[rows] = places(ids, numbers(found, 1), "parent in the placement tree")
    side[rows] = numbers(found, 2)
    return parent, side


def _sponsor_rows(ids: Int, sponsor_ids: Int) -> Int:
    rows = np.full(len(ids), -1, dtype=np.int64)
    has = sponsor_ids >= 0
    rows[has] = places(ids, sponsor_ids[has], "sponsor")
    return rows


# Columns of orders that a plan may need, and what a return of the period takes off each.
_SOLD = {
    "bv": "o.bv",
    "rsp": "o.rsp",
    "net": "o.gross_minor - o.tax_minor AS net",
    "rsp_all": "o.rsp_all",
    "rsp_repeat": "o.rsp_repeat",
    "margin": "o.margin_minor AS margin",
    "units": "o.units",
}
_BACK = {
    "bv": "r.bv",
    "rsp": "CASE WHEN l.repeat THEN r.rsp ELSE 0 END",
    "net": "r.gross_minor - r.tax_minor",
    "rsp_all": "r.rsp",
    "rsp_repeat": "CASE WHEN l.repeat AND l.line_class = 'repeat' THEN r.rsp ELSE 0 END",
    "margin": "r.margin_minor",
    "units": "r.quantity",
}


def _sales(connection: Connection, needs: Needs, window: Window, ids: Int) -> tuple[Sales, int]:
    """The period's orders, net of the returns that count in it too; and how many lines."""
    summed = summed_columns(needs)
    columns = ["o.id, o.seller_id, o.line_count, o.own", *(_SOLD[name] for name in summed)]
    if needs.first_order:
        columns.append("l.line_class IN ('first', 'referral') AS first_order")
    if needs.day:
        columns.append("(o.paid_at AT TIME ZONE {zone})::date AS day")
    if needs.customer:
        columns.append(
            "CASE WHEN o.own THEN -1 ELSE coalesce(o.written_for_id, o.customer_id) END AS customer"
        )
    if needs.units:
        columns.append("floor(extract(epoch FROM o.paid_at))::bigint AS paid_at")
    # The class of a first order is that of all its lines.
    lines = (
        "JOIN sales_orderline l ON l.order_id = o.id AND l.number = 1" if needs.first_order else ""
    )
    found = loaders.query(
        connection,
        f"SELECT {', '.join(columns)} FROM sales_order o {lines}"
        " WHERE o.counted_at >= {starts_at} AND o.counted_at < {ends_at}",
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        **({"zone": window.zone_name} if needs.day else {}),
    )
    data = {name: numbers(found, index) for index, name in enumerate(found.column_names)}
    order = data["id"]
    if len(order) and not (order[1:] > order[:-1]).all():
        sequence = np.argsort(order)
        data = {name: values[sequence] for name, values in data.items()}
    _net_returns(connection, window, data, summed)
    flags = {name: data[name].astype(np.bool_) for name in ("own", "first_order") if name in data}
    facts = {name: data[name] for name in ("day", "customer", "paid_at") if name in data}
    sales = Sales.of(
        places(ids, data["seller_id"], "seller of an order"),
        order=data["id"],
        **{name: data[name] for name in summed},
        **flags,
        **facts,
    )
    return sales, int(data["line_count"].sum())


def summed_columns(needs: Needs) -> list[str]:
    """Name the amounts of orders that a plan adds up."""
    further = ("rsp_all", "rsp_repeat", "margin", "units")
    return ["bv", "rsp", "net", *(name for name in further if getattr(needs, name))]


def returns_within(connection: Connection, window: Window, summed: Sequence[str]) -> list[Int]:
    """Read what came back while its order's month was open, in the order of decision.

    Gives ids of orders, then the named amounts (``summed_columns``), a column each.
    """
    found = loaders.query(
        connection,
        f"SELECT o.id, {', '.join(_BACK[name] for name in summed)}"
        " FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id"
        " JOIN sales_order o ON o.id = l.order_id"
        " WHERE r.counted_at >= {starts_at} AND r.counted_at < {ends_at}"
        " AND o.counted_at >= {starts_at} AND o.counted_at < {ends_at}"
        " ORDER BY coalesce(r.decided_at, r.returned_at), r.id",
        starts_at=window.starts_at,
        ends_at=window.ends_at,
    )
    return [numbers(found, column) for column in range(found.num_columns)]


def _net_returns(
    connection: Connection, window: Window, data: dict[str, Int], summed: Sequence[str]
) -> None:
    """Take off what came back while its order's month was open."""
    order, *columns = returns_within(connection, window, summed)
    rows = places(data["id"], order, "order of a return")
    for name, amounts in zip(summed, columns, strict=True):
        np.subtract.at(data[name], rows, amounts)


def _window_volumes(needs: Needs) -> list[str]:
    """Name the volumes of earlier periods and late returns that the plan goes by."""
    volumes = ["bv", "own_bv"]
    if needs.window_points:
        points = ["rsp", "rsp_all"] + (["rsp_repeat"] if needs.rsp_repeat else [])
        volumes += points
        volumes += [f"own_{name}" for name in points] if needs.own_points else []
    return volumes


def _qualifying(connection: Connection, needs: Needs, window: Window, ids: Int) -> Qualifying:
    """Earlier periods that a window reaches, and returns of earlier orders in this period."""
    late = ["bv", "own_bv", "rsp", "rsp_all"]
    late += ["rsp_repeat"] if needs.rsp_repeat else []
    late += [name for name in _window_volumes(needs) if name not in late]
    tables = [
        (
            late,
            loaders.query(
                connection,
                f"SELECT o.seller_id, 0::bigint, {', '.join(map(_back, late))}"
                " FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id"
                " JOIN sales_order o ON o.id = l.order_id"
                " WHERE r.counted_at >= {starts_at} AND r.counted_at < {ends_at}"
                " AND o.counted_at < {starts_at} ORDER BY r.id",
                starts_at=window.starts_at,
                ends_at=window.ends_at,
            ),
        )
    ]
    if window.opens_at < window.starts_at:
        volumes = _window_volumes(needs)
        bounds = [*reversed(window.begins), window.starts_at]
        tables += [
            (
                volumes,
                loaders.query(
                    connection,
                    text,
                    opens_at=window.opens_at,
                    starts_at=window.starts_at,
                    **({"bounds": bounds} if window.begins else {}),
                ),
            )
            for text in _window_queries(volumes, len(window.begins))
        ]
    return _joined(tables, ids)


def _joined(tables: Sequence[tuple[list[str], loaders.pa.Table]], ids: Int) -> Qualifying:
    """Put tables of seller, periods ago and volumes below one another."""

    def column(number: int) -> Int:
        return np.concatenate([numbers(table, number) for _, table in tables])

    def volume(name: str) -> Int:
        return np.concatenate(
            [
                numbers(table, 2 + names.index(name))
                if name in names
                else np.zeros(table.num_rows, dtype=np.int64)
                for names, table in tables
            ]
        )

    there = {name for names, _ in tables for name in names}
    return Qualifying.of(
        places(ids, column(0), "seller in a window"),
        periods_ago=column(1),
        **{name: volume(name) for name in VOLUMES if name in there},
    )


def _back(name: str) -> str:
    """A volume of a return, to be taken off."""
    if name.startswith("own_"):
        return f"CASE WHEN o.own THEN -({_BACK[name.removeprefix('own_')]}) ELSE 0 END"
    return f"-({_BACK[name]})"


def _sold(name: str) -> str:
    """A volume of an order."""
    if name.startswith("own_"):
        return f"CASE WHEN o.own THEN o.{name.removeprefix('own_')} ELSE 0 END"
    return f"o.{name}"


def _window_queries(volumes: Sequence[str], periods: int) -> tuple[str, str]:
    """Sums per seller of earlier periods: what was sold, and what came back.

    ``periods`` is the number of those that are told apart; with none they come as one.
    """

    def ago(instant: str) -> str:
        if not periods:
            return "1::bigint"
        return f"({periods + 1} - width_bucket({instant}, {{bounds}}::timestamptz[]))::bigint"

    def sums(of: Callable[[str], str]) -> str:
        return ", ".join(f"sum({of(name)})::bigint" for name in volumes)

    return (
        f"SELECT o.seller_id, {ago('o.counted_at')}, {sums(_sold)} FROM sales_order o"
        " WHERE o.counted_at >= {opens_at} AND o.counted_at < {starts_at}"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        f"SELECT o.seller_id, {ago('r.counted_at')}, {sums(_back)}"
        " FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id"
        " JOIN sales_order o ON o.id = l.order_id"
        " WHERE r.counted_at >= {opens_at} AND r.counted_at < {starts_at}"
        " AND o.counted_at < {starts_at} GROUP BY 1, 2 ORDER BY 1, 2",
    )
