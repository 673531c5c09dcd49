"""Run worked examples of compensation plans through the product's own engine."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from compensation.examples import ExampleError, Outcome, Status, read_examples, run

EXIT_DIFFERENT = 1
EXIT_USAGE = 2


class Command(BaseCommand):
    """Print per example ``ok`` or what differed.

    Exit code 0 when all are ok, 1 when a figure differs, 2 when the file, an id, a kind or a
    parameter is not understood (also when others differ).
    """

    help = "Run a file of worked examples and compare every expected figure."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the two options."""
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--id", metavar="ID", help="run this example alone")
        parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the examples and end with the exit code."""
        file: Path = options["file"]
        wanted: str | None = options["id"]
        as_json: bool = options["json"]
        try:
            examples = read_examples(file)
        except ExampleError as fault:
            self._refuse(f"{file}: {fault}", as_json=as_json)
        if wanted is not None:
            examples = [example for example in examples if example.id == wanted]
            if not examples:
                self._refuse(f"{file}: there is no example {wanted}", as_json=as_json)
        outcomes = []
        for example in examples:
            outcome = run(example)
            outcomes.append(outcome)
            if not as_json:
                self._print(outcome)
        if as_json:
            self._print_json(outcomes)
        self._print_summary(outcomes)
        sys.exit(_exit_code(outcomes))

    def _print(self, outcome: Outcome) -> None:
        """Print one outcome."""
        self.stdout.write(f"{outcome.id}: {outcome.message or outcome.status}")
        for difference in outcome.differences:
            self.stdout.write(f"  {difference}")

    def _print_summary(self, outcomes: list[Outcome]) -> None:
        """Say on standard error what could not be run, and what differed."""
        for status, words in (
            (Status.UNKNOWN_KIND, "of a kind that is not known"),
            (Status.FAULT, "not understood"),
            (Status.DIFFERENT, "different"),
        ):
            named = [
                f"{outcome.id} ({outcome.kind})" for outcome in outcomes if outcome.status is status
            ]
            if named:
                self.stderr.write(f"{words}: {', '.join(named)}")

    def _print_json(self, outcomes: list[Outcome]) -> None:
        """Print all outcomes and how many there are of each status."""
        counts = {
            str(status): sum(outcome.status is status for outcome in outcomes) for status in Status
        }
        answer = {"counts": counts, "examples": [outcome.as_dict() for outcome in outcomes]}
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))

    def _refuse(self, message: str, *, as_json: bool) -> NoReturn:
        """Say what is wrong with the call or the file and end."""
        if as_json:
            self.stdout.write(json.dumps({"error": message}, ensure_ascii=False, indent=2))
        self.stderr.write(message)
        sys.exit(EXIT_USAGE)


def _exit_code(outcomes: list[Outcome]) -> int:
    found = {outcome.status for outcome in outcomes}
    if found & {Status.UNKNOWN_KIND, Status.FAULT}:
        return EXIT_USAGE
    return EXIT_DIFFERENT if Status.DIFFERENT in found else 0
