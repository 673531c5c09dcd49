"""The ledger: journals, their entries, and what was reversed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compensation.models.periods import Period, Run
from compensation.models.results import EarningUnit


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


class JournalKind(models.TextChoices):
    """Why a journal was written."""

    COMMISSION = "commission", "Commission"
    REVERSAL = "reversal", "Reversal"
    ADJUSTMENT = "adjustment", "Adjustment"
    CONVERSION = "conversion", "Conversion of points"
    EXPIRY = "expiry", "Conversion of points at their expiry"
    RESERVE = "reserve", "Payout reserved"
    SETTLE = "settle", "Payout settled"
    RELEASE = "release", "Payout released"


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
    VOLUME_BOUGHT = 8, "Volume bought"
    PAYOUT_IN_TRANSIT = 9, "Payout in transit"
    CASH = 10, "Cash"


# Accounts of a representative; the others are the company's.
OWNED_ACCOUNTS = (
    *(Account.COMMISSION_PAYABLE, Account.RSP_BANK, Account.VOLUME_GRANTED),
    *(Account.VOLUME_BOUGHT, Account.PAYOUT_IN_TRANSIT),
)
# Accounts whose balances are stored, since they can be spent.
BALANCE_ACCOUNTS = (Account.COMMISSION_PAYABLE, Account.RSP_BANK, Account.PAYOUT_IN_TRANSIT)


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
            models.CheckConstraint(
                condition=Q(account__in=OWNED_ACCOUNTS, representative__isnull=False)
                | (~Q(account__in=OWNED_ACCOUNTS) & Q(representative__isnull=True)),
                name="entry_owner_fits_account",
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


class Batch(models.Model):
    """One posting in the chain: what was written together, and a digest that the next one bears.

    The posting's own trigger writes it and nobody else: `rows_digest` is over the rows of its
    journals and their entries, `head` over the head before, the number, the counts and
    `rows_digest`. A journal belongs to the batch of its transaction whose range holds its id.
    ``docs/ledger.md`` states the texts that are hashed.
    """

    number = models.BigIntegerField(primary_key=True)
    xact = TransactionIdField()
    first_journal = models.BigIntegerField()
    last_journal = models.BigIntegerField()
    journal_count = models.BigIntegerField()
    entry_count = models.BigIntegerField()
    rows_digest = models.BinaryField(max_length=32)
    head = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["xact", "first_journal"], name="batch_range_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, journal_count__gte=1, entry_count__gte=2)
                & Q(first_journal__lte=models.F("last_journal")),
                name="batch_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.number}"


class Balance(models.Model):
    """What one representative's account holds of one period: a sum of entries, kept beside them.

    The posting's own trigger keeps it and nobody else; `rebuild_balances --check` compares it with
    the entries. What an account holds altogether is the sum over the periods.
    """

    pk = models.CompositePrimaryKey("representative_id", "period_id", "account", "unit")
    representative = models.ForeignKey(
        "representatives.Representative",
        models.PROTECT,
        related_name="balances",
        db_index=False,
        db_constraint=False,
    )
    period = models.ForeignKey(
        Period, models.PROTECT, related_name="balances", db_index=False, db_constraint=False
    )
    account = models.SmallIntegerField(choices=Account.choices)
    unit = models.CharField(max_length=3)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account__in=BALANCE_ACCOUNTS), name="balance_account_kept"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.representative_id} {self.account} {self.amount} {self.unit}"


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


class WaitingReturn(models.Model):
    """An accepted return that counts after its order's month and is not reversed yet.

    Triggers alone write here: a row comes with the acceptance and goes with the reversal, so that
    whoever looks for work reads these few rows and never the returns that were netted. The
    reversal is due once ``period``, the order's, is posted.
    """

    sales_return = models.OneToOneField(
        "sales.Return",
        models.PROTECT,
        primary_key=True,
        related_name="+",
        db_column="return_id",
        db_constraint=False,
    )
    period = models.ForeignKey(
        Period, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"return {self.sales_return_id} of period {self.period_id}"


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
