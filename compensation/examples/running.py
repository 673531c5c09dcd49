"""Run one worked example and say how it came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from compensation.calendar import CalendarError
from compensation.examples import (
    bank_kinds,
    bracket_kinds,
    company_kinds,
    period_kinds,
    rank_kinds,
    sales_kinds,
)
from compensation.examples.comparing import Difference, Record, compare
from compensation.examples.reading import Example, ExampleError

KINDS: dict[str, Callable[[Example], Record]] = {
    "rsp_upline": sales_kinds.run_rsp_upline,
    "unilevel_percent": sales_kinds.run_unilevel_percent,
    "level_by_title": sales_kinds.run_level_by_title,
    "flat_bonus_with_return": sales_kinds.run_flat_bonus_with_return,
    "volume_bracket": bracket_kinds.run_volume_bracket,
    "check_match": bracket_kinds.run_check_match,
    "differential": bracket_kinds.run_differential,
    "stairstep": bracket_kinds.run_stairstep,
    "bracket_lookup": bracket_kinds.run_bracket_lookup,
    "rank_month": rank_kinds.run_rank_month,
    "binary_cycles": company_kinds.run_binary_cycles,
    "pool_cap": company_kinds.run_pool_cap,
    "pool_ranking": company_kinds.run_pool_ranking,
    "coupons": company_kinds.run_coupons,
    "points_to_cash_rate": bank_kinds.run_points_to_cash_rate,
    "points_tiers": bank_kinds.run_points_tiers,
    "balance_carry": bank_kinds.run_balance_carry,
    "period_bounds": period_kinds.run_period_bounds,
    "period_by_payment": period_kinds.run_period_by_payment,
    "round_minor_units": period_kinds.run_round_minor_units,
}


class Status(StrEnum):
    """How an example came out."""

    OK = "ok"
    DIFFERENT = "different"
    UNKNOWN_KIND = "unknown_kind"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one example; ``message`` says why it could not be run."""

    id: str
    kind: str
    status: Status
    differences: tuple[Difference, ...] = ()
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        answer: dict[str, Any] = {"id": self.id, "kind": self.kind, "status": str(self.status)}
        if self.differences:
            answer["differences"] = [
                {
                    "where": difference.where,
                    "expected": difference.expected,
                    "got": difference.got,
                    "line": difference.line,
                }
                for difference in self.differences
            ]
        if self.message:
            answer["message"] = self.message
        return answer


def run(example: Example) -> Outcome:
    """Run an example and compare; what cannot be set up is told in the outcome, not raised."""
    answer = KINDS.get(example.kind)
    if answer is None:
        known = ", ".join(sorted(KINDS))
        return Outcome(
            example.id,
            example.kind,
            Status.UNKNOWN_KIND,
            message=f"unknown kind {example.kind} (known are {known})",
        )
    try:
        differences = compare(example.expected, answer(example))
    except ExampleError as fault:
        return Outcome(example.id, example.kind, Status.FAULT, message=str(fault))
    except CalendarError as fault:  # a date that no calendar holds the period of
        told = ExampleError(f"{example.id}: {fault}", example.line)
        return Outcome(example.id, example.kind, Status.FAULT, message=str(told))
    status = Status.DIFFERENT if differences else Status.OK
    return Outcome(example.id, example.kind, status, tuple(differences))
