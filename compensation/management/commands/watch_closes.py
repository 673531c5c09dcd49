"""One look of the watchdog without broker and worker, for a timer or a person."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from compensation import services
from compensation.models import Run
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import User

FAULT, BUSY = 1, 3


class Command(BaseCommand):
    """``watch_closes [--json]``: bring every close that is due as far as it goes unattended.

    Does what beat and the workers do by messages, so that a dead broker delays nothing: a timer of
    the machine may call it as often as it likes. Exit 0: nothing is left to do here; 1: a close
    found a fault; 3: another process is at work.
    """

    help = "Start and advance the closes that are due, without broker and worker."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say in which form to tell it."""
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, and go on until nothing more can be done without a person."""
        system = User.objects.get(is_system=True)
        told: list[str] = []
        code = 0
        seen: set[tuple[int, str]] = set()
        services.open_months_up_to(now=company_now())
        while due := [
            run
            for run in services.close_due_periods(now=company_now(), by=system)
            if (run.pk, run.status) not in seen
        ]:
            for run in due:
                seen.add((run.pk, run.status))
                code = max(code, self.advance(run, told))
        try:
            services.reverse_waiting_returns(now=company_now())
        except UnableTo as fault:
            told.append(f"waiting returns: {fault}")
        services.drop_results_of_dead_runs()
        if options["json"]:
            self.stdout.write(json.dumps({"exit": code, "messages": told}))
        else:
            for text in told:
                self.stdout.write(text)
        if code:
            raise SystemExit(code)

    def advance(self, run: Run, told: list[str]) -> int:
        """Do the run's steps one by one; return the exit code that it asks for."""
        try:
            while (
                services.advance(run=run, now=company_now()).progress is services.Progress.STEPPED
            ):
                pass
        except services.Busy as fault:
            told.append(f"busy: {fault}")
            return BUSY
        except services.UnableToAdvance as fault:
            told.append(str(fault))
            return FAULT
        told.append(f"{run.period.label}: run {run.pk} is {Run.objects.get(pk=run.pk).status}")
        return 0
