"""Second sales of a month as stored sums, so that a page reads rows and adds nothing."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from representatives.models import Representative

TEAM_SELLERS_MINIMUM = 3
"""So many people below must have customers, or their team's figures would be one person's."""

TEAM_CUSTOMERS_MINIMUM = 10

COUNTED = (
    *("sellers", "customers", "buyers", "known", "came_back", "won_back"),
    *("packs_due", "packs_on_time"),
    *("lines_first", "lines_add_on", "lines_repeat", "lines_referral"),
    *("bv_first", "bv_add_on", "bv_repeat", "bv_referral", "year_bv", "year_net_minor"),
)
"""The figures that add up over sellers; the median does not."""


class MonthFigures(models.Model):
    """The second sales of a month: of one seller, of the team below a person, or of all.

    Written by `sales.figures.services.refresh_figures` alone, which deletes and writes a month
    anew. What each figure means stands in `docs/figures.md`. A team's row holds volumes and counts,
    never money, and exists only where enough people and customers stand behind it: customers and
    what they bought are their seller's (see `representatives.privacy`), and the database refuses
    a row that would tell of fewer. BV is in hundredths, money in minor units without tax.
    """

    class Scope(models.TextChoices):
        """Whose second sales."""

        OWN = "own", _("Own")
        TEAM = "team", _("Team")
        ALL = "all", _("Programme")

    scope = models.CharField(_("whose"), max_length=4, choices=Scope.choices)
    representative = models.ForeignKey(
        Representative,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    month = models.DateField(_("month"), help_text=_("Its first day."))
    sellers = models.IntegerField(_("sellers with customers"))
    customers = models.IntegerField(_("customers within twelve months"))
    buyers = models.IntegerField(_("customers in the month"))
    known = models.IntegerField(_("customers as it began"))
    came_back = models.IntegerField(_("of these, bought again"))
    won_back = models.IntegerField(_("won back"))
    packs_due = models.IntegerField(_("packs that ran out"))
    packs_on_time = models.IntegerField(_("of these, reordered on time"))
    lines_first = models.IntegerField(_("lines of first sales"))
    lines_add_on = models.IntegerField(_("lines of add-on sales"))
    lines_repeat = models.IntegerField(_("lines of repeat sales"))
    lines_referral = models.IntegerField(_("lines of referral sales"))
    bv_first = models.BigIntegerField(_("BV of first sales"))
    bv_add_on = models.BigIntegerField(_("BV of add-on sales"))
    bv_repeat = models.BigIntegerField(_("BV of repeat sales"))
    bv_referral = models.BigIntegerField(_("BV of referral sales"))
    year_bv = models.BigIntegerField(_("BV of twelve months"))
    year_net_minor = models.BigIntegerField(_("net sales of twelve months"))
    gaps = ArrayField(
        models.IntegerField(),
        default=list,
        verbose_name=_("days between purchases"),
        help_text=_("Of one seller's customers, in order of size."),
    )
    median_days = models.IntegerField(_("median days between purchases"), null=True, blank=True)
    computed_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("figures of a month")
        verbose_name_plural = _("figures of months")
        indexes = [models.Index(fields=["month", "scope"], name="monthfigures_of_month")]
        constraints = [
            models.UniqueConstraint(
                fields=["representative", "scope", "month"], name="monthfigures_once"
            ),
            models.UniqueConstraint(
                fields=["month"], condition=Q(scope="all"), name="monthfigures_all_once"
            ),
            models.CheckConstraint(
                condition=Q(scope="all", representative__isnull=True)
                | Q(scope__in=["own", "team"], representative__isnull=False),
                name="monthfigures_of_somebody",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="monthfigures_first_day"),
            models.CheckConstraint(
                condition=~Q(scope="team")
                | Q(
                    sellers__gte=TEAM_SELLERS_MINIMUM,
                    customers__gte=TEAM_CUSTOMERS_MINIMUM,
                    year_net_minor=0,
                ),
                name="monthfigures_team_is_many_and_no_money",
            ),
            models.CheckConstraint(
                condition=Q(scope="own") | Q(gaps=[]), name="monthfigures_gaps_of_one_seller"
            ),
            models.CheckConstraint(
                condition=Q(
                    came_back__gte=0,
                    came_back__lte=F("known"),
                    packs_on_time__gte=0,
                    packs_on_time__lte=F("packs_due"),
                    won_back__gte=0,
                    won_back__lte=F("buyers"),
                ),
                name="monthfigures_parts_within_wholes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.representative_id or ''} {self.month:%Y-%m}"
