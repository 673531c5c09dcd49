-- What further kinds of plan find and leave behind. Members of runs that are there have nothing of
-- it: constants as defaults, so that no partition is written anew.
ALTER TABLE compensation_memberresult
    ADD COLUMN rsp_base bigint NOT NULL DEFAULT 0,
    ADD COLUMN figures bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN retail_customers integer NOT NULL DEFAULT 0,
    ADD COLUMN grace_used smallint NOT NULL DEFAULT 0;

CREATE TABLE compensation_carried (
    run_id bigint NOT NULL,
    representative_id bigint NOT NULL,
    value bigint NOT NULL,
    key smallint NOT NULL,
    PRIMARY KEY (run_id, representative_id, key)
) PARTITION BY LIST (run_id);

-- The functions of partitions.sql and statistics.sql, for three tables a run.
CREATE OR REPLACE FUNCTION compensation_build_partitions(this_run bigint, this_fence bigint)
RETURNS void
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
    FOREACH parent IN ARRAY ARRAY[
        'compensation_memberresult', 'compensation_earning', 'compensation_carried'
    ] LOOP
        part := format('%s_%s_%s', parent, this_run, this_fence);
        EXECUTE format(
            'CREATE TABLE public.%I (LIKE public.%I, CHECK (run_id = %s))', part, parent, this_run
        );
        EXECUTE format('GRANT SELECT, INSERT ON public.%I TO %I', part, session_user);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION compensation_attach_partitions(this_run bigint, this_fence bigint)
RETURNS void
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
    EXECUTE format(
        'ALTER TABLE public.%I ADD PRIMARY KEY (run_id, representative_id, key)',
        format('compensation_carried_%s_%s', this_run, this_fence)
    );
    FOREACH parent IN ARRAY ARRAY[
        'compensation_memberresult', 'compensation_earning', 'compensation_carried'
    ] LOOP
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

CREATE OR REPLACE FUNCTION compensation_drop_partitions(this_run bigint) RETURNS integer
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
        AND c.relname ~ format('^compensation_(memberresult|earning|carried)_%s_[0-9]+$', this_run)
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE public.%I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

CREATE OR REPLACE FUNCTION compensation_analyze_partitions(this_run bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND c.relname ~ format('^compensation_(memberresult|earning|carried)_%s_[0-9]+$', this_run)
        ORDER BY c.relname
    LOOP
        EXECUTE format('ANALYZE public.%I', part);
    END LOOP;
END $$;

-- At most one decision bounds a person's rank from below, and one from above, in any period. A
-- decision that was ended before it began covers no day.
ALTER TABLE compensation_rankoverride
    ADD CONSTRAINT rankoverride_days_in_order CHECK (last_day >= first_day - 1),
    ADD CONSTRAINT rankoverride_one_lower_bound EXCLUDE USING gist (
        int8range(representative_id, representative_id, '[]') WITH &&,
        daterange(first_day, last_day + 1) WITH &&
    ) WHERE (kind <> 'at_most'),
    ADD CONSTRAINT rankoverride_one_upper_bound EXCLUDE USING gist (
        int8range(representative_id, representative_id, '[]') WITH &&,
        daterange(first_day, last_day + 1) WITH &&
    ) WHERE (kind <> 'at_least');

-- A decision is ended once and otherwise stands; entries of coupons stand as they are.
CREATE FUNCTION compensation_guard_override() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR (
        NEW.id, NEW.representative_id, NEW.kind, NEW.rank, NEW.reason, NEW.first_day,
        NEW.decided_by_id, NEW.decided_at
    ) IS DISTINCT FROM (
        OLD.id, OLD.representative_id, OLD.kind, OLD.rank, OLD.reason, OLD.first_day,
        OLD.decided_by_id, OLD.decided_at
    ) OR NEW.last_day > OLD.last_day THEN
        RAISE EXCEPTION 'a decision on a rank can only be ended, once'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'rankoverride_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER override_stands BEFORE UPDATE ON compensation_rankoverride
    FOR EACH ROW EXECUTE FUNCTION compensation_guard_override();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON compensation_rankoverride
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON compensation_couponentry
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_refuse_change();
ALTER TABLE compensation_rankoverride ENABLE ALWAYS TRIGGER override_stands;
ALTER TABLE compensation_rankoverride ENABLE ALWAYS TRIGGER kept;
ALTER TABLE compensation_couponentry ENABLE ALWAYS TRIGGER append_only;
