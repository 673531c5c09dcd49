"""The notices that there were before 0011 are held to its list, while others read and write."""

from typing import ClassVar

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """A transaction of its own, which holds no lock but that of the look itself."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("representatives", "0012_contact_rules")]

    operations: ClassVar[list[Operation]] = [
        ValidateConstraint(model_name="notice", name="notice_kind_known")
    ]
