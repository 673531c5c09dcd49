-- Results of runs: one partition a run, built aside by the run that fills it.
CREATE TABLE compensation_memberresult (
    run_id bigint NOT NULL,
    representative_id bigint NOT NULL,
    personal_bv bigint NOT NULL,
    own_bv bigint NOT NULL,
    window_bv bigint NOT NULL,
    group_bv bigint NOT NULL,
    personal_rsp bigint NOT NULL,
    rsp_own bigint NOT NULL,
    rsp_total bigint NOT NULL,
    commission_minor bigint NOT NULL,
    position integer NOT NULL,
    subtree_end integer NOT NULL,
    sponsor_position integer NOT NULL,
    depth integer NOT NULL,
    active_directs integer NOT NULL,
    direct_count integer NOT NULL,
    order_count integer NOT NULL,
    status smallint NOT NULL,
    inactive_reason smallint NOT NULL,
    opening_title smallint NOT NULL,
    title_rank smallint NOT NULL,
    pay_rank smallint NOT NULL,
    active boolean NOT NULL,
    PRIMARY KEY (run_id, position),
    UNIQUE (run_id, representative_id)
) PARTITION BY LIST (run_id);

CREATE TABLE compensation_earning (
    run_id bigint NOT NULL,
    receiver_id bigint NOT NULL,
    base bigint NOT NULL,
    rate_num bigint NOT NULL,
    rate_den bigint NOT NULL,
    amount bigint NOT NULL,
    members integer NOT NULL,
    sales integer NOT NULL,
    component smallint NOT NULL,
    paid_level smallint NOT NULL,
    unit smallint NOT NULL,
    PRIMARY KEY (run_id, receiver_id, component, paid_level, rate_num, rate_den)
) PARTITION BY LIST (run_id);

-- Makes the two tables of a run, aside and empty, for the role that calls. The names bear the
-- fence: a worker that lost its lease can't stand in the way of the one that took over.
CREATE FUNCTION compensation_build_partitions(this_run bigint, this_fence bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
    part text;
BEGIN
    PERFORM FROM public.compensation_run
    WHERE id = this_run AND fence = this_fence AND status = 'running';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % is not running under fence %', this_run, this_fence
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    FOREACH parent IN ARRAY ARRAY['compensation_memberresult', 'compensation_earning'] LOOP
        part := format('%s_%s_%s', parent, this_run, this_fence);
        EXECUTE format(
            'CREATE TABLE public.%I (LIKE public.%I, CHECK (run_id = %s))', part, parent, this_run
        );
        EXECUTE format('GRANT SELECT, INSERT ON public.%I TO %I', part, session_user);
    END LOOP;
END $$;

-- Indexes the loaded tables, takes the right to insert away and attaches them. Readers of other
-- runs are not disturbed: attaching needs SHARE UPDATE EXCLUSIVE on the parent, for an instant.
CREATE FUNCTION compensation_attach_partitions(this_run bigint, this_fence bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '250ms' AS $$
DECLARE
    parent text;
    part text;
    tries integer;
BEGIN
    PERFORM FROM public.compensation_run
    WHERE id = this_run AND fence = this_fence AND status = 'running';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % is not running under fence %', this_run, this_fence
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    EXECUTE format(
        'ALTER TABLE public.%1$I ADD PRIMARY KEY (run_id, position),'
        ' ADD UNIQUE (run_id, representative_id)',
        format('compensation_memberresult_%s_%s', this_run, this_fence)
    );
    EXECUTE format(
        'ALTER TABLE public.%I ADD PRIMARY KEY'
        ' (run_id, receiver_id, component, paid_level, rate_num, rate_den)',
        format('compensation_earning_%s_%s', this_run, this_fence)
    );
    FOREACH parent IN ARRAY ARRAY['compensation_memberresult', 'compensation_earning'] LOOP
        part := format('%s_%s_%s', parent, this_run, this_fence);
        EXECUTE format('REVOKE INSERT ON public.%I FROM %I', part, session_user);
        FOR tries IN 1..40 LOOP
            BEGIN
                EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES IN (%s)',
                               parent, part, this_run);
                EXIT;
            EXCEPTION WHEN lock_not_available THEN
                IF tries = 40 THEN
                    RAISE;
                END IF;
                PERFORM pg_sleep(0.05);
            END;
        END LOOP;
    END LOOP;
END $$;

-- Drops the tables of a run that was given up; never those of a posted or a visible one. Gives
-- up quickly when a reader is in the way: the caller tries again another time.
CREATE FUNCTION compensation_drop_partitions(this_run bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '250ms' AS $$
DECLARE
    part text;
    dropped integer := 0;
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
    FOR part IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND c.relname ~ format('^compensation_(memberresult|earning)_%s_[0-9]+$', this_run)
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE public.%I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

REVOKE EXECUTE ON FUNCTION compensation_build_partitions(bigint, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION compensation_attach_partitions(bigint, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION compensation_drop_partitions(bigint) FROM PUBLIC;
