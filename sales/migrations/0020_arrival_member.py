"""Who became a member after coming by a link, by whatever invitation; once, and never another."""

import django.db.models.deletion
from django.db import migrations, models

TAKE_OVER = """
UPDATE sales_arrival a SET member_id = i.representative_id
  FROM representatives_invitation i
 WHERE i.id = a.invitation_id AND i.representative_id IS NOT NULL;
"""
GUARDS = """
CREATE TRIGGER arrival_member_stands BEFORE UPDATE ON sales_arrival FOR EACH ROW
    WHEN (OLD.member_id IS NOT NULL AND OLD.member_id IS DISTINCT FROM NEW.member_id)
    EXECUTE FUNCTION sales_refuse('an arrival stands as it was');
CREATE FUNCTION sales_arrival_member_below() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM representatives_representative m
         WHERE m.id = NEW.member_id AND m.sponsor_id = NEW.representative_id
    ) THEN
        RAISE EXCEPTION 'arrival %: member of another sponsor', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER arrival_member_below AFTER UPDATE OF member_id ON sales_arrival FOR EACH ROW
    WHEN (NEW.member_id IS NOT NULL AND OLD.member_id IS DISTINCT FROM NEW.member_id)
    EXECUTE FUNCTION sales_arrival_member_below();
CREATE TRIGGER arrival_member_later BEFORE INSERT ON sales_arrival FOR EACH ROW
    WHEN (NEW.member_id IS NOT NULL)
    EXECUTE FUNCTION sales_refuse('nobody arrives as a member');
ALTER TABLE sales_arrival ENABLE ALWAYS TRIGGER arrival_member_stands;
ALTER TABLE sales_arrival ENABLE ALWAYS TRIGGER arrival_member_below;
ALTER TABLE sales_arrival ENABLE ALWAYS TRIGGER arrival_member_later;
"""
UNDO = """
DROP TRIGGER arrival_member_stands ON sales_arrival;
DROP TRIGGER arrival_member_below ON sales_arrival;
DROP TRIGGER arrival_member_later ON sales_arrival;
DROP FUNCTION sales_arrival_member_below();
"""


class Migration(migrations.Migration):
    """Whoever took the invitation of an arrival is its member already."""

    dependencies = [
        ("representatives", "0013_notices_hold"),
        ("sales", "0019_follow_ups_of_merged"),
    ]

    operations = [
        migrations.AddField(
            model_name="arrival",
            name="member",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="representatives.representative",
            ),
        ),
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, UNDO),
    ]
