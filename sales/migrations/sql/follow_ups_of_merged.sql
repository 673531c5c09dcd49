-- As in follow_ups.sql, with one thing more: where two rows become one person, an order of either
-- answers what waits at the other, as it would have at its own payment.
CREATE OR REPLACE FUNCTION sales_followup_customer_changed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp
    SET enable_bitmapscan = off SET enable_seqscan = off AS $$
DECLARE
    instant timestamptz;
    may_be_contacted boolean;
BEGIN
    SELECT COALESCE(clock_frozen_at, clock_timestamp() + clock_offset) INTO instant
      FROM representatives_company;
    may_be_contacted := NEW.no_contact_at IS NULL AND NEW.erased_at IS NULL;
    IF NEW.merged_into_id IS NOT NULL THEN
        SELECT may_be_contacted AND m.no_contact_at IS NULL AND m.erased_at IS NULL
               AND m.merged_into_id IS NULL
          INTO may_be_contacted FROM sales_customer m WHERE m.id = NEW.merged_into_id;
    END IF;
    UPDATE sales_followup f
       SET state = 'cancelled', closed_at = GREATEST(instant, f.created_at)
     WHERE f.customer_id = NEW.id AND f.state = 'open'
       AND (NOT may_be_contacted
            OR f.source_key IS NULL AND NEW.representative_id <> OLD.representative_id);
    IF NEW.representative_id <> OLD.representative_id THEN
        UPDATE sales_followup f SET representative_id = NEW.representative_id
         WHERE f.customer_id = NEW.id AND f.state = 'open';
    END IF;
    IF NEW.merged_into_id IS NOT NULL THEN
        UPDATE sales_followup f
           SET state = 'cancelled', closed_at = GREATEST(instant, f.created_at)
         WHERE f.customer_id IN (NEW.id, NEW.merged_into_id) AND f.state = 'open'
           AND f.kind IN ('care', 'reorder', 'win_back')
           AND EXISTS (SELECT FROM sales_order o
                        WHERE o.customer_id IN (NEW.id, NEW.merged_into_id) AND o.status = 'paid'
                          AND o.counted_at > f.created_at);
        UPDATE sales_followup f SET customer_id = NEW.merged_into_id WHERE f.customer_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
