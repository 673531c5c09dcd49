"""Links and personal codes that bring people, who came by them, and the guards that hold this.

The database itself refuses a circle of customers who referred each other: a changed referrer is
followed upwards under one lock, with a fresh snapshot, so that two changes at once can't close a
circle between them. A new customer can only close one by a referrer with a later number, who must
be there already: all others cost nothing. An arrival belongs to whom its link belongs, a link
keeps what it was made with, events are never changed.
"""

from datetime import timedelta
from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

NO_CIRCLE = """
CREATE FUNCTION sales_customer_no_circle() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'who referred whom is changed at isolation level READ COMMITTED only'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('sales.referred_by', 0));
    IF NOT EXISTS (SELECT FROM sales_customer WHERE id = NEW.referred_by_id) THEN
        RAISE EXCEPTION 'customer %: the referring customer does not exist yet', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    IF EXISTS (
        WITH RECURSIVE above(id) AS (
            SELECT NEW.referred_by_id
            UNION
            SELECT c.referred_by_id FROM sales_customer c JOIN above ON c.id = above.id
             WHERE c.referred_by_id IS NOT NULL
        ) SELECT FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'customer %: referred, in the end, by itself', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER customer_no_circle_added AFTER INSERT ON sales_customer
    FOR EACH ROW WHEN (NEW.referred_by_id >= NEW.id)
    EXECUTE FUNCTION sales_customer_no_circle();
CREATE TRIGGER customer_no_circle AFTER UPDATE OF referred_by_id ON sales_customer
    FOR EACH ROW WHEN (NEW.referred_by_id IS NOT NULL
                       AND NEW.referred_by_id IS DISTINCT FROM OLD.referred_by_id)
    EXECUTE FUNCTION sales_customer_no_circle();
ALTER TABLE sales_customer ENABLE ALWAYS TRIGGER customer_no_circle_added;
ALTER TABLE sales_customer ENABLE ALWAYS TRIGGER customer_no_circle;
"""

LINK_STANDS = """
CREATE TRIGGER referrallink_stands BEFORE UPDATE ON sales_referrallink FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.code IS DISTINCT FROM NEW.code
          OR OLD.representative_id IS DISTINCT FROM NEW.representative_id
          OR OLD.product_id IS DISTINCT FROM NEW.product_id
          OR OLD.campaign IS DISTINCT FROM NEW.campaign
          OR OLD.created_at IS DISTINCT FROM NEW.created_at
          OR (OLD.closed_at IS NOT NULL AND OLD.closed_at IS DISTINCT FROM NEW.closed_at))
    EXECUTE FUNCTION sales_refuse('a link keeps what it was made with, and its end');
CREATE FUNCTION sales_referrallink_moved() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.customer_id IS NULL OR NOT EXISTS (
        SELECT FROM sales_customer WHERE id = OLD.customer_id AND merged_into_id = NEW.customer_id
    ) THEN
        RAISE EXCEPTION 'link %: a personal code moves with a merge of its customer only', NEW.id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER referrallink_moved AFTER UPDATE ON sales_referrallink FOR EACH ROW
    WHEN (NEW.customer_id IS NOT NULL AND OLD.customer_id IS DISTINCT FROM NEW.customer_id)
    EXECUTE FUNCTION sales_referrallink_moved();
"""

