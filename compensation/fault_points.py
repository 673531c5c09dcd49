"""Named points at which a process can be made to die, for tests of what survives it.

``FAULT_POINT=name`` or ``name:nth`` in the environment makes the process kill itself the nth time
it reaches the point (``FAULT_ACTION=stop`` freezes it instead). Unset, a point costs one look-up.
"""

from __future__ import annotations

import os
import signal

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
    "convert.before_commit": "points are converted, not committed",
    "convert.after_commit": "points are converted",
    "expire.before_commit": "lots past their date are cashed, not committed",
    "expire.after_commit": "lots past their date are cashed",
}

_reached: dict[str, int] = {}


def reach(name: str) -> None:
    """Die or freeze here if the environment says so.

    :raises KeyError: if the point is not in the list.
    """
    POINTS[name]
    wanted = os.environ.get("FAULT_POINT")
    if not wanted:
        return
    point, _, nth = wanted.partition(":")
    if point != name:
        return
    _reached[name] = _reached.get(name, 0) + 1
    if _reached[name] == int(nth or 1):
        stop = os.environ.get("FAULT_ACTION") == "stop"
        os.kill(os.getpid(), signal.SIGSTOP if stop else signal.SIGKILL)
