"""What a computed close is checked for: one set-based query for each kind of source.

People are compared with the last posted month; before there is one, nobody has moved. Pay is money
and points at the plan's cash rate together, so that one figure can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db import connection

from compensation import selectors
from compensation.engine import Plan
from compensation.models import CheckCode, Run
from compensation.plans import load_plan
from compensation.services.sources import titles_before

MOST_NAMED = 50
"""Of each code so many are named; all are counted."""
BITS = 62


@dataclass(frozen=True, slots=True)
class Found:
    """A row of what was found: ordinal 0 says how much, those from 1 on say whom."""

    code: CheckCode
    ordinal: int
    figures: dict[str, Any]
    subject_id: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What all checks found, and of how many each code tells (nought: nothing to ask about)."""

    rows: list[Found] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        code: CheckCode,
        count: int,
        figures: dict[str, Any],
        named: list[tuple[int | None, dict[str, Any]]] | None = None,
    ) -> None:
        """Note what one check found; nothing is noted as nothing."""
        self.counts[code.value] = count
        if not count:
            return
        self.rows.append(Found(code, 0, {"count": count, **figures}))
        for ordinal, (subject, about) in enumerate(named or (), start=1):
            self.rows.append(Found(code, ordinal, about, subject))


def check_run(run: Run) -> Checked:
    """Check a computed run of any kind; reads only.

    :raises UnableToAdvance: if the plan has lost a rank of the month before.
    """
    plan = load_plan(run.plan_version.document)
    before = selectors.last_posted_run_before(run.period)
    checked = Checked()
    _totals(checked, run, before, plan)
    _people(checked, run, before, plan)
    _caps(checked, run, plan)
    _unpaid(checked, run, plan)
    return checked


def worth_of(run: Run, rate: Fraction) -> int:
    """Give what a run pays: commission, and points at ``rate`` minor units for a hundredth."""
    return run.commission_minor + int(run.rsp_credited * rate)


def cash_rate(plan: Plan) -> Fraction:
    """Give what a hundredth of a point is worth at most, in minor units; nought: not stated."""
    return plan.cash_at_best or Fraction(0)


def _totals(checked: Checked, run: Run, before: Run | None, plan: Plan) -> None:
    """The month's pay against its net sales, and against the month before."""
    bands, rate = plan.close_checks, cash_rate(plan)
    worth = worth_of(run, rate)
    paid = {
        "currency": plan.currency,
        "worth": worth,
        "commission": run.commission_minor,
        "rsp": run.rsp_credited,
        "net": run.net_minor,
    }
    ratio = Fraction(worth, run.net_minor) if run.net_minor > 0 else None
    outside = worth > 0 if ratio is None else not bands.ratio_from <= ratio <= bands.ratio_to
    checked.add(
        CheckCode.PAYOUT_RATIO,
        int(outside),
        {
            **paid,
            "ratio": None if ratio is None else str(ratio),
            "from": str(bands.ratio_from),
            "to": str(bands.ratio_to),
        },
    )
    if before is None:
        checked.add(CheckCode.TOTAL_MOVED, 0, {})
        return
    was = worth_of(before, cash_rate(load_plan(before.plan_version.document)))
    checked.add(
        CheckCode.TOTAL_MOVED,
        int(abs(worth - was) > bands.total_moved * was),
        {
            **paid,
            "before": before.period.label,
            "worth_before": was,
            "commission_before": before.commission_minor,
            "rsp_before": before.rsp_credited,
            "net_before": before.net_minor,
            "band": str(bands.total_moved),
        },
    )


def _people(checked: Checked, run: Run, before: Run | None, plan: Plan) -> None:
    """Everybody's pay and ranks against the month before, in one pass over both."""
    titles = titles_before(run, plan)
    bands, rate = plan.close_checks, cash_rate(plan)
    names = plan.ranks.names
    rate_before = rate if before is None else cash_rate(load_plan(before.plan_version.document))
    found: dict[CheckCode, list[tuple[Any, ...]]] = {code: [] for code in OF_PEOPLE}
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('work_mem')")
        (before_memory,) = cursor.fetchone()
        # Nobody has counted the rows just written: a nested loop over them must not look cheap.
        cursor.execute(_SET, ["128MB", "off"])
        cursor.execute(
            _PEOPLE.format(worth=_worth("n", rate), worth_before=_worth("b", rate_before)),
            {
                "run": run.pk,
                "before": None if before is None else before.pk,
                "ranks": [] if titles is None else list(titles.ranks),
                "least": bands.mover_minor,
                "share_num": bands.mover_share.numerator,
                "share_den": bands.mover_share.denominator,
                "most": MOST_NAMED,
            },
        )
        for code, *row in cursor.fetchall():
            found[CheckCode(code)].append(tuple(row))
        cursor.execute(_SET, [before_memory, "on"])
    label = None if before is None else before.period.label
    for code, rows in found.items():
        count, change = (rows[0][0], rows[0][1]) if rows else (0, 0)
        figures: dict[str, Any] = {"currency": plan.currency, "before": label}
        if code in (CheckCode.TOP_MOVERS, CheckCode.ZERO_AFTER_PAY):
            figures |= {
                "change": int(change),
                "share": str(bands.mover_share),
                "least": bands.mover_minor,
            }
        checked.add(code, count, figures, [_named(code, plan, names, row) for row in rows])


def _named(
    code: CheckCode, plan: Plan, names: tuple[str, ...], row: tuple[Any, ...]
) -> tuple[int, dict[str, Any]]:
    _, _, member, worth, worth_before, opening, title, pay, pay_before = row
    if code == CheckCode.PROMOTIONS:
        return member, {"from": names[opening], "to": names[title]}
    if code == CheckCode.DEMOTIONS:
        return member, {"from": names[pay_before], "to": names[pay]}
    return member, {"currency": plan.currency, "worth": worth, "worth_before": worth_before}


