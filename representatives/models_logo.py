"""The company's logo, as it is and as it was."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

LOGO_WIDTH, LOGO_HEIGHT = 800, 240  # pixels; larger pictures are made smaller


class CompanyLogo(models.Model):
    """The company's logo from an instant on, drawn anew by us; empty: none. Append-only.

    Written by `representatives.company_logo` alone. Papers of a posted month bear the logo that
    held when they were frozen, so that no picture is ever changed or thrown away. `digest` is that
    of `content`, a PNG, and part of its address; `print_content` is the same as a JPEG on white.
    """

    content = models.BinaryField(blank=True, default=b"")
    print_content = models.BinaryField(blank=True, default=b"")
    digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    width = models.PositiveSmallIntegerField(default=0)
    height = models.PositiveSmallIntegerField(default=0)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("set_logo", "Can set the company's logo")]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest="", width=0, height=0)
                | (
                    ~Q(digest="")
                    & Q(width__gte=1, width__lte=LOGO_WIDTH, height__gte=1, height__lte=LOGO_HEIGHT)
                ),
                name="companylogo_whole_or_none",
            ),
        ]
        indexes = [
            models.Index(fields=["set_at", "id"], name="companylogo_since_idx"),
            models.Index(
                fields=["digest"], condition=~Q(digest=""), name="companylogo_address_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.digest[:12] or "none"
