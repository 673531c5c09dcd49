-- Whoever ever edited a batch is noted by the database, and may not approve it; what it was sent
-- with stands, for its files are made from it; its day can be another one while it is a draft.
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
    IF (NEW.reference, NEW.currency, NEW.made_by_id, NEW.made_at)
        IS DISTINCT FROM (OLD.reference, OLD.currency, OLD.made_by_id, OLD.made_at)
        OR NEW.execution_date <> OLD.execution_date
        AND (OLD.status <> 'draft' OR NEW.status <> 'draft') THEN
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
    -- Its files are made anew from these: always the same ones.
    IF OLD.status IN ('sent', 'closed')
        AND (NEW.channel, NEW.debtor_name, NEW.debtor_iban, NEW.debtor_bic, NEW.noted_flags,
            NEW.sent_by_id, NEW.sent_at)
        IS DISTINCT FROM
        (OLD.channel, OLD.debtor_name, OLD.debtor_iban, OLD.debtor_bic, OLD.noted_flags,
            OLD.sent_by_id, OLD.sent_at)
        OR OLD.confirmed_at IS NOT NULL
        AND (NEW.confirmed_by_id, NEW.confirmed_at)
        IS DISTINCT FROM (OLD.confirmed_by_id, OLD.confirmed_at) THEN
        RAISE EXCEPTION 'payout batch % keeps what it was sent with', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payoutbatch_kept';
    END IF;
    IF NEW.status = 'approved' AND OLD.status <> 'approved' AND EXISTS (
        SELECT FROM compensation_payoutbatchedit
        WHERE batch_id = NEW.id AND by_id = NEW.approved_by_id
    ) THEN
        RAISE EXCEPTION 'payout batch % was edited by who approves it', OLD.reference
            USING ERRCODE = 'check_violation',
                CONSTRAINT = 'payoutbatch_approved_by_another_person';
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

CREATE FUNCTION compensation_note_batch_edit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.compensation_payoutbatchedit (batch_id, by_id, noted_at)
    VALUES (NEW.id, NEW.edited_by_id, now())
    ON CONFLICT (batch_id, by_id) DO NOTHING;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION compensation_note_batch_edit() FROM PUBLIC;

INSERT INTO compensation_payoutbatchedit (batch_id, by_id, noted_at)
SELECT id, edited_by_id, now() FROM compensation_payoutbatch WHERE edited_by_id IS NOT NULL;

CREATE TRIGGER batch_edit_noted AFTER INSERT OR UPDATE ON compensation_payoutbatch
    FOR EACH ROW WHEN (NEW.edited_by_id IS NOT NULL)
    EXECUTE FUNCTION compensation_note_batch_edit();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_payoutbatchedit
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_answercontradiction
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_payoutbatch ENABLE ALWAYS TRIGGER batch_edit_noted;
ALTER TABLE compensation_payoutbatchedit ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_answercontradiction ENABLE ALWAYS TRIGGER append_only;
