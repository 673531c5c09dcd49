"""Tax of orders."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """After the placed orders."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("sales", "0007_placed_orders")]

    operations: ClassVar[list[Operation]] = []
