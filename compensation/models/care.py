"""What a sponsor may know of other people's customers: a number, and only from three on."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

FEWEST = 3
"""Of fewer people nothing is kept: a small number says too much of each."""


class QuietCustomers(models.Model):
    """How many customers of a member have gone quiet lately; no row where they are few.

    The one thing a sponsor learns of other people's customers (see `representatives.privacy`), so
    nothing else is kept: no names, no orders, no number below three. Counted anew by
    `compensation.services.care`; it may be thrown away at any time.
    """

    representative = models.OneToOneField(
        "representatives.Representative",
        models.PROTECT,
        primary_key=True,
        related_name="+",
    )
    people = models.PositiveIntegerField()
    counted_on = models.DateField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(people__gte=FEWEST), name="quietcustomers_not_few")
        ]

    def __str__(self) -> str:
        return f"{self.representative_id}: {self.people}"
