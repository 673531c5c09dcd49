-- A fact may be counted, moved or taken away only within periods that are open. The period rows
-- are held FOR SHARE: a freeze waits for facts under way, and facts wait for a freeze and then
-- see that it came first. Checked once a statement, so that an import pays no toll per row.
CREATE FUNCTION compensation_guard_counted() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint[];
    held bigint[];
    earliest timestamptz;
    latest timestamptz;
    stray timestamptz;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT min(counted_at), max(counted_at) INTO earliest, latest FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT min(counted_at), max(counted_at) INTO earliest, latest FROM old_rows;
    ELSE
        SELECT min(least(o.counted_at, n.counted_at)), max(greatest(o.counted_at, n.counted_at))
        INTO earliest, latest
        FROM old_rows o FULL JOIN new_rows n USING (id)
        WHERE o.counted_at IS DISTINCT FROM n.counted_at;
    END IF;
    IF earliest IS NULL THEN
        RETURN NULL;
    END IF;

    SELECT array_agg(id) INTO wanted FROM compensation_period
    WHERE starts_at <= latest AND ends_at > earliest;
    SELECT array_agg(p.id) INTO held FROM (
        SELECT id FROM compensation_period
        WHERE id = ANY (wanted) AND status = 'open' ORDER BY id FOR SHARE
    ) p;

    IF TG_OP = 'INSERT' THEN
        SELECT n.counted_at INTO stray FROM new_rows n
        WHERE n.counted_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM compensation_period p WHERE p.id = ANY (held)
            AND n.counted_at >= p.starts_at AND n.counted_at < p.ends_at
        ) LIMIT 1;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT o.counted_at INTO stray FROM old_rows o
        WHERE o.counted_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM compensation_period p WHERE p.id = ANY (held)
            AND o.counted_at >= p.starts_at AND o.counted_at < p.ends_at
        ) LIMIT 1;
    ELSE
        SELECT moment INTO stray
        FROM old_rows o FULL JOIN new_rows n USING (id)
        CROSS JOIN LATERAL (VALUES (o.counted_at), (n.counted_at)) AS both_ends (moment)
        WHERE o.counted_at IS DISTINCT FROM n.counted_at AND moment IS NOT NULL AND NOT EXISTS (
            SELECT FROM compensation_period p WHERE p.id = ANY (held)
            AND moment >= p.starts_at AND moment < p.ends_at
        ) LIMIT 1;
    END IF;
    IF stray IS NOT NULL THEN
        RAISE EXCEPTION '% can not be counted at %: no open period holds it', TG_TABLE_NAME, stray
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_counted_in_open_period';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER counted_in_open_period_insert AFTER INSERT ON sales_order
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_counted();
CREATE TRIGGER counted_in_open_period_update AFTER UPDATE ON sales_order
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_counted();
CREATE TRIGGER counted_in_open_period_delete AFTER DELETE ON sales_order
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_counted();
CREATE TRIGGER counted_in_open_period_insert AFTER INSERT ON sales_return
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_counted();
CREATE TRIGGER counted_in_open_period_update AFTER UPDATE ON sales_return
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_counted();
CREATE TRIGGER counted_in_open_period_delete AFTER DELETE ON sales_return
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_counted();
ALTER TABLE sales_order ENABLE ALWAYS TRIGGER counted_in_open_period_insert;
ALTER TABLE sales_order ENABLE ALWAYS TRIGGER counted_in_open_period_update;
ALTER TABLE sales_order ENABLE ALWAYS TRIGGER counted_in_open_period_delete;
ALTER TABLE sales_return ENABLE ALWAYS TRIGGER counted_in_open_period_insert;
ALTER TABLE sales_return ENABLE ALWAYS TRIGGER counted_in_open_period_update;
ALTER TABLE sales_return ENABLE ALWAYS TRIGGER counted_in_open_period_delete;
