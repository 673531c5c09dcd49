"""What a person sets for the day's work."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Filled with the models it makes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("representatives", "0010_choices_hold")]

    operations: ClassVar[list[Operation]] = []
