-- Drops the tables of a run that was given up; never those of a posted or a visible one. All locks
-- are taken at once or not at all, and never waited for: whoever waits for a table stands in the
-- way of every reader that comes after. While readers are at work it tries for two seconds, then
-- the caller tries again another time.
CREATE OR REPLACE FUNCTION compensation_drop_partitions(this_run bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts text[];
    part text;
    tries integer;
BEGIN
    PERFORM FROM public.compensation_run
    WHERE id = this_run AND status IN ('failed', 'dropped') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % is neither failed nor dropped', this_run
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM FROM public.compensation_period WHERE visible_run_id = this_run;
    IF FOUND THEN
        RAISE EXCEPTION 'run % is the one that readers see', this_run
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT coalesce(array_agg(c.relname::text ORDER BY c.relname), '{}') INTO parts
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    AND c.relname ~ format('^compensation_(memberresult|earning|carried)_%s_[0-9]+$', this_run);
    FOR tries IN 1..40 LOOP
        BEGIN
            FOREACH part IN ARRAY parts LOOP
                EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE NOWAIT', part);
            END LOOP;
            IF cardinality(parts) > 0 THEN
                LOCK TABLE ONLY public.compensation_carried, ONLY public.compensation_earning,
                    ONLY public.compensation_memberresult IN ACCESS EXCLUSIVE MODE NOWAIT;
            END IF;
            FOREACH part IN ARRAY parts LOOP
                EXECUTE format('DROP TABLE public.%I', part);
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF tries = 40 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.05);
        END;
    END LOOP;
    RETURN cardinality(parts);
END $$;
