"""The database itself refuses a circle of sponsors, whoever writes.

A change of sponsor takes the lock of all tree writes before it looks, so that two changes at once
cannot close a circle together; it looks with a fresh snapshot, hence READ COMMITTED only. Labels
alone change without any of this. A new member cannot close a circle as long as the sponsor exists
and is one level higher, which is checked once a statement.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION representatives_tree_lock_key() RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 5093001::bigint $$;

CREATE FUNCTION representatives_lock_tree() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'sponsors change at isolation level READ COMMITTED only'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(representatives_tree_lock_key());
    RETURN NULL;
END $$;

CREATE FUNCTION representatives_refuse_circle() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE
    -- UNION drops a row met before, so that even a circle the member is not part of ends.
    reached_root boolean := NEW.sponsor_id IS NULL OR EXISTS (
        WITH RECURSIVE up AS (
            SELECT id, sponsor_id FROM representatives_representative WHERE id = NEW.sponsor_id
            UNION
            SELECT r.id, r.sponsor_id FROM representatives_representative r
              JOIN up ON r.id = up.sponsor_id
        ) SELECT FROM up WHERE sponsor_id IS NULL);
BEGIN
    IF NOT reached_root THEN
        RAISE EXCEPTION 'member % can''t have sponsor %: the sponsors above never reach the root',
            NEW.id, NEW.sponsor_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'representative_no_circle',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION representatives_check_enrolled() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE
    fault record;
BEGIN
    SELECT n.id, n.sponsor_id, s.id IS NULL AS missing INTO fault
      FROM enrolled n LEFT JOIN representatives_representative s ON s.id = n.sponsor_id
     WHERE n.sponsor_id IS NOT NULL
       AND (s.id IS NULL OR n.level <> s.level + 1 OR n.lft <= s.lft OR n.rght >= s.rght)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'member % is not placed under sponsor %: %', fault.id, fault.sponsor_id,
            CASE WHEN fault.missing THEN 'there is no such sponsor'
                 ELSE 'level or labels don''t lie within the sponsor''s' END
            USING ERRCODE = 'check_violation', CONSTRAINT = 'representative_under_sponsor',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER representative_lock_tree BEFORE UPDATE OF sponsor_id
    ON representatives_representative
    FOR EACH STATEMENT EXECUTE FUNCTION representatives_lock_tree();
CREATE TRIGGER representative_refuse_circle AFTER UPDATE OF sponsor_id
    ON representatives_representative
    FOR EACH ROW WHEN (OLD.sponsor_id IS DISTINCT FROM NEW.sponsor_id)
    EXECUTE FUNCTION representatives_refuse_circle();
CREATE TRIGGER representative_check_enrolled AFTER INSERT
    ON representatives_representative REFERENCING NEW TABLE AS enrolled
    FOR EACH STATEMENT EXECUTE FUNCTION representatives_check_enrolled();
"""

BACKWARD = """
DROP TRIGGER representative_check_enrolled ON representatives_representative;
DROP TRIGGER representative_refuse_circle ON representatives_representative;
DROP TRIGGER representative_lock_tree ON representatives_representative;
DROP FUNCTION representatives_check_enrolled();
DROP FUNCTION representatives_refuse_circle();
DROP FUNCTION representatives_lock_tree();
DROP FUNCTION representatives_tree_lock_key();
"""


class Migration(migrations.Migration):
    dependencies = [("representatives", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
