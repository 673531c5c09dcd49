"""Plans, periods and their runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class PlanVersion(models.Model):
    """A plan document as it holds from a day on; a run keeps the version it used.

    Rows are added by ``services.add_plan_version`` alone and never change.
    """

    name = models.CharField(max_length=100)
    document = models.TextField()
    digest = models.CharField(max_length=64)
    effective_from = models.DateField(unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} from {self.effective_from}"


class PeriodStatus(models.TextChoices):
    """States of a period, in their order."""

    OPEN = "open", "Open"
    FROZEN = "frozen", "Frozen"
    COMPUTED = "computed", "Computed"
    APPROVED = "approved", "Approved"
    POSTED = "posted", "Posted"


class Period(models.Model):
    """A calendar month of the company; facts may be counted in it only while it is open.

    ``starts_at`` and ``ends_at`` are the month's midnights in the company's time zone, half-open.
    The trigger of migration 0002 refuses any other move than the next state, or back to frozen
    from computed and approved when a run is dropped.
    """

    label = models.CharField(max_length=7, unique=True)
    first_day = models.DateField()
    last_day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    frozen_at = models.DateTimeField(null=True, blank=True)
    computed_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    visible_run = models.ForeignKey("Run", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="period_starts_before_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="period_first_day_before_last_day",
            ),
            models.CheckConstraint(
                condition=Q(status__in=PeriodStatus.values), name="period_status_known"
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="period_starts_at")]

    def __str__(self) -> str:
        return self.label


class RunKind(models.TextChoices):
    """What a run is for."""

    CLOSE = "close", "Close"
    PREVIEW = "preview", "Preview"


class RunStatus(models.TextChoices):
    """States of a run."""

    RUNNING = "running", "Running"
    COMPUTED = "computed", "Computed"
    APPROVED = "approved", "Approved"
    POSTED = "posted", "Posted"
    FAILED = "failed", "Failed"
    DROPPED = "dropped", "Dropped"


LIVE_RUN_STATUSES = (
    RunStatus.RUNNING,
    RunStatus.COMPUTED,
    RunStatus.APPROVED,
    RunStatus.POSTED,
)


class Run(models.Model):
    """One calculation of a period: the closing one, or a preview of any number.

    ``fence`` is raised by whoever takes the run over; every write of a step says
    ``WHERE fence = mine``, so that a worker which was paused past its lease writes nothing. The
    holder is known by its server process and that one's start: when it is gone, so is the holder.
    """

    period = models.ForeignKey(Period, models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=7, choices=RunKind.choices, default=RunKind.CLOSE)
    attempt = models.PositiveIntegerField(default=1)
    plan_version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="runs")
    status = models.CharField(max_length=8, choices=RunStatus.choices, default=RunStatus.RUNNING)
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    holder_backend = models.IntegerField(null=True, blank=True)
    holder_since = models.DateTimeField(null=True, blank=True)
    computed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    input_digest = models.CharField(max_length=64, blank=True)
    plan_digest = models.CharField(max_length=64, blank=True)
    result_digest = models.CharField(max_length=64, blank=True)
    engine_version = models.CharField(max_length=40, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    posted_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    facts_mark = models.CharField(max_length=200, blank=True)
    failure_count = models.PositiveSmallIntegerField(default=0)
    order_count = models.BigIntegerField(default=0)
    line_count = models.BigIntegerField(default=0)
    member_count = models.BigIntegerField(default=0)
    active_count = models.BigIntegerField(default=0)
    promotion_count = models.BigIntegerField(default=0)
    bv = models.BigIntegerField(default=0)
    rsp_sold = models.BigIntegerField(default=0)
    net_minor = models.BigIntegerField(default=0)
    commission_minor = models.BigIntegerField(default=0)
    rsp_credited = models.BigIntegerField(default=0)
    earning_count = models.BigIntegerField(default=0)
    carried_count = models.BigIntegerField(default=0, db_default=0)
    # What the arrays of member results, and the keys of what is carried, stand for in this run.
    figure_names = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    carried_keys = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    # How many the verify step found of each code of `CheckCode`; none of a preview.
    checks = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    # Milliseconds of the stages of its computation: load, engine, write.
    timings = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "kind", "attempt"], name="run_attempt_once"),
            models.UniqueConstraint(
                fields=["period"],
                condition=Q(
                    kind="close",
                    status__in=["running", "computed", "approved", "posted"],
                ),
                name="run_one_live_close_per_period",
            ),
            models.UniqueConstraint(
                fields=["period"],
                condition=Q(kind="preview", status="running"),
                name="run_one_running_preview_per_period",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (Q(computed_by__isnull=False) & ~Q(approved_by=F("computed_by"))),
                name="run_approved_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "posted"])
                | Q(computed_by__isnull=False, approved_by__isnull=False),
                name="run_approved_before_posting",
            ),
            models.CheckConstraint(
                condition=Q(kind="close") | ~Q(status__in=["approved", "posted"]),
                name="run_preview_never_posted",
            ),
            models.CheckConstraint(
                condition=Q(status__in=RunStatus.values), name="run_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.period_id} #{self.attempt}"


class StepName(models.TextChoices):
    """Steps of a run, in their order."""

    FREEZE = "freeze", "Freeze"
    COMPUTE = "compute", "Compute"
    VERIFY = "verify", "Verify"
    APPROVE = "approve", "Approve"
    POST = "post", "Post"
    PUBLISH = "publish", "Publish"


class RunStep(models.Model):
    """A step of a run that is done; written in the transaction that did the step's work."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="steps")
    name = models.CharField(max_length=20, choices=StepName.choices)
    ordinal = models.PositiveSmallIntegerField()
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    duration_ms = models.BigIntegerField()
    rows = models.BigIntegerField(default=0)
    output_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="runstep_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.name}"


class HeartBeat(models.Model):
    """The last sign of life of a part that works unattended (finds a worker that is deaf)."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.beat_at:%Y-%m-%d %H:%M:%S}"
