-- What holds of people whatever role writes: a merge and an erasure stand, orders follow a merge
-- and nothing else, consent is only added and withdrawn, and nobody is removed but by erasure.
-- Refusals carry SQLSTATE 23001 (what stands) or 23514 (what would be wrong), as in 0002.

-- An order keeps what it was placed with, but that it follows its customer into a merge. Whom it
-- was written for is kept: what was counted of a closed month is counted alike for ever.
DROP TRIGGER sales_order_decided_stands ON sales_order;
DROP TRIGGER sales_order_placed_stands ON sales_order;
CREATE TRIGGER sales_order_decided_stands BEFORE UPDATE ON sales_order FOR EACH ROW
    WHEN (OLD.status <> 'placed' AND NOT (
        OLD.customer_id <> NEW.customer_id
        AND (OLD.status, OLD.paid_at, OLD.counted_at, OLD.rsp_repeat)
            IS NOT DISTINCT FROM (NEW.status, NEW.paid_at, NEW.counted_at, NEW.rsp_repeat)))
    EXECUTE FUNCTION sales_refuse('a paid or cancelled order stands as it is');
CREATE TRIGGER sales_order_placed_stands BEFORE UPDATE ON sales_order FOR EACH ROW
    WHEN ((OLD.id, OLD.reference, OLD.external_ref, OLD.import_digest, OLD.seller_id, OLD.own,
           OLD.placed_at, OLD.currency, OLD.gross_minor, OLD.tax_minor, OLD.bv, OLD.rsp,
           OLD.rsp_all, OLD.line_count, OLD.invoiced_to_customer, OLD.margin_minor, OLD.units)
          IS DISTINCT FROM
          (NEW.id, NEW.reference, NEW.external_ref, NEW.import_digest, NEW.seller_id, NEW.own,
           NEW.placed_at, NEW.currency, NEW.gross_minor, NEW.tax_minor, NEW.bv, NEW.rsp,
           NEW.rsp_all, NEW.line_count, NEW.invoiced_to_customer, NEW.margin_minor, NEW.units)
          OR OLD.customer_id = NEW.customer_id
             AND OLD.written_for_id IS DISTINCT FROM NEW.written_for_id)
    EXECUTE FUNCTION sales_refuse('an order keeps what it was placed with');

CREATE FUNCTION sales_order_follows_merge() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sales_customer
                    WHERE id = OLD.customer_id AND merged_into_id = NEW.customer_id) THEN
        RAISE EXCEPTION 'order %: its customer is not merged into that one', OLD.reference
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    NEW.written_for_id := coalesce(OLD.written_for_id, OLD.customer_id);
    RETURN NEW;
END $$;
CREATE TRIGGER sales_order_follows_merge BEFORE UPDATE ON sales_order FOR EACH ROW
    WHEN (OLD.customer_id <> NEW.customer_id)
    EXECUTE FUNCTION sales_order_follows_merge();

-- A new order is placed, for a customer of its seller who is neither erased nor merged, and is an
-- own purchase exactly when that customer is the seller himself.
CREATE OR REPLACE FUNCTION sales_order_added() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE fault text;
BEGIN
    SELECT n.reference INTO fault FROM added n
     WHERE n.status <> 'placed' OR n.written_for_id IS NOT NULL LIMIT 1;
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
    SELECT n.reference INTO fault
      FROM added n JOIN sales_customer c ON c.id = n.customer_id
     WHERE c.erased_at IS NOT NULL OR c.merged_into_id IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order %: its customer is erased or merged into another', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_order', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;

-- An erasure and a merge stand; a merge is into a living customer of the same representative.
CREATE TRIGGER sales_customer_gone_stands BEFORE UPDATE ON sales_customer FOR EACH ROW
    WHEN (OLD.erased_at IS NOT NULL AND NEW.erased_at IS DISTINCT FROM OLD.erased_at
          OR OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS NULL)
    EXECUTE FUNCTION sales_refuse('an erasure and a merge stand');

