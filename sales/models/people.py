"""The people a representative looks after: customers, contacts who have not bought yet, himself.

What is noted of them lies in `contacts`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from representatives.models import Representative
from representatives.text import SORT_KEY_LENGTH

BIRTHDAY_YEAR = 1904
"""Of a birthday the day and the month are kept, never the age: all are of this leap year."""


class CustomerQuerySet(models.QuerySet["Customer"]):
    """What most readers of people begin with."""

    def alive(self) -> CustomerQuerySet:
        """Return people: neither erased nor merged into another row, nor the seller himself."""
        return self.filter(is_self=False, erased_at__isnull=True, merged_into__isnull=True)

    def contactable(self) -> CustomerQuerySet:
        """Return people who have not asked to be left alone."""
        return self.alive().filter(no_contact_at__isnull=True)

    def of(self, seller: Representative) -> CustomerQuerySet:
        """Return the people one representative looks after."""
        return self.alive().filter(representative=seller)


class Customer(models.Model):
    """Somebody who buys, or may buy, from one representative; who is also his own customer.

    Without an order the row is a contact; the first order makes it a customer, and nothing is
    typed twice. Only the one representative and staff may see it. The own customer (`is_self`) is
    made by `services.self_customer` at the first own purchase. Written by `sales.services` and
    `sales.contacts.services`; whoever is erased or merged keeps no personal data (a constraint).
    """

    class Stage(models.TextChoices):
        """How far the relationship is."""

        AWARE = "aware", _("Knows of it")
        LIKES = "likes", _("Likes it")
        TRUSTS = "trusts", _("Trusts you")
        BUYS = "buys", _("Buys")
        REFERS = "refers", _("Recommends")

    class Use(models.TextChoices):
        """Whether the person uses a product today."""

        PROSPECT = "prospect", _("Prospect")
        LEAD = "lead", _("Researched lead")
        USER = "user", _("Current user")

    class Channel(models.TextChoices):
        """How the person likes to be reached."""

        PHONE = "phone", _("Phone call")
        MESSAGE = "message", _("Text message")
        EMAIL = "email", _("E-mail")
        VISIT = "visit", _("Visit")

    class Source(models.TextChoices):
        """Where the row came from."""

        MANUAL = "manual", _("Added by hand")
        IMPORT = "import", _("From a file")
        ORDER = "order", _("With an order")
        LINK = "link", _("Through a referral link")
        CUSTOMER = "customer", _("Recommended by a customer")

    representative = models.ForeignKey(
        Representative,
        on_delete=models.PROTECT,
        related_name="customers",
        db_index=False,
    )
    reference = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=SORT_KEY_LENGTH, db_collation="C", editable=False)
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    note = models.TextField(blank=True, default="")
    is_self = models.BooleanField("own purchases", default=False)
    referred_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referrals",
    )
    created_at = models.DateTimeField()
    stage = models.CharField(
        max_length=8, choices=Stage.choices, default=Stage.AWARE, db_default="aware"
    )
    use = models.CharField(
        max_length=8, choices=Use.choices, default=Use.PROSPECT, db_default="prospect"
    )
    channel = models.CharField(
        max_length=8, choices=Channel.choices, blank=True, default="", db_default=""
    )
    language = models.CharField(max_length=2, blank=True, default="", db_default="")
    birthday = models.DateField(
        null=True, blank=True, help_text="Day and month count; the year is always 1904."
    )
    source = models.CharField(
        max_length=8, choices=Source.choices, default=Source.MANUAL, db_default="manual"
    )
    noticed_at = models.DateTimeField("told of the data kept", null=True, blank=True)
    no_contact_at = models.DateTimeField("asked not to be contacted", null=True, blank=True)
    touched_at = models.DateTimeField("last worked with", null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        db_index=False,
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["representative", "sort_key", "id"], name="customer_listing"),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="customer_merged",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["representative", "reference"], name="customer_reference_once"
            ),
            models.UniqueConstraint(
                fields=["representative"],
                condition=Q(is_self=True),
                name="customer_self_once",
            ),
            models.CheckConstraint(
                condition=~Q(reference="") & ~Q(name=""), name="customer_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(referred_by__isnull=True) | ~Q(referred_by=F("id")),
                name="customer_not_referred_by_itself",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["aware", "likes", "trusts", "buys", "refers"]),
                name="customer_stage_known",
            ),
            models.CheckConstraint(
                condition=Q(use__in=["prospect", "lead", "user"]), name="customer_use_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["", "phone", "message", "email", "visit"]),
                name="customer_channel_known",
            ),
            models.CheckConstraint(
                condition=Q(language__in=["", "en", "pl"]), name="customer_language_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["manual", "import", "order", "link", "customer"]),
                name="customer_source_known",
            ),
            models.CheckConstraint(
                condition=Q(birthday__isnull=True) | Q(birthday__year=1904),
                name="customer_birthday_without_age",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, merged_into__isnull=True)
                | Q(
                    is_self=False,
                    email="",
                    phone="",
                    note="",
                    channel="",
                    language="",
                    birthday__isnull=True,
                    referred_by__isnull=True,
                ),
                name="customer_gone_without_data",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="customer_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_alive(self) -> bool:
        """Return whether this is a person still: neither erased, merged, nor the seller himself."""
        return not self.is_self and self.erased_at is None and self.merged_into_id is None


class CustomerTransfer(models.Model):
    """The record that a customer passed from a terminated representative to another, and when.

    Written by `services.pass_on_customers` alone and never changed, but that the reference goes
    when the person is erased. Orders stay with who sold them.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="transfers")
    old_representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="+"
    )
    new_representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="+"
    )
    old_reference = models.CharField(max_length=64)
    passed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(old_representative=F("new_representative")),
                name="customertransfer_to_another",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.old_representative_id} to {self.new_representative_id}"
