-- What papers say is frozen. A name may be added only for months that have no papers yet, and the
-- one change of a name there is, is its erasure.
CREATE FUNCTION compensation_guard_statement_names() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    latest date;
    stray date;
BEGIN
    SELECT max(p.first_day) INTO latest FROM compensation_statementframe f
    JOIN compensation_run r ON r.id = f.run_id JOIN compensation_period p ON p.id = r.period_id;
    SELECT min(from_month) INTO stray FROM new_names;
    IF stray <= latest THEN
        RAISE EXCEPTION 'the statements of % are out: no name can be added to them', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statementname_before_papers';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION compensation_guard_statement_erasure() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.representative_id, NEW.from_month) IS DISTINCT FROM
        (OLD.representative_id, OLD.from_month)
        OR OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR NEW.name <> '' THEN
        RAISE EXCEPTION 'a name on statements is never changed, only erased'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER before_papers AFTER INSERT ON compensation_statementname
    REFERENCING NEW TABLE AS new_names
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_statement_names();
CREATE TRIGGER only_erased BEFORE UPDATE ON compensation_statementname
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_statement_erasure();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_statementname
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_statementframe
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_statementname ENABLE ALWAYS TRIGGER before_papers;
ALTER TABLE compensation_statementname ENABLE ALWAYS TRIGGER only_erased;
ALTER TABLE compensation_statementname ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_statementframe ENABLE ALWAYS TRIGGER append_only;

-- Months that were published before have papers from now on, with the names of today.
INSERT INTO compensation_statementname (representative_id, from_month, name)
SELECT r.id, p.first_day, r.name
FROM representatives_representative r, (
    SELECT min(p.first_day) AS first_day FROM compensation_period p
    JOIN compensation_run r ON r.id = p.visible_run_id
    WHERE r.status = 'posted' AND p.published_at IS NOT NULL
) p WHERE p.first_day IS NOT NULL;
INSERT INTO compensation_statementframe
    (run_id, company_name, representative_label, time_zone, edition, frozen_at)
SELECT r.id, c.name, c.representative_label, c.time_zone, 1, p.published_at
FROM compensation_period p JOIN compensation_run r ON r.id = p.visible_run_id
CROSS JOIN representatives_company c
WHERE r.status = 'posted' AND p.published_at IS NOT NULL;
