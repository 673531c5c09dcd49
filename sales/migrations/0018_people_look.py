"""Customers that there were before 0011: what their orders say of them, and its rules.

Whoever bought uses the product and buys; whoever brought somebody who bought recommends. No row is
locked longer than its batch.
"""

from typing import Any, ClassVar

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.migrations.operations.base import Operation

RULES = (
    "customer_stage_known",
    "customer_use_known",
    "customer_channel_known",
    "customer_language_known",
    "customer_source_known",
    "customer_birthday_without_age",
    "customer_gone_without_data",
    "customer_not_merged_into_itself",
)
BATCH = 50_000
FILL = """
UPDATE sales_customer c
   SET use = 'user',
       stage = CASE WHEN EXISTS (
                   SELECT FROM sales_customer r JOIN sales_order o ON o.customer_id = r.id
                    WHERE r.referred_by_id = c.id AND o.status = 'paid')
               THEN 'refers' ELSE 'buys' END
 WHERE c.id > %(after)s AND c.id <= %(last)s AND c.stage = 'aware' AND NOT c.is_self
   AND EXISTS (SELECT FROM sales_order o WHERE o.customer_id = c.id AND o.status = 'paid')
"""


def fill(apps: Any, editor: Any) -> None:
    """Set stage and use of those who bought, some ten thousand at a time."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) FROM sales_customer")
        after, last = cursor.fetchone()
        while after < last:
            cursor.execute(FILL, {"after": after, "last": after + BATCH})
            after += BATCH


class Migration(migrations.Migration):
    """Each step is a transaction of its own."""

    atomic = False
    dependencies: ClassVar[list[tuple[str, str]]] = [("sales", "0017_figures")]

    operations: ClassVar[list[Operation]] = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        *(ValidateConstraint(model_name="customer", name=name) for name in RULES),
    ]
