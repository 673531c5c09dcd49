-- The anomaly gate. Findings are written while their close is being verified, acknowledgements
-- while it waits for approval, and nothing is approved before both are whole.
CREATE FUNCTION compensation_guard_findings() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    stray bigint;
BEGIN
    SELECT n.run_id INTO stray
    FROM (SELECT DISTINCT run_id FROM new_rows) n JOIN compensation_run r ON r.id = n.run_id
    WHERE r.kind <> 'close' OR r.status <> 'running' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'run % is not a close that is being verified: it takes no findings', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'finding_of_a_running_close';
    END IF;
    RETURN NULL;
END $$;

-- The run is held, so that an approval under way comes first and is then seen.
CREATE FUNCTION compensation_guard_acknowledgement() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM compensation_run WHERE id = NEW.run_id AND status = 'computed' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % does not wait for approval: nothing is acknowledged', NEW.run_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'acknowledgement_of_a_computed_close';
    END IF;
    IF NOT EXISTS (
        SELECT FROM compensation_finding WHERE run_id = NEW.run_id AND code = NEW.code
    ) THEN
        RAISE EXCEPTION 'run % has no finding %', NEW.run_id, NEW.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'acknowledgement_of_a_finding';
    END IF;
    RETURN NEW;
END $$;

-- The last word on an approval. `checks` says of each code how many were found; it is written
-- with the findings and never again.
CREATE FUNCTION compensation_guard_approval() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    IF OLD.status <> 'running' AND NEW.checks IS DISTINCT FROM OLD.checks THEN
        RAISE EXCEPTION 'the checks of run % are done and stand', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'run_checks_stand';
    END IF;
    IF NEW.status <> 'approved' OR OLD.status = 'approved' THEN
        RETURN NEW;
    END IF;
    SELECT string_agg(wanted.code, ', ' ORDER BY wanted.place) INTO missing
    FROM unnest(ARRAY['payout_ratio', 'total_moved', 'top_movers', 'zero_after_pay', 'cap_hit',
                      'promotions', 'demotions', 'unpaid_orders'])
         WITH ORDINALITY AS wanted (code, place)
    WHERE coalesce((NEW.checks ->> wanted.code)::bigint, -1) < 0
       OR (NEW.checks ->> wanted.code)::bigint > 0 AND NOT EXISTS (
           SELECT FROM compensation_finding f WHERE f.run_id = NEW.id AND f.code = wanted.code
       );
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'run % was not checked for %', NEW.id, missing
            USING ERRCODE = 'check_violation', CONSTRAINT = 'run_checked_before_approval';
    END IF;
    SELECT string_agg(DISTINCT f.code, ', ') INTO missing
    FROM compensation_finding f
    WHERE f.run_id = NEW.id AND NOT EXISTS (
        SELECT FROM compensation_acknowledgement a WHERE a.run_id = f.run_id AND a.code = f.code
    );
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'run % has findings that nobody acknowledged: %', NEW.id, missing
            USING ERRCODE = 'check_violation', CONSTRAINT = 'run_findings_acknowledged';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER finding_of_a_running_close AFTER INSERT ON compensation_finding
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_guard_findings();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_finding
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER acknowledged_in_time BEFORE INSERT ON compensation_acknowledgement
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_acknowledgement();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_acknowledgement
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER run_approval BEFORE UPDATE ON compensation_run
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_approval();
ALTER TABLE compensation_finding ENABLE ALWAYS TRIGGER finding_of_a_running_close;
ALTER TABLE compensation_finding ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_acknowledgement ENABLE ALWAYS TRIGGER acknowledged_in_time;
ALTER TABLE compensation_acknowledgement ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_run ENABLE ALWAYS TRIGGER run_approval;
