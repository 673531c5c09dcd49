"""People who join one by one, and what follows from that: apps above register what they do.

A step is quick and never fails for what it finds, as the enrolment would fail with it. Imports of
members and the demo do without.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.db import transaction

from representatives.models import Representative
from representatives.services import enrol_representative


class Step(Protocol):
    """Does what follows when somebody joins; called inside the transaction of the enrolment."""

    def __call__(self, *, member: Representative, now: datetime) -> None:
        """Act on the newcomer, whose row is there."""


_Step = TypeVar("_Step", bound=Step)
_steps: list[Step] = []


def step(function: _Step) -> _Step:
    """Register what follows when somebody joins."""
    _steps.append(function)
    return function


@transaction.atomic
def enrol_newcomer(*, now: datetime, **facts: Any) -> Representative:
    """Enrol a person, and do all that follows.

    Takes what `enrol_representative` takes, and refuses what it refuses.
    """
    member = enrol_representative(now=now, **facts)
    for one in _steps:
        one(member=member, now=now)
    return member
