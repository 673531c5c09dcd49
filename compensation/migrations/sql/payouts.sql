-- Payees: an account is entered as a new version, which can be paid to no sooner than it says.
CREATE FUNCTION compensation_guard_payee() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.representative_id <> OLD.representative_id THEN
            RAISE EXCEPTION 'payee % keeps its representative', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payee_keeps_representative';
        END IF;
        IF (NEW.iban, NEW.bic, NEW.holder_name, NEW.account_changed_at, NEW.usable_from)
            IS DISTINCT FROM
            (OLD.iban, OLD.bic, OLD.holder_name, OLD.account_changed_at, OLD.usable_from)
            AND NEW.account_version <> OLD.account_version + 1
            OR NEW.account_version NOT IN (OLD.account_version, OLD.account_version + 1) THEN
            RAISE EXCEPTION 'another account of payee % needs another version', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payee_account_versions';
        END IF;
    END IF;
    RETURN NEW;
END $$;

-- A batch moves forward; an approved one goes back to draft with its approval. Whoever ever edited it
-- may not approve it. What it was sent with stands, for its files are made from it; its day can be
-- another one while it is a draft.
CREATE FUNCTION compensation_guard_payout_batch() RETURNS trigger
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

-- Who edits a batch is noted by the database.
CREATE FUNCTION compensation_note_batch_edit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.compensation_payoutbatchedit (batch_id, by_id, noted_at)
    VALUES (NEW.id, NEW.edited_by_id, now())
    ON CONFLICT (batch_id, by_id) DO NOTHING;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION compensation_note_batch_edit() FROM PUBLIC;

-- A payout and its journals are written by one statement (a WITH), whose end these see: each state
-- has exactly its journals, whether one payout is written or a million. Dynamic SQL is planned with
-- the number of rows at hand: by the index of keys for one, by hashing for a million. No LIMIT: a
-- plan that hopes to find a fault soon compares every row with every other when there is none.
CREATE FUNCTION compensation_check_new_payouts() RETURNS trigger
LANGUAGE plpgsql SET work_mem = '192MB' AS $$
DECLARE
    fault text;
BEGIN
    EXECUTE 'SELECT min(p.end_to_end_id) FROM new_payouts p'
        ' LEFT JOIN compensation_payoutbatch b ON b.id = p.batch_id'
        ' WHERE p.status <> ''reserved'' OR b.status IS DISTINCT FROM ''draft''' INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'payout % does not begin reserved in a draft', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_moves';
    END IF;
    EXECUTE 'SELECT min(p.end_to_end_id) FROM new_payouts p'
        ' LEFT JOIN compensation_journal j ON j.source_key = ''payout:'' || p.id || '':reserve'''
        ' LEFT JOIN compensation_entry e ON e.journal_id = j.id AND e.account = 9'
        ' WHERE j.kind IS DISTINCT FROM ''reserve'''
        ' OR j.representative_id IS DISTINCT FROM p.representative_id'
        ' OR e.amount IS DISTINCT FROM p.amount_minor' INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'payout % is not reserved in the ledger', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_has_its_journals';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION compensation_check_changed_payouts() RETURNS trigger
LANGUAGE plpgsql SET work_mem = '192MB' AS $$
DECLARE
    fault text;
BEGIN
    EXECUTE 'SELECT min(coalesce(o.end_to_end_id, n.end_to_end_id))'
        ' FROM old_payouts o FULL JOIN new_payouts n USING (id)'
        ' WHERE (o.batch_id, o.representative_id, o.amount_minor, o.account_version,'
        ' o.holder_name, o.iban, o.bic, o.end_to_end_id, o.flags) IS DISTINCT FROM'
        ' (n.batch_id, n.representative_id, n.amount_minor, n.account_version,'
        ' n.holder_name, n.iban, n.bic, n.end_to_end_id, n.flags)'
        ' OR o.part IS NOT NULL AND n.part IS DISTINCT FROM o.part' INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'payout % keeps what it was made with', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_kept';
    END IF;

    EXECUTE 'SELECT min(format(''payout %s can not move from %s to %s in a batch that is %s'','
        ' o.end_to_end_id, o.status, n.status, b.status))'
        ' FROM old_payouts o JOIN new_payouts n USING (id)'
        ' JOIN compensation_payoutbatch b ON b.id = n.batch_id'
        ' WHERE n.status <> o.status AND (o.status, n.status, b.status) NOT IN ('
        ' (''reserved'', ''cancelled'', ''draft''), (''reserved'', ''cancelled'', ''cancelled''),'
        ' (''reserved'', ''sent'', ''sent''), (''sent'', ''unknown'', ''sent''),'
        ' (''unknown'', ''sent'', ''sent''), (''sent'', ''settled'', ''sent''),'
        ' (''sent'', ''failed'', ''sent''), (''unknown'', ''settled'', ''sent''),'
        ' (''unknown'', ''failed'', ''sent''))' INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION '%', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_moves';
    END IF;

    EXECUTE 'SELECT min(n.end_to_end_id) FROM old_payouts o JOIN new_payouts n USING (id)'
        ' LEFT JOIN compensation_journal j ON j.source_key = ''payout:'' || n.id || '':outcome'''
        ' LEFT JOIN compensation_entry e ON e.journal_id = j.id AND e.account = 9'
        ' WHERE n.status <> o.status AND (CASE WHEN n.status = ''settled'' THEN ''settle'''
        ' WHEN n.status IN (''failed'', ''cancelled'') THEN ''release'' END'
        ' IS DISTINCT FROM j.kind OR j.kind IS NOT NULL'
        ' AND (j.representative_id IS DISTINCT FROM n.representative_id'
        ' OR e.amount IS DISTINCT FROM -n.amount_minor))' INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'payout % and its journals tell different outcomes', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_has_its_journals';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER payee_moves BEFORE INSERT OR UPDATE ON compensation_payee
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_payee();
CREATE TRIGGER batch_moves BEFORE INSERT OR UPDATE ON compensation_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_payout_batch();
CREATE TRIGGER batch_edit_noted AFTER INSERT OR UPDATE ON compensation_payoutbatch
    FOR EACH ROW WHEN (NEW.edited_by_id IS NOT NULL)
    EXECUTE FUNCTION compensation_note_batch_edit();
CREATE TRIGGER payouts_begin AFTER INSERT ON compensation_payout
    REFERENCING NEW TABLE AS new_payouts
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_check_new_payouts();
CREATE TRIGGER payouts_move AFTER UPDATE ON compensation_payout
    REFERENCING OLD TABLE AS old_payouts NEW TABLE AS new_payouts
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_check_changed_payouts();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_payee
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_payoutbatch
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_payout
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_payoutpart
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_payeeevent
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_answerfile
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_bankanswer
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_payoutbatchedit
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_answercontradiction
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_payee ENABLE ALWAYS TRIGGER payee_moves;
ALTER TABLE compensation_payoutbatch ENABLE ALWAYS TRIGGER batch_moves;
ALTER TABLE compensation_payout ENABLE ALWAYS TRIGGER payouts_begin;
ALTER TABLE compensation_payout ENABLE ALWAYS TRIGGER payouts_move;
ALTER TABLE compensation_payee ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_payoutbatch ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_payout ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_payoutpart ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_payeeevent ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_answerfile ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_bankanswer ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_payoutbatch ENABLE ALWAYS TRIGGER batch_edit_noted;
ALTER TABLE compensation_payoutbatchedit ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_answercontradiction ENABLE ALWAYS TRIGGER append_only;