ARRIVAL_STANDS = """
CREATE TRIGGER arrival_stands BEFORE UPDATE ON sales_arrival FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.link_id IS DISTINCT FROM NEW.link_id
          OR OLD.representative_id IS DISTINCT FROM NEW.representative_id
          OR OLD.touched_at IS DISTINCT FROM NEW.touched_at
          OR OLD.arrived_at IS DISTINCT FROM NEW.arrived_at
          OR OLD.via IS DISTINCT FROM NEW.via
          OR OLD.wants_to_join IS DISTINCT FROM NEW.wants_to_join
          OR (OLD.replaced_at IS NOT NULL AND OLD.replaced_at IS DISTINCT FROM NEW.replaced_at))
    EXECUTE FUNCTION sales_refuse('an arrival stands as it was');
CREATE FUNCTION sales_arrival_of_its_link() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (
            SELECT FROM sales_referrallink l
              LEFT JOIN sales_customer p ON p.id = l.customer_id
              JOIN sales_customer c ON c.id = NEW.customer_id
             WHERE l.id = NEW.link_id AND l.closed_at IS NULL
               AND coalesce(l.representative_id, p.representative_id) = NEW.representative_id
               AND c.representative_id = NEW.representative_id
               AND NOT c.is_self AND c.id IS DISTINCT FROM l.customer_id
        ) THEN
            RAISE EXCEPTION 'arrival by link %: not of its owner, or by an own link', NEW.link_id
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
        END IF;
    END IF;
    IF NEW.invitation_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM representatives_invitation i
         WHERE i.id = NEW.invitation_id AND i.created_at >= NEW.arrived_at
    ) THEN
        RAISE EXCEPTION 'arrival %: invited before it arrived', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER arrival_of_its_link AFTER INSERT OR UPDATE ON sales_arrival
    FOR EACH ROW EXECUTE FUNCTION sales_arrival_of_its_link();
"""

EVENT_STANDS = """
CREATE TRIGGER referralevent_stands BEFORE UPDATE ON sales_referralevent
    FOR EACH STATEMENT EXECUTE FUNCTION sales_refuse('what happened with a link stands');
CREATE TRIGGER referralevent_no_delete BEFORE DELETE ON sales_referralevent
    FOR EACH STATEMENT EXECUTE FUNCTION sales_refuse('what happened with a link stands');
"""

THANKS_OF_ORDER = """
CREATE FUNCTION sales_thanks_of_order() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added a
         WHERE NOT EXISTS (
            SELECT FROM sales_order o
              JOIN sales_customer c ON c.id = o.customer_id
              JOIN sales_orderline l ON l.order_id = o.id AND l.line_class = 'referral'
             WHERE o.id = a.order_id AND o.status = 'paid' AND c.referred_by_id = a.referrer_id)
    ) THEN
        RAISE EXCEPTION 'thanks: the order is no referral of this customer'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER referralthanks_of_order AFTER INSERT ON sales_referralthanks
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION sales_thanks_of_order();
CREATE TRIGGER referralthanks_stands BEFORE UPDATE ON sales_referralthanks FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.order_id IS DISTINCT FROM NEW.order_id
          OR OLD.recorded_at IS DISTINCT FROM NEW.recorded_at
          OR (OLD.thanked_at IS NOT NULL AND OLD.thanked_at IS DISTINCT FROM NEW.thanked_at))
    EXECUTE FUNCTION sales_refuse('who brought an order, and the thanks for it, stand');
"""

UNDO = """
DROP TRIGGER customer_no_circle ON sales_customer;
DROP TRIGGER customer_no_circle_added ON sales_customer;
DROP FUNCTION sales_customer_no_circle();
DROP TRIGGER referrallink_moved ON sales_referrallink;
DROP TRIGGER referrallink_stands ON sales_referrallink;
DROP FUNCTION sales_referrallink_moved();
DROP TRIGGER arrival_stands ON sales_arrival;
DROP TRIGGER arrival_of_its_link ON sales_arrival;
DROP FUNCTION sales_arrival_of_its_link();
DROP TRIGGER referralevent_stands ON sales_referralevent;
DROP TRIGGER referralevent_no_delete ON sales_referralevent;
DROP TRIGGER referralthanks_of_order ON sales_referralthanks;
DROP TRIGGER referralthanks_stands ON sales_referralthanks;
DROP FUNCTION sales_thanks_of_order();
"""


