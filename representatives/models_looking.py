"""Who of staff looked at the portal as a member sees it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

REASON_LENGTH = 500


class MemberLook(models.Model):
    """The record that a person of staff looked at the portal as a member sees it, and why.

    Written by `representatives.looking` alone. A look ends by itself at `ends_at`; `ended_at` says
    that it was ended before. Nothing can be written while it lasts.
    """

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="looks", db_index=False
    )
    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="looks"
    )
    reason = models.CharField(max_length=REASON_LENGTH)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "look as a member sees it"
        verbose_name_plural = "looks as a member sees it"
        default_permissions = ("view",)
        permissions = [("look_as_member", "Can look at the portal as a member sees it")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="memberlook_has_reason"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("began_at")), name="memberlook_ends_by_itself"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=F("began_at"), ended_at__lte=F("ends_at")),
                name="memberlook_ended_before",
            ),
        ]
        indexes = [models.Index(fields=["staff", "-id"], name="memberlook_of_staff_idx")]

    def __str__(self) -> str:
        return f"{self.staff_id} as {self.representative_id}"
