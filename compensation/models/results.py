"""What runs found: one partition a run, read-only once it is attached."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from compensation.models.periods import Run


class MemberResult(models.Model):
    """What a run found for one member, in pre-order; one partition a run.

    ``position`` and ``subtree_end`` (exclusive) are dense labels of the tree as it was at the
    period's last instant, so that a past downline pages like today's. ``sponsor_position`` is -1
    at the top. Ranks are indexes of the plan's ladder, volumes and points hundredths. ``figures``
    are the plan's further figures, in the order of ``Run.figure_names``; ``grace_used`` says for
    how many periods in a row the pay rank is held by grace alone.
    """

    pk = models.CompositePrimaryKey("run_id", "position")
    run = models.ForeignKey(Run, models.DO_NOTHING, db_constraint=False, related_name="+")
    position = models.IntegerField()
    subtree_end = models.IntegerField()
    representative = models.ForeignKey(
        "representatives.Representative",
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    sponsor_position = models.IntegerField()
    depth = models.IntegerField()
    status = models.SmallIntegerField()
    active = models.BooleanField()
    inactive_reason = models.SmallIntegerField()
    personal_bv = models.BigIntegerField()
    own_bv = models.BigIntegerField()
    window_bv = models.BigIntegerField()
    group_bv = models.BigIntegerField()
    personal_rsp = models.BigIntegerField()
    rsp_own = models.BigIntegerField()
    rsp_total = models.BigIntegerField()
    rsp_base = models.BigIntegerField(default=0)
    active_directs = models.IntegerField()
    direct_count = models.IntegerField()
    retail_customers = models.IntegerField(default=0)
    grace_used = models.SmallIntegerField(default=0)
    opening_title = models.SmallIntegerField()
    title_rank = models.SmallIntegerField()
    pay_rank = models.SmallIntegerField()
    commission_minor = models.BigIntegerField()
    order_count = models.IntegerField()
    figures = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        managed = False
        db_table = "compensation_memberresult"

    def __str__(self) -> str:
        return f"{self.run_id} {self.position}"


class EarningUnit(models.IntegerChoices):
    """What an amount is counted in."""

    MONEY = 0, "Money"
    RSP = 1, "RSP"


class Earning(models.Model):
    """A statement line of a run; one partition a run.

    ``component`` is an index of the plan's components, or their number plus the index of a cap
    whose cut the line is; ``amount`` is minor units for money and
    hundredths for RSP; the rate is the exact fraction ``rate_num / rate_den``.
    """

    pk = models.CompositePrimaryKey(
        "run_id", "receiver_id", "component", "paid_level", "rate_num", "rate_den"
    )
    run = models.ForeignKey(Run, models.DO_NOTHING, db_constraint=False, related_name="+")
    receiver = models.ForeignKey(
        "representatives.Representative",
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    component = models.SmallIntegerField()
    paid_level = models.SmallIntegerField()
    unit = models.SmallIntegerField(choices=EarningUnit.choices)
    base = models.BigIntegerField()
    rate_num = models.BigIntegerField()
    rate_den = models.BigIntegerField()
    amount = models.BigIntegerField()
    members = models.IntegerField()
    sales = models.IntegerField()

    class Meta:
        managed = False
        db_table = "compensation_earning"

    def __str__(self) -> str:
        return f"{self.run_id} {self.receiver_id} {self.component} {self.paid_level}"


class Carried(models.Model):
    """What a run leaves behind for the next period, per member; one partition a run.

    ``key`` is an index of ``Run.carried_keys``; noughts are left out. How people stood in the
    plan's rankings is here too, under keys of their own that no later period takes up.
    """

    pk = models.CompositePrimaryKey("run_id", "representative_id", "key")
    run = models.ForeignKey(Run, models.DO_NOTHING, db_constraint=False, related_name="+")
    representative = models.ForeignKey(
        "representatives.Representative",
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    key = models.SmallIntegerField()
    value = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "compensation_carried"
        verbose_name_plural = "carried"

    def __str__(self) -> str:
        return f"{self.run_id} {self.representative_id} {self.key}"
