"""The only bulk bridge out: the engine's results into a run's partitions, by COPY.

The partitions are made aside, filled, indexed and attached in the one transaction of the step,
on the connection that read the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from compensation.engine import Results
from compensation.engine.carried import CarriedOut
from compensation.fault_points import reach
from compensation.loaders import execute

ROWS_PER_BATCH = 65_536
RANKING_KEYS = ("ranking_value:", "ranking_position:")
"""Keys that tell everybody's value and position in a ranking."""
Column = tuple[str, npt.NDArray[np.generic], pa.DataType]


def write_results(
    connection: adbc.Connection, results: Results, left: CarriedOut, *, run_id: int, fence: int
) -> tuple[int, int, int]:
    """Store member results, earnings and what is left behind; return how many of each.

    The caller commits, after it has checked the fence.

    :raises adbc_driver_manager.Error: if the run is not running under this fence, or a key comes
        twice.
    """
    execute(
        connection,
        "DO $$ BEGIN PERFORM compensation_build_partitions({run}, {fence}); END $$",
        run=run_id,
        fence=fence,
    )
    members = _append(
        connection, f"compensation_memberresult_{run_id}_{fence}", _member_columns(results, run_id)
    )
    reach("compute.members_written")
    earnings = _append(
        connection, f"compensation_earning_{run_id}_{fence}", _earning_columns(results, run_id)
    )
    carried = _append(
        connection,
        f"compensation_carried_{run_id}_{fence}",
        _carried_columns(results, left, run_id),
    )
    reach("compute.earnings_written")
    execute(
        connection,
        "DO $$ BEGIN PERFORM compensation_attach_partitions({run}, {fence}); END $$",
        run=run_id,
        fence=fence,
    )
    return members, earnings, carried


def _member_columns(results: Results, run_id: int) -> list[Column]:
    found = results.members
    long, whole, short = pa.int64(), pa.int32(), pa.int16()
    return [
        ("run_id", np.full(len(found), run_id, dtype=np.int64), long),
        ("representative_id", found.ids, long),
        ("personal_bv", found.personal_bv, long),
        ("own_bv", found.own_bv, long),
        ("window_bv", found.window_bv, long),
        ("group_bv", found.group_bv, long),
        ("personal_rsp", found.personal_rsp, long),
        ("rsp_own", found.rsp_own, long),
        ("rsp_total", found.rsp_total, long),
        ("rsp_base", found.rsp_base, long),
        ("commission_minor", found.commission_minor, long),
        ("position", np.arange(len(found), dtype=np.int32), whole),
        ("subtree_end", found.subtree_end, whole),
        ("sponsor_position", found.sponsor_position, whole),
        ("depth", found.depth, whole),
        ("active_directs", found.active_directs, whole),
        ("direct_count", found.direct_count, whole),
        ("order_count", found.order_count, whole),
        ("retail_customers", found.retail_customers, whole),
        ("status", found.status, short),
        ("inactive_reason", found.inactive_reason, short),
        ("opening_title", found.opening_title, short),
        ("title_rank", found.title_rank, short),
        ("pay_rank", found.pay_rank, short),
        ("grace_used", found.grace_used, short),
        ("active", found.active, pa.bool_()),
        ("figures", _table_of(found.figures, len(found)), pa.list_(long)),
    ]


def _table_of(figures: Sequence[npt.NDArray[np.int64]], count: int) -> npt.NDArray[np.int64]:
    """Put the plan's further figures side by side, one row a member."""
    if not figures:
        return np.zeros((count, 0), dtype=np.int64)
    return np.stack(figures, axis=1)


def _earning_columns(results: Results, run_id: int) -> list[Column]:
    found = results.earnings
    long, whole, short = pa.int64(), pa.int32(), pa.int16()
    return [
        ("run_id", np.full(len(found), run_id, dtype=np.int64), long),
        ("receiver_id", results.members.ids[found.receiver], long),
        ("base", found.base, long),
        ("rate_num", found.rate_num, long),
        ("rate_den", found.rate_den, long),
        ("amount", found.amount, long),
        ("members", found.members, whole),
        ("sales", found.sales, whole),
        ("component", found.component, short),
        ("paid_level", found.paid_level, short),
        ("unit", found.unit, short),
    ]


def left_behind(results: Results) -> CarriedOut:
    """Give what a run leaves behind, and how people stood in the plan's rankings.

    Standings are told under keys of their own (``RANKING_KEYS``), which no later period takes up.
    """
    if not results.rankings:
        return results.carried
    found = results.carried
    values = {name: np.zeros(len(results.members), dtype=np.int64) for name in found.keys}
    for number, name in enumerate(found.keys):
        chosen = found.key == number
        values[name][found.position[chosen]] = found.value[chosen]
    for identifier, ranked in results.rankings.items():
        for prefix, column in zip(RANKING_KEYS, (ranked.value, ranked.position), strict=True):
            values[f"{prefix}{identifier}"] = column
    return CarriedOut.of(values)


def _carried_columns(results: Results, left: CarriedOut, run_id: int) -> list[Column]:
    return [
        ("run_id", np.full(len(left), run_id, dtype=np.int64), pa.int64()),
        ("representative_id", results.members.ids[left.position], pa.int64()),
        ("value", left.value, pa.int64()),
        ("key", left.key, pa.int16()),
    ]


def _append(connection: adbc.Connection, table: str, columns: list[Column]) -> int:
    """COPY columns into a table, a batch at a time; return the number of rows."""
    schema = pa.schema([(name, kind) for name, _, kind in columns])
    count = len(columns[0][1])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, count, ROWS_PER_BATCH):
            part = slice(start, start + ROWS_PER_BATCH)
            yield pa.record_batch(
                [_array(values[part], kind) for _, values, kind in columns], schema=schema
            )

    if count:
        with closing(connection.cursor()) as cursor:
            reader = pa.RecordBatchReader.from_batches(schema, batches())
            cursor.adbc_ingest(table, reader, mode="append")
    return count


def _array(values: npt.NDArray[np.generic], kind: pa.DataType) -> pa.Array:
    """Bring a column, or a table of equally long lists, into the type of the database."""
    if pa.types.is_list(kind):
        count, width = values.shape
        ends = pa.array(np.arange(count + 1, dtype=np.int32) * width)
        return pa.ListArray.from_arrays(ends, _array(values.reshape(-1), kind.value_type))
    return pa.array(np.asarray(values).astype(kind.to_pandas_dtype(), copy=False))
