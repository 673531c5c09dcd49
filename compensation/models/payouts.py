"""Payout batches, their payouts, and what the bank answered."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from compensation.models.payees import BIC_LENGTH, HOLDER_LENGTH, IBAN_LENGTH, REASON_LENGTH

IDENTIFIER_LENGTH = 35  # of messages and payments, by ISO 20022


class BatchStatus(models.TextChoices):
    """States of a payout batch, in their order."""

    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    SENT = "sent", "Sent"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


class PayoutBatch(models.Model):
    """Payouts that are approved and sent together; four eyes, held by the database.

    Whoever made it or ever edited it may not approve it; an edit of an approved batch takes it
    back to draft. ``edited_by`` is the last editor; a trigger notes every one (PayoutBatchEdit).
    ``content_digest`` is the digest of what was approved: nothing else is sent. ``reference``
    begins the identifications at the bank, and the debtor is frozen when the batch is sent, so
    that its files are the same however often they are made. Written by ``services.payouts`` and
    ``services.bank_answers`` alone.
    """

    reference = models.CharField(max_length=IDENTIFIER_LENGTH, unique=True)
    status = models.CharField(max_length=9, choices=BatchStatus.choices, default=BatchStatus.DRAFT)
    currency = models.CharField(max_length=3)
    execution_date = models.DateField()
    channel = models.CharField(max_length=4, blank=True, default="")
    debtor_name = models.CharField(max_length=HOLDER_LENGTH, blank=True, default="")
    debtor_iban = models.CharField(max_length=IBAN_LENGTH, blank=True, default="")
    debtor_bic = models.CharField(max_length=BIC_LENGTH, blank=True, default="")
    content_digest = models.CharField(max_length=64, blank=True, default="")
    noted_flags = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancel_reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "payout batches"
        permissions = [
            ("approve_payoutbatch", "Can approve payout batches"),
            ("send_payoutbatch", "Can send payout batches and import the bank's answers"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=BatchStatus.values), name="payoutbatch_status_known"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (
                    ~Q(approved_by=F("made_by"))
                    & (Q(edited_by__isnull=True) | ~Q(approved_by=F("edited_by")))
                ),
                name="payoutbatch_approved_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["draft", "cancelled"],
                    approved_by__isnull=True,
                    approved_at__isnull=True,
                    content_digest="",
                )
                | (
                    Q(
                        status__in=["approved", "sent", "closed"],
                        approved_by__isnull=False,
                        approved_at__isnull=False,
                    )
                    & ~Q(content_digest="")
                ),
                name="payoutbatch_approved_before_it_is_sent",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["draft", "approved", "cancelled"],
                    sent_by__isnull=True,
                    sent_at__isnull=True,
                    channel="",
                    debtor_iban="",
                )
                | (
                    Q(
                        status__in=["sent", "closed"],
                        sent_by__isnull=False,
                        sent_at__isnull=False,
                        channel__in=["file", "http"],
                    )
                    & ~Q(debtor_iban="")
                    & ~Q(debtor_name="")
                ),
                name="payoutbatch_sent_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled")
                | (Q(cancelled_by__isnull=False) & ~Q(cancel_reason="")),
                name="payoutbatch_cancelled_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(
                    status__in=["sent", "closed"],
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                ),
                name="payoutbatch_confirmed_after_it_is_sent",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class PayoutBatchEdit(models.Model):
    """Who ever edited a batch, and so may not approve it. Append-only.

    Written by a trigger of the database alone, at the server's time.
    """

    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="edits", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["batch", "by"], name="payoutbatchedit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} by {self.by_id}"


class PayoutStatus(models.TextChoices):
    """States of a payout."""

    RESERVED = "reserved", "Reserved"
    SENT = "sent", "Sent"
    SETTLED = "settled", "Settled"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"
    CANCELLED = "cancelled", "Cancelled"


OPEN_PAYOUTS = (PayoutStatus.RESERVED, PayoutStatus.SENT, PayoutStatus.UNKNOWN)


class PayoutFlag(models.TextChoices):
    """What staff should look at before a payout is approved."""

    SHARED_ACCOUNT = "shared_account", "Account of several representatives"
    FIRST_PAYOUT = "first_payout", "First payout to this account"
    OTHER_NAME = "other_name", "Holder has another name"
    LARGE = "large", "Large amount"


# Approval of a batch that has one of these must name it: nobody approves them in passing.
FLAGS_TO_NOTE = (PayoutFlag.SHARED_ACCOUNT,)


class Payout(models.Model):
    """An amount on its way from a representative's balance to the bank account frozen here.

    In the ledger it is reserved when it is drafted, and settled or released once: both under the
    key ``payout:<id>:outcome``. The statement triggers of migration 0012 refuse a state without
    its journals, and any change of what is frozen.
    """

    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="payouts")
    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="payouts"
    )
    amount_minor = models.BigIntegerField()
    account_version = models.PositiveIntegerField()
    holder_name = models.CharField(max_length=HOLDER_LENGTH)
    iban = models.CharField("IBAN", max_length=IBAN_LENGTH)
    bic = models.CharField("BIC", max_length=BIC_LENGTH, blank=True, default="")
    end_to_end_id = models.CharField(max_length=IDENTIFIER_LENGTH, unique=True)
    flags = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    status = models.CharField(
        max_length=9, choices=PayoutStatus.choices, default=PayoutStatus.RESERVED
    )
    part = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=140, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "representative"], name="payout_once_in_a_batch"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=PayoutStatus.values), name="payout_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(iban="") & ~Q(holder_name="") & ~Q(end_to_end_id=""),
                name="payout_account_frozen",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["reserved", "cancelled"], part__isnull=True)
                | Q(status__in=["sent", "settled", "failed", "unknown"], part__gte=1),
                name="payout_sent_in_a_part",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "part", "id"], name="payout_of_part"),
            models.Index(
                fields=["status", "id"],
                condition=Q(status__in=["reserved", "sent", "unknown"]),
                name="payout_open",
            ),
        ]

    def __str__(self) -> str:
        return self.end_to_end_id


class PartStatus(models.TextChoices):
    """What became of one file of a batch at the bank."""

    READY = "ready", "Ready"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Unknown"


class PayoutPart(models.Model):
    """One payment file of a sent batch: banks limit how many payments a file may hold.

    ``message_id`` identifies it at the bank and is the idempotency key of the HTTP channel. The
    file itself is made anew when asked for; ``file_digest`` proves that it is always the same.
    """

    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    message_id = models.CharField(max_length=IDENTIFIER_LENGTH, unique=True)
    payout_count = models.PositiveIntegerField()
    total_minor = models.BigIntegerField()
    status = models.CharField(max_length=8, choices=PartStatus.choices, default=PartStatus.READY)
    detail = models.CharField(max_length=200, blank=True, default="")
    file_digest = models.CharField(max_length=64, blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="payoutpart_once"),
            models.CheckConstraint(
                condition=Q(status__in=PartStatus.values), name="payoutpart_status_known"
            ),
            models.CheckConstraint(
                condition=Q(payout_count__gt=0, total_minor__gt=0, number__gte=1),
                name="payoutpart_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id


class AnswerFile(models.Model):
    """A file of the bank's answers that was imported; the same file again is the same row."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    line_count = models.PositiveIntegerField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(digest=""), name="answerfile_digest_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name or self.digest[:12]


class BankAnswer(models.Model):
    """What the bank said of one payout, once for each thing it said. Append-only."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="answers")
    code = models.CharField(max_length=4)
    reason = models.CharField(max_length=140, blank=True, default="")
    file = models.ForeignKey(AnswerFile, models.PROTECT, related_name="answers")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payout", "code", "reason"], name="bankanswer_said_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payout_id} {self.code}"


class AnswerContradiction(models.Model):
    """What the bank said of a payout and can't be true of it: refused, but not forgotten.

    ``status`` is the state that the payout had then. Once for each thing said. Append-only.
    """

    payout = models.ForeignKey(
        Payout, models.PROTECT, related_name="contradictions", db_index=False
    )
    code = models.CharField(max_length=4)
    reason = models.CharField(max_length=140, blank=True, default="")
    status = models.CharField(max_length=9, choices=PayoutStatus.choices)
    file = models.ForeignKey(AnswerFile, models.PROTECT, related_name="contradictions")
    noted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PayoutStatus.values), name="answercontradiction_status_known"
            ),
            models.UniqueConstraint(
                fields=["payout", "code", "reason", "status"], name="answercontradiction_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payout_id} {self.code} against {self.status}"
