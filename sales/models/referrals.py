"""Links that bring people: whose they are, how often they were opened, and who came by them."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from representatives.models import Invitation, Representative
from sales.models.catalogue import Product
from sales.models.orders import Order

LINK_CODE_LENGTH = 26  # of 32 characters each: 130 bits
CAMPAIGN_LENGTH = 60
TOUCH_DAYS = 30


class ReferralLink(models.Model):
    """An address that leads to the page of a representative; written by `sales.referrals`.

    It belongs either to a representative, for a product and a campaign or for neither, or to a
    customer who recommends: then to whoever looks after that customer. It is closed, never
    deleted, and nothing but its end changes. When its customer is erased it belongs to nobody.
    """

    code = models.CharField(max_length=LINK_CODE_LENGTH, unique=True, db_collation="C")
    representative = models.ForeignKey(
        Representative,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referral_links",
        db_index=False,
    )
    customer = models.ForeignKey(
        "sales.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="personal_links",
        db_index=False,
        help_text="Whose personal code it is.",
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    campaign = models.CharField(
        max_length=CAMPAIGN_LENGTH,
        blank=True,
        default="",
        help_text="Where the link is shown, for instance on a market stall.",
    )
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["representative", "-created_at", "-id"],
                condition=Q(representative__isnull=False),
                name="referrallink_listing",
            ),
            models.Index(
                fields=["customer"],
                condition=Q(customer__isnull=False),
                name="referrallink_of_customer",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9A-HJKMNP-TV-Z]{26}$"),
                name="referrallink_code_is_long",
            ),
            models.CheckConstraint(
                condition=Q(representative__isnull=False, customer__isnull=True)
                | Q(representative__isnull=True, customer__isnull=False)
                | Q(
                    representative__isnull=True,
                    customer__isnull=True,
                    closed_at__isnull=False,
                ),
                name="referrallink_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(representative__isnull=False) | Q(product__isnull=True, campaign=""),
                name="referrallink_personal_is_plain",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("created_at")),
                name="referrallink_closed_after",
            ),
            models.UniqueConstraint(
                fields=["representative", "product", "campaign"],
                condition=Q(closed_at__isnull=True, representative__isnull=False),
                nulls_distinct=False,
                name="referrallink_once",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(closed_at__isnull=True, customer__isnull=False),
                name="referrallink_one_personal",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ReferralDay(models.Model):
    """How often a link was opened on a day of the company; nobody's address or device is kept."""

    link = models.ForeignKey(
        ReferralLink, on_delete=models.PROTECT, related_name="days", db_index=False
    )
    day = models.DateField()
    visits = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "day"], name="referralday_once"),
            models.CheckConstraint(condition=Q(visits__gt=0), name="referralday_has_visits"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.day}: {self.visits}"


class Arrival(models.Model):
    """Somebody left a contact by a link; what follows from it counts for that link.

    The latest arrival of a contact without an order stands, an earlier one is replaced: the last
    touch wins. The touch is at most TOUCH_DAYS before the contact was left; the database holds it.
    """

    class Via(models.TextChoices):
        PAGE = "page", "The link's page"
        REMEMBERED = "remembered", "A device that remembered the link"

    link = models.ForeignKey(
        ReferralLink, on_delete=models.PROTECT, related_name="arrivals", db_index=False
    )
    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="arrivals", db_index=False
    )
    customer = models.ForeignKey(
        "sales.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="arrivals",
        db_index=False,
        help_text="Empty once the person was erased.",
    )
    touched_at = models.DateTimeField("link followed")
    arrived_at = models.DateTimeField("contact left")
    via = models.CharField(max_length=10, choices=Via.choices)
    wants_to_join = models.BooleanField("asks how to join", default=False)
    invitation = models.OneToOneField(
        Invitation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    member = models.OneToOneField(
        Representative, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["link", "-arrived_at", "-id"], name="arrival_of_link"),
            models.Index(
                fields=["representative", "-arrived_at", "-id"], name="arrival_of_representative"
            ),
            models.Index(
                fields=["customer"], condition=Q(customer__isnull=False), name="arrival_of_customer"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    touched_at__lte=F("arrived_at"),
                    touched_at__gte=F("arrived_at") - timedelta(days=TOUCH_DAYS),
                ),
                name="arrival_within_days_of_touch",
            ),
            models.CheckConstraint(
                condition=Q(via__in=["page", "remembered"]), name="arrival_via_known"
            ),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True) | Q(replaced_at__gte=F("arrived_at")),
                name="arrival_replaced_after",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(replaced_at__isnull=True, customer__isnull=False),
                name="arrival_last_touch_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} by {self.link_id}"


class ReferralEvent(models.Model):
    """What was tried with a link and changed nothing; for staff, and never changed.

    No name, address or device of the person is kept: only what happened, with which link.
    """

    class Kind(models.TextChoices):
        OWN = "own", "Own link used"
        LOOP = "loop", "Loop of referrals"
        MEMBER = "member", "Is a representative already"
        KNOWN = "known", "Is a customer already"
        OPTED_OUT = "opted_out", "Asked not to be contacted"
        TAMPERED = "tampered", "Tampered cookie"
        EXPIRED = "expired", "Expired cookie"
        CLOSED = "closed", "Closed or unknown link remembered"
        STALE = "stale", "Form tampered with or too old"
        FOREIGN = "foreign", "Sent from another site"
        ROBOT = "robot", "Filled in by a robot"
        FLOOD = "flood", "Too many for one link"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    link = models.ForeignKey(
        ReferralLink,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        db_index=False,
    )
    happened_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-happened_at", "-id"], name="referralevent_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("own", "loop", "member", "known", "opted_out", "tampered", "expired"),
                        *("closed", "stale", "foreign", "robot", "flood"),
                    ]
                ),
                name="referralevent_kind_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.happened_at:%Y-%m-%d %H:%M})"


class ReferralThanks(models.Model):
    """A first order that another customer brought, and whether that customer was thanked.

    Written with the payment; once for each order, whose lines are all of class `referral`.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="+")
    referrer = models.ForeignKey(
        "sales.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="thanks",
        db_index=False,
        help_text="Empty once the person was erased.",
    )
    recorded_at = models.DateTimeField()
    thanked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "referral thanks"
        indexes = [
            models.Index(
                fields=["referrer"],
                condition=Q(referrer__isnull=False),
                name="referralthanks_of_referrer",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(thanked_at__isnull=True) | Q(thanked_at__gte=F("recorded_at")),
                name="referralthanks_thanked_after",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} by {self.referrer_id}"
