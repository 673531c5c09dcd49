"""Tables of periods, runs and the ledger.

Money is bigint in minor units of the company's currency; volumes (BV) and points (RSP) are bigint
in hundredths. Guards that Django can't express (overlap exclusion, state moves, the ledger's
statement triggers, partitions) are in the SQL of migration ``0002_guards``.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class TransactionIdField(models.Field):
    """``xid8``: the number of the transaction that wrote the row; the server fills it in."""

    description = "PostgreSQL transaction id"

    def db_type(self, connection: object) -> str:
        """Return the column's type."""
        return "xid8"


class CurrentTransactionId(models.Func):
    """``pg_current_xact_id()``."""

    function = "pg_current_xact_id"
    output_field = TransactionIdField()
    arity = 0


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


class MemberResult(models.Model):
    """What a run found for one member, in pre-order; one partition a run.

    ``position`` and ``subtree_end`` (exclusive) are dense labels of the tree as it was at the
    period's last instant, so that a past downline pages like today's. ``sponsor_position`` is -1
    at the top. Ranks are indexes of the plan's ladder, volumes and points hundredths.
    """

    pk = models.CompositePrimaryKey("run_id", "position")
    run = models.ForeignKey(Run, models.DO_NOTHING, db_constraint=False, related_name="+")
    position = models.IntegerField()
    subtree_end = models.IntegerField()
    representative = models.ForeignKey(
        "representatives.Representative",
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    sponsor_position = models.IntegerField()
    depth = models.IntegerField()
    status = models.SmallIntegerField()
    active = models.BooleanField()
    inactive_reason = models.SmallIntegerField()
    personal_bv = models.BigIntegerField()
    own_bv = models.BigIntegerField()
    window_bv = models.BigIntegerField()
    group_bv = models.BigIntegerField()
    personal_rsp = models.BigIntegerField()
    rsp_own = models.BigIntegerField()
    rsp_total = models.BigIntegerField()
    active_directs = models.IntegerField()
    direct_count = models.IntegerField()
    opening_title = models.SmallIntegerField()
    title_rank = models.SmallIntegerField()
    pay_rank = models.SmallIntegerField()
    commission_minor = models.BigIntegerField()
    order_count = models.IntegerField()

    class Meta:
        managed = False
        db_table = "compensation_memberresult"

    def __str__(self) -> str:
        return f"{self.run_id} {self.position}"


class EarningUnit(models.IntegerChoices):
    """What an amount is counted in."""

    MONEY = 0, "Money"
    RSP = 1, "RSP"


class Earning(models.Model):
    """A statement line of a run; one partition a run.

    ``component`` is an index of the plan's components; ``amount`` is minor units for money and
    hundredths for RSP; the rate is the exact fraction ``rate_num / rate_den``.
    """

    pk = models.CompositePrimaryKey(
        "run_id", "receiver_id", "component", "paid_level", "rate_num", "rate_den"
    )
    run = models.ForeignKey(Run, models.DO_NOTHING, db_constraint=False, related_name="+")
    receiver = models.ForeignKey(
        "representatives.Representative",
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    component = models.SmallIntegerField()
    paid_level = models.SmallIntegerField()
    unit = models.SmallIntegerField(choices=EarningUnit.choices)
    base = models.BigIntegerField()
    rate_num = models.BigIntegerField()
    rate_den = models.BigIntegerField()
    amount = models.BigIntegerField()
    members = models.IntegerField()
    sales = models.IntegerField()

    class Meta:
        managed = False
        db_table = "compensation_earning"

    def __str__(self) -> str:
        return f"{self.run_id} {self.receiver_id} {self.component} {self.paid_level}"


class JournalKind(models.TextChoices):
    """Why a journal was written."""

    COMMISSION = "commission", "Commission"
    REVERSAL = "reversal", "Reversal"
    ADJUSTMENT = "adjustment", "Adjustment"


class Journal(models.Model):
    """The head of a posting. Append-only: written with its entries by one statement, never again.

    ``source_key`` makes a posting happen once ("close:2017-03:<code>"); ``xact`` is the
    transaction that wrote it, which no application role may choose. Only ``compensation.ledger``
    writes here. References are checked set-based by the trigger that checks the whole posting (a
    foreign key would ask row by row), and what they refer to can't be deleted.
    """

    source_key = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=JournalKind.choices)
    period = models.ForeignKey(
        Period, models.PROTECT, related_name="journals", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(
        Run,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="journals",
        db_index=False,
        db_constraint=False,
    )
    representative = models.ForeignKey(
        "representatives.Representative",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="journals",
        db_index=False,
        db_constraint=False,
    )
    sales_return = models.ForeignKey(
        "sales.Return",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="journals",
        db_column="return_id",
        db_index=False,
        db_constraint=False,
    )
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        db_index=False,
        db_constraint=False,
    )
    effective_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    xact = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        # A posting writes a million rows: only the indexes that pages and guards use.
        constraints = [
            models.UniqueConstraint(fields=["source_key"], name="journal_source_key_once"),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(reverses__isnull=False),
                name="journal_reversed_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=JournalKind.values), name="journal_kind_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["representative", "period"],
                condition=~Q(kind="commission"),
                name="journal_beside_the_close",
            ),
            models.Index(
                fields=["sales_return"],
                condition=Q(sales_return__isnull=False),
                name="journal_of_return",
            ),
        ]

    def __str__(self) -> str:
        return self.source_key


