"""Which act reaches which fault point: a point that no case names fails the suite.

Whoever adds a point names here the act that reaches it. The act is killed at each of its points in
turn and begun again; in the end everything is as if it had never been disturbed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compensation import services
from tests.compensation.town import Town, digest
from tests.faults import acts_adjustments, acts_bank, acts_disputes, acts_payouts
from tests.faults.closing import CLOSE, NOW


@dataclass(frozen=True, slots=True)
class Case:
    """An act, the points it passes, and what must be the same however often it was killed."""

    name: str
    points: tuple[str, ...]
    words: tuple[str, ...]
    """What a process is told: a command of ``manage.py``, or ``act:NAME`` of ``acts``."""
    prepare: Callable[[Town], object] = id
    """What happens before, undisturbed."""
    outcome: Callable[[], object] = digest


def _with_a_return_that_waits(town: Town) -> None:
    """Post January, of which something was returned while it was frozen."""
    run = town.close("2017-01", post=False)
    order = next(one for key, one in town.orders.items() if key.startswith("F-2017-01-09"))
    town.take_back(order, 1, "2017-02-02")
    services.approve_run(run=run, by=town.approver, now=NOW)
    services.advance_to_end(run=run, now=NOW)


CASES: tuple[Case, ...] = (
    Case(
        name="close",
        points=(
            "start.before_commit",
            "start.after_commit",
            "freeze.before_commit",
            "freeze.after_commit",
            "compute.loaded",
            "compute.members_written",
            "compute.earnings_written",
            "compute.before_commit",
            "compute.after_commit",
            "verify.before_commit",
            "verify.after_commit",
            "approve.before_commit",
            "approve.after_commit",
            "post.before_commit",
            "post.after_commit",
            "publish.before_commit",
            "publish.after_commit",
        ),
        words=CLOSE,
    ),
    Case(
        name="reverse",
        points=("reverse.before_commit", "reverse.after_commit"),
        words=("watch_closes",),
        prepare=_with_a_return_that_waits,
    ),
    Case(
        name="dispute",
        points=("dispute.before_commit", "dispute.after_commit"),
        words=("act:dispute-open",),
        prepare=acts_disputes.with_a_statement,
        outcome=acts_disputes.outcome,
    ),
    Case(
        name="answer",
        points=("answer.before_commit", "answer.after_commit"),
        words=("act:dispute-answer",),
        prepare=acts_disputes.with_a_dispute,
        outcome=acts_disputes.outcome,
    ),
    Case(
        name="adjust",
        points=("adjust.before_commit",),
        words=("act:adjustment-approve",),
        prepare=acts_adjustments.with_a_request,
    ),
    Case(
        name="convert",
        points=("convert.before_commit", "convert.after_commit"),
        words=("act:bank-convert",),
        prepare=acts_bank.with_points,
    ),
    Case(
        name="expire",
        points=("expire.before_commit", "expire.after_commit"),
        words=("act:bank-expire",),
        prepare=acts_bank.with_points_past_their_date,
    ),
    Case(
        name="reserve",
        points=("reserve.before_commit", "reserve.after_commit"),
        words=("act:payouts-reserve",),
        prepare=acts_payouts.with_payees,
        outcome=acts_payouts.outcome,
    ),
    Case(
        name="send",
        points=("send.before_commit", "send.after_commit", "send.answered"),
        words=("act:payouts-send",),
        prepare=acts_payouts.with_an_approved_batch,
        outcome=acts_payouts.outcome,
    ),
    Case(
        name="outcome",
        points=("outcome.before_commit", "outcome.after_commit"),
        words=("act:payouts-answers",),
        prepare=acts_payouts.with_a_sent_batch,
        outcome=acts_payouts.outcome,
    ),
)
