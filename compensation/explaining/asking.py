"""What the commands ask for: a month, its figures, a member, a component; faults in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError

from compensation import selectors
from compensation.engine.plan import Plan
from compensation.models import Period, Run
from compensation.plans import load_plan
from representatives.models import Company, Representative

FAULT, USAGE = 1, 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A member's figures in the run that readers of a month see."""

    period: Period
    run: Run
    plan: Plan
    member: Representative
    zone: ZoneInfo

    def headline(self) -> str:
        """Say which figures these are."""
        as_of = (
            f", as of {self.run.as_of.astimezone(self.zone):%Y-%m-%d %H:%M}"
            if (self.run.as_of is not None and self.run.kind == "preview")
            else ""
        )
        return (
            f"{self.period.label}, {self.run.kind} run {self.run.pk} ({self.run.status}{as_of}): "
            f"{self.member.name} ({self.member.code})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "period": self.period.label,
            "run": self.run.pk,
            "kind": self.run.kind,
            "status": self.run.status,
            "as_of": self.run.as_of.isoformat() if self.run.as_of else None,
            "member": {"code": self.member.code, "name": self.member.name},
        }


def leave(code: int, text: str) -> NoReturn:
    """End a command with its exit code."""
    raise CommandError(text, returncode=code)


def run_of_period(label: str) -> tuple[Period, Run]:
    """Return a month and the run that readers see.

    :raises CommandError: 2 if there is no such month, 1 if it has no figures.
    """
    period = selectors.get_period(label)
    if period is None:
        leave(USAGE, f"there is no period {label!r}")
    run = selectors.visible_run(period)
    if run is None:
        leave(FAULT, f"{label} has no figures yet: close_period {label} --preview makes them")
    run.period = period
    return period, run


def member_by_code(code: str, option: str = "member") -> Representative:
    """Return a member.

    :raises CommandError: 2 if nobody has the code.
    """
    found = Representative.objects.filter(code=code.strip().upper()).first()
    if found is None:
        leave(USAGE, f"{option}: there is nobody with the code {code!r}")
    return found


def ask(label: str, code: str) -> Asked:
    """Return a member's figures in a month.

    :raises CommandError: as the functions above; 1 if the member was not there.
    """
    period, run = run_of_period(label)
    return Asked(
        period=period,
        run=run,
        plan=load_plan(run.plan_version.document),
        member=member_by_code(code),
        zone=Company.objects.get(pk=Company.ONLY_ID).zone,
    )


def component_index(plan: Plan, name: str | None) -> int | None:
    """Return the index of a component or a cap.

    :raises CommandError: 2 if the plan has none of that id.
    """
    if name is None:
        return None
    ids = [one.id for one in plan.components] + [one.id for one in plan.caps]
    if name not in ids:
        leave(USAGE, f"the plan has no component or cap {name!r}; it has {', '.join(ids)}")
    return ids.index(name)
