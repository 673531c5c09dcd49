"""Names of customers with Polish letters sort behind those without: their keys are written anew."""

import unicodedata
from typing import Any, ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

LETTERS = "[ąćęłńóśźżĄĆĘŁŃÓŚŹŻ\u0301\u0307\u0328]"
AT_A_TIME = 5_000

SORT_KEY_LENGTH = 200
LONGEST_FOLDED = 120
UNDECOMPOSED = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
MARKED = str.maketrans(
    dict(zip("ąćęłńóśźż", ("a{", "c{", "e{", "l{", "n{", "o{", "s{", "z{", "z|"), strict=True))
)


def sort_key(name: str) -> str:
    """Return the key as `representatives.text` made it when this migration was written."""
    plain = _bare(name.casefold())
    marked = _bare(unicodedata.normalize("NFC", name.casefold()).translate(MARKED))
    if marked == plain:
        return plain[:SORT_KEY_LENGTH]
    plain = plain[:LONGEST_FOLDED]
    return marked[: SORT_KEY_LENGTH - len(plain) - 1] + "\t" + plain


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.translate(UNDECOMPOSED))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(bare.split())



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
