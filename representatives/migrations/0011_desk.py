"""A kind of notice for the follow-ups of a day; new rows are held to the longer list at once."""

from typing import ClassVar

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

KINDS = [
    ("statement", "Statement published"),
    ("rank", "Rank reached"),
    ("payout_sent", "Payout sent"),
    ("payout_failed", "Payout failed"),
    ("payout_held", "Payouts held"),
    ("adjustment", "Adjustment"),
    ("dispute", "Dispute answered"),
    ("member", "New member in your front line"),
    ("points", "RSP about to expire"),
    ("follow_ups", "Follow-ups of the day"),
    ("bank_details", "Bank details changed"),
]


class Migration(migrations.Migration):
    """The rows that there are keep the shorter list: no look at them is needed for the longer."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("representatives", "0010_choices_hold")]

    operations: ClassVar[list[Operation]] = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=20),
        ),
        migrations.RemoveConstraint(model_name="notice", name="notice_kind_known"),
        AddConstraintNotValid(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", [value for value, _name in KINDS]),
                    models.Q(("event", ""), _negated=True),
                ),
                name="notice_kind_known",
            ),
        ),
    ]
