"""Named points at which a process can be made to fail, for tests of what survives it.

``FAULT_POINT=name`` or ``name:nth`` in the environment makes the process kill itself the nth time
it reaches the point. ``FAULT_ACTION`` asks for something else: ``stop`` freezes it, ``raise`` is a
fault of the program, ``memory`` takes memory until none is left, ``wait`` loses ``FAULT_SECONDS``
there each time (``FAULT_POINT=*``: at every point). Unset, a point costs one look-up.
"""

from __future__ import annotations

import os
import signal
import time

POINTS: dict[str, str] = {
    "start.before_commit": "the run's row is written, not committed",
    "start.after_commit": "the run exists, no step is done",
    "freeze.before_commit": "the period is frozen, not committed",
    "freeze.after_commit": "the period is frozen",
    "compute.loaded": "the input is read",
    "compute.members_written": "member results are copied into the partition aside",
    "compute.earnings_written": "earnings are copied too",
    "compute.before_commit": "partitions are attached and the step is recorded, not committed",
    "compute.after_commit": "results are stored",
    "verify.before_commit": "the stored results are found right, not committed",
    "verify.after_commit": "the run is computed",
    "approve.before_commit": "the approval is written, not committed",
    "approve.after_commit": "the run is approved",
    "post.before_commit": "the journals are written, not committed",
    "post.after_commit": "the run is posted",
    "publish.before_commit": "the pointer is moved, not committed",
    "publish.after_commit": "the results are visible",
    "reverse.before_commit": "a return is reversed, not committed",
    "reverse.after_commit": "a return is reversed",
    "dispute.before_commit": "a dispute is opened, not committed",
    "dispute.after_commit": "a dispute is opened",
    "answer.before_commit": "a dispute is answered, not committed",
    "answer.after_commit": "a dispute is answered",
    "adjust.before_commit": "an adjustment is granted and posted, not committed",
    "convert.before_commit": "points are converted, not committed",
    "convert.after_commit": "points are converted",
    "expire.before_commit": "lots past their date are cashed, not committed",
    "expire.after_commit": "lots past their date are cashed",
    "reserve.before_commit": "payouts are drafted and reserved, not committed",
    "reserve.after_commit": "payouts are drafted and reserved",
    "send.before_commit": "a batch is sent, not committed",
    "send.after_commit": "a batch is sent, the bank has heard nothing",
    "send.answered": "the bank has taken a file, which is not committed",
    "outcome.before_commit": "the bank's answers are imported, not committed",
    "outcome.after_commit": "the bank's answers are imported",
}

_reached: dict[str, int] = {}


class FaultOfTestError(RuntimeError):
    """What ``FAULT_ACTION=raise`` raises."""


def reach(name: str) -> None:
    """Fail here if the environment says so.

    :raises KeyError: if the point is not in the list.
    """
    POINTS[name]
    wanted = os.environ.get("FAULT_POINT")
    if not wanted:
        return
    point, _, nth = wanted.partition(":")
    if point not in (name, "*"):
        return
    action = os.environ.get("FAULT_ACTION", "kill")
    _reached[point] = _reached.get(point, 0) + 1
    if action == "wait":
        time.sleep(float(os.environ.get("FAULT_SECONDS", "1")))
    elif nth == "*" or _reached[point] == int(nth or 1):
        _fail(name, action)


def _fail(name: str, action: str) -> None:
    if action == "raise":
        raise FaultOfTestError(f"a fault of the test at {name}")
    if action == "memory":
        taken = []
        while True:
            taken.append(bytearray(1 << 24))
    os.kill(os.getpid(), signal.SIGSTOP if action == "stop" else signal.SIGKILL)
