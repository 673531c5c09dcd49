"""The database itself refuses a circle of placements, whoever writes.

A place is one deeper than the place above it (a top counts as nought), and so are those right
below it: checked once a statement, under the lock of all tree writes, with a fresh snapshot. Two
people who are placed under each other at once can't both be one deeper than the other.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION representatives_lock_placement() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'people are placed at isolation level READ COMMITTED only'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(representatives_tree_lock_key());
    RETURN NULL;
END $$;

CREATE FUNCTION representatives_check_placed() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE
    fault record;
BEGIN
    SELECT n.representative_id, n.parent_id INTO fault
      FROM placed n
      LEFT JOIN representatives_placement above ON above.representative_id = n.parent_id
     WHERE n.depth <> coalesce(above.depth, 0) + 1
        OR EXISTS (SELECT FROM representatives_placement below
                    WHERE below.parent_id = n.representative_id AND below.depth <> n.depth + 1)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'member % can''t be placed under member %: a place is one deeper than the'
            ' one above it', fault.representative_id, fault.parent_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'placement_no_circle',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER placement_lock BEFORE INSERT OR UPDATE ON representatives_placement
    FOR EACH STATEMENT EXECUTE FUNCTION representatives_lock_placement();
CREATE TRIGGER placement_check_insert AFTER INSERT ON representatives_placement
    REFERENCING NEW TABLE AS placed
    FOR EACH STATEMENT EXECUTE FUNCTION representatives_check_placed();
CREATE TRIGGER placement_check_update AFTER UPDATE ON representatives_placement
    REFERENCING NEW TABLE AS placed
    FOR EACH STATEMENT EXECUTE FUNCTION representatives_check_placed();
"""

BACKWARD = """
DROP TRIGGER placement_check_update ON representatives_placement;
DROP TRIGGER placement_check_insert ON representatives_placement;
DROP TRIGGER placement_lock ON representatives_placement;
DROP FUNCTION representatives_check_placed();
DROP FUNCTION representatives_lock_placement();
"""


class Migration(migrations.Migration):
    dependencies = [("representatives", "0004_placement")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
