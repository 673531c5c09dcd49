"""What was suggested, and what became of it."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Filled with the models it makes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("sales", "0013_follow_ups")]

    operations: ClassVar[list[Operation]] = []