CREATE FUNCTION sales_customer_merged() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sales_customer
                    WHERE id = NEW.merged_into_id AND representative_id = NEW.representative_id
                      AND NOT is_self AND erased_at IS NULL AND merged_into_id IS NULL) THEN
        RAISE EXCEPTION 'customer %: can be merged into another living customer of the same '
            'representative alone', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    IF EXISTS (SELECT FROM sales_customer WHERE merged_into_id = NEW.id) THEN
        RAISE EXCEPTION 'customer %: others are merged into it, which go first', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sales_customer_merged BEFORE INSERT OR UPDATE OF merged_into_id ON sales_customer
    FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL)
    EXECUTE FUNCTION sales_customer_merged();

-- Nobody is removed whose data were not erased before.
CREATE TRIGGER sales_customer_no_delete BEFORE DELETE ON sales_customer FOR EACH ROW
    WHEN (OLD.erased_at IS NULL AND OLD.merged_into_id IS NULL OR OLD.is_self)
    EXECUTE FUNCTION sales_refuse('a customer is removed by erasure alone');
CREATE TRIGGER sales_customer_no_truncate BEFORE TRUNCATE ON sales_customer
    FOR EACH STATEMENT EXECUTE FUNCTION sales_refuse('customers are removed by erasure alone');

-- A transfer stands, but that its reference goes with the data of an erased customer.
CREATE FUNCTION sales_transfer_stands() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF (OLD.id, OLD.customer_id, OLD.old_representative_id, OLD.new_representative_id,
        OLD.passed_at) IS DISTINCT FROM
       (NEW.id, NEW.customer_id, NEW.old_representative_id, NEW.new_representative_id,
        NEW.passed_at)
       OR NEW.old_reference <> ''
       OR NOT EXISTS (SELECT FROM sales_customer
                       WHERE id = OLD.customer_id AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a transfer stands as it is'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sales_customertransfer_stands BEFORE UPDATE ON sales_customertransfer
    FOR EACH ROW EXECUTE FUNCTION sales_transfer_stands();

-- Consent is withdrawn once, follows a merge, and is removed with an erased person alone.
CREATE FUNCTION sales_consent_stands() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM sales_customer
                    WHERE id = OLD.customer_id AND erased_at IS NULL) THEN
            RAISE EXCEPTION 'consent is removed with the person alone'
                USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
        END IF;
        RETURN OLD;
    END IF;
    IF (OLD.id, OLD.representative_id, OLD.kind, OLD.given_at, OLD.text)
       IS DISTINCT FROM (NEW.id, NEW.representative_id, NEW.kind, NEW.given_at, NEW.text)
       OR OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at
       OR OLD.customer_id <> NEW.customer_id
          AND NOT EXISTS (SELECT FROM sales_customer
                           WHERE id = OLD.customer_id AND merged_into_id = NEW.customer_id) THEN
        RAISE EXCEPTION 'consent stands as it was given, and is withdrawn once'
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sales_consent_stands BEFORE UPDATE OR DELETE ON sales_consent
    FOR EACH ROW EXECUTE FUNCTION sales_consent_stands();

ALTER TABLE sales_order ENABLE ALWAYS TRIGGER sales_order_decided_stands;
ALTER TABLE sales_order ENABLE ALWAYS TRIGGER sales_order_placed_stands;
ALTER TABLE sales_order ENABLE ALWAYS TRIGGER sales_order_follows_merge;
ALTER TABLE sales_customer ENABLE ALWAYS TRIGGER sales_customer_gone_stands;
ALTER TABLE sales_customer ENABLE ALWAYS TRIGGER sales_customer_merged;
ALTER TABLE sales_customer ENABLE ALWAYS TRIGGER sales_customer_no_delete;
ALTER TABLE sales_customer ENABLE ALWAYS TRIGGER sales_customer_no_truncate;
ALTER TABLE sales_customertransfer ENABLE ALWAYS TRIGGER sales_customertransfer_stands;
ALTER TABLE sales_consent ENABLE ALWAYS TRIGGER sales_consent_stands;
