-- The ledger is written once. A posting is one statement that inserts the journals and their
-- entries together (INSERT ... RETURNING in a WITH): the statement triggers of both tables fire
-- at its end and see all of it, so that each check is one pass over the new rows, without a
-- deferred trigger per row. Dynamic SQL, so that a plan made for one journal is not kept for a
-- million.
CREATE FUNCTION compensation_check_journals() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    lowest bigint;
    highest bigint;
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

    -- Commissions go into the period that was approved, all else into one that is open.
    SELECT format('journal %s of kind %s can not go into period %s, which is %s',
                  j.source_key, j.kind, p.label, p.status)
    INTO fault
    FROM (SELECT kind, period_id, min(source_key) AS source_key FROM new_journals
          GROUP BY kind, period_id) j
    JOIN compensation_period p ON p.id = j.period_id
    WHERE p.status <> CASE j.kind WHEN 'commission' THEN 'approved' ELSE 'open' END
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_period_takes_postings';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION compensation_check_entries() RETURNS trigger
LANGUAGE plpgsql AS $$
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
        'SELECT e.journal_id FROM new_entries e WHERE NOT EXISTS ('
        ' SELECT FROM compensation_journal j WHERE j.id = e.journal_id'
        ' AND j.id BETWEEN %s AND %s AND j.xact = pg_current_xact_id()) LIMIT 1', lowest, highest
    ) INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'journal % was not written by this transaction', fault
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

-- Checked at once: a deferred check queues an event per row.
DO $$
DECLARE
    fk record;
BEGIN
    FOR fk IN
        SELECT conrelid::regclass AS in_table, conname FROM pg_constraint
        WHERE contype = 'f' AND condeferrable
        AND conrelid IN ('compensation_journal'::regclass, 'compensation_entry'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I NOT DEFERRABLE', fk.in_table, fk.conname);
    END LOOP;
END $$;
