-- A guard reads the tables of the schema, whoever calls it. Without a search path of its own a
-- function looks among the session's temporary tables first, and anybody may make one of the same
-- name: a guard would ask it instead. Named last, temporary tables are found by nobody's guard.
DO $$
DECLARE
    guard regprocedure;
BEGIN
    FOR guard IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
        AND p.prorettype = 'trigger'::regtype
        AND p.proname ~ '^(compensation|sales|representatives)_'
        AND NOT EXISTS (
            SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%'
        )
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', guard);
    END LOOP;
END $$;
