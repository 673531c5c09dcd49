"""The lines that there were before 0008 are held to its rule, while others read and write."""

from typing import ClassVar

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """A transaction of its own, which holds no lock but that of the look itself."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("sales", "0009_polish_order")]

    operations: ClassVar[list[Operation]] = [
        ValidateConstraint(model_name="orderline", name="orderline_tax_of_its_rate")
    ]
