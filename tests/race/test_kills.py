"""SIGKILL between the halves of a posting that is no transaction: what the real one is kept from.

That a real close survives its death at every point stands in ``tests/faults/test_points.py``.
"""

from __future__ import annotations

import signal

from compensation import services, verification
from compensation.models import Journal, Period
from tests.compensation.town import Town, local
from tests.race.processes import start_act


def test_control_a_posting_in_two_transactions_is_half_done_when_killed(
    town: Town, subprocess_env: dict[str, str]
) -> None:
    run = town.close("2017-01", post=False)
    services.approve_run(run=run, by=town.approver, now=local("2017-02-03T09:00"))

    killed = start_act("post-in-two-unguarded", subprocess_env)
    killed.communicate(timeout=60)

    assert killed.returncode == -signal.SIGKILL
    assert Journal.objects.exists()
    assert Period.objects.get(label="2017-01").status == "approved"
    assert any("is not posted" in fault for fault in verification.ledger_faults())
