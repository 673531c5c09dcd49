"""What goes with what, what is suggested for whom, and what a representative decided about it.

Pairs, add-ons and what was learnt are derived from paid orders: they may be made anew at any time.
Decisions are a person's word and stand; only taking one back is written later.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from representatives.models import Representative

KEY_LENGTH = 120
NOTE_LENGTH = 300
ASK_AGAIN_DAYS = 60
"""Nobody is asked for a referral twice within so many days; migration 0014 holds it as well."""


class SuggestionKind(models.TextChoices):
    """What may be suggested for a customer."""

    REPEAT = "repeat", pgettext_lazy("suggestion", "Repeat")
    ADD_ON = "add_on", _("Add-on")
    UPGRADE = "upgrade", _("Larger size")
    REFERRAL_ASK = "referral_ask", _("Ask for a referral")
    WIN_BACK = "win_back", _("Win back")
    EDUCATION = "education", _("Guide to share")


class SuggestionAct(models.TextChoices):
    """What an accepted suggestion becomes."""

    ORDER = "order", _("Order")
    MESSAGE = "message", _("Message")
    TASK = "task", _("Follow-up")


class RefusalReason(models.TextChoices):
    """Why a suggestion was refused; what each teaches is written in docs/suggestions.md."""

    ENOUGH = "enough", _("Has enough of it at home")
    NOT_INTERESTED = "no_interest", _("Is not interested")
    PRICE = "price", _("Finds it too expensive")
    ELSEWHERE = "elsewhere", _("Buys it elsewhere")
    NOT_FITTING = "not_fitting", _("Does not fit this person")


class ProductPair(models.Model):
    """How often customers of one product have another one too; both directions are rows.

    Counted and weighed each night by `sales.suggestions.pairs` over the customers of the last year.
    """

    product = models.ForeignKey(
        "sales.Product", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    companion = models.ForeignKey(
        "sales.Product", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    both_count = models.PositiveIntegerField("customers of both")
    product_count = models.PositiveIntegerField("customers of the product")
    companion_count = models.PositiveIntegerField("customers of the companion")
    customer_count = models.PositiveIntegerField("customers")
    lift_permille = models.PositiveIntegerField(
        "lift", help_text="Per mille: 2000 is twice as many as among all customers."
    )
    weight = models.IntegerField(
        help_text="Millionths; what having the product adds to the companion's place."
    )
    accepted_count = models.PositiveIntegerField("accepted", default=0)
    refused_count = models.PositiveIntegerField("refused", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "companion"], name="productpair_once"),
            models.CheckConstraint(condition=~Q(product=F("companion")), name="productpair_of_two"),
            models.CheckConstraint(
                condition=Q(
                    both_count__gte=0,
                    both_count__lte=F("product_count"),
                    product_count__lte=F("customer_count"),
                    companion_count__gte=F("both_count"),
                    companion_count__lte=F("customer_count"),
                ),
                name="productpair_counts_fit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} with {self.companion_id}: {self.both_count}"


class AddOn(models.Model):
    """A product that a customer does not have and is likely to take next, best first.

    Made each night by `sales.suggestions.add_ons`, and after each order for its customer.
    """

    class Basis(models.TextChoices):
        """Where it comes from."""

        BOUGHT = "bought", "Bought together"
        STATED = "stated", "Named by staff as going together"

    customer = models.ForeignKey(
        "sales.Customer", on_delete=models.CASCADE, related_name="add_ons", db_index=False
    )
    product = models.ForeignKey(
        "sales.Product", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    with_product = models.ForeignKey(
        "sales.Product", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    basis = models.CharField(max_length=6, choices=Basis.choices)
    place = models.PositiveSmallIntegerField()
    chance_permille = models.PositiveSmallIntegerField(
        "chance", help_text="Per mille, of buying it within the next 30 days."
    )

    class Meta:
        default_permissions = ("view",)
        verbose_name = "add-on"
        constraints = [
            models.UniqueConstraint(fields=["customer", "product"], name="addon_once"),
            models.CheckConstraint(
                condition=~Q(product=F("with_product")) & Q(basis__in=["bought", "stated"]),
                name="addon_of_two",
            ),
            models.CheckConstraint(
                condition=Q(place__gt=0, chance_permille__lte=1000), name="addon_numbers_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.product_id}"


class AddOnLearning(models.Model):
    """What a night taught about add-ons: how well they did on purchases not seen, and chances.

    `chances` are pairs of a score and the share, per mille, of add-ons of at least that score that
    were bought within 30 days.
    """

    learnt_at = models.DateTimeField()
    learnt_to = models.DateField("learnt from purchases before")
    ridge = models.PositiveIntegerField(help_text="How much rare products are held back.")
    chances = models.JSONField()
    figures = models.JSONField()

    class Meta:
        default_permissions = ("view",)
        verbose_name = "learning of add-ons"
        verbose_name_plural = "learnings of add-ons"
        indexes = [models.Index(fields=["-learnt_at", "-id"], name="addonlearning_newest")]

    def __str__(self) -> str:
        return f"{self.learnt_to:%Y-%m-%d}"


class SuggestionDecision(models.Model):
    """What a representative did with a suggestion: accepted, put off or refused it.

    Written by `sales.suggestions.services` alone. A decision keeps its suggestion away until the
    day `until`, or for good without one; one taken back (`withdrawn_at`) has no effect.
    """

    class State(models.TextChoices):
        """What was decided."""

        ACCEPTED = "accepted", _("Accepted")
        SNOOZED = "snoozed", _("Later")
        REFUSED = "refused", _("Refused")

    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    customer = models.ForeignKey(
        "sales.Customer", on_delete=models.CASCADE, related_name="decisions", db_index=False
    )
    kind = models.CharField(max_length=12, choices=SuggestionKind.choices)
    # Products and guides are not deleted: nothing looks up by them.
    product = models.ForeignKey(
        "sales.Product",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    with_product = models.ForeignKey(
        "sales.Product",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    guide_id = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices)
    act = models.CharField(max_length=7, choices=SuggestionAct.choices, blank=True, default="")
    reason = models.CharField(max_length=11, choices=RefusalReason.choices, blank=True, default="")
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="")
    decided_on = models.DateField("decided")
    decided_at = models.DateTimeField()
    until = models.DateField("comes back", null=True, blank=True)
    withdrawn_at = models.DateTimeField("taken back", null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "decision on a suggestion"
        verbose_name_plural = "decisions on suggestions"
        indexes = [
            models.Index(
                fields=["customer", "kind"],
                condition=Q(withdrawn_at__isnull=True),
                name="decision_of_customer",
            ),
            models.Index(fields=["representative", "decided_on"], name="decision_of_day"),
            models.Index(
                fields=["with_product", "product"],
                condition=Q(kind="add_on", withdrawn_at__isnull=True),
                name="decision_on_pair",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("repeat", "add_on", "upgrade", "referral_ask", "win_back", "education")
                    ]
                ),
                name="decision_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", act__in=["order", "message", "task"], reason="")
                | Q(state="snoozed", act="", reason="", until__isnull=False)
                | Q(
                    state="refused",
                    act="",
                    reason__in=[
                        *("enough", "no_interest", "price", "elsewhere", "not_fitting"),
                    ],
                ),
                name="decision_parts_fit",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("decided_on")),
                name="decision_until_later",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["repeat", "add_on", "upgrade"], product__isnull=False)
                | Q(kind__in=["referral_ask", "win_back", "education"]),
                name="decision_names_the_product",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.customer_id}: {self.state}"

    @property
    def key(self) -> str:
        """Return the key of the suggestion; `sales.suggestions.kinds` reads it."""
        parts = (self.customer_id, self.product_id, self.with_product_id, self.guide_id)
        return "-".join([self.kind, *(str(part or 0) for part in parts)])


class WorkDay(models.Model):
    """How much one representative means to do in a day; without a row the usual number holds."""

    USUAL_JOBS = 10
    MOST_JOBS = 50

    representative = models.OneToOneField(
        Representative, on_delete=models.PROTECT, primary_key=True, related_name="work_day"
    )
    jobs = models.PositiveSmallIntegerField(default=USUAL_JOBS)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(jobs__gte=1, jobs__lte=50), name="workday_of_sensible_length"
            )
        ]

    def __str__(self) -> str:
        return f"{self.representative_id}: {self.jobs}"
