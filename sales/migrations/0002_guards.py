"""Guards on the facts of selling, held against every role.

A placed order may only be paid or cancelled; from then on it, its lines and its payment stand. An
order is paid only with a payment of its total, with classed lines, and with totals that its lines
add up to. No more can be returned than was bought, and a decided return stands. Nothing is deleted
or truncated. That a fact counts in an open period is guarded one app above, where periods live.

Immutability is held row by row with a WHEN clause (free for rows that pass), sums are checked once
a statement over transition tables, so that bulk writes stay cheap. Refusals carry SQLSTATE 23001
(restrict_violation: a fact stands) or 23514 (check_violation: a fact would be wrong).
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION sales_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0]
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$;
"""


def refuse(table: str, name: str, event: str, message: str, *, when: str = "") -> str:
    """Return the statement that makes `event` on `table` raise `message`."""
    if when:
        level = f"FOR EACH ROW WHEN ({when})"
    else:
        level = "FOR EACH STATEMENT"
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} {level} "
        f"EXECUTE FUNCTION sales_refuse('{message}');\n"
    )


FACTS = ["sales_order", "sales_orderline", "sales_payment", "sales_return"]

STANDING = "".join(
    refuse(table, f"{table}_no_{event.lower()}", event, f"rows of {table} are never removed")
    for table in FACTS
    for event in ("DELETE", "TRUNCATE")
)

CHANGED = "OLD.{0} IS DISTINCT FROM NEW.{0}"

STANDING += refuse(
    "sales_order",
    "sales_order_decided_stands",
    "UPDATE",
    "a paid or cancelled order stands as it is",
    when="OLD.status <> 'placed'",
)
STANDING += refuse(
    "sales_order",
    "sales_order_placed_stands",
    "UPDATE",
    "an order keeps what it was placed with",
    when=" OR ".join(
        CHANGED.format(column)
        for column in (
            "id",
            "reference",
            "external_ref",
            "import_digest",
            "seller_id",
            "customer_id",
            "own",
            "placed_at",
            "currency",
            "gross_minor",
            "tax_minor",
            "bv",
            "rsp",
            "rsp_all",
            "line_count",
        )
    ),
)
STANDING += refuse(
    "sales_orderline",
    "sales_orderline_stands",
    "UPDATE",
    "a line keeps what it was placed with, and its class once set",
    when="OLD.line_class IS NOT NULL OR "
    + " OR ".join(
        CHANGED.format(column)
        for column in (
            "id",
            "order_id",
            "number",
            "product_id",
            "quantity",
            "unit_price_minor",
            "gross_minor",
            "tax_minor",
            "tax_rate_bp",
            "unit_bv",
            "unit_rsp",
            "bv",
            "rsp",
            "repeat",
        )
    ),
)
STANDING += refuse("sales_payment", "sales_payment_stands", "UPDATE", "a payment stands as it is")
STANDING += refuse(
    "sales_return",
    "sales_return_decided_stands",
    "UPDATE",
    "an accepted or refused return stands as it is",
    when="OLD.status <> 'requested'",
)
STANDING += refuse(
    "sales_return",
    "sales_return_request_stands",
    "UPDATE",
    "a return keeps what was asked for, only fewer pieces may be accepted",
    when="NEW.quantity > OLD.quantity OR "
    + " OR ".join(
        CHANGED.format(column)
        for column in (
            "id",
            "line_id",
            "reference",
            "external_ref",
            "import_digest",
            "batch_id",
            "requested_at",
            "requested_by_id",
            "reason",
        )
    ),
)

# A new order is placed, belongs to a customer of its seller, and is an own purchase exactly when
# that customer is the seller himself.
ORDER_ADDED = """
CREATE FUNCTION sales_order_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fault text;
BEGIN
    SELECT n.reference INTO fault FROM added n WHERE n.status <> 'placed' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: an order is placed before it is paid or cancelled', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_order', CONSTRAINT = TG_NAME;
    END IF;
    SELECT n.reference INTO fault
      FROM added n JOIN sales_customer c ON c.id = n.customer_id
     WHERE c.representative_id <> n.seller_id OR c.is_self <> n.own LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: its customer is not one of its seller', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_order', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_order_added AFTER INSERT ON sales_order
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION sales_order_added();
"""

# Paid needs a payment of the total at that instant, at least one line, a class on every line, and
# totals equal to the sums over the lines.
ORDER_PAID = """
CREATE FUNCTION sales_order_paid() RETURNS trigger LANGUAGE plpgsql AS $$
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
     GROUP BY o.id, o.reference, o.line_count, o.gross_minor, o.tax_minor, o.bv, o.rsp, o.rsp_all
    HAVING count(l.id) = 0
        OR count(l.line_class) <> o.line_count
        OR count(l.id) <> o.line_count
        OR sum(l.gross_minor) <> o.gross_minor
        OR sum(l.tax_minor) <> o.tax_minor
        OR sum(l.bv) <> o.bv
        OR sum(l.rsp) <> o.rsp_all
        OR coalesce(sum(l.rsp) FILTER (WHERE l.repeat), 0) <> o.rsp
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: its lines are missing, not classed, or do not add up', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_order', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_order_paid AFTER UPDATE ON sales_order
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION sales_order_paid();
"""

