"""Close a month by hand: start its run, or go on with it, as far as this person may."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from compensation import selectors, services
from compensation.models import (
    CheckCode,
    Period,
    PeriodStatus,
    Run,
    RunStatus,
    RunStep,
    StepName,
)
from compensation.progress import RunProgress, progress_of
from compensation.progress_wording import sentence
from compensation.watching import telling
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import User

DONE, FAULT, USAGE, BUSY = 0, 1, 2, 3
PROGRESS_SECONDS = 2.0


class Command(BaseCommand):
    """Close a month by hand.

    ``close_period 2017-03 [--resume] [--preview] --by EMAIL [--approve-by EMAIL
    [--acknowledge CODE… --reason TEXT]] [--json]``, or ``close_period 2017-03 --status``.

    Exit 0: done, already done, or computed and waiting for another person; 1: a fault was found;
    2: usage; 3: another process is at work. Needs no broker and no worker.
    """

    help = "Close a month: freeze, compute, verify, and post it once another person has approved."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the month, the persons, and what is wanted."""
        parser.add_argument("period", help="the month, such as 2017-03")
        parser.add_argument("--by", metavar="EMAIL", help="who closes it")
        parser.add_argument(
            "--status", action="store_true", help="only tell how far the close is, and end"
        )
        parser.add_argument(
            "--approve-by", metavar="EMAIL", help="who approves it (local settings only)"
        )
        parser.add_argument(
            "--acknowledge",
            nargs="+",
            default=[],
            choices=CheckCode.values,
            metavar="CODE",
            help="findings that --approve-by holds to be all right (local settings only): "
            + ", ".join(CheckCode.values),
        )
        parser.add_argument("--reason", metavar="TEXT", help="why --acknowledge holds them so")
        parser.add_argument(
            "--resume", action="store_true", help="go on with a run that is under way or failed"
        )
        parser.add_argument("--preview", action="store_true", help="compute and show, post nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do as much as can be done now."""
        self.as_json: bool = options["json"]
        if options["approve_by"] and not settings.CLOSE_APPROVAL_BY_COMMAND:
            self.leave(USAGE, "--approve-by works in local settings only: approve on the page")
        if options["acknowledge"] and not (options["approve_by"] and options["reason"]):
            self.leave(USAGE, "--acknowledge needs --approve-by and --reason")
        self.acknowledged: list[str] = options["acknowledge"]
        self.reason: str = options["reason"] or ""
        if options["status"]:
            self.tell_status(options["period"])
        if options["by"] is None:
            self.leave(USAGE, "--by is needed: name who closes the month")
        by = self.person(options["by"], "--by")
        approver = self.person(options["approve_by"], "--approve-by")
        assert by is not None
        period = self.period(options["period"])
        try:
            if options["preview"]:
                self.preview(period, by)
            else:
                self.close(period, by, approver, resume=options["resume"])
        except services.Busy as fault:
            self.leave(BUSY, f"busy: {fault}{self.how_far(period)}", period)
        except services.UnableToAdvance as fault:
            self.leave(FAULT, str(fault), period)
        except (
            services.UnableToStartRun,
            services.UnableToAcknowledge,
            services.UnableToApprove,
        ) as fault:
            self.leave(USAGE, str(fault), period)

    def person(self, email: str | None, option: str) -> User | None:
        """Find a member of staff by e-mail."""
        if email is None:
            return None
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None or not (user.is_staff and user.is_active):
            self.leave(USAGE, f"{option}: {email} is not an active member of staff")
        return user

    def period(self, label: str) -> Period:
        """Find the month of a label."""
        period = selectors.get_period(label)
        if period is None:
            self.leave(USAGE, f"there is no period {label!r}")
        return period

    def tell_status(self, label: str) -> NoReturn:
        """Tell how far the month's close is, and leave."""
        period = self.period(label)
        run = selectors.live_close(period)
        if run is None:
            self.leave(DONE, f"{label} is {period.status}: no close is under way", period)
        found = progress_of(run)
        for step in found.steps:
            if step.done is not None:
                self.tell_step(step.done)
        self.tell_findings(run)
        self.leave(DONE, f"{label} {run.status} run={run.pk}: {sentence(found)}", period, run)

    def how_far(self, period: Period) -> str:
        """Say how far the process at work is, if there is one."""
        run = selectors.live_close(period)
        found = None if run is None else progress_of(run)
        return f" ({sentence(found)})" if found is not None and found.is_at_work else ""

    def preview(self, period: Period, by: User) -> NoReturn:
        """Compute a preview and leave."""
        run = services.preview_period(period=period, by=by, now=company_now())
        for step in run.steps.order_by("ordinal"):
            self.tell_step(step)
        self.leave(DONE, f"{period.label} preview run={run.pk}", period, run)

    def close(self, period: Period, by: User, approver: User | None, *, resume: bool) -> NoReturn:
        """Bring the closing run as far as it goes and leave."""
        now = company_now()
        run = selectors.live_close(period)
        if run is not None and run.status == RunStatus.POSTED and self.published(run):
            self.reverse_waiting_returns()
            self.leave(DONE, f"{period.label} already posted run={run.pk}", period, run)
        if run is None:
            failed = selectors.last_failed_close(period)
            if failed is not None and not resume:
                self.leave(
                    FAULT,
                    f"{period.label}: run {failed.pk} failed ({failed.error});"
                    " --resume computes it anew",
                    period,
                    failed,
                )
            run = services.start_run(period=period, by=by, now=now)
        self.tell(f"{period.label} run={run.pk}")
        outcome = self.advance(run)
        if outcome.progress is services.Progress.WAITING and approver is not None:
            self.acknowledge(run, approver)
            services.approve_run(run=run, by=approver, now=company_now())
            self.tell(f"{period.label} approved by {approver}")
            outcome = self.advance(run)
        run = Run.objects.get(pk=run.pk)
        if outcome.progress is services.Progress.WAITING:
            self.tell_findings(run)
            self.leave(
                DONE,
                f"{period.label} computed run={run.pk}: waits for the approval of another person",
                period,
                run,
            )
        if outcome.progress is services.Progress.GIVEN_UP:
            self.leave(FAULT, f"{period.label}: run {run.pk} is {run.status}", period, run)
        self.reverse_waiting_returns()
        self.leave(DONE, f"{period.label} posted run={run.pk}", period, run)

    def acknowledge(self, run: Run, by: User) -> None:
        """Acknowledge as the approver what was named and is found; what is not, needs no word."""
        self.tell_findings(run)
        codes = [code for code in selectors.open_finding_codes(run) if code in self.acknowledged]
        if codes:
            services.acknowledge(run=run, codes=codes, reason=self.reason, by=by, now=company_now())
            self.tell(f"{run.period.label} acknowledged by {by}: {', '.join(codes)}")

    def tell_findings(self, run: Run) -> None:
        """Say what the checks found."""
        done = set(run.acknowledgements.values_list("code", flat=True))
        for finding in selectors.list_findings(run):
            state = "acknowledged" if finding.code in done else "to be acknowledged"
            self.tell(f"  {finding.code}, {state}: {finding.text}")

    def reverse_waiting_returns(self) -> None:
        """Reverse what waited for the posting; what can't be reversed yet goes on waiting."""
        try:
            services.reverse_waiting_returns(now=company_now())
        except UnableTo as fault:
            self.tell(f"waiting returns: {fault}")

    def advance(self, run: Run) -> services.Advance:
        """Advance the run, telling each step."""
        with telling(run, self.tell, every=PROGRESS_SECONDS):
            return services.advance_to_end(run=run, now=company_now(), told=self.step_done(run))

    def step_done(self, run: Run) -> Any:
        """Return a function that tells a finished step with rows and time."""

        def told(done: services.Advance) -> None:
            self.tell_step(run.steps.get(name=done.step))

        return told

    def tell_step(self, step: RunStep) -> None:
        """Tell a step that is done."""
        self.tell(f"  {step.name}: {step.rows} rows in {step.duration_ms / 1000:.1f} s")

    @staticmethod
    def published(run: Run) -> bool:
        """Tell whether the run's last step is done."""
        return run.steps.filter(name=StepName.PUBLISH).exists()

    @staticmethod
    def is_visible(run: Run, period: Period) -> bool:
        """Tell whether readers see this run."""
        return Period.objects.filter(pk=period.pk, visible_run=run).exists()

    def tell(self, text: str) -> None:
        """Say how far it got; not among JSON."""
        if not self.as_json:
            self.stdout.write(text)

    def leave(
        self, code: int, text: str, period: Period | None = None, run: Run | None = None
    ) -> NoReturn:
        """Write the outcome and end with its exit code."""
        if self.as_json:
            self.stdout.write(json.dumps(self.outcome(code, text, period, run)))
        else:
            (self.stdout if code == DONE else self.stderr).write(text)
        raise SystemExit(code)

    def outcome(
        self, code: int, text: str, period: Period | None, run: Run | None
    ) -> dict[str, Any]:
        """Describe the outcome for a machine."""
        found: dict[str, Any] = {"exit": code, "message": text}
        if period is not None:
            status = Period.objects.values_list("status", flat=True).get(pk=period.pk)
            found |= {"period": period.label, "status": PeriodStatus(status).value}
        if run is not None:
            run = Run.objects.get(pk=run.pk)
            found["progress"] = described(progress_of(run))
            found["run"] = {
                "id": run.pk,
                "kind": run.kind,
                "attempt": run.attempt,
                "status": run.status,
                "orders": run.order_count,
                "lines": run.line_count,
                "members": run.member_count,
                "active": run.active_count,
                "promotions": run.promotion_count,
                "bv": run.bv,
                "rsp_credited": run.rsp_credited,
                "commission_minor": run.commission_minor,
                "net_minor": run.net_minor,
                "plan": run.plan_version_id,
                "plan_digest": run.plan_digest,
                "input_digest": run.input_digest,
                "result_digest": run.result_digest,
                "engine_version": run.engine_version,
                "is_visible": period is not None and self.is_visible(run, period),
                "milliseconds": run.timings,
                "steps": [
                    {
                        "name": step.name,
                        "host": step.host,
                        "pid": step.pid,
                        "milliseconds": step.duration_ms,
                        "rows": step.rows,
                    }
                    for step in run.steps.order_by("ordinal")
                ],
            }
        return found


def described(found: RunProgress) -> dict[str, Any]:
    """Describe how far a run is for a machine; times in milliseconds."""
    return {
        "step": None if found.current is None else found.current.name,
        "state": None if found.current is None else found.current.state.value,
        "stage": None if found.stage is None else found.stage.value,
        "rows": found.rows,
        "rows_expected": None if found.current is None else found.current.rows,
        "elapsed": found.elapsed_ms,
        "left": found.left_ms,
    }
