"""What people are told, and staff looking as a member."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """After the choices of the profile."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("representatives", "0007_profile")]

    operations: ClassVar[list[Operation]] = []