# Lines join, and get their class, while their order is placed. The share lock waits for a payment
# that is under way; the statement after it sees what that payment did.
LINE_WRITTEN = """
CREATE FUNCTION sales_orderline_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fault text;
BEGIN
    PERFORM FROM sales_order o WHERE o.id IN (SELECT w.order_id FROM written w)
      ORDER BY o.id FOR SHARE;
    SELECT o.reference INTO fault
      FROM sales_order o
     WHERE o.id IN (SELECT w.order_id FROM written w) AND o.status <> 'placed' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: lines of a paid or cancelled order stand as they are', fault
            USING ERRCODE = 'restrict_violation', TABLE = 'sales_orderline', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_orderline_added AFTER INSERT ON sales_orderline
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION sales_orderline_written();
CREATE TRIGGER sales_orderline_classed AFTER UPDATE ON sales_orderline
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION sales_orderline_written();
"""

# A payment comes while its order is placed, and at commit its order is paid: a payment never
# hangs on an order that does not count.
PAYMENT_ADDED = """
CREATE FUNCTION sales_payment_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fault text;
BEGIN
    PERFORM FROM sales_order o WHERE o.id IN (SELECT a.order_id FROM added a)
      ORDER BY o.id FOR SHARE;
    SELECT o.reference INTO fault
      FROM sales_order o
     WHERE o.id IN (SELECT a.order_id FROM added a) AND o.status <> 'placed' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: only a placed order can be paid', fault
            USING ERRCODE = 'restrict_violation', TABLE = 'sales_payment', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_payment_added AFTER INSERT ON sales_payment
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION sales_payment_added();

CREATE FUNCTION sales_payment_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sales_order WHERE id = NEW.order_id AND status = 'paid') THEN
        RAISE EXCEPTION 'payment %: its order is not marked paid', NEW.reference
            USING ERRCODE = 'check_violation', TABLE = 'sales_payment', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER sales_payment_used AFTER INSERT ON sales_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sales_payment_used();
"""

# Requested and accepted pieces together are at most those bought, accepted amounts at most those
# of the line. The lock on the line makes simultaneous returns take turns.
RETURN_WRITTEN = """
CREATE FUNCTION sales_return_written() RETURNS trigger LANGUAGE plpgsql AS $$
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
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order % line %: more returned than was bought', fault.reference, fault.number
            USING ERRCODE = 'check_violation', TABLE = 'sales_return', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_return_added AFTER INSERT ON sales_return
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION sales_return_written();
CREATE TRIGGER sales_return_changed AFTER UPDATE ON sales_return
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION sales_return_written();
"""

# Not even a session that replays a log may pass by.
ALWAYS = """
DO $$
DECLARE guard record;
BEGIN
    FOR guard IN
        SELECT tgrelid::regclass AS place, tgname FROM pg_trigger
         WHERE NOT tgisinternal AND tgname LIKE 'sales\\_%'
           AND tgrelid IN ('sales_order'::regclass, 'sales_orderline'::regclass,
                           'sales_payment'::regclass, 'sales_return'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', guard.place, guard.tgname);
    END LOOP;
END $$;
"""

# References are checked with the statement: put off to the commit they cost a queue of events.
IMMEDIATE = """
DO $$
DECLARE reference record;
BEGIN
    FOR reference IN
        SELECT conrelid::regclass AS place, conname FROM pg_constraint
         WHERE contype = 'f' AND condeferrable
           AND conrelid IN ('sales_order'::regclass, 'sales_orderline'::regclass,
                            'sales_payment'::regclass, 'sales_return'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I NOT DEFERRABLE',
                       reference.place, reference.conname);
    END LOOP;
END $$;
"""

UNDO = """
DROP FUNCTION sales_refuse() CASCADE;
DROP FUNCTION sales_order_added() CASCADE;
DROP FUNCTION sales_order_paid() CASCADE;
DROP FUNCTION sales_orderline_written() CASCADE;
DROP FUNCTION sales_payment_added() CASCADE;
DROP FUNCTION sales_payment_used() CASCADE;
DROP FUNCTION sales_return_written() CASCADE;
"""


class Migration(migrations.Migration):
    """Adds the guards; the reverse drops them."""

    dependencies = [("sales", "0001_initial")]

    operations = [
        migrations.RunSQL(
            REFUSE
            + STANDING
            + ORDER_ADDED
            + ORDER_PAID
            + LINE_WRITTEN
            + PAYMENT_ADDED
            + RETURN_WRITTEN
            + ALWAYS
            + IMMEDIATE,
            UNDO,
        )
    ]