class Migration(migrations.Migration):
    """Makes the tables and their guards; the reverse drops them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("sales", "0015_guides"),
        ("representatives", "0010_choices_hold"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="ReferralLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(db_collation="C", max_length=26, unique=True)),
                (
                    "representative",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral_links",
                        to="representatives.representative",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Whose personal code it is.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="personal_links",
                        to="sales.customer",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "campaign",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Where the link is shown, for instance on a market stall.",
                        max_length=60,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("representative__isnull", False)),
                        fields=["representative", "-created_at", "-id"],
                        name="referrallink_listing",
                    ),
                    models.Index(
                        condition=models.Q(("customer__isnull", False)),
                        fields=["customer"],
                        name="referrallink_of_customer",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[0-9A-HJKMNP-TV-Z]{26}$")),
                        name="referrallink_code_is_long",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("customer__isnull", True), ("representative__isnull", False)),
                            models.Q(("customer__isnull", False), ("representative__isnull", True)),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("customer__isnull", True),
                                ("representative__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="referrallink_one_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("representative__isnull", False),
                            models.Q(("campaign", ""), ("product__isnull", True)),
                            _connector="OR",
                        ),
                        name="referrallink_personal_is_plain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True),
                            ("closed_at__gte", models.F("created_at")),
                            _connector="OR",
                        ),
                        name="referrallink_closed_after",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True), ("representative__isnull", False)
                        ),
                        fields=("representative", "product", "campaign"),
                        name="referrallink_once",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True), ("customer__isnull", False)
                        ),
                        fields=("customer",),
                        name="referrallink_one_personal",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferralDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="days",
                        to="sales.referrallink",
                    ),
                ),
                ("day", models.DateField()),
                ("visits", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("link", "day"), name="referralday_once"),
                    models.CheckConstraint(
                        condition=models.Q(("visits__gt", 0)), name="referralday_has_visits"
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="sales.referrallink",
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="representatives.representative",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty once the person was erased.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="sales.customer",
                    ),
                ),
                ("touched_at", models.DateTimeField(verbose_name="link followed")),
                ("arrived_at", models.DateTimeField(verbose_name="contact left")),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("page", "The link's page"),
                            ("remembered", "A device that remembered the link"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "wants_to_join",
                    models.BooleanField(default=False, verbose_name="asks how to join"),
                ),
                (
                    "invitation",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="representatives.invitation",
                    ),
                ),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["link", "-arrived_at", "-id"], name="arrival_of_link"),
                    models.Index(
                        fields=["representative", "-arrived_at", "-id"],
                        name="arrival_of_representative",
                    ),
                    models.Index(
                        condition=models.Q(("customer__isnull", False)),
                        fields=["customer"],
                        name="arrival_of_customer",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "touched_at__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("arrived_at"), "-", models.Value(timedelta(days=30))
                                ),
                            ),
                            ("touched_at__lte", models.F("arrived_at")),
                        ),
                        name="arrival_within_days_of_touch",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("via__in", ["page", "remembered"])),
                        name="arrival_via_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_at__isnull", True),
                            ("replaced_at__gte", models.F("arrived_at")),
                            _connector="OR",
                        ),
                        name="arrival_replaced_after",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("customer__isnull", False), ("replaced_at__isnull", True)
                        ),
                        fields=("customer",),
                        name="arrival_last_touch_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferralEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("own", "Own link used"),
                            ("loop", "Loop of referrals"),
                            ("member", "Is a representative already"),
                            ("known", "Is a customer already"),
                            ("opted_out", "Asked not to be contacted"),
                            ("tampered", "Tampered cookie"),
                            ("expired", "Expired cookie"),
                            ("closed", "Closed or unknown link remembered"),
                            ("stale", "Form tampered with or too old"),
                            ("foreign", "Sent from another site"),
                            ("robot", "Filled in by a robot"),
                            ("flood", "Too many for one link"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="sales.referrallink",
                    ),
                ),
                ("happened_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-happened_at", "-id"], name="referralevent_latest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "own",
                                    "loop",
                                    "member",
                                    "known",
                                    "opted_out",
                                    "tampered",
                                    "expired",
                                    "closed",
                                    "stale",
                                    "foreign",
                                    "robot",
                                    "flood",
                                ],
                            )
                        ),
                        name="referralevent_kind_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferralThanks",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.order",
                    ),
                ),
                (
                    "referrer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty once the person was erased.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="thanks",
                        to="sales.customer",
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                ("thanked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "referral thanks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("referrer__isnull", False)),
                        fields=["referrer"],
                        name="referralthanks_of_referrer",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("thanked_at__isnull", True),
                            ("thanked_at__gte", models.F("recorded_at")),
                            _connector="OR",
                        ),
                        name="referralthanks_thanked_after",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            NO_CIRCLE + LINK_STANDS + ARRIVAL_STANDS + EVENT_STANDS + THANKS_OF_ORDER, UNDO
        ),
    ]
