"""What the staff page of a month's close shows: where it stands, what it found, what comes next."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from compensation import selectors
from compensation.comparing import wording
from compensation.models import (
    HeartBeat,
    Period,
    PeriodStatus,
    PlanVersion,
    Run,
    RunKind,
    RunStatus,
    StepName,
)
from compensation.progress import RunProgress, StepState, progress_of
from compensation.selectors_pages.closing_checks import Check, checks_of_close
from compensation.selectors_pages.plans import get_plan
from compensation.services.gate_checks import cash_rate, worth_of
from representatives.formatting import hundredths, money, whole
from representatives.models import User

DEAF_AFTER = timedelta(seconds=60)


class Next(StrEnum):
    """The one thing that the month's close needs now."""

    NOT_OVER = "not_over"
    EARLIER_FIRST = "earlier_first"
    START = "start"
    WORK = "work"
    ACKNOWLEDGE = "acknowledge"
    APPROVE = "approve"
    ANOTHER_PERSON = "another_person"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist: done, open, or waiting for a person."""

    text: str
    state: StepState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the run beside that of the month before."""

    name: str
    value: str
    before: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class Cockpit:
    """Everything the page shows of one month."""

    period: Period
    close: Run | None
    """The live closing run, or the one that failed last."""
    preview: Run | None
    before: Run | None
    """The posted run of the month before, if it is the latest one."""
    version: PlanVersion | None
    next: Next
    progress: RunProgress | None
    """Of the run at work, be it the close or a preview."""
    checklist: tuple[Item, ...]
    figures: tuple[Figure, ...]
    checks: tuple[Check, ...]
    earlier: Period | None
    """The oldest month before this one that is not posted."""
    previous: Period | None
    following: Period | None
    is_deaf: bool
    """Whether no worker has given a sign of life lately."""
    currency: str
    open_codes: tuple[str, ...]

    @property
    def shown(self) -> Run | None:
        """The run whose figures are shown: the close once it is computed, else the preview."""
        if self.close is not None and self.close.result_digest:
            return self.close
        return self.preview

    @property
    def state(self) -> str:
        """A mark of where the close stands; the page is loaded anew when it differs."""
        run = self.close
        told = (self.period.status, self.period.published_at is not None)
        parts = [*told, run and run.pk, run and run.status, self.preview and self.preview.pk]
        return "-".join(str(part) for part in parts)

    @property
    def is_working(self) -> bool:
        """Whether a worker is at it or is waited for, so that the page looks again."""
        return self.next is Next.WORK or (self.progress is not None and self.progress.is_at_work)

    @property
    def journals(self) -> int | None:
        """How many journals the posting has written."""
        steps = () if self.progress is None else self.progress.steps
        return next((one.rows for one in steps if one.done and one.name == StepName.POST), None)

    @property
    def may_preview(self) -> bool:
        """Whether a preview can be computed."""
        return self.period.status != PeriodStatus.POSTED and self.version is not None


def read_cockpit(period: Period, *, viewer: User, now: datetime, real_now: datetime) -> Cockpit:
    """Read the page of a month; ``real_now`` is the machine's time, for signs of life."""
    runs = Run.objects.select_related("period", "plan_version", "computed_by", "approved_by")
    live = selectors.live_close(period)
    close = runs.filter(pk=live.pk).first() if live is not None else None
    if close is None:
        close = (
            runs.filter(period=period, kind=RunKind.CLOSE, status=RunStatus.FAILED)
            .order_by("-attempt")
            .first()
        )
    preview = (
        runs.filter(period=period, kind=RunKind.PREVIEW)
        .exclude(status__in=[RunStatus.FAILED, RunStatus.DROPPED])
        .order_by("-pk")
        .first()
    )
    before = selectors.last_posted_run_before(period)
    version = close.plan_version if close is not None else selectors.plan_version_for(period)
    checks = checks_of_close(close)
    earlier = (
        Period.objects.filter(starts_at__lt=period.starts_at)
        .exclude(status=PeriodStatus.POSTED)
        .order_by("starts_at")
        .first()
    )
    neighbours = Period.objects.order_by("starts_at")
    at_work = close
    if preview is not None and preview.status == RunStatus.RUNNING and live is None:
        at_work = preview
    open_codes = tuple(check.code for check in checks if check.is_open)
    currency = get_plan(version).currency if version is not None else "EUR"
    cockpit = Cockpit(
        period=period,
        close=close,
        preview=preview,
        before=before,
        version=version,
        next=_next(period, close, open_codes, earlier, viewer, now),
        progress=progress_of(at_work) if at_work is not None else None,
        checklist=(),
        figures=(),
        checks=checks,
        earlier=earlier,
        previous=neighbours.filter(starts_at__lt=period.starts_at).last(),
        following=neighbours.filter(starts_at__gt=period.starts_at).first(),
        is_deaf=not HeartBeat.objects.filter(beat_at__gte=real_now - DEAF_AFTER).exists(),
        currency=currency,
        open_codes=open_codes,
    )
    return replace(
        cockpit, checklist=tuple(_checklist(cockpit, now)), figures=tuple(_figures(cockpit))
    )


