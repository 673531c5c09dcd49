"""People, company and referral tree. Only `representatives.services` writes tree fields."""

import re
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from mptt.fields import TreeForeignKey
from mptt.models import MPTTModel

from representatives.codes import MAX_LENGTH
from representatives.managers import RepresentativeTreeManager, TreeNode
from representatives.models_logo import CompanyLogo
from representatives.models_looking import MemberLook
from representatives.models_notices import Notice
from representatives.models_outbox import Alert, OutboxEvent
from representatives.models_user import User
from representatives.text import SORT_KEY_LENGTH
from representatives.tree import LAST_LABEL, TREE_ID

__all__ = [
    "Alert",
    "Company",
    "CompanyLogo",
    "Invitation",
    "MemberLook",
    "Notice",
    "OutboxEvent",
    "Placement",
    "Representative",
    "SponsorChange",
    "StatusChange",
    "User",
]
NAME_LENGTH = 150


class Company(models.Model):
    """The one company of this portal (id 1). Staff edit it in the admin."""

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    logo_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217 code.")
    add_on_days = models.PositiveSmallIntegerField(
        default=30, help_text="Days after an earlier order within which a sale counts as add-on."
    )
    new_for_days = models.PositiveSmallIntegerField(
        default=60,
        db_default=60,
        help_text="So long after the first order a customer who bought once counts as new.",
    )
    past_after_days = models.PositiveSmallIntegerField(
        default=120,
        db_default=120,
        help_text="So long after the last order a customer counts as past.",
    )
    unused_contact_months = models.PositiveSmallIntegerField(
        default=12,
        db_default=12,
        help_text="Contacts without an order are deleted when unused for so many months.",
    )
    clock_offset = models.DurationField(
        default=timedelta, help_text="Demo and tests only: added to real time."
    )
    clock_frozen_at = models.DateTimeField(
        null=True, blank=True, help_text="Demo and tests only: the clock stands at this instant."
    )
    representative_label = models.CharField(max_length=60, default="Independent Representative")

    class Meta:
        verbose_name_plural = "company"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="company_only_one"),
            models.CheckConstraint(condition=~Q(name=""), name="company_name_not_empty"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="company_currency_code"
            ),
            models.CheckConstraint(
                condition=Q(
                    new_for_days__gte=1,
                    past_after_days__gte=F("new_for_days"),
                    unused_contact_months__gte=1,
                    unused_contact_months__lte=60,
                ),
                name="company_contact_rules",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a time zone that does not exist and a currency that is no code."""
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": f"There is no time zone {self.time_zone}."})
        if not re.fullmatch(r"[A-Z]{3}", self.currency, re.ASCII):
            raise ValidationError({"currency": "Three capital letters, such as EUR."})

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days and periods begin."""
        return ZoneInfo(self.time_zone)

    def now(self, *, real_time: datetime) -> datetime:
        """Return the company's instant at the given real time."""
        return self.clock_frozen_at or real_time + self.clock_offset


class Representative(TreeNode, MPTTModel):
    """An independent seller in the one referral tree; written by `representatives.services` alone.

    `sponsor` is the only truth. `lft`, `rght` and `level` are an index over it, with gaps: order,
    never a count. `check_tree` verifies them, `rebuild_tree` makes them anew.
    """

    class Status(models.TextChoices):
        """Membership, apart from the plan's test of activity."""

        ENROLLED = "enrolled", "Enrolled"
        SUSPENDED = "suspended", "Suspended"
        TERMINATED = "terminated", "Terminated"

    class ContactSharing(models.TextChoices):
        """Who of those above may read e-mail and phone: the person's own choice."""

        NOBODY = "nobody", _("Nobody above me")
        SPONSOR = "sponsor", _("My sponsor")
        UPLINE = "upline", _("Everybody above me")

    user = models.OneToOneField(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="representative",
    )
    sponsor = TreeForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="front_line",
        db_index=False,
    )
    code = models.CharField(max_length=MAX_LENGTH, db_collation="C")
    name = models.CharField(max_length=NAME_LENGTH)
    sort_key = models.CharField(max_length=SORT_KEY_LENGTH, db_collation="C", editable=False)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    contact_shared_with = models.CharField(
        max_length=10,
        choices=ContactSharing.choices,
        default=ContactSharing.NOBODY,
        db_default="nobody",
        help_text="Chosen by the person; nobody else sets it.",
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ENROLLED)
    enrolled_on = models.DateField()
    created_at = models.DateTimeField()
    lft = models.BigIntegerField(editable=False)
    rght = models.BigIntegerField(editable=False)
    tree_id = models.BigIntegerField(default=TREE_ID, editable=False)
    level = models.IntegerField(editable=False)

    objects: ClassVar[RepresentativeTreeManager] = RepresentativeTreeManager()

    class Meta:
        indexes = [
            models.Index(fields=["tree_id", "lft"], name="representative_lft_idx"),
            models.Index(fields=["rght"], name="representative_rght_idx"),
            models.Index(
                fields=["sponsor", "sort_key", "id"], name="representative_front_line_idx"
            ),
            models.Index(fields=["sort_key", "id"], name="representative_sort_key_idx"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="representative_code_unique"),
            models.UniqueConstraint(
                fields=["tree_id"],
                condition=Q(sponsor__isnull=True),
                name="representative_one_root",
            ),
            models.CheckConstraint(condition=Q(tree_id=TREE_ID), name="representative_one_tree"),
            models.CheckConstraint(
                condition=Q(lft__gte=1, lft__lt=F("rght"), rght__lte=LAST_LABEL),
                name="representative_labels_in_order",
            ),
            models.CheckConstraint(
                condition=Q(level=0, sponsor__isnull=True) | Q(level__gt=0, sponsor__isnull=False),
                name="representative_level_of_root",
            ),
            models.CheckConstraint(
                condition=Q(sponsor__isnull=True) | ~Q(sponsor=F("id")),
                name="representative_not_own_sponsor",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["enrolled", "suspended", "terminated"]),
                name="representative_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name=""), name="representative_code_and_name"
            ),
            models.CheckConstraint(
                condition=Q(contact_shared_with__in=["nobody", "sponsor", "upline"]),
                name="representative_contact_sharing_known",
            ),
        ]

    class MPTTMeta:
        parent_attr = "sponsor"

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class SponsorChange(models.Model):
    """Dated history of sponsors; written by `change_sponsor` and `apply_sponsor_changes`.

    The sponsor of a member at an instant is `new_sponsor` of the latest uncancelled change with
    `effective_at` at or before it, else `old_sponsor` of the earliest one after it, else the
    present sponsor.
    """

    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="sponsor_changes"
    )
    old_sponsor = models.ForeignKey(Representative, on_delete=models.PROTECT, related_name="+")
    new_sponsor = models.ForeignKey(Representative, on_delete=models.PROTECT, related_name="+")
    effective_at = models.DateTimeField()
    reason = models.TextField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["effective_at", "id"],
                condition=Q(applied_at__isnull=True, cancelled_at__isnull=True),
                name="sponsorchange_pending_idx",
            ),
            models.Index(fields=["effective_at"], name="sponsorchange_effective_idx"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["representative", "effective_at"],
                condition=Q(cancelled_at__isnull=True),
                name="sponsorchange_one_per_instant",
            ),
            models.CheckConstraint(
                condition=~Q(new_sponsor=F("representative")),
                name="sponsorchange_not_own_sponsor",
            ),
            models.CheckConstraint(
                condition=~Q(new_sponsor=F("old_sponsor")), name="sponsorchange_changes"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="sponsorchange_has_reason"),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="sponsorchange_applied_or_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(effective_at__gt=F("decided_at")), name="sponsorchange_in_future"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.representative_id}: {self.old_sponsor_id} to {self.new_sponsor_id}"


