"""A statement line explained as plain data, to be kept with a dispute and compared later.

People are named by their codes alone, customers never, so that the erasure of a person leaves the
evidence as it is. All figures are integers: minor units of money, hundredths of points and volumes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from compensation.explaining.glance import glance
from compensation.explaining.opened import Lines, Opened, Someone
from compensation.models import Adjustment, AdjustmentStatus, Earning, ReversedPart, Run
from compensation.plans import load_plan
from representatives.models import Representative

FORMAT = 1
MOST_PEOPLE = 50
MOST_PARTS = 200
WHOLE_ORDERS = 5_000
"""Lines with more orders behind them keep their first parts and the sums of all."""

FIGURES = {
    "line": ("source", "paid_level", "base", "rate", "amount", "members", "sales"),
    "parts": ("people", "base", "amount", "unopened"),
    "since": ("taken_back", "adjusted_money", "adjusted_rsp"),
}
"""What is compared, in the order in which it is read."""

Evidence = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of the evidence as it was and as it is; None where there is none."""

    path: tuple[str, ...]
    was: int | str | None
    now: int | str | None

    @property
    def differs(self) -> bool:
        """Whether the figure is another one now."""
        return self.was != self.now


def gather(run: Run, earning: Earning) -> Evidence:
    """Return the explanation of a line of a run: its figures, people and orders."""
    plan = load_plan(run.plan_version.document)
    lines = Lines(run, plan)
    opened = (
        glance(lines, earning, parts=MOST_PARTS)
        if earning.sales > WHOLE_ORDERS
        else lines.open(earning)
    )
    return {
        "format": FORMAT,
        "period": run.period.label,
        "plan": {
            "name": plan.name,
            "from": run.plan_version.effective_from.isoformat(),
            "digest": run.plan_version.digest,
        },
        "run": {
            "number": run.pk,
            "input": run.input_digest,
            "result": run.result_digest,
            "engine": run.engine_version,
        },
        "line": {
            "source": plan.statement_id(earning.component),
            "component": earning.component,
            "paid_level": earning.paid_level,
            "base": earning.base,
            "rate": f"{earning.rate_num}/{earning.rate_den}",
            "amount": earning.amount,
            "unit": earning.unit,
            "members": earning.members,
            "sales": earning.sales,
        },
        "parts": {
            "people": len(opened.people),
            "base": opened.base,
            "amount": opened.amount,
            "unopened": opened.unopened,
        },
        "people": _people(opened, plan.statement_id),
        "since": _since(run, earning),
    }


def _people(opened: Opened, source_of: Any) -> list[dict[str, Any]]:
    shown = opened.people[:MOST_PEOPLE]
    ids = [one.representative_id for one in shown]
    codes = dict(Representative.objects.filter(pk__in=ids).values_list("pk", "code"))
    left = MOST_PARTS
    found = []
    for one in shown:
        orders = _orders(one, left)
        left -= len(orders)
        found.append(
            {
                "code": codes.get(one.representative_id, str(one.representative_id)),
                "level": one.level,
                "active": int(one.active),
                "base": one.base,
                "amount": one.amount,
                "through": [
                    {"source": source_of(line.component), "level": line.paid_level, "amount": share}
                    for line, share in one.through
                ],
                "orders": orders,
            }
        )
    return found


def _orders(one: Someone, most: int) -> list[dict[str, Any]]:
    parts = sorted(one.parts, key=lambda part: part.line.key)
    return [
        {
            "reference": part.line.reference,
            "line": part.line.number,
            "base": part.base,
            "amount": part.amount,
        }
        for part in parts[: max(most, 0)]
    ]


def _since(run: Run, earning: Earning) -> dict[str, int]:
    """What was taken back of the line and added to it since it was posted."""
    key = {
        "run_id": run.pk,
        "component": earning.component,
        "paid_level": earning.paid_level,
        "rate_num": earning.rate_num,
        "rate_den": earning.rate_den,
    }
    taken = ReversedPart.objects.filter(receiver_id=earning.receiver_id, **key).aggregate(
        total=Sum("amount")
    )
    added = Adjustment.objects.filter(
        representative_id=earning.receiver_id, status=AdjustmentStatus.APPROVED, **key
    ).aggregate(money=Sum("money_minor"), rsp=Sum("rsp"))
    return {
        "taken_back": int(taken["total"] or 0),
        "adjusted_money": int(added["money"] or 0),
        "adjusted_rsp": int(added["rsp"] or 0),
    }


def digest_of(evidence: Evidence) -> str:
    """Return the sha256 of the evidence in canonical form."""
    text = json.dumps(evidence, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def compare(was: Evidence, now: Evidence) -> list[Compared]:
    """Return the figures of the line, of its parts and of its people, as they were and are."""
    rows = [
        Compared((part, name), was[part].get(name), now[part].get(name))
        for part, names in FIGURES.items()
        for name in names
    ]
    before = {one["code"]: one for one in was["people"]}
    after = {one["code"]: one for one in now["people"]}
    rows += [
        Compared(
            ("people", code, name),
            before.get(code, {}).get(name),
            after.get(code, {}).get(name),
        )
        for code in [*before, *(code for code in after if code not in before)]
        for name in ("base", "amount")
    ]
    return rows
