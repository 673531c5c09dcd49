-- What was said at the opening of a dispute stands; its answer moves only as it may, and every
-- move leaves an event that only this trigger can write.
CREATE FUNCTION compensation_guard_dispute() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'open' THEN
            RAISE EXCEPTION 'a dispute begins open, not %', NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_moves';
        END IF;
        IF NOT EXISTS (
            SELECT FROM compensation_earning e JOIN compensation_run r ON r.id = e.run_id
            WHERE e.run_id = NEW.run_id AND e.receiver_id = NEW.representative_id
            AND e.component = NEW.component AND e.paid_level = NEW.paid_level
            AND e.rate_num = NEW.rate_num AND e.rate_den = NEW.rate_den
            AND e.unit = NEW.unit AND e.amount = NEW.amount
            AND r.kind = 'close' AND r.status = 'posted' AND r.period_id = NEW.period_id
        ) THEN
            RAISE EXCEPTION 'only a line of a posted statement can be disputed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_of_posted_line';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.representative_id, NEW.period_id, NEW.run_id, NEW.component, NEW.paid_level,
        NEW.rate_num, NEW.rate_den, NEW.unit, NEW.amount, NEW.expected_minor, NEW.text,
        NEW.language, NEW.evidence, NEW.evidence_digest, NEW.opened_by_id, NEW.opened_at,
        NEW.due_at)
        IS DISTINCT FROM
       (OLD.representative_id, OLD.period_id, OLD.run_id, OLD.component, OLD.paid_level,
        OLD.rate_num, OLD.rate_den, OLD.unit, OLD.amount, OLD.expected_minor, OLD.text,
        OLD.language, OLD.evidence, OLD.evidence_digest, OLD.opened_by_id, OLD.opened_at,
        OLD.due_at) THEN
        RAISE EXCEPTION 'what dispute % said at its opening never changes', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_opening_stands';
    END IF;
    IF NEW.status = OLD.status THEN
        IF (NEW.answer, NEW.answered_by_id, NEW.answered_at, NEW.adjustment_id) IS DISTINCT FROM
            (OLD.answer, OLD.answered_by_id, OLD.answered_at, OLD.adjustment_id) THEN
            RAISE EXCEPTION 'the answer to dispute % stands', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_answer_stands';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.status, NEW.status) = ('accepted', 'open') THEN
        IF NOT EXISTS (
            SELECT FROM compensation_adjustment WHERE id = OLD.adjustment_id AND status = 'refused'
        ) THEN
            RAISE EXCEPTION 'dispute % is accepted and its adjustment not refused', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_moves';
        END IF;
    ELSIF (OLD.status, NEW.status) NOT IN (('open', 'accepted'), ('open', 'refused')) THEN
        RAISE EXCEPTION 'dispute % can not move from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_moves';
    END IF;
    IF NEW.status = 'accepted' AND NOT EXISTS (
        SELECT FROM compensation_adjustment
        WHERE id = NEW.adjustment_id AND representative_id = NEW.representative_id
    ) THEN
        RAISE EXCEPTION 'the adjustment of dispute % is somebody else''s', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_own_adjustment';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compensation_note_dispute() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.compensation_disputeevent (dispute_id, ordinal, status, text, by_id, at)
        VALUES (NEW.id, 1, NEW.status, NEW.text, NEW.opened_by_id, NEW.opened_at);
    ELSIF NEW.status <> OLD.status AND NEW.status = 'open' THEN
        INSERT INTO public.compensation_disputeevent
            (dispute_id, ordinal, status, text, by_id, at, adjustment_id)
        SELECT NEW.id, (
                SELECT count(*) + 1 FROM public.compensation_disputeevent WHERE dispute_id = NEW.id
            ), NEW.status, '', a.decided_by_id, coalesce(a.decided_at, OLD.answered_at), a.id
        FROM public.compensation_adjustment a WHERE a.id = OLD.adjustment_id;
    ELSIF NEW.status <> OLD.status THEN
        INSERT INTO public.compensation_disputeevent
            (dispute_id, ordinal, status, text, by_id, at, adjustment_id)
        SELECT NEW.id, count(*) + 1, NEW.status, NEW.answer, NEW.answered_by_id, NEW.answered_at,
               NEW.adjustment_id
        FROM public.compensation_disputeevent WHERE dispute_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER dispute_moves BEFORE INSERT OR UPDATE ON compensation_dispute
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_dispute();
CREATE TRIGGER dispute_noted AFTER INSERT OR UPDATE ON compensation_dispute
    FOR EACH ROW EXECUTE FUNCTION compensation_note_dispute();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_dispute
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_disputeevent
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_dispute ENABLE ALWAYS TRIGGER dispute_moves;
ALTER TABLE compensation_dispute ENABLE ALWAYS TRIGGER dispute_noted;
ALTER TABLE compensation_dispute ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_disputeevent ENABLE ALWAYS TRIGGER append_only;
