-- The ledger is written once. A posting is one statement that inserts the journals and their
-- entries together (INSERT ... RETURNING in a WITH): the statement triggers of both tables fire
-- at its end and see all of it, so that each check is one pass over the new rows, without a
-- deferred trigger per row. Dynamic SQL, so that a plan made for one journal is not kept for a
-- million; no nested loops, since statistics know nothing yet of the rows just written (the range
-- of ids keeps a hash join cheap for one journal too).
CREATE FUNCTION compensation_check_journals() RETURNS trigger
LANGUAGE plpgsql SET enable_nestloop = off SET work_mem = '192MB' AS $$
DECLARE
    lowest bigint;
    highest bigint;
    returns bigint[];
    reversed bigint[];
    fault text;
BEGIN
    SELECT min(id), max(id) INTO lowest, highest FROM new_journals;
    IF lowest IS NULL THEN
        RETURN NULL;
    END IF;

    -- The transaction may not be stated by the writer: a column grant keeps the application
    -- role from it, and this keeps everyone else.
    SELECT source_key INTO fault FROM new_journals
    WHERE xact <> pg_current_xact_id() LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal % bears the number of another transaction', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_own_transaction';
    END IF;

    EXECUTE format(
        'SELECT j.source_key FROM new_journals j WHERE NOT EXISTS ('
        ' SELECT FROM compensation_entry e WHERE e.journal_id = j.id'
        ' AND e.journal_id BETWEEN %s AND %s) LIMIT 1', lowest, highest
    ) INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'journal % has no entries', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_entries';
    END IF;

    -- Commissions go into the period that was approved, by its run; all else into one that is
    -- open.
    SELECT format('journal %s of kind %s can not go into period %s, which is %s',
                  j.source_key, j.kind, p.label, p.status)
    INTO fault
    FROM (SELECT kind, period_id, run_id, min(source_key) AS source_key FROM new_journals
          GROUP BY kind, period_id, run_id) j
    LEFT JOIN compensation_period p ON p.id = j.period_id
    LEFT JOIN compensation_run r ON r.id = j.run_id
    WHERE CASE j.kind
          WHEN 'commission' THEN p.status = 'approved' AND r.status = 'approved'
                             AND r.period_id = p.id
          ELSE p.status = 'open' AND (r.id IS NOT NULL OR j.run_id IS NULL)
          END IS NOT TRUE
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_period_takes_postings';
    END IF;

    -- What is referred to exists (and, being kept for ever, will).
    SELECT min(representative_id), max(representative_id) INTO lowest, highest FROM new_journals;
    IF lowest IS NOT NULL THEN
        EXECUTE format(
            'SELECT j.source_key FROM new_journals j WHERE j.representative_id IS NOT NULL'
            ' AND NOT EXISTS (SELECT FROM representatives_representative r'
            ' WHERE r.id = j.representative_id AND r.id BETWEEN %s AND %s) LIMIT 1',
            lowest, highest
        ) INTO fault;
    END IF;
    SELECT array_agg(DISTINCT return_id), array_agg(DISTINCT reverses_id)
    INTO returns, reversed
    FROM new_journals WHERE return_id IS NOT NULL OR reverses_id IS NOT NULL;
    IF (SELECT count(*) FROM sales_return WHERE id = ANY (returns))
        <> (SELECT count(*) FROM unnest(returns) AS one WHERE one IS NOT NULL)
        OR (SELECT count(*) FROM compensation_journal WHERE id = ANY (reversed))
        <> (SELECT count(*) FROM unnest(reversed) AS one WHERE one IS NOT NULL) THEN
        fault := 'of a return or reversal';
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'journal % refers to something that does not exist', fault
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'journal_references';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION compensation_check_entries() RETURNS trigger
LANGUAGE plpgsql SET enable_nestloop = off SET work_mem = '192MB' AS $$
DECLARE
    lowest bigint;
    highest bigint;
    fault bigint;
    fault_unit text;
BEGIN
    SELECT min(journal_id), max(journal_id) INTO lowest, highest FROM new_entries;
    IF lowest IS NULL THEN
        RETURN NULL;
    END IF;

    -- With amounts other than nought a zero sum also means at least two entries.
    EXECUTE 'SELECT journal_id, unit FROM new_entries GROUP BY journal_id, unit'
        ' HAVING sum(amount) <> 0 OR count(*) < 2 LIMIT 1' INTO fault, fault_unit;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'the entries of journal % in % do not sum to nought', fault, fault_unit
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_zero_sum';
    END IF;

    EXECUTE format(
        'SELECT e.journal_id FROM new_entries e LEFT JOIN compensation_journal j'
        ' ON j.id = e.journal_id AND j.id BETWEEN %s AND %s'
        ' WHERE j.xact IS DISTINCT FROM pg_current_xact_id() OR e.representative_id IS NOT NULL'
        ' AND e.representative_id IS DISTINCT FROM j.representative_id LIMIT 1', lowest, highest
    ) INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'journal % was not written by this transaction for this representative',
            fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_journal_of_this_transaction';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION compensation_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER ledger_check AFTER INSERT ON compensation_journal
    REFERENCING NEW TABLE AS new_journals
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_check_journals();
CREATE TRIGGER ledger_check AFTER INSERT ON compensation_entry
    REFERENCING NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_check_entries();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_journal
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_entry
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_reversedpart
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_planversion
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_journal ENABLE ALWAYS TRIGGER ledger_check;
ALTER TABLE compensation_entry ENABLE ALWAYS TRIGGER ledger_check;
ALTER TABLE compensation_journal ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_entry ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_reversal ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_reversedpart ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE compensation_planversion ENABLE ALWAYS TRIGGER append_only;

-- What the ledger refers to is kept.
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_period
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_run
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON representatives_representative
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_period ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_run ENABLE ALWAYS TRIGGER kept;
ALTER TABLE representatives_representative ENABLE ALWAYS TRIGGER kept;

-- One index finds entries by journal and is the primary key; numbers are drawn by the hundred.
ALTER TABLE compensation_entry DROP CONSTRAINT compensation_entry_pkey;
ALTER TABLE compensation_entry ADD CONSTRAINT compensation_entry_pkey PRIMARY KEY (journal_id, id);
ALTER TABLE compensation_journal ALTER COLUMN id SET CACHE 100;
ALTER TABLE compensation_entry ALTER COLUMN id SET CACHE 100;