class Account(models.IntegerChoices):
    """Accounts of the ledger."""

    COMMISSION_EXPENSE = 1, "Commission expense"
    COMMISSION_PAYABLE = 2, "Commission payable"
    RSP_ISSUED = 3, "RSP issued"
    RSP_BANK = 4, "RSP bank"
    CLEARING = 5, "Clearing"
    VOLUME_GRANTED = 6, "Volume granted"
    VOLUME_CONTRA = 7, "Volume contra of the period"


class Entry(models.Model):
    """One line of a journal: an amount in one unit on one account.

    ``unit`` is the currency, ``RSP`` or ``BV``; the sign is positive for what a representative
    gains. The entries of a journal sum to nought per unit, and their representative is the
    journal's. The primary key of the table is (journal_id, id), which also finds them by journal.
    """

    journal = models.ForeignKey(
        Journal, models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    account = models.SmallIntegerField(choices=Account.choices)
    representative = models.ForeignKey(
        "representatives.Representative",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    unit = models.CharField(max_length=3)
    amount = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_amount_not_nought"),
            models.CheckConstraint(
                condition=Q(account__in=Account.values), name="entry_account_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["representative", "account"],
                name="entry_representative_account",
                condition=Q(representative__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journal_id} {self.account} {self.amount} {self.unit}"


class Reversal(models.Model):
    """The record that an accepted return of a posted month was reversed; once per return."""

    sales_return = models.OneToOneField(
        "sales.Return", models.PROTECT, related_name="reversal", db_column="return_id"
    )
    run = models.ForeignKey(Run, models.PROTECT, related_name="reversals")
    period = models.ForeignKey(Period, models.PROTECT, related_name="reversals")
    part_count = models.PositiveIntegerField()
    journal_count = models.PositiveIntegerField()
    money_minor = models.BigIntegerField()
    rsp = models.BigIntegerField()
    reversed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reversal of return {self.sales_return_id}"


class ReversedPart(models.Model):
    """What one reversal took back of one statement line's part: the rest can't be taken twice."""

    reversal = models.ForeignKey(Reversal, models.PROTECT, related_name="parts")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)
    receiver = models.ForeignKey(
        "representatives.Representative",
        models.PROTECT,
        related_name="+",
        db_index=False,
    )
    order_line = models.ForeignKey("sales.OrderLine", models.PROTECT, related_name="+")
    component = models.SmallIntegerField()
    paid_level = models.SmallIntegerField()
    unit = models.SmallIntegerField(choices=EarningUnit.choices)
    rate_num = models.BigIntegerField()
    rate_den = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "reversal",
                    "receiver",
                    "order_line",
                    "component",
                    "paid_level",
                    "rate_num",
                    "rate_den",
                ],
                name="reversedpart_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reversal_id} {self.receiver_id} {self.amount}"


class HeartBeat(models.Model):
    """The last sign of life of a part that works unattended (finds a worker that is deaf)."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.beat_at:%Y-%m-%d %H:%M:%S}"
