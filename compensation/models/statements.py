"""What the paper of a posted month says besides its figures, as it was at the posting."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from compensation.models.periods import Run
from representatives.models import NAME_LENGTH


class StatementFrame(models.Model):
    """Company, time zone and form of the statements of a posted run. Append-only, one a run.

    ``edition`` is the form of the paper (``compensation.statements.EDITION`` of the day): a new
    form never changes papers that are out. ``frozen_at`` is the period's ``published_at``, the
    date that the papers bear. Only ``services.paper`` writes here.
    """

    run = models.OneToOneField(
        Run, models.PROTECT, primary_key=True, related_name="statement_frame"
    )
    company_name = models.CharField(max_length=NAME_LENGTH)
    representative_label = models.CharField(max_length=60)
    time_zone = models.CharField(max_length=64)
    edition = models.PositiveSmallIntegerField()
    frozen_at = models.DateTimeField()

    class Meta:
        verbose_name = "statements of a month"
        verbose_name_plural = "statements of months"
        default_permissions = ("view",)
        permissions = [("view_statement", "Can read the statements of representatives")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(company_name="") & ~Q(time_zone=""), name="statementframe_whole"
            ),
            models.CheckConstraint(condition=Q(edition__gte=1), name="statementframe_edition"),
        ]

    def __str__(self) -> str:
        return f"statements of run {self.run_id}"


class StatementName(models.Model):
    """The name that a representative's statements bear from a month on.

    A row is written at a posting for whom the name is new or another one than before; so a
    statement's name is that of the latest row whose ``from_month`` is not after its month.
    Append-only but for the erasure of a person: then the name becomes empty, once and for ever.
    """

    pk = models.CompositePrimaryKey("representative_id", "from_month")
    # What it refers to is kept; a foreign key would ask row by row at the first posting.
    representative = models.ForeignKey(
        "representatives.Representative",
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    from_month = models.DateField()
    name = models.CharField(max_length=NAME_LENGTH)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(name="", erased_at__isnull=False)
                | (~Q(name="") & Q(erased_at__isnull=True)),
                name="statementname_empty_if_erased",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.representative_id} from {self.from_month}"
