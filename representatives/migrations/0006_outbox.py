"""The outbox of effects outside the database, and alerts for staff.

What has been sent stands: a row is the only thing that keeps its effect from happening twice.
"""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import PROTECT
from django.db.models.functions import Now

FORWARD = """
CREATE FUNCTION representatives_keep_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % refused, what was sent stands', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER sent_stands BEFORE UPDATE ON representatives_outboxevent
    FOR EACH ROW WHEN (OLD.sent_at IS NOT NULL) EXECUTE FUNCTION representatives_keep_sent();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON representatives_outboxevent
    FOR EACH STATEMENT EXECUTE FUNCTION representatives_keep_sent();
ALTER TABLE representatives_outboxevent ENABLE ALWAYS TRIGGER sent_stands;
ALTER TABLE representatives_outboxevent ENABLE ALWAYS TRIGGER kept;
"""

BACKWARD = """
DROP TRIGGER kept ON representatives_outboxevent;
DROP TRIGGER sent_stands ON representatives_outboxevent;
DROP FUNCTION representatives_keep_sent();
"""

ID = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)


class Migration(migrations.Migration):
    dependencies = [("representatives", "0005_guard_placement")]

    operations = [
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", ID),
                ("topic", models.CharField(max_length=40)),
                ("key", models.CharField(db_collation="C", max_length=200)),
                ("payload", models.JSONField()),
                ("payload_digest", models.CharField(editable=False, max_length=64)),
                ("created_at", models.DateTimeField(db_default=Now(), editable=False)),
                ("not_before", models.DateTimeField(db_default=Now())),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "failed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Given up, until staff let it be tried again.",
                        null=True,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=Q(sent_at__isnull=True, failed_at__isnull=True),
                        fields=["not_before", "id"],
                        name="outbox_waiting_idx",
                    ),
                    models.Index(
                        condition=Q(failed_at__isnull=False),
                        fields=["failed_at"],
                        name="outbox_failed_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("key",), name="outbox_key_once"),
                    models.CheckConstraint(
                        condition=~Q(topic="") & ~Q(key=""), name="outbox_named"
                    ),
                    models.CheckConstraint(
                        condition=Q(sent_at__isnull=True) | Q(payload={}),
                        name="outbox_sent_is_erased",
                    ),
                    models.CheckConstraint(
                        condition=Q(sent_at__isnull=True) | Q(failed_at__isnull=True),
                        name="outbox_sent_or_failed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", ID.clone()),
                ("code", models.CharField(max_length=60)),
                ("key", models.CharField(db_collation="C", max_length=200)),
                ("text", models.TextField()),
                ("raised_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "seen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-raised_at", "-id"], name="alert_newest_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("key",), name="alert_key_once"),
                    models.CheckConstraint(
                        condition=~Q(code="") & ~Q(key="") & ~Q(text=""),
                        name="alert_says_something",
                    ),
                    models.CheckConstraint(
                        condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                        | Q(seen_at__isnull=False, seen_by__isnull=False),
                        name="alert_seen_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
