DROP TRIGGER append_only ON compensation_answercontradiction;
DROP TRIGGER append_only ON compensation_payoutbatchedit;
DROP TRIGGER batch_edit_noted ON compensation_payoutbatch;
DROP FUNCTION compensation_note_batch_edit();
CREATE OR REPLACE FUNCTION compensation_guard_payout_batch() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'a payout batch must begin as draft, not %', NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payoutbatch_moves';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.reference, NEW.currency, NEW.execution_date, NEW.made_by_id, NEW.made_at)
        IS DISTINCT FROM
        (OLD.reference, OLD.currency, OLD.execution_date, OLD.made_by_id, OLD.made_at) THEN
        RAISE EXCEPTION 'payout batch % keeps what it was made with', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payoutbatch_kept';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('draft', 'approved'), ('draft', 'cancelled'), ('approved', 'draft'),
        ('approved', 'cancelled'), ('approved', 'sent'), ('sent', 'closed')
    ) THEN
        RAISE EXCEPTION 'payout batch % can not move from % to %',
            OLD.reference, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payoutbatch_moves';
    END IF;
    IF OLD.status IN ('approved', 'sent', 'closed') AND NEW.status NOT IN ('draft', 'cancelled')
        AND (NEW.approved_by_id, NEW.approved_at, NEW.content_digest, NEW.edited_by_id)
        IS DISTINCT FROM
        (OLD.approved_by_id, OLD.approved_at, OLD.content_digest, OLD.edited_by_id) THEN
        RAISE EXCEPTION 'payout batch % is approved and keeps its approval', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payoutbatch_kept';
    END IF;
    IF NEW.status = 'closed' AND OLD.status <> 'closed' AND EXISTS (
        SELECT FROM compensation_payout
        WHERE batch_id = NEW.id AND status IN ('reserved', 'sent', 'unknown')
    ) THEN
        RAISE EXCEPTION 'payout batch % has payouts that are not ended', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payoutbatch_moves';
    END IF;
    RETURN NEW;
END $$;
