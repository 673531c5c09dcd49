-- The chain over postings and the balances of what can be spent. The trigger that checks the
-- entries of a posting sees all of it, so it also seals it: nobody can post beside the chain.

-- What a posting's rows say, in one text a journal that depends on no setting of the session:
-- the journal's line, its source key with the number of its bytes (which may hold any sign), then
-- a line for each entry. Empty stands for NULL. One digest a journal, then one over those, so that
-- memory grows by 32 bytes a journal. Both tables are read in the order of their primary keys: the
-- rows are fresh, no statistics know them, and any other plan could be quadratic. Another
-- transaction's journals may stand in between. A large posting is digested in parts, which idle
-- cores may take.
CREATE FUNCTION compensation_rows_digest(
    of_xact xid8, lowest bigint, highest bigint,
    OUT journals bigint, OUT entries bigint, OUT digest bytea
) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashagg = off
SET parallel_setup_cost = 0 SET parallel_tuple_cost = 0 SET max_parallel_workers_per_gather = 3
SET work_mem = '64MB' AS $$
DECLARE
    parts integer := CASE WHEN highest - lowest < 20000 THEN 1 ELSE 4 END;
    width bigint := (highest - lowest) / parts + 1;
BEGIN
    EXECUTE (
        SELECT $query$
            SELECT sum(part.journals)::bigint, coalesce(sum(part.entries), 0)::bigint,
                   sha256(string_agg(part.digests, ''::bytea ORDER BY part.place))
            FROM ($query$ || string_agg(format(
                $query$
                SELECT %4$s AS place, count(*) AS journals, sum(line.entries) AS entries,
                       string_agg(sha256(convert_to(concat(
                           j.id, '|', j.kind, '|', j.period_id, '|', j.run_id, '|',
                           j.representative_id, '|', j.return_id, '|', j.reverses_id, '|',
                           (extract(epoch FROM j.effective_at) * 1000000)::bigint, '|',
                           (extract(epoch FROM j.created_at) * 1000000)::bigint, '|',
                           j.xact, '|', octet_length(j.source_key), '|', j.source_key, line.text
                       ), 'UTF8')), ''::bytea ORDER BY j.id) AS digests
                FROM public.compensation_journal j
                JOIN (
                    SELECT e.journal_id, count(*) AS entries,
                           string_agg(concat(
                               chr(10), e.id, '|', e.account, '|', e.representative_id, '|',
                               e.amount, '|', e.unit
                           ), '' ORDER BY e.id) AS text
                    FROM public.compensation_entry e WHERE e.journal_id BETWEEN %2$s AND %3$s
                    GROUP BY e.journal_id
                ) line ON line.journal_id = j.id
                WHERE j.id BETWEEN %2$s AND %3$s AND j.xact = %1$L
                $query$, of_xact, lowest + place * width,
                least(highest, lowest + (place + 1) * width - 1), place
            ), ' UNION ALL ') || ') part'
        FROM generate_series(0, parts - 1) AS place
    ) INTO journals, entries, digest;
END $$;

-- Adds what the journals of a posting move to the balances, then refuses what takes more than
-- there is. Commissions, reversals and adjustments may make a balance negative (it is carried);
-- what spends may not. Call with the ledger's lock held.
CREATE FUNCTION compensation_keep_balances(of_xact xid8, lowest bigint, highest bigint)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = off
SET enable_seqscan = off SET enable_bitmapscan = off SET work_mem = '192MB' AS $$
DECLARE
    spends boolean;
    fault text;
BEGIN
    EXECUTE format(
        $query$
        INSERT INTO public.compensation_balance AS b
            (representative_id, period_id, account, unit, amount)
        SELECT e.representative_id, j.period_id, e.account, e.unit, sum(e.amount)::bigint
        FROM public.compensation_entry e JOIN public.compensation_journal j ON j.id = e.journal_id
        WHERE e.journal_id BETWEEN %2$s AND %3$s AND j.id BETWEEN %2$s AND %3$s
        AND j.xact = %1$L AND e.account IN (2, 4, 9)
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (representative_id, period_id, account, unit)
        DO UPDATE SET amount = b.amount + excluded.amount
        $query$, of_xact, lowest, highest
    );
    SELECT EXISTS (
        SELECT FROM public.compensation_journal
        WHERE id BETWEEN lowest AND highest AND xact = of_xact
        AND kind NOT IN ('commission', 'reversal', 'adjustment')
    ) INTO spends;
    IF NOT spends THEN
        RETURN;
    END IF;
    EXECUTE format(
        $query$
        SELECT format('%%s of representative %%s would be %%s on account %%s',
                      spent.unit, spent.representative_id, held.amount, spent.account)
        FROM (
            SELECT DISTINCT e.representative_id, e.account, e.unit
            FROM public.compensation_entry e
            JOIN public.compensation_journal j ON j.id = e.journal_id
            WHERE e.journal_id BETWEEN %2$s AND %3$s AND j.id BETWEEN %2$s AND %3$s
            AND j.xact = %1$L AND e.account IN (2, 4, 9) AND e.amount < 0
            AND j.kind NOT IN ('commission', 'reversal', 'adjustment')
        ) spent
        CROSS JOIN LATERAL (
            SELECT sum(b.amount) AS amount FROM public.compensation_balance b
            WHERE b.representative_id = spent.representative_id AND b.account = spent.account
            AND b.unit = spent.unit
        ) held
        WHERE held.amount < 0 LIMIT 1
        $query$, of_xact, lowest, highest
    ) INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION '%', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_not_overdrawn';
    END IF;
END $$;

-- Seals a posting: digests its rows, all that were `written`, then takes the ledger's lock, which is held to the end of
-- the transaction, reads the head before and writes the next. The lock comes late, since digesting
-- a million rows takes its time and everybody else who posts waits for it. A snapshot older than
-- the head before (REPEATABLE READ) is refused by the unique number, as a fork would be.
CREATE FUNCTION compensation_seal(
    of_xact xid8, lowest bigint, highest bigint, written bigint DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    posted record;
    before record;
BEGIN
    SELECT * INTO posted FROM public.compensation_rows_digest(of_xact, lowest, highest);
    IF posted.entries <> written THEN
        RAISE EXCEPTION 'entries for journals % to % that were not written by this transaction',
            lowest, highest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_journal_of_this_transaction';
    END IF;
    PERFORM pg_advisory_xact_lock(5093002);
    SELECT b.number, b.head INTO before
    FROM public.compensation_batch b ORDER BY b.number DESC LIMIT 1;
    INSERT INTO public.compensation_batch (
        number, xact, first_journal, last_journal, journal_count, entry_count, rows_digest, head,
        sealed_at
    )
    SELECT next.number, of_xact, lowest, highest, posted.journals, posted.entries, posted.digest,
           sha256(convert_to(concat(
               encode(before.head, 'hex'), '|', next.number, '|', posted.journals, '|',
               posted.entries, '|', encode(posted.digest, 'hex')
           ), 'UTF8')), clock_timestamp()
    FROM (SELECT coalesce(before.number, 0) + 1 AS number) next
    ON CONFLICT (number) DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another posting has the next number of the chain'
            USING ERRCODE = 'serialization_failure', CONSTRAINT = 'batch_follows_the_last';
    END IF;
    PERFORM public.compensation_keep_balances(of_xact, lowest, highest);
END $$;

-- Replaces the check of `ledger.sql`. New: which accounts a kind of journal may touch, no entry
-- for a journal that is sealed, and the seal itself. It runs as the owner, who alone may write
-- batches and balances. The rows are read from the tables, in the order of their primary keys,
-- which is what costs least for a million of them; whether they are all that was written, and
-- whether all of it was written by this transaction, is what the seal counts.
CREATE OR REPLACE FUNCTION compensation_check_entries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_hashjoin = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashagg = off
SET work_mem = '192MB' AS $$
DECLARE
    lowest bigint;
    highest bigint;
    written bigint;
    fault bigint;
    fault_unit text;
    fault_is_owner boolean;
    fault_kind text;
    fault_account smallint;
    periods bigint[];
BEGIN
    SELECT min(journal_id), max(journal_id), count(*) INTO lowest, highest, written
    FROM new_entries;
    IF lowest IS NULL THEN
        RETURN NULL;
    END IF;

    -- With amounts other than nought a zero sum also means at least two entries. Others' journals
    -- in between balance as well.
    EXECUTE format(
        'SELECT journal_id, unit FROM public.compensation_entry WHERE journal_id BETWEEN %s AND %s'
        ' GROUP BY journal_id, unit HAVING sum(amount) <> 0 OR count(*) < 2 LIMIT 1',
        lowest, highest
    ) INTO fault, fault_unit;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'the entries of journal % in % do not sum to nought', fault, fault_unit
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_zero_sum';
    END IF;

    EXECUTE format(
        $query$
        SELECT coalesce(strange, first), strange IS NOT NULL, kind, account FROM (
            SELECT j.kind, e.account, min(e.journal_id) AS first,
                   min(e.journal_id) FILTER (
                       WHERE e.representative_id <> j.representative_id
                       OR e.representative_id IS NOT NULL AND j.representative_id IS NULL
                   ) AS strange
            FROM public.compensation_entry e JOIN public.compensation_journal j
            ON j.id = e.journal_id
            WHERE e.journal_id BETWEEN %1$s AND %2$s AND j.id BETWEEN %1$s AND %2$s
            AND j.xact = pg_current_xact_id()
            GROUP BY j.kind, e.account
        ) used
        WHERE strange IS NOT NULL OR account <> ALL (CASE kind
            WHEN 'commission' THEN '{1,2,3,4,6,7}'::smallint[]
            WHEN 'reversal' THEN '{1,2,3,4}'
            WHEN 'adjustment' THEN '{1,2,3,4}'
            WHEN 'conversion' THEN '{2,4,5,8}'
            WHEN 'expiry' THEN '{2,4,5}'
            WHEN 'reserve' THEN '{2,9}'
            WHEN 'settle' THEN '{9,10}'
            WHEN 'release' THEN '{2,9}'
            ELSE '{}'
        END)
        ORDER BY strange LIMIT 1
        $query$, lowest, highest
    ) INTO fault, fault_is_owner, fault_kind, fault_account;
    IF fault_is_owner THEN
        RAISE EXCEPTION 'journal % was not written by this transaction for this representative',
            fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_journal_of_this_transaction';
    ELSIF fault IS NOT NULL THEN
        RAISE EXCEPTION 'journal % of kind % has no business on account %',
            fault, fault_kind, fault_account
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_account_fits_kind';
    END IF;

    -- Within one transaction too, a posting is written by one statement. Where a cluster was
    -- restored and numbers of transactions began anew, this also keeps the journals of an earlier
    -- transaction of the same number.
    PERFORM FROM public.compensation_batch
    WHERE xact = pg_current_xact_id() AND first_journal <= highest AND last_journal >= lowest;
    IF FOUND THEN
        RAISE EXCEPTION 'journals % to % are sealed already', lowest, highest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_journal_not_sealed';
    END IF;

    -- What is posted into an open period holds it open to the end of the transaction: a freeze
    -- waits for it, or the posting for the freeze, and is refused.
    SELECT array_agg(DISTINCT period_id) INTO periods FROM public.compensation_journal
    WHERE id BETWEEN lowest AND highest AND xact = pg_current_xact_id() AND kind <> 'commission';
    IF periods IS NOT NULL THEN
        PERFORM FROM public.compensation_period WHERE id = ANY (periods) ORDER BY id FOR SHARE;
        SELECT label INTO fault_kind FROM public.compensation_period
        WHERE id = ANY (periods) AND status <> 'open' LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'period % was frozen meanwhile', fault_kind
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_period_stays_open';
        END IF;
    END IF;
    PERFORM public.compensation_seal(pg_current_xact_id(), lowest, highest, written);
    RETURN NULL;
END $$;

-- Sets every balance to the sum of its entries; returns how many were not.
CREATE FUNCTION compensation_rebuild_balances() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET work_mem = '192MB' AS $$
DECLARE
    mended bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(5093002);
    INSERT INTO public.compensation_balance AS b
        (representative_id, period_id, account, unit, amount)
    SELECT representative_id, period_id, account, unit, coalesce(s.amount, 0)
    FROM (
        SELECT e.representative_id, j.period_id, e.account, e.unit, sum(e.amount)::bigint AS amount
        FROM public.compensation_entry e JOIN public.compensation_journal j ON j.id = e.journal_id
        WHERE e.account IN (2, 4, 9) AND e.representative_id IS NOT NULL
        GROUP BY 1, 2, 3, 4
    ) s
    FULL JOIN public.compensation_balance held
    USING (representative_id, period_id, account, unit)
    WHERE coalesce(s.amount, 0) <> coalesce(held.amount, 0)
    ON CONFLICT (representative_id, period_id, account, unit)
    DO UPDATE SET amount = excluded.amount;
    GET DIAGNOSTICS mended = ROW_COUNT;
    RETURN mended;
END $$;

REVOKE EXECUTE ON FUNCTION compensation_rows_digest(xid8, bigint, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION compensation_keep_balances(xid8, bigint, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION compensation_seal(xid8, bigint, bigint, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION compensation_rebuild_balances() FROM PUBLIC;

ALTER TABLE compensation_batch ADD CONSTRAINT batch_digests_whole
    CHECK (octet_length(rows_digest) = 32 AND octet_length(head) = 32);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_batch
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_batch ENABLE ALWAYS TRIGGER append_only;

-- An adjustment is asked for, then decided once; what was asked for never changes.
CREATE FUNCTION compensation_guard_adjustment() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'requested' THEN
            RAISE EXCEPTION 'an adjustment begins as a request, not %', NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'adjustment_moves';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status <> 'requested' OR NEW.status = 'requested'
        OR to_jsonb(NEW) - '{status,decided_by_id,decided_at,decision_reason,journal_id}'::text[]
        IS DISTINCT FROM
        to_jsonb(OLD) - '{status,decided_by_id,decided_at,decision_reason,journal_id}'::text[]
    THEN
        RAISE EXCEPTION 'adjustment % is decided once and keeps what was asked for', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'adjustment_moves';
    END IF;
    IF NEW.status = 'approved' AND NOT EXISTS (
        SELECT FROM public.compensation_journal j
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(e.amount) FILTER (WHERE e.account = 2), 0) AS money,
                   coalesce(sum(e.amount) FILTER (WHERE e.account = 4), 0) AS rsp
            FROM public.compensation_entry e WHERE e.journal_id = j.id
        ) moved
        WHERE j.id = NEW.journal_id AND j.source_key = 'adjustment:' || NEW.id
        AND j.kind = 'adjustment' AND j.representative_id = NEW.representative_id
        AND (moved.money, moved.rsp) = (NEW.money_minor, NEW.rsp)
    ) THEN
        RAISE EXCEPTION 'adjustment % is approved with the journal that posts it', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'adjustment_posted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adjustment_moves BEFORE INSERT OR UPDATE ON compensation_adjustment
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_adjustment();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_adjustment ENABLE ALWAYS TRIGGER adjustment_moves;
ALTER TABLE compensation_adjustment ENABLE ALWAYS TRIGGER kept;

-- A posting may not be dated back into a month that is closed, whatever period it goes into: what
-- was decided later is dated later. Commissions bear the end of their month, and a reversal the day
-- on which the return counts, which may lie in a month that has been closed since.
CREATE FUNCTION compensation_check_dates() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fault text;
BEGIN
    SELECT format('journal %s is dated into period %s, which is %s', j.source_key, p.label,
                  p.status)
    INTO fault
    FROM (SELECT effective_at, min(source_key) AS source_key FROM new_journals
          WHERE kind NOT IN ('commission', 'reversal') GROUP BY effective_at) j
    JOIN public.compensation_period p
    ON p.starts_at <= j.effective_at AND p.ends_at > j.effective_at
    WHERE p.status <> 'open' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_dated_in_open_period';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER dated_check AFTER INSERT ON compensation_journal
    REFERENCING NEW TABLE AS new_journals
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_check_dates();
ALTER TABLE compensation_journal ENABLE ALWAYS TRIGGER dated_check;

-- What was posted before the chain, a batch for each transaction.
DO $$
DECLARE
    posting record;
BEGIN
    FOR posting IN
        SELECT xact, min(id) AS lowest, max(id) AS highest FROM public.compensation_journal
        GROUP BY xact ORDER BY min(id)
    LOOP
        PERFORM public.compensation_seal(posting.xact, posting.lowest, posting.highest);
    END LOOP;
END $$;
