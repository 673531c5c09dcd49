"""People of a representative: stage, use, needs, consent."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Filled with the models it makes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("sales", "0010_tax_holds")]

    operations: ClassVar[list[Operation]] = []
