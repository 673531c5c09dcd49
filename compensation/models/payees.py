"""Payees: representatives as people to be paid, and the history of what was decided of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

IBAN_LENGTH = 34
BIC_LENGTH = 11
HOLDER_LENGTH = 70  # what a name may have in a payment file
REASON_LENGTH = 500


class CheckStatus(models.TextChoices):
    """How far a check of a payee has come: of the identity (KYC), of the tax form."""

    NONE = "none", "Not begun"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


class Payee(models.Model):
    """What is known of a representative as someone to be paid; no row: nothing yet.

    Written by ``services.payees`` alone. ``account_version`` counts the bank accounts that were
    entered; a payout goes to none before ``usable_from``, and to none whose version the bank has
    refused. IBAN, BIC and holder are personal data: pages show the last four digits.
    """

    representative = models.OneToOneField(
        "representatives.Representative", models.PROTECT, related_name="payee"
    )
    kyc_status = models.CharField(
        "identity", max_length=9, choices=CheckStatus.choices, default=CheckStatus.NONE
    )
    tax_form_status = models.CharField(
        "tax form", max_length=9, choices=CheckStatus.choices, default=CheckStatus.NONE
    )
    holder_name = models.CharField(max_length=HOLDER_LENGTH, blank=True, default="")
    iban = models.CharField("IBAN", max_length=IBAN_LENGTH, blank=True, default="")
    bic = models.CharField("BIC", max_length=BIC_LENGTH, blank=True, default="")
    account_version = models.PositiveIntegerField(default=0)
    account_changed_at = models.DateTimeField(null=True, blank=True)
    usable_from = models.DateTimeField(null=True, blank=True)
    refused_version = models.PositiveIntegerField(default=0)
    held = models.BooleanField(default=False)
    held_reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")

    class Meta:
        permissions = [
            ("see_bank_details", "Can see whole bank account numbers"),
            ("decide_payee", "Can decide on the identity, the tax form and holds of payees"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kyc_status__in=CheckStatus.values), name="payee_kyc_status_known"
            ),
            models.CheckConstraint(
                condition=Q(tax_form_status__in=CheckStatus.values),
                name="payee_tax_form_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    iban="",
                    holder_name="",
                    bic="",
                    account_version=0,
                    account_changed_at__isnull=True,
                    usable_from__isnull=True,
                )
                | (
                    Q(
                        iban__regex=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$",
                        account_version__gt=0,
                        account_changed_at__isnull=False,
                        usable_from__gte=F("account_changed_at"),
                    )
                    & ~Q(holder_name="")
                ),
                name="payee_account_whole_or_none",
            ),
            models.CheckConstraint(
                condition=Q(bic="")
                | Q(bic__regex=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$"),
                name="payee_bic_form",
            ),
            models.CheckConstraint(
                condition=Q(refused_version__lte=F("account_version")),
                name="payee_refused_version_was_entered",
            ),
            models.CheckConstraint(
                condition=Q(held=False, held_reason="") | (Q(held=True) & ~Q(held_reason="")),
                name="payee_held_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["iban"], condition=~Q(iban=""), name="payee_iban")]

    def __str__(self) -> str:
        return f"payee {self.representative_id}"


class PayeeEventKind(models.TextChoices):
    """What happened to a payee."""

    KYC = "kyc", "Identity"
    TAX_FORM = "tax_form", "Tax form"
    ACCOUNT = "account", "Bank account"
    HOLD = "hold", "Hold"


class PayeeEvent(models.Model):
    """The history of a payee: who submitted, decided, changed or held what, and why. Append-only.

    Of a bank account it keeps the last four digits.
    """

    payee = models.ForeignKey(Payee, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=8, choices=PayeeEventKind.choices)
    outcome = models.CharField(max_length=20)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    happened_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=PayeeEventKind.values), name="payeeevent_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["refused", "held"]) | ~Q(reason=""),
                name="payeeevent_refused_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"
