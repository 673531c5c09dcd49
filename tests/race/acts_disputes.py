"""Acts of processes at one dispute: ``python -m tests.race.acts_disputes ACT NUMBER``.

``-unguarded`` acts are the controls: they look first, wait, and go on without a lock.
"""

from __future__ import annotations

import sys
from typing import Any

import django


def open_one(*, guarded: bool) -> str:
    """Dispute A's first line of January; unguarded, without looking whether somebody has."""
    from compensation import services
    from compensation.services import disputes
    from tests.faults import acts_disputes

    if not guarded:
        disputes._check_open = lambda representative, line: None
    _ready()
    before = services.open_dispute
    opened: list[Any] = []

    def noted(**stated: Any) -> Any:
        opened.append(before(**stated))
        return opened[-1]

    services.open_dispute = noted
    acts_disputes.open_one()
    return "opened" if opened else "open already"


def answer_it(number: int, *, guarded: bool) -> str:
    """Answer the dispute: even processes accept it as one person, odd ones refuse as another."""
    from django.db import transaction

    from compensation import services
    from compensation.models import Dispute
    from compensation.services import disputes
    from representatives.models import User
    from tests.compensation.town import APPROVER, CLOSER
    from tests.faults.acts_disputes import NOW

    seen = Dispute.objects.select_related("representative", "period").get()
    by = User.objects.get(email=(CLOSER, APPROVER)[number % 2])
    text = f"answer {number}"
    _ready()
    if guarded:
        try:
            services.answer_dispute(
                dispute=seen,
                by=by,
                accept=number % 2 == 0,
                money_minor=500 if number % 2 == 0 else 0,
                rsp=0,
                answer=text,
                now=NOW,
            )
        except services.UnableToAnswer as refused:
            return refused.message
        return text
    with transaction.atomic():
        adjustment = disputes.request_adjustment(
            representative=seen.representative,
            money_minor=500,
            rsp=0,
            reason=text,
            line=seen.line,
            related_period=seen.period,
            by=by,
            now=NOW,
        )
        Dispute.objects.filter(pk=seen.pk).update(
            status="accepted", answer=text, answered_by=by, answered_at=NOW, adjustment=adjustment
        )
    return text


def _ready() -> None:
    """Wait until all others are here too."""
    print("ready", flush=True)
    sys.stdin.readline()


def main() -> None:
    """Set Django up, act, and print what came of it."""
    django.setup()
    act, number = sys.argv[1], int(sys.argv[2])
    acts: dict[str, Any] = {
        "open": lambda: open_one(guarded=True),
        "open-unguarded": lambda: open_one(guarded=False),
        "answer": lambda: answer_it(number, guarded=True),
        "answer-unguarded": lambda: answer_it(number, guarded=False),
    }
    print(acts[act]())


if __name__ == "__main__":
    main()
