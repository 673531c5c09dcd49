"""What a person chooses in the profile."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """After the outbox."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("representatives", "0006_outbox")]

    operations: ClassVar[list[Operation]] = []
