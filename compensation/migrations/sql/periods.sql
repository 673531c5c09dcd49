-- Periods tile time, move one state at a time, and keep their bounds once they are frozen.
ALTER TABLE compensation_period
    ADD CONSTRAINT period_no_overlap EXCLUDE USING gist (tstzrange(starts_at, ends_at) WITH &&);

CREATE FUNCTION compensation_guard_period_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'open' THEN
            RAISE EXCEPTION 'period % must begin open, not %', NEW.label, NEW.status
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.label, NEW.first_day, NEW.last_day, NEW.starts_at, NEW.ends_at)
        IS DISTINCT FROM (OLD.label, OLD.first_day, OLD.last_day, OLD.starts_at, OLD.ends_at) THEN
        RAISE EXCEPTION 'the bounds of period % never change', OLD.label
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF (OLD.status, NEW.status) NOT IN (
        ('open', 'frozen'), ('frozen', 'computed'), ('computed', 'approved'),
        ('approved', 'posted'), ('computed', 'frozen'), ('approved', 'frozen')
    ) THEN
        RAISE EXCEPTION 'period % can not move from % to %', OLD.label, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'posted' AND NOT EXISTS (
        SELECT FROM compensation_run
        WHERE period_id = NEW.id AND kind = 'close' AND status = 'posted'
    ) THEN
        RAISE EXCEPTION 'period % has no posted run', OLD.label
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER period_moves BEFORE INSERT OR UPDATE ON compensation_period
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_period_moves();
ALTER TABLE compensation_period ENABLE ALWAYS TRIGGER period_moves;

-- A run moves forward only; what was approved keeps what was approved.
CREATE FUNCTION compensation_guard_run_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'running' THEN
            RAISE EXCEPTION 'a run must begin running, not %', NEW.status
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.fence < OLD.fence THEN
        RAISE EXCEPTION 'the fence of run % can not fall', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.period_id, NEW.kind, NEW.attempt) IS DISTINCT FROM (OLD.period_id, OLD.kind, OLD.attempt)
    THEN
        RAISE EXCEPTION 'run % keeps its period, kind and attempt', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status IN ('approved', 'posted') AND (
        NEW.computed_by_id, NEW.approved_by_id, NEW.plan_version_id,
        NEW.input_digest, NEW.plan_digest, NEW.result_digest
    ) IS DISTINCT FROM (
        OLD.computed_by_id, OLD.approved_by_id, OLD.plan_version_id,
        OLD.input_digest, OLD.plan_digest, OLD.result_digest
    ) THEN
        RAISE EXCEPTION 'run % is approved and keeps its people and digests', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('running', 'computed'), ('running', 'failed'), ('running', 'dropped'),
        ('computed', 'approved'), ('computed', 'failed'), ('computed', 'dropped'),
        ('approved', 'posted'), ('approved', 'failed'), ('approved', 'dropped'),
        ('failed', 'dropped')
    ) THEN
        RAISE EXCEPTION 'run % can not move from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER run_moves BEFORE INSERT OR UPDATE ON compensation_run
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_run_moves();
ALTER TABLE compensation_run ENABLE ALWAYS TRIGGER run_moves;