def _next(
    period: Period,
    close: Run | None,
    open_codes: tuple[str, ...],
    earlier: Period | None,
    viewer: User,
    now: datetime,
) -> Next:
    if period.status == PeriodStatus.POSTED and period.published_at is not None:
        return Next.DONE
    if close is None or close.status == RunStatus.FAILED:
        if close is not None:
            return Next.FAILED
        if now < period.ends_at:
            return Next.NOT_OVER
        return Next.EARLIER_FIRST if earlier is not None else Next.START
    if close.status == RunStatus.COMPUTED:
        if open_codes:
            return Next.ACKNOWLEDGE
        return Next.ANOTHER_PERSON if close.computed_by_id == viewer.pk else Next.APPROVE
    return Next.WORK


# -- figures ---------------------------------------------------------------------------------------


def _figures(found: Cockpit) -> list[Figure]:
    """The totals of the run that is shown, beside the last posted month's."""
    run, before = found.shown, found.before
    if run is None or not run.result_digest:
        return []
    language = get_language()

    def amount(value: int) -> str:
        return money(value, found.currency, language)

    def volume(value: int) -> str:
        return hundredths(value, language)

    def plain(value: int) -> str:
        return whole(value, language)

    ratio = Figure(
        _("Payout ratio"),
        wording.ratio(_ratio(run)),
        "" if before is None else wording.ratio(_ratio(before)),
    )
    told: list[tuple[str, str, Callable[[int], str]]] = [
        (_("Commission"), "commission_minor", amount),
        (_("RSP credited"), "rsp_credited", volume),
        (_("Net sales"), "net_minor", amount),
        (_("BV"), "bv", volume),
        (_("Orders"), "order_count", plain),
        (_("Active people"), "active_count", plain),
        (_("Promotions"), "promotion_count", plain),
    ]
    rows = [
        _figure(name, getattr(run, column), getattr(before, column, None), spell)
        for name, column, spell in told
    ]
    return [*rows[:2], ratio, *rows[2:]]


def _figure(name: str, value: int, was: int | None, spell: Callable[[int], str]) -> Figure:
    if was is None:
        return Figure(name, spell(value))
    change = spell(value - was)
    if value > was:
        change = f"+{change}"
    return Figure(name, spell(value), spell(was), change if value != was else "=")


def _ratio(run: Run) -> Fraction | None:
    worth = worth_of(run, cash_rate(get_plan(run.plan_version)))
    return Fraction(worth, run.net_minor) if run.net_minor > 0 else None


# -- checklist -------------------------------------------------------------------------------------


def _checklist(found: Cockpit, now: datetime) -> list[Item]:
    """What must be so before the month is posted, in order; what is done says by whom."""
    period, close = found.period, found.close
    live = close if close is not None and close.status != RunStatus.FAILED else None
    done, later = StepState.DONE, StepState.LATER
    progress = found.progress if live is not None else None
    steps = {
        step.name for step in (() if progress is None else progress.steps) if step.done is not None
    }
    items = [
        Item(_("The month is over"), done if now >= period.ends_at else later),
        Item(
            _("Earlier months are posted"),
            done if found.earlier is None else later,
            "" if found.earlier is None else found.earlier.label,
        ),
        Item(
            _("A plan is in force"),
            done if found.version is not None else later,
            "" if found.version is None else found.version.name,
        ),
        Item(_("Orders and returns are frozen"), done if period.frozen_at else later),
        Item(
            _("Computed and verified"),
            done if StepName.VERIFY in steps else later,
            str(live.computed_by) if live and live.computed_by else "",
        ),
    ]
    return [*items, _acknowledged(found, live), *_by_people(live, steps)]


def _acknowledged(found: Cockpit, live: Run | None) -> Item:
    told = sum(1 for check in found.checks if not check.is_clear)
    text = _("What was found is acknowledged")
    if live is None or not found.checks:
        return Item(text, StepState.LATER)
    detail = _("%(done)s of %(all)s") % {"done": told - len(found.open_codes), "all": told}
    return Item(text, StepState.PERSON if found.open_codes else StepState.DONE, detail)


def _by_people(live: Run | None, steps: Set[StepName]) -> list[Item]:
    is_computed = live is not None and live.status == RunStatus.COMPUTED
    approval = StepState.PERSON if is_computed else StepState.LATER
    return [
        Item(
            _("Approved by another person"),
            StepState.DONE if StepName.APPROVE in steps else approval,
            str(live.approved_by) if live and live.approved_by else "",
        ),
        Item(
            _("Posted to the ledger"),
            StepState.DONE if StepName.POST in steps else StepState.LATER,
        ),
        Item(
            _("Shown to everybody"),
            StepState.DONE if StepName.PUBLISH in steps else StepState.LATER,
        ),
    ]
