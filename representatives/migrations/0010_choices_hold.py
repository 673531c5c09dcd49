"""The rows that there were before 0007 are held to its rules, while others read and write."""

from typing import ClassVar

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """A transaction of its own, which holds no lock but those of the looks themselves."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("representatives", "0009_polish_order")]

    operations: ClassVar[list[Operation]] = [
        ValidateConstraint(
            model_name="representative", name="representative_contact_sharing_known"
        ),
        ValidateConstraint(model_name="user", name="user_email_notices_known"),
        ValidateConstraint(model_name="user", name="user_language_code"),
    ]
