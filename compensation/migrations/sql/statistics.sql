-- Tells the planner what a run's tables hold, before readers come to them: they are filled at once
-- and never change, so autovacuum would look too late. Only their owner may analyse them.
CREATE FUNCTION compensation_analyze_partitions(this_run bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND c.relname ~ format('^compensation_(memberresult|earning)_%s_[0-9]+$', this_run)
        ORDER BY c.relname
    LOOP
        EXECUTE format('ANALYZE public.%I', part);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION compensation_analyze_partitions(bigint) FROM PUBLIC;
