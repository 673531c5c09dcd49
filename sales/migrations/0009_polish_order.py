"""Names of customers with Polish letters sort behind those without: their keys are written anew."""

from typing import Any, ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

from representatives.text import sort_key

LETTERS = "[ąćęłńóśźżĄĆĘŁŃÓŚŹŻ\u0301\u0307\u0328]"
AT_A_TIME = 5_000


def write_keys(apps: Any, schema_editor: Any) -> None:
    """Give every such name its key, some thousand at a time."""
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT id, name FROM sales_customer"
                " WHERE id > %s AND name ~ %s ORDER BY id LIMIT %s",
                [last, LETTERS, AT_A_TIME],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            cursor.executemany(
                "UPDATE sales_customer SET sort_key = %s WHERE id = %s",
                [(sort_key(name), number) for number, name in rows],
            )


class Migration(migrations.Migration):
    """After the tax."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("sales", "0008_tax")]

    operations: ClassVar[list[Operation]] = [
        migrations.RunPython(write_keys, migrations.RunPython.noop)
    ]
