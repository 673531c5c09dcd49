"""What goes with what, what is suggested for whom, and what was decided about it.

A decision is of the customer's representative and stands as it was made: it is only taken back,
moved along when two rows of one person are merged, or stripped of its note. Nobody is asked for a
referral twice within sixty days. A larger size lasts longer than the smaller one, so that no chain
of sizes comes back to where it began.
"""

import django.db.models.deletion
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION sales_decision_of_own_customer() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM sales_customer
         WHERE id = NEW.customer_id AND representative_id = NEW.representative_id
           AND NOT is_self AND erased_at IS NULL AND merged_into_id IS NULL
    ) THEN
        RAISE EXCEPTION 'customer % is nobody whom % looks after',
                        NEW.customer_id, NEW.representative_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sales_decision_of_own_customer BEFORE INSERT ON sales_suggestiondecision
    FOR EACH ROW EXECUTE FUNCTION sales_decision_of_own_customer();

CREATE TRIGGER sales_decision_stands BEFORE UPDATE ON sales_suggestiondecision
    FOR EACH ROW WHEN (
        (OLD.representative_id, OLD.kind, OLD.state, OLD.act, OLD.reason, OLD.decided_on,
         OLD.decided_at)
        IS DISTINCT FROM
        (NEW.representative_id, NEW.kind, NEW.state, NEW.act, NEW.reason, NEW.decided_on,
         NEW.decided_at)
        OR (OLD.product_id, OLD.with_product_id, OLD.guide_id, OLD.until)
           IS DISTINCT FROM (NEW.product_id, NEW.with_product_id, NEW.guide_id, NEW.until)
        OR (NEW.note <> OLD.note AND NEW.note <> '')
        OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
    ) EXECUTE FUNCTION sales_refuse('a decision stands as it was made');

-- Ranges of one number stand for the customer: equality without an extension.
ALTER TABLE sales_suggestiondecision ADD CONSTRAINT decision_no_second_ask
    EXCLUDE USING gist (
        int8range(customer_id, customer_id, '[]') WITH &&,
        daterange(decided_on, decided_on + 60) WITH &&
    ) WHERE (kind = 'referral_ask' AND state = 'accepted' AND withdrawn_at IS NULL);

CREATE FUNCTION sales_product_larger_lasts_longer() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    -- One writer of sizes at a time: two who cross would each see the other's old row.
    PERFORM pg_advisory_xact_lock(hashtext('sales_product.larger_size'));
    IF EXISTS (
        SELECT FROM sales_product larger
         WHERE larger.id = NEW.larger_size_id
           AND coalesce(larger.pack_days, 0) <= NEW.pack_days
    ) OR EXISTS (
        SELECT FROM sales_product smaller
         WHERE smaller.larger_size_id = NEW.id
           AND smaller.pack_days >= coalesce(NEW.pack_days, 0)
    ) THEN
        RAISE EXCEPTION 'product %: a larger size lasts longer', NEW.sku
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_product_larger_lasts_longer
    AFTER INSERT OR UPDATE OF larger_size_id, pack_days ON sales_product
    FOR EACH ROW EXECUTE FUNCTION sales_product_larger_lasts_longer();
