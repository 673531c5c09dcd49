-- A conversion is the other face of its journal: both are written by one transaction, for the same
-- representative and period, and say the same amounts. The period is held FOR SHARE, so that a
-- freeze waits for conversions under way and BV that was bought is in the month or is refused.
CREATE FUNCTION compensation_check_conversions() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    stray text;
BEGIN
    PERFORM FROM (
        SELECT p.id FROM compensation_period p
        WHERE p.id IN (SELECT period_id FROM new_conversions) ORDER BY p.id FOR SHARE
    ) held;
    SELECT p.label INTO stray FROM compensation_period p
    WHERE p.id IN (SELECT period_id FROM new_conversions) AND p.status <> 'open' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'points can not be converted in %, which is not open', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rspconversion_in_open_period';
    END IF;

    SELECT c.token INTO stray
    FROM new_conversions c
    LEFT JOIN compensation_journal j ON j.id = c.journal_id
        AND j.xact = pg_current_xact_id()
        AND j.representative_id = c.representative_id
        AND j.period_id = c.period_id
        AND j.kind = CASE c.target WHEN 'expiry' THEN 'expiry' ELSE 'conversion' END
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(e.amount) FILTER (WHERE e.account = 4 AND e.unit = 'RSP'), 0) AS rsp,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 2), 0) AS money,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 8 AND e.unit = 'BV'), 0) AS bv
        FROM compensation_entry e WHERE e.journal_id = j.id
    ) moved ON true
    WHERE (j.id, moved.rsp, moved.money, moved.bv)
        IS DISTINCT FROM (c.journal_id, -c.points, c.cash_minor, c.bv)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'conversion % is not what its journal says', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rspconversion_is_its_journal';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER bank_check AFTER INSERT ON compensation_rspconversion
    REFERENCING NEW TABLE AS new_conversions
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_check_conversions();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_rspconversion
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_rspconversion ENABLE ALWAYS TRIGGER bank_check;
ALTER TABLE compensation_rspconversion ENABLE ALWAYS TRIGGER append_only;
