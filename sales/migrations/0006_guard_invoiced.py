"""The guards of 0002, extended to pieces, repeat points and retail profit."""

from importlib import import_module

from django.db import migrations

guards = import_module("sales.migrations.0002_guards")

DROP_STANDING = """
DROP TRIGGER sales_order_placed_stands ON sales_order;
DROP TRIGGER sales_orderline_stands ON sales_orderline;
"""
ALWAYS = """
ALTER TABLE sales_order ENABLE ALWAYS TRIGGER sales_order_placed_stands;
ALTER TABLE sales_orderline ENABLE ALWAYS TRIGGER sales_orderline_stands;
"""
ORDER_COLUMNS = (
    "id", "reference", "external_ref", "import_digest", "seller_id", "customer_id", "own",
    "placed_at", "currency", "gross_minor", "tax_minor", "bv", "rsp", "rsp_all", "line_count",
)
LINE_COLUMNS = (
    "id", "order_id", "number", "product_id", "quantity", "unit_price_minor", "gross_minor",
    "tax_minor", "tax_rate_bp", "unit_bv", "unit_rsp", "bv", "rsp", "repeat",
)


def standing(order_columns: tuple[str, ...], line_columns: tuple[str, ...]) -> str:
    """Return the triggers that keep a placed order and a line as they are."""
    changed = guards.CHANGED.format
    return (
        guards.refuse(
            "sales_order",
            "sales_order_placed_stands",
            "UPDATE",
            "an order keeps what it was placed with",
            when=" OR ".join(map(changed, order_columns)),
        )
        + guards.refuse(
            "sales_orderline",
            "sales_orderline_stands",
            "UPDATE",
            "a line keeps what it was placed with, and its class once set",
            when="OLD.line_class IS NOT NULL OR " + " OR ".join(map(changed, line_columns)),
        )
        + ALWAYS
    )


ORDER_PAID = """
CREATE OR REPLACE FUNCTION sales_order_paid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fault text;
BEGIN
    IF NOT EXISTS (SELECT FROM changed WHERE status = 'paid') THEN
        RETURN NULL;
    END IF;
    SELECT o.reference INTO fault
      FROM changed o LEFT JOIN sales_payment p ON p.order_id = o.id
     WHERE o.status = 'paid' AND (p.id IS NULL OR p.amount_minor <> o.gross_minor
                                  OR p.paid_at <> o.paid_at)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: paid without a payment of its total', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_order', CONSTRAINT = TG_NAME;
    END IF;
    SELECT o.reference INTO fault
      FROM changed o
      LEFT JOIN sales_orderline l ON l.order_id = o.id
     WHERE o.status = 'paid'
     GROUP BY o.id, o.reference, o.line_count, o.gross_minor, o.tax_minor, o.bv, o.rsp, o.rsp_all,
              o.rsp_repeat, o.margin_minor, o.units
    HAVING count(l.id) = 0
        OR count(l.line_class) <> o.line_count
        OR count(l.id) <> o.line_count
        OR sum(l.gross_minor) <> o.gross_minor
        OR sum(l.tax_minor) <> o.tax_minor
        OR sum(l.bv) <> o.bv
        OR sum(l.rsp) <> o.rsp_all
        OR coalesce(sum(l.rsp) FILTER (WHERE l.repeat), 0) <> o.rsp
        OR coalesce(sum(l.rsp) FILTER (WHERE l.repeat AND l.line_class = 'repeat'), 0)
           <> o.rsp_repeat
        OR sum(l.margin_minor) <> o.margin_minor
        OR sum(l.quantity) <> o.units
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: its lines are missing, not classed, or do not add up', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_order', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
"""
RETURN_WRITTEN = """
CREATE OR REPLACE FUNCTION sales_return_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fault record;
BEGIN
    PERFORM FROM sales_orderline l WHERE l.id IN (SELECT w.line_id FROM written w)
      ORDER BY l.id FOR NO KEY UPDATE;
    SELECT o.reference, l.number INTO fault
      FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id
     WHERE l.id IN (SELECT w.line_id FROM written w) AND o.status <> 'paid' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: only a paid order can be returned', fault.reference
            USING ERRCODE = 'check_violation', TABLE = 'sales_return', CONSTRAINT = TG_NAME;
    END IF;
    SELECT o.reference, l.number INTO fault
      FROM written w
      JOIN sales_orderline l ON l.id = w.line_id
      JOIN sales_order o ON o.id = l.order_id
     WHERE w.status = 'accepted' AND (w.counted_at < o.counted_at OR w.returned_at < o.paid_at)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order % line %: returned before it was paid', fault.reference, fault.number
            USING ERRCODE = 'check_violation', TABLE = 'sales_return', CONSTRAINT = TG_NAME;
    END IF;
    SELECT o.reference, l.number INTO fault
      FROM sales_orderline l
      JOIN sales_order o ON o.id = l.order_id
      JOIN sales_return r ON r.line_id = l.id AND r.status <> 'refused'
     WHERE l.id IN (SELECT w.line_id FROM written w)
     GROUP BY o.reference, l.id
    HAVING sum(r.quantity) > l.quantity
        OR sum(r.gross_minor) FILTER (WHERE r.status = 'accepted') > l.gross_minor
        OR sum(r.tax_minor) FILTER (WHERE r.status = 'accepted') > l.tax_minor
        OR sum(r.bv) FILTER (WHERE r.status = 'accepted') > l.bv
        OR sum(r.rsp) FILTER (WHERE r.status = 'accepted') > l.rsp
        OR sum(r.margin_minor) FILTER (WHERE r.status = 'accepted') > l.margin_minor
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order % line %: more returned than was bought', fault.reference, fault.number
            USING ERRCODE = 'check_violation', TABLE = 'sales_return', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
"""


def functions_of(text: str) -> str:
    """Return the function of a part of 0002, to be put in the place of a later one."""
    return text.split("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    """Puts the new guards in the place of the old ones; the reverse puts those back."""

    dependencies = [("sales", "0005_fill_pieces")]

    operations = [
        migrations.RunSQL(
            DROP_STANDING
            + standing(
                (*ORDER_COLUMNS, "invoiced_to_customer", "margin_minor", "units"),
                (*LINE_COLUMNS, "margin_minor"),
            )
            + ORDER_PAID
            + RETURN_WRITTEN,
            DROP_STANDING
            + standing(ORDER_COLUMNS, LINE_COLUMNS)
            + functions_of(guards.ORDER_PAID)
            + functions_of(guards.RETURN_WRITTEN),
        )
    ]