"""

UNDO = """
DROP TRIGGER sales_product_larger_lasts_longer ON sales_product;
DROP FUNCTION sales_product_larger_lasts_longer();
ALTER TABLE sales_suggestiondecision DROP CONSTRAINT decision_no_second_ask;
DROP TRIGGER sales_decision_stands ON sales_suggestiondecision;
DROP TRIGGER sales_decision_of_own_customer ON sales_suggestiondecision;
DROP FUNCTION sales_decision_of_own_customer();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('representatives', '0011_desk'),
        ('sales', '0013_follow_ups'),
    ]

    operations = [
        migrations.CreateModel(
            name='AddOn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('basis', models.CharField(choices=[('bought', 'Bought together'), ('stated', 'Named by staff as going together')], max_length=6)),
                ('place', models.PositiveSmallIntegerField()),
                ('chance_permille', models.PositiveSmallIntegerField(help_text='Per mille, of buying it within the next 30 days.', verbose_name='chance')),
            ],
            options={
                'verbose_name': 'add-on',
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='AddOnLearning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('learnt_at', models.DateTimeField()),
                ('learnt_to', models.DateField(verbose_name='learnt from purchases before')),
                ('ridge', models.PositiveIntegerField(help_text='How much rare products are held back.')),
                ('chances', models.JSONField()),
                ('figures', models.JSONField()),
            ],
            options={
                'verbose_name': 'learning of add-ons',
                'verbose_name_plural': 'learnings of add-ons',
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='ProductPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('both_count', models.PositiveIntegerField(verbose_name='customers of both')),
                ('product_count', models.PositiveIntegerField(verbose_name='customers of the product')),
                ('companion_count', models.PositiveIntegerField(verbose_name='customers of the companion')),
                ('customer_count', models.PositiveIntegerField(verbose_name='customers')),
                ('lift_permille', models.PositiveIntegerField(help_text='Per mille: 2000 is twice as many as among all customers.', verbose_name='lift')),
                ('weight', models.IntegerField(help_text="Millionths; what having the product adds to the companion's place.")),
                ('accepted_count', models.PositiveIntegerField(default=0, verbose_name='accepted')),
                ('refused_count', models.PositiveIntegerField(default=0, verbose_name='refused')),
            ],
        ),
        migrations.CreateModel(
            name='SuggestionDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('repeat', 'Repeat'), ('add_on', 'Add-on'), ('upgrade', 'Larger size'), ('referral_ask', 'Ask for a referral'), ('win_back', 'Win back'), ('education', 'Guide to share')], max_length=12)),
                ('guide_id', models.BigIntegerField(blank=True, null=True)),
                ('state', models.CharField(choices=[('accepted', 'Accepted'), ('snoozed', 'Later'), ('refused', 'Refused')], max_length=8)),
                ('act', models.CharField(blank=True, choices=[('order', 'Order'), ('message', 'Message'), ('task', 'Follow-up')], default='', max_length=7)),
                ('reason', models.CharField(blank=True, choices=[('enough', 'Has enough of it at home'), ('no_interest', 'Is not interested'), ('price', 'Finds it too expensive'), ('elsewhere', 'Buys it elsewhere'), ('not_fitting', 'Does not fit this person')], default='', max_length=11)),
                ('note', models.CharField(blank=True, default='', max_length=300)),
                ('decided_on', models.DateField(verbose_name='decided')),
                ('decided_at', models.DateTimeField()),
                ('until', models.DateField(blank=True, null=True, verbose_name='comes back')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='taken back')),
            ],
            options={
                'verbose_name': 'decision on a suggestion',
                'verbose_name_plural': 'decisions on suggestions',
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='WorkDay',
            fields=[
                ('representative', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='work_day', serialize=False, to='representatives.representative')),
                ('jobs', models.PositiveSmallIntegerField(default=10)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='product',
            name='larger_size',
            field=models.ForeignKey(blank=True, help_text='The same in a larger pack. Suggested where a day of it costs the customer no more and brings no less BV and RSP.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='smaller_sizes', to='sales.product'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('larger_size__isnull', True), models.Q(models.Q(('larger_size', models.F('id')), _negated=True), ('pack_days__isnull', False)), _connector='OR'), name='product_larger_size_of_a_pack'),
        ),
        migrations.AddField(
            model_name='addon',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='add_ons', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='addon',
            name='product',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sales.product'),
        ),
        migrations.AddField(
            model_name='addon',
            name='with_product',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sales.product'),
        ),
        migrations.AddIndex(
            model_name='addonlearning',
            index=models.Index(fields=['-learnt_at', '-id'], name='addonlearning_newest'),
        ),
        migrations.AddField(
            model_name='productpair',
            name='companion',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sales.product'),
        ),
        migrations.AddField(
            model_name='productpair',
            name='product',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sales.product'),
        ),
        migrations.AddField(
            model_name='suggestiondecision',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='suggestiondecision',
            name='product',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sales.product'),
        ),
        migrations.AddField(
            model_name='suggestiondecision',
            name='representative',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='representatives.representative'),
        ),
        migrations.AddField(
            model_name='suggestiondecision',
            name='with_product',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sales.product'),
        ),
        migrations.AddConstraint(
            model_name='workday',
            constraint=models.CheckConstraint(condition=models.Q(('jobs__gte', 1), ('jobs__lte', 50)), name='workday_of_sensible_length'),
        ),
        migrations.AddConstraint(
            model_name='addon',
            constraint=models.UniqueConstraint(fields=('customer', 'product'), name='addon_once'),
        ),
        migrations.AddConstraint(
            model_name='addon',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('product', models.F('with_product')), _negated=True), ('basis__in', ['bought', 'stated'])), name='addon_of_two'),
        ),
        migrations.AddConstraint(
            model_name='addon',
            constraint=models.CheckConstraint(condition=models.Q(('chance_permille__lte', 1000), ('place__gt', 0)), name='addon_numbers_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='productpair',
            constraint=models.UniqueConstraint(fields=('product', 'companion'), name='productpair_once'),
        ),
        migrations.AddConstraint(
            model_name='productpair',
            constraint=models.CheckConstraint(condition=models.Q(('product', models.F('companion')), _negated=True), name='productpair_of_two'),
        ),
        migrations.AddConstraint(
            model_name='productpair',
            constraint=models.CheckConstraint(condition=models.Q(('both_count__gte', 0), ('both_count__lte', models.F('product_count')), ('companion_count__gte', models.F('both_count')), ('companion_count__lte', models.F('customer_count')), ('product_count__lte', models.F('customer_count'))), name='productpair_counts_fit'),
        ),
        migrations.AddIndex(
            model_name='suggestiondecision',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['customer', 'kind'], name='decision_of_customer'),
        ),
        migrations.AddIndex(
            model_name='suggestiondecision',
            index=models.Index(fields=['representative', 'decided_on'], name='decision_of_day'),
        ),
        migrations.AddIndex(
            model_name='suggestiondecision',
            index=models.Index(condition=models.Q(('kind', 'add_on'), ('withdrawn_at__isnull', True)), fields=['with_product', 'product'], name='decision_on_pair'),
        ),
        migrations.AddConstraint(
            model_name='suggestiondecision',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['repeat', 'add_on', 'upgrade', 'referral_ask', 'win_back', 'education'])), name='decision_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='suggestiondecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('act__in', ['order', 'message', 'task']), ('reason', ''), ('state', 'accepted')), models.Q(('act', ''), ('reason', ''), ('state', 'snoozed'), ('until__isnull', False)), models.Q(('act', ''), ('reason__in', ['enough', 'no_interest', 'price', 'elsewhere', 'not_fitting']), ('state', 'refused')), _connector='OR'), name='decision_parts_fit'),
        ),
        migrations.AddConstraint(
            model_name='suggestiondecision',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gt', models.F('decided_on')), _connector='OR'), name='decision_until_later'),
        ),
        migrations.AddConstraint(
            model_name='suggestiondecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['repeat', 'add_on', 'upgrade']), ('product__isnull', False)), ('kind__in', ['referral_ask', 'win_back', 'education']), _connector='OR'), name='decision_names_the_product'),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
