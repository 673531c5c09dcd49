"""`manage.py why_not PERIOD (--line ID | --member CODE [COMPONENT])`: why a sale pays, or not."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from compensation.engine.types import Reason
from compensation.explaining import why, words
from compensation.explaining.asking import (
    FAULT,
    USAGE,
    component_index,
    leave,
    member_by_code,
    run_of_period,
)
from compensation.explaining.own import OwnAnswer, own_as_json, why_member
from compensation.explaining.reports import base_unit
from compensation.explaining.sales import Paid
from compensation.models import EarningUnit, Period
from compensation.plans import load_plan
from representatives import formatting
from representatives.models import Representative


class Command(BaseCommand):
    """For an order line: every upline, paid or not and why. For a member: what pays nothing.

    Exit 0: told; 1: there are no figures, or the viewer may not see it; 2: usage.
    """

    help = (
        "Tell whom a sale paid and whom not, and why; or which components paid a member nothing. "
        "Exit 0: told; 1: no figures, or not for this viewer's eyes; 2: usage."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the sale or the member."""
        parser.add_argument("period", help="the month, such as 2017-11")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--line", metavar="ID", help="order line: its id, or REFERENCE/NUMBER")
        which.add_argument(
            "--member",
            nargs="+",
            metavar=("CODE", "COMPONENT"),
            help="code of a member, and perhaps the id of a component",
        )
        parser.add_argument(
            "--viewer", metavar="CODE", help="tell only what this member may see (default: all)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell why."""
        self.as_json: bool = options["json"]
        period, run = run_of_period(options["period"])
        self.plan = load_plan(run.plan_version.document)
        viewer = None
        if options["viewer"] is not None:
            viewer = member_by_code(options["viewer"], "--viewer")
        if options["member"] is not None:
            code, *components = options["member"]
            if len(components) > 1:
                leave(USAGE, "--member takes a code and at most one component")
            member = member_by_code(code, "--member")
            self.require_sight(viewer, member)
            index = component_index(self.plan, components[0] if components else None)
            if index is not None and index >= len(self.plan.components):
                leave(USAGE, f"{components[0]} is a limit: it pays nothing, it cuts")
            answers = why_member(run, self.plan, member.pk, component=index)
            if not answers:
                leave(FAULT, f"{member.code} was not in the figures of {period.label}")
            self.tell_member(period, member, answers)
            return
        line = why.find_order_line(options["line"])
        if line is None:
            leave(USAGE, f"--line: there is no order line {options['line']!r}")
        self.require_sight(viewer, line.order.seller)
        report = why.why_order(
            run=run, plan=self.plan, order=line.order, viewer=viewer, line=line, exact=True
        )
        self.tell_order(period, report, f"{line.order.reference}/{line.number}")

    def require_sight(self, viewer: Representative | None, person: Representative) -> None:
        """Leave if the viewer may not see somebody: as if there were nothing to tell."""
        if viewer is None:
            return
        if not Representative.objects.visible_to(viewer).filter(pk=person.pk).exists():
            leave(FAULT, f"{viewer.code} may not see this")

    # -- A member ---------------------------------------------------------------------------------

    def tell_member(self, period: Period, member: Representative, answers: list[OwnAnswer]) -> None:
        """Tell what each component paid a member, or why nothing."""
        if self.as_json:
            told = {
                "period": period.label,
                "member": member.code,
                "components": [own_as_json(one) for one in answers],
            }
            self.stdout.write(json.dumps(told, indent=2))
            return
        self.stdout.write(f"{period.label}: {member.name} ({member.code})")
        for answer in answers:
            text = answer.code
            if answer.lines:
                levels = ", ".join(str(line.paid_level) for line in answer.lines)
                text = f"paid, on levels {levels}"
            if answer.unpaid_level is not None:
                text += f"; sales from level {answer.unpaid_level} on are too deep"
            self.stdout.write(f"  {answer.id}: {text}")
            for missed in answer.missed:
                self.stdout.write(f"    {words.missed_text(missed, self.plan)}")

    # -- A sale -----------------------------------------------------------------------------------

    def tell_order(self, period: Period, report: why.OrderReport, name: str) -> None:
        """Tell for everybody above a sale what each component paid him, or why not."""
        if self.as_json:
            told = {"period": period.label, "line": name, **why.order_as_json(report)}
            self.stdout.write(json.dumps(told, indent=2))
            return
        self.stdout.write(
            f"{period.label}, {name}: sold by {report.seller.name} ({report.seller.code})"
        )
        if report.reason is not Reason.PAID:
            note = f" ({report.note})" if report.note else ""
            self.stdout.write(f"  {report.reason.code}{note}: pays nobody in this month")
        for one in report.components:
            self.stdout.write(f"\n{one.id}" + ("" if one.rows else ": this sale has no share"))
            for row in one.rows:
                self.stdout.write(f"  {self.row_text(row)}")

    def row_text(self, row: why.Row) -> str:
        """Write one person's answer."""
        if row.person is None:
            return f"somebody above: {row.reason.code}"
        who = f"{row.person.name} ({row.person.code})"
        if row.earner is not None:
            who += f", on what {row.earner.name} earned"
        parts = [f"{who}: {row.reason.code}"]
        if row.level is not None:
            parts.append(f"level {row.level}")
        for one in row.paid:
            amount = (
                formatting.money(one.amount, self.plan.currency)
                if one.unit == EarningUnit.MONEY
                else f"{formatting.hundredths(one.amount)} RSP"
            )
            parts.append(
                f"paid level {one.level}: {self.base_text(one)} × {self.rate_text(one)} = {amount}"
            )
        parts += [words.missed_text(one, self.plan) for one in row.missed]
        if row.blocked_by is not None:
            parts.append(f"{row.blocked_by.name} broke away")
        if row.received_by is not None:
            parts.append(f"{row.received_by.name} ({row.received_by.code}) received it")
        elif row.by_stranger:
            parts.append("somebody above received it")
        if row.cut:
            parts.append(f"cut by {formatting.money(row.cut, self.plan.currency)}")
        if row.taken_back:
            parts.append("taken back since by a return")
        return "; ".join(parts)

    def base_text(self, paid: Paid) -> str:
        """Write what somebody is paid on, in its unit."""
        unit = base_unit(self.plan, paid.earning.component)
        if unit == "money":
            return formatting.money(paid.base, self.plan.currency)
        if unit in ("BV", "RSP"):
            return f"{formatting.hundredths(paid.base)} {unit}"
        return formatting.whole(paid.base)

    def rate_text(self, paid: Paid) -> str:
        """Write the rate: an amount for each order, or a percentage."""
        if base_unit(self.plan, paid.earning.component) == "orders":
            return formatting.money(int(paid.rate), self.plan.currency)
        return formatting.percent(paid.rate)
