"""Say what changed from one run to another, and why."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from compensation.comparing import run_diff, wording
from compensation.comparing.moves import MOST_LARGEST, Earned
from compensation.comparing.run_diff import RunDifference, UnableToCompare, UnknownRun
from compensation.engine import Unit
from compensation.models import Run
from representatives.formatting import MINOR_DIGITS
from representatives.models import Representative
from sales.amounts import spell_scaled

DONE, FAULT, USAGE = 0, 1, 2
COLUMNS = ("member", "component", "unit", "before", "after", "cause", "change")


class Command(BaseCommand):
    """``run_diff A B [--member CODE] [--csv FILE] [--json] [--all]``.

    A and B are ids of runs, or months (2017-03: the posted run, else the one on show). Exit 0:
    compared; 1: a run can't be rebuilt; 2: usage.
    """

    help = "Say what changed from one run to another, for every member and component, and why."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name both runs, and what is wanted of the comparison."""
        parser.add_argument("before", help="id of a run, or a month such as 2017-02")
        parser.add_argument("after", help="id of a run, or a month such as 2017-03")
        parser.add_argument("--member", metavar="CODE", help="show one member's amounts only")
        parser.add_argument("--csv", metavar="FILE", help="write every change, one a line")
        parser.add_argument("--json", action="store_true", help="one JSON object")
        parser.add_argument("--all", action="store_true", help="list everybody, not the largest 20")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and tell."""
        self.as_json: bool = options["json"]
        member = self.member(options["member"])
        try:
            runs = [run_diff.get_run(options[name]) for name in ("before", "after")]
            found = run_diff.compare_runs(*runs)
        except UnknownRun as fault:
            self.refuse(USAGE, fault.message)
        except UnableToCompare as fault:
            self.refuse(FAULT, fault.message)
        if options["csv"]:
            self.write_csv(found, Path(options["csv"]))
        most = None if options["all"] else MOST_LARGEST
        if self.as_json:
            self.stdout.write(json.dumps(self.report(found, member, most)))
        elif member is not None:
            self.tell_member(found, member)
        else:
            self.tell(found, most)

    def member(self, code: str | None) -> Representative | None:
        """Find the member of a code."""
        if code is None:
            return None
        found = Representative.objects.filter(code=code).first()
        if found is None:
            self.refuse(USAGE, f"--member: there is no member {code}")
        return found

    def refuse(self, code: int, text: str) -> NoReturn:
        """End with a fault."""
        if self.as_json:
            self.stdout.write(json.dumps({"exit": code, "message": text}))
        else:
            self.stderr.write(text)
        raise SystemExit(code)

    def tell(self, found: RunDifference, most: int | None) -> None:
        """Print totals by cause and component, and who moved most."""
        self.stdout.write(f"{_named(found.before)} against {_named(found.after)}")
        for unit in Unit:
            before, after = found.totals(unit)
            if not before and not after and not found.difference.moves.of_unit(unit).any():
                continue
            spelled = wording.amount
            self.stdout.write(
                f"\n{_unit(unit, found)}: {spelled(before, unit, found.currency)} became"
                f" {spelled(after, unit, found.currency)}"
                f" ({wording.change(after - before, unit, found.currency)})"
            )
            for cause, amount in found.difference.moves.by_cause(unit).items():
                changed = wording.change(amount, unit, found.currency)
                self.stdout.write(f"  {wording.CAUSE_NAMES[cause]}: {changed}")
            self.stdout.write("by component")
            for earned, causes in found.difference.moves.by_component().items():
                if earned.unit == unit:
                    changed = wording.change(sum(causes.values()), unit, found.currency)
                    why = wording.causes(causes, unit, found.currency)
                    self.stdout.write(f"  {earned.id}: {changed} ({why})")
            self.tell_largest(found, unit, most)

    def tell_largest(self, found: RunDifference, unit: Unit, most: int | None) -> None:
        """Print whose amounts changed most in a unit."""
        listed = run_diff.largest(found, unit, most)
        self.stdout.write("largest moves" if most else "all moves")
        for _, person, before, after, causes in listed:
            self.stdout.write(
                f"  {person.code} {person.name}:"
                f" {wording.change(after - before, unit, found.currency)}"
                f" ({wording.causes(causes, unit, found.currency)})"
            )
        if not listed:
            self.stdout.write("  nobody's")

    def tell_member(self, found: RunDifference, member: Representative) -> None:
        """Print one member's amounts, component by component."""
        self.stdout.write(f"{member}: {_named(found.before)} against {_named(found.after)}")
        amounts = found.of_member(member.pk)
        for earned, (before, after, causes) in amounts.items():
            self.stdout.write(
                wording.sentence(earned.id, before, after, causes, earned.unit, found.currency)
            )
        if not amounts:
            self.stdout.write("Nothing was paid in either of them.")

    def report(
        self, found: RunDifference, member: Representative | None, most: int | None
    ) -> dict[str, Any]:
        """Describe the comparison for a machine; amounts in minor units and hundredths."""
        moves = found.difference.moves
        report: dict[str, Any] = {
            "exit": DONE,
            "before": _described(found.before),
            "after": _described(found.after),
            "currency": found.currency,
            "totals": {},
            "components": [
                {**_earned(earned), "change": sum(causes.values()), "causes": causes}
                for earned, causes in moves.by_component().items()
            ],
        }
        for unit in Unit:
            before, after = found.totals(unit)
            report["totals"][unit.name.lower()] = {
                "before": before,
                "after": after,
                "change": after - before,
                "causes": moves.by_cause(unit),
                "largest": [
                    {
                        "member": person.code,
                        "name": person.name,
                        "before": was,
                        "after": now,
                        "change": now - was,
                        "causes": causes,
                    }
                    for _, person, was, now, causes in run_diff.largest(found, unit, most)
                ],
            }
        if member is not None:
            report["member"] = {
                "code": member.code,
                "components": [
                    {**_earned(earned), "before": before, "after": after, "causes": causes}
                    for earned, (before, after, causes) in found.of_member(member.pk).items()
                ],
            }
        return report

    def write_csv(self, found: RunDifference, path: Path) -> None:
        """Write every change: member, component, unit, before, after, cause, change."""
        digits = {Unit.MONEY: MINOR_DIGITS.get(found.currency, 2), Unit.RSP: 2}

        def spelled(value: int, unit: Unit) -> str:
            return ("-" if value < 0 else "") + spell_scaled(abs(value), digits[unit])

        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                for code, earned, was, now, cause, change in run_diff.rows(found):
                    amounts = (spelled(value, earned.unit) for value in (was, now))
                    unit = found.currency if earned.unit == Unit.MONEY else "RSP"
                    writer.writerow(
                        (code, earned.id, unit, *amounts, cause, spelled(change, earned.unit))
                    )
        except OSError as fault:
            self.refuse(USAGE, f"--csv: {path}: {fault.strerror}")
        if not self.as_json:
            self.stdout.write(f"{len(found.difference.moves)} changes written to {path}")


def _named(run: Run) -> str:
    return f"{run.period.label} (run {run.pk}, {run.kind}, {run.plan_version.name})"


def _unit(unit: Unit, found: RunDifference) -> str:
    return found.currency if unit == Unit.MONEY else "RSP"


def _earned(earned: Earned) -> dict[str, str]:
    return {"component": earned.id, "unit": earned.unit.name.lower()}


def _described(run: Run) -> dict[str, Any]:
    return {
        "run": run.pk,
        "period": run.period.label,
        "kind": run.kind,
        "status": run.status,
        "plan": run.plan_version.name,
        "as_of": run.as_of.isoformat() if run.as_of else None,
    }
