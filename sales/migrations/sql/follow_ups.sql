-- Nobody is chased who may not be, whoever writes. An open follow-up is about a customer of the
-- same representative who was neither erased nor merged and has not asked to be left alone; one
-- that asks for an order is not opened after the order came. The customers' rows are locked, so
-- that a payment or a "please don't call" in another transaction is seen or waits. A session plans
-- these queries once, for as many rows as there were then: without nested loops alone, one import
-- would make every later row read all customers.
CREATE FUNCTION sales_followup_allowed() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE fault bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM added a WHERE a.state = 'open' AND a.customer_id IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    PERFORM FROM sales_customer c
      WHERE c.id IN (SELECT a.customer_id FROM added a WHERE a.state = 'open')
      ORDER BY c.id FOR SHARE;
    SELECT a.customer_id INTO fault
      FROM added a JOIN sales_customer c ON c.id = a.customer_id
     WHERE a.state = 'open'
       AND (c.representative_id <> a.representative_id OR c.is_self
            OR c.no_contact_at IS NOT NULL OR c.erased_at IS NOT NULL
            OR c.merged_into_id IS NOT NULL)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'customer %: nobody is to follow up', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_followup',
                  CONSTRAINT = 'followup_may_be_contacted';
    END IF;
    SELECT a.customer_id INTO fault
      FROM added a
     WHERE a.state = 'open' AND a.kind IN ('care', 'reorder', 'win_back')
       AND EXISTS (SELECT FROM sales_order o
                    WHERE o.customer_id = a.customer_id AND o.status = 'paid'
                      AND o.counted_at > a.created_at)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'customer %: has ordered since', fault
            USING ERRCODE = 'check_violation', TABLE = 'sales_followup',
                  CONSTRAINT = 'followup_not_after_an_order';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER sales_followup_added AFTER INSERT ON sales_followup
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION sales_followup_allowed();
CREATE TRIGGER sales_followup_changed AFTER UPDATE ON sales_followup
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION sales_followup_allowed();

CREATE TRIGGER sales_followup_stands BEFORE UPDATE ON sales_followup FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.kind <> NEW.kind OR OLD.created_at <> NEW.created_at
          OR OLD.member_id IS DISTINCT FROM NEW.member_id
          OR OLD.source_key IS DISTINCT FROM NEW.source_key
          OR OLD.closing_order_id IS NOT NULL
             AND (OLD.closing_order_id IS DISTINCT FROM NEW.closing_order_id
                  OR OLD.state <> NEW.state))
    EXECUTE FUNCTION sales_refuse('a follow-up keeps what it was planned as, and the order that answered it');

-- What becomes of follow-ups when a customer may no longer be contacted, is merged, or passes to
-- another representative: done by the database, so that no way of changing a customer forgets it.
-- Open ones end. After a merge all go to the remaining row; after a pass the new representative
-- takes over what the desk planned by itself, while own tasks and notes stay private and end.
-- By the index of customers alone: with old statistics the planner reads all that is open.
CREATE FUNCTION sales_followup_customer_changed() RETURNS trigger LANGUAGE plpgsql
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
        UPDATE sales_followup f SET customer_id = NEW.merged_into_id WHERE f.customer_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER sales_customer_ends_follow_ups
    AFTER UPDATE OF representative_id, no_contact_at, erased_at, merged_into_id ON sales_customer
    FOR EACH ROW
    WHEN (OLD.representative_id <> NEW.representative_id
          OR OLD.no_contact_at IS NULL AND NEW.no_contact_at IS NOT NULL
          OR OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
          OR OLD.merged_into_id IS NULL AND NEW.merged_into_id IS NOT NULL)
    EXECUTE FUNCTION sales_followup_customer_changed();

-- The plan for products without one of their own: 2, 6 and 21 days after the sale, and five days
-- before the pack is empty. Staff change it.
INSERT INTO sales_careplan (product_id) VALUES (NULL);
INSERT INTO sales_carestep (plan_id, anchor, days, occasion)
SELECT p.id, s.anchor, s.days, s.occasion
  FROM sales_careplan p,
       (VALUES ('sale', 2, 'arrived'), ('sale', 6, 'first_days'), ('sale', 21, 'result'),
               ('run_out', 5, 'reorder')) AS s (anchor, days, occasion);

ALTER TABLE sales_followup ENABLE ALWAYS TRIGGER sales_followup_added;
ALTER TABLE sales_followup ENABLE ALWAYS TRIGGER sales_followup_changed;
ALTER TABLE sales_followup ENABLE ALWAYS TRIGGER sales_followup_stands;
ALTER TABLE sales_customer ENABLE ALWAYS TRIGGER sales_customer_ends_follow_ups;