def _caps(checked: Checked, run: Run, plan: Plan) -> None:
    """Whom a cap of the plan cut; the cuts are statement lines behind those of components."""
    rows: list[tuple[Any, ...]] = []
    if plan.caps:
        with connection.cursor() as cursor:
            cursor.execute(_CAPS, [run.pk, len(plan.components), MOST_NAMED])
            rows = cursor.fetchall()
    count, total = (rows[0][0], int(rows[0][1])) if rows else (0, 0)
    checked.add(
        CheckCode.CAP_HIT,
        count,
        {"currency": plan.currency, "change": total},
        [
            (
                member,
                {
                    "currency": plan.currency,
                    "change": int(cut),
                    "cap": plan.statement_id(component),
                },
            )
            for _, _, member, component, cut in rows
        ],
    )


def _unpaid(checked: Checked, run: Run, plan: Plan) -> None:
    """Orders placed in the month that are still not paid: they count in no month yet."""
    with connection.cursor() as cursor:
        cursor.execute(_UNPAID, [run.period.starts_at, run.period.ends_at, MOST_NAMED])
        rows = cursor.fetchall()
    count, gross, bv = (rows[0][0], int(rows[0][1]), int(rows[0][2])) if rows else (0, 0, 0)
    checked.add(
        CheckCode.UNPAID_ORDERS,
        count,
        {"currency": plan.currency, "gross": gross, "bv": bv},
        [
            (seller, {"currency": plan.currency, "reference": reference, "gross": one})
            for _, _, _, seller, reference, one in rows
        ],
    )


def _worth(table: str, rate: Fraction) -> str:
    """Pay in minor units as SQL: money, and points at the rate, rounded down."""
    money, points = f"coalesce({table}.commission_minor, 0)", f"coalesce({table}.rsp_total, 0)"
    over, under = rate.numerator, rate.denominator
    if not over:
        return money
    if over * under >> BITS:
        return f"{money} + trunc({points}::numeric * {over} / {under})::bigint"
    return f"{money} + {points} / {under} * {over} + {points} %% {under} * {over} / {under}"


OF_PEOPLE = (
    CheckCode.TOP_MOVERS,
    CheckCode.ZERO_AFTER_PAY,
    CheckCode.PROMOTIONS,
    CheckCode.DEMOTIONS,
)
_SET = (
    "SELECT set_config('work_mem', %s::text, true), set_config('enable_nestloop', %s::text, true)"
)
_PEOPLE = """
WITH compared AS (
    SELECT n.representative_id AS id, {worth} AS worth, {worth_before} AS worth_before,
           n.opening_title, n.title_rank, n.pay_rank,
           (%(ranks)s::smallint[])[b.pay_rank + 1] AS pay_rank_before,
           b.run_id IS NOT NULL AS had_month
    FROM compensation_memberresult n
    LEFT JOIN compensation_memberresult b
           ON b.run_id = %(before)s AND b.representative_id = n.representative_id
    WHERE n.run_id = %(run)s
), flagged AS MATERIALIZED (
    SELECT *, title_rank > opening_title AS promoted,
           coalesce(pay_rank < pay_rank_before, false) AS demoted,
           worth_before > 0 AND worth <= 0 AS zero,
           had_month AND worth > 0 AND abs(worth - worth_before) >= %(least)s
               AND abs(worth - worth_before)::numeric * %(share_den)s
                   >= worth_before::numeric * %(share_num)s AS moved
    FROM compared
    WHERE title_rank > opening_title OR pay_rank < pay_rank_before
       OR worth_before > 0 AND worth <= 0
       OR had_month AND abs(worth - worth_before) >= %(least)s
)
(SELECT 'top_movers', count(*) OVER (), sum(worth - worth_before) OVER (), id, worth, worth_before,
        opening_title, title_rank, pay_rank, pay_rank_before
 FROM flagged WHERE moved ORDER BY abs(worth - worth_before) DESC, id LIMIT %(most)s)
UNION ALL
(SELECT 'zero_after_pay', count(*) OVER (), sum(worth - worth_before) OVER (), id, worth,
        worth_before, opening_title, title_rank, pay_rank, pay_rank_before
 FROM flagged WHERE zero ORDER BY worth_before DESC, id LIMIT %(most)s)
UNION ALL
(SELECT 'promotions', count(*) OVER (), 0, id, worth, worth_before, opening_title, title_rank,
        pay_rank, pay_rank_before
 FROM flagged WHERE promoted ORDER BY title_rank DESC, opening_title, id LIMIT %(most)s)
UNION ALL
(SELECT 'demotions', count(*) OVER (), 0, id, worth, worth_before, opening_title, title_rank,
        pay_rank, pay_rank_before
 FROM flagged WHERE demoted
 ORDER BY pay_rank_before - pay_rank DESC, pay_rank_before DESC, id LIMIT %(most)s)
"""
_CAPS = """
SELECT count(*) OVER (), sum(sum(amount)) OVER (), receiver_id, component, sum(amount)
FROM compensation_earning WHERE run_id = %s AND component >= %s
GROUP BY receiver_id, component ORDER BY sum(amount), receiver_id, component LIMIT %s
"""
_UNPAID = """
SELECT count(*) OVER (), sum(gross_minor) OVER (), sum(bv) OVER (), seller_id, reference,
       gross_minor
FROM sales_order WHERE status = 'placed' AND placed_at >= %s AND placed_at < %s
ORDER BY gross_minor DESC, id LIMIT %s
"""
