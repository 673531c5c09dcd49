"""Pieces and repeat points of the orders that are there, from their lines.

Both follow from lines that stand, so a paid order is only completed: the guard that keeps it as it
is steps aside for this one statement, and is back before anybody else may write. Whom the company
invoiced was not recorded before, so there is no retail profit to be filled in.
"""

from django.db import migrations

FILL = """
ALTER TABLE sales_order DISABLE TRIGGER sales_order_decided_stands;
UPDATE sales_order o
   SET units = l.units,
       rsp_repeat = CASE WHEN o.status = 'paid' THEN l.rsp_repeat ELSE 0 END
  FROM (
    SELECT order_id, sum(quantity)::integer AS units,
           coalesce(sum(rsp) FILTER (WHERE repeat AND line_class = 'repeat'), 0)::bigint
               AS rsp_repeat
      FROM sales_orderline GROUP BY order_id
  ) l
 WHERE l.order_id = o.id;
ALTER TABLE sales_order ENABLE ALWAYS TRIGGER sales_order_decided_stands;
"""


class Migration(migrations.Migration):
    """Completes the orders; there is nothing to take back."""

    dependencies = [("sales", "0004_invoiced_orders")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
