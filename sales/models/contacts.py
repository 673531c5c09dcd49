"""What a representative notes of the people in his list, and how he keeps the list itself."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from representatives.models import Representative
from sales.models.catalogue import Product
from sales.models.people import Customer


class Need(models.Model):
    """What somebody is doing, planning or would like; perhaps met by some products."""

    class Kind(models.TextChoices):
        DOING = "doing", _("Doing")
        PLANNING = "planning", _("Planning")
        WOULD_LIKE = "would_like", _("Would like")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="needs")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.CharField(max_length=300)
    products = models.ManyToManyField(Product, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["doing", "planning", "would_like"]), name="need_kind_known"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="need_says_something"),
        ]

    def __str__(self) -> str:
        return self.text


class Talk(models.Model):
    """A talk with somebody, or a note about it, at a place of the person's timeline."""

    class Went(models.TextChoices):
        WELL = "well", _("Went well")
        NEUTRAL = "neutral", _("Neither good nor bad")
        BADLY = "badly", _("Went badly")

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="talks", db_index=False
    )
    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    channel = models.CharField(
        max_length=8, choices=Customer.Channel.choices, blank=True, default="", db_default=""
    )
    went = models.CharField(
        max_length=8, choices=Went.choices, blank=True, default="", db_default=""
    )
    text = models.TextField(blank=True, default="", db_default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["customer", "-at", "-id"], name="talk_of_customer")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=["", "phone", "message", "email", "visit"]),
                name="talk_channel_known",
            ),
            models.CheckConstraint(
                condition=Q(went__in=["", "well", "neutral", "badly"]), name="talk_went_known"
            ),
            models.CheckConstraint(
                condition=~Q(channel="", went="", text=""), name="talk_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.at:%Y-%m-%d}"


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Consents by whether they hold."""

    def standing(self) -> ConsentQuerySet:
        """Return what holds: not withdrawn, and given to whom the person belongs to today."""
        return self.filter(withdrawn_at__isnull=True, representative=F("customer__representative"))


class Consent(models.Model):
    """What somebody agreed to, when and in which words; only its withdrawal is added later.

    It is given to one representative: where a customer passes on to another, it holds no more.
    """

    class Kind(models.TextChoices):
        CONTACT = "contact", _("Being contacted about products")
        TRACKING = "tracking", _("Seeing that a shared guide was opened")
        MARKETING = "marketing", _("News and offers by e-mail or message")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    text = models.TextField(help_text="The words agreed to, or how consent was given.")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["contact", "tracking", "marketing"]),
                name="consent_kind_known",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="consent_has_words"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after_given",
            ),
            models.UniqueConstraint(
                fields=["customer", "representative", "kind"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.kind}"


class SavedFilter(models.Model):
    """A choice of people that a representative comes back to; the query of its address."""

    representative = models.ForeignKey(
        Representative, on_delete=models.CASCADE, related_name="saved_filters", db_index=False
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["representative", "name"], name="savedfilter_name_once"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="savedfilter_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class KnownApart(models.Model):
    """Two people who look like one and are two: their representative said so."""

    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="knownapart_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="knownapart_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id}, {self.second_id}"


class ContactFile(models.Model):
    """A file of contacts that was read and waits for its representative to say yes.

    It holds other people's data, so it goes at once when it is taken or dropped, else after a day.
    """

    representative = models.ForeignKey(Representative, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    rows = models.JSONField()
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