class StatusChange(models.Model):
    """Dated history of membership status; written by the status services, never changed."""

    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="status_changes"
    )
    old_status = models.CharField(max_length=10, choices=Representative.Status.choices)
    new_status = models.CharField(max_length=10, choices=Representative.Status.choices)
    effective_at = models.DateTimeField()
    reason = models.TextField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["effective_at"], name="statuschange_effective_idx")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(new_status=F("old_status")), name="statuschange_changes"
            ),
            models.CheckConstraint(
                condition=Q(old_status__in=["enrolled", "suspended", "terminated"])
                & Q(new_status__in=["enrolled", "suspended", "terminated"]),
                name="statuschange_status_known",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="statuschange_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.representative_id}: {self.old_status} to {self.new_status}"


class Invitation(models.Model):
    """An e-mailed invitation to enrol under its sponsor; single use. Only a digest is kept."""

    sponsor = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="invitations"
    )
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=NAME_LENGTH)
    token_digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    representative = models.OneToOneField(
        Representative,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invitation",
    )

    class Meta:
        indexes = [
            models.Index(fields=["sponsor", "-created_at", "-id"], name="invitation_sponsor_idx")
        ]
        constraints = [
            models.UniqueConstraint(fields=["token_digest"], name="invitation_token_unique"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="invitation_expires_after"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, representative__isnull=True)
                | Q(accepted_at__isnull=False, representative__isnull=False),
                name="invitation_accepted_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} by {self.sponsor_id}"

    def state(self, *, now: datetime) -> str:
        """Return `accepted`, `expired` or `open` at the given instant."""
        if self.accepted_at is not None:
            return "accepted"
        return "expired" if self.expires_at <= now else "open"


class Placement(models.Model):
    """A place in the placement tree, on which cycles of two legs are paid and nothing else.

    Written by `representatives.placement` alone, under the tree lock, and never changed: who has
    a place keeps it. Whoever has people below and no place is the top of a tree. `depth` counts
    the places above, the top's not; as it grows by one from place to place, no circle can be.
    """

    class Side(models.IntegerChoices):
        """A leg of the person above."""

        LEFT = 0, "Left"
        RIGHT = 1, "Right"

    representative = models.OneToOneField(
        Representative, on_delete=models.PROTECT, related_name="placement"
    )
    parent = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="placed_below", db_index=False
    )
    side = models.PositiveSmallIntegerField(choices=Side.choices)
    depth = models.PositiveIntegerField(editable=False)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "side"], name="placement_one_per_side"),
            models.CheckConstraint(
                condition=~Q(parent=F("representative")), name="placement_not_under_oneself"
            ),
            models.CheckConstraint(condition=Q(side__in=[0, 1]), name="placement_side_known"),
            models.CheckConstraint(condition=Q(depth__gte=1), name="placement_below_the_top"),
        ]

    def __str__(self) -> str:
        return f"{self.representative_id} under {self.parent_id}, {self.get_side_display()}"
