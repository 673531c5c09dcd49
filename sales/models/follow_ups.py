"""What is to be done for whom and when: care after a sale, reminders, own tasks, their words."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from representatives.models import Representative
from sales.models.catalogue import Product
from sales.models.orders import Order

TEXT_LENGTH = 300
NOTE_LENGTH = 2000
KEY_LENGTH = 120
LETTER_KEY = "referral-letter-"
"""How the `source_key` of an answer begins that a letter on a link's page asks for."""


class Occasion(models.TextChoices):
    """Why one writes to a customer: each occasion has its own message."""

    ARRIVED = "arrived", "The first order has arrived"
    FIRST_DAYS = "first_days", "The first days of use"
    RESULT = "result", "After some weeks of use"
    REORDER = "reorder", "It runs out"
    ADD_ON = "add_on", "Something that goes with it"
    UPGRADE = "upgrade", "A larger size"
    REFERRAL_ASK = "referral_ask", "Asking for a referral"
    WIN_BACK = "win_back", "Not heard of for long"
    GUIDE = "guide", "A guide to read"
    HELLO = "hello", "Any other talk"


class FollowUp(models.Model):
    """Something that one representative means to do on a day, for a customer, a member or himself.

    Only the representative sees it. Written by `sales.followups.services`; the guards of migration
    0013 hold whoever writes: nobody is to be chased who has ordered since, opted out, was erased,
    or is another representative's. `source_key` makes what the desk plans by itself happen once;
    a `closing_order` is the one that answered it.
    """

    class Kind(models.TextChoices):
        CARE = "care", _("Care after a sale")
        REORDER = "reorder", _("Reorder")
        OWN = "own", _("Own task")
        REFERRAL_ASK = "referral_ask", _("Referral")
        WIN_BACK = "win_back", _("Win back")
        GUIDE = "guide", _("Guide")
        MEMBER = "member", _("Team")

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    class Result(models.TextChoices):
        NONE = "", "None"
        ORDERED = "ordered", "Ordered"
        TALKED = "talked", "Talked"
        NO_ANSWER = "no_answer", "No answer"
        NOT_INTERESTED = "not_interested", "Not interested"
        DONE = "done", "Done"

    # What an order of the customer answers.
    ENDED_BY_AN_ORDER = (Kind.CARE, Kind.REORDER, Kind.WIN_BACK)
    # Kinds that are always about a customer.
    OF_CUSTOMERS = (Kind.CARE, Kind.REORDER, Kind.REFERRAL_ASK, Kind.WIN_BACK, Kind.GUIDE)

    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="follow_ups", db_index=False
    )
    customer = models.ForeignKey(
        "sales.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="follow_ups",
        db_index=False,
    )
    member = models.ForeignKey(
        Representative,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    occasion = models.CharField(max_length=12, choices=Occasion.choices, blank=True, default="")
    due_on = models.DateField()
    text = models.CharField(max_length=TEXT_LENGTH, blank=True, default="")
    # Products are taken off sale and not deleted, orders neither: nothing looks up by these.
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    result = models.CharField(max_length=14, choices=Result.choices, blank=True, default="")
    note = models.TextField(max_length=NOTE_LENGTH, blank=True, default="")
    source_key = models.CharField(
        max_length=KEY_LENGTH, unique=True, null=True, blank=True, db_collation="C"
    )
    suggestion_key = models.CharField(max_length=KEY_LENGTH, blank=True, default="")
    closing_order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["representative", "due_on", "id"],
                condition=Q(state="open"),
                name="followup_open_idx",
            ),
            models.Index(
                fields=["representative", "-closed_at", "-id"],
                condition=~Q(state="open"),
                name="followup_closed_idx",
            ),
            models.Index(
                fields=["customer", "-id"],
                condition=Q(customer__isnull=False),
                name="followup_of_customer_idx",
            ),
            models.Index(
                fields=["member", "representative"],
                condition=Q(member__isnull=False),
                name="followup_on_member_idx",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("care", "reorder", "own", "referral_ask", "win_back", "guide", "member")
                    ]
                ),
                name="followup_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", result="", closed_at__isnull=True)
                | Q(
                    state="done",
                    result__in=["ordered", "talked", "no_answer", "not_interested", "done"],
                    closed_at__isnull=False,
                )
                | Q(state="cancelled", result="", closed_at__isnull=False),
                name="followup_done_has_a_result",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=True) | Q(member__isnull=True),
                name="followup_on_one_person",
            ),
            models.CheckConstraint(
                condition=Q(kind="own")
                | Q(kind="member", member__isnull=False)
                | (~Q(kind__in=["own", "member"]) & Q(customer__isnull=False)),
                name="followup_kind_fits_person",
            ),
            models.CheckConstraint(
                condition=~Q(text="") | Q(customer__isnull=False) | Q(member__isnull=False),
                name="followup_says_what",
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=True) | ~Q(member=F("representative")),
                name="followup_on_another_member",
            ),
            models.CheckConstraint(
                condition=Q(closing_order__isnull=True) | Q(state="done", result="ordered"),
                name="followup_closed_by_an_order",
            ),
            models.CheckConstraint(
                condition=Q(source_key__isnull=True) | ~Q(source_key=""),
                name="followup_source_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.due_on:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be done."""
        return self.state == self.State.OPEN


class CarePlan(models.Model):
    """When to be in touch after a customer's first order: of one product, or for all without one.

    Staff write it. A plan without steps means no care cycle; it never reaches back to orders that
    are already paid.
    """

    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="care_plans",
        db_index=False,
        help_text="Empty: for all products without a plan of their own.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product"], nulls_distinct=False, name="careplan_once_a_product"
            )
        ]

    def __str__(self) -> str:
        return str(self.product) if self.product_id else str(_("All products"))


