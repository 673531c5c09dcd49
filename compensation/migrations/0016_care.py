"""Care for the people below."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Filled with the models it makes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("compensation", "0015_waiting_work")]

    operations: ClassVar[list[Operation]] = []
