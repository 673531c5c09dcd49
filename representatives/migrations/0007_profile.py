"""What a person chooses in the profile: language, notices by e-mail, who may read the contact."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q, Value
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """New columns with defaults of the database, so that a million rows need no rewrite.

    Nor a look at each while nobody may work: 0010 looks at the rows that there are.
    """

    dependencies: ClassVar[list[tuple[str, str]]] = [("representatives", "0006_outbox")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            model_name="representative",
            name="contact_shared_with",
            field=models.CharField(
                choices=[
                    ("nobody", "Nobody above me"),
                    ("sponsor", "My sponsor"),
                    ("upline", "Everybody above me"),
                ],
                db_default="nobody",
                default="nobody",
                help_text="Chosen by the person; nobody else sets it.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of pages and e-mails; empty for the browser's.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="email_notices",
            field=models.CharField(
                choices=[
                    ("at_once", "At once"),
                    ("daily", "Once a day, together"),
                    ("never", "Never"),
                ],
                db_default="at_once",
                default="at_once",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="muted_notices",
            field=ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                db_default=Value([], output_field=ArrayField(models.CharField(max_length=40))),
                default=list,
                help_text="Kinds of notices that are not e-mailed.",
                size=None,
            ),
        ),
        AddConstraintNotValid(
            model_name="representative",
            constraint=models.CheckConstraint(
                condition=Q(contact_shared_with__in=["nobody", "sponsor", "upline"]),
                name="representative_contact_sharing_known",
            ),
        ),
        AddConstraintNotValid(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(email_notices__in=["at_once", "daily", "never"]),
                name="user_email_notices_known",
            ),
        ),
        AddConstraintNotValid(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(language__regex=r"^([a-z]{2}(-[a-z]{2,4})?)?$"),
                name="user_language_code",
            ),
        ),
    ]