class CareStep(models.Model):
    """One follow-up of a care plan: so many days after the sale, or before the pack is empty."""

    class Anchor(models.TextChoices):
        SALE = "sale", "days after the sale"
        RUN_OUT = "run_out", "days before the pack is empty"

    MOST_DAYS = 365

    plan = models.ForeignKey(CarePlan, on_delete=models.CASCADE, related_name="steps")
    anchor = models.CharField(max_length=7, choices=Anchor.choices, default=Anchor.SALE)
    days = models.PositiveSmallIntegerField()
    occasion = models.CharField(max_length=12, choices=Occasion.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "anchor", "days"], name="carestep_once"),
            models.CheckConstraint(
                condition=Q(anchor__in=["sale", "run_out"]), name="carestep_anchor_known"
            ),
            models.CheckConstraint(
                condition=Q(days__gte=0, days__lte=365), name="carestep_within_a_year"
            ),
            models.CheckConstraint(
                condition=Q(occasion__in=Occasion.values),
                name="carestep_occasion_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} {self.get_anchor_display()}"


class MessageTemplate(models.Model):
    """What a message says on an occasion, in one language: for one product, or for all without one.

    Staff write it; where there is none, `sales.followups.wording` has a text of its own. Words in
    braces are filled in, see `sales.followups.wording.PLACES`.
    """

    occasion = models.CharField(max_length=12, choices=Occasion.choices)
    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="message_templates",
        help_text="Empty: for all products without a text of their own.",
    )
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=120)
    body = models.TextField(max_length=1500)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "language", "product"],
                nulls_distinct=False,
                name="messagetemplate_once",
            ),
            models.CheckConstraint(
                condition=Q(occasion__in=Occasion.values),
                name="messagetemplate_occasion_known",
            ),
            models.CheckConstraint(
                condition=Q(language__in=["en", "pl"]), name="messagetemplate_language_known"
            ),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(body=""), name="messagetemplate_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} ({self.language})"


class CalendarFeed(models.Model):
    """The secret address at which a calendar program reads one representative's follow-ups.

    The secret is made of `seed` with the portal's key; only its digest is looked up, so that a
    copy of the database opens nothing. Renewing puts a new seed; without a row there is no address.
    """

    representative = models.OneToOneField(
        Representative, on_delete=models.PROTECT, related_name="calendar_feed"
    )
    seed = models.CharField(max_length=64)
    token_digest = models.CharField(max_length=64, unique=True)
    shows_names = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(seed="") & ~Q(token_digest=""), name="calendarfeed_has_a_secret"
            )
        ]

    def __str__(self) -> str:
        return f"calendar of {self.representative_id}"
