"""Guides that are read and shared.

A link to a guide is made for a customer of whoever makes it, never for one who asked not to be
contacted, is erased or merged away, and never of a guide which is not to be shared. What a link was
made with stands; it dies with the customer's data, or when it is withdrawn.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION sales_guideshare_allowed() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM sales_guide
        WHERE id = NEW.guide_id AND audience = 'everybody' AND published_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'guide % is not to be shared', NEW.guide_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END IF;
    IF NEW.customer_id IS NOT NULL THEN
        -- A wish to be left alone that is under way is waited for.
        PERFORM FROM sales_customer
        WHERE id = NEW.customer_id
            AND representative_id = NEW.representative_id
            AND NOT is_self
            AND no_contact_at IS NULL
            AND erased_at IS NULL
            AND merged_into_id IS NULL
        FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'nothing can be shared with customer %', NEW.customer_id
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sales_guideshare_allowed BEFORE INSERT ON sales_guideshare
    FOR EACH ROW EXECUTE FUNCTION sales_guideshare_allowed();
CREATE TRIGGER sales_guideshare_stands BEFORE UPDATE ON sales_guideshare
    FOR EACH ROW WHEN (
        OLD.guide_id <> NEW.guide_id
        OR OLD.representative_id <> NEW.representative_id
        OR OLD.token <> NEW.token
        OR OLD.shared_at <> NEW.shared_at
        OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
        OR (OLD.customer_id IS NULL) <> (NEW.customer_id IS NULL)
    ) EXECUTE FUNCTION sales_refuse('a link keeps what it was made with');
"""

UNDO = """
DROP TRIGGER sales_guideshare_stands ON sales_guideshare;
DROP TRIGGER sales_guideshare_allowed ON sales_guideshare;
DROP FUNCTION sales_guideshare_allowed();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('representatives', '0011_desk'),
        ('sales', '0014_suggestions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Guide',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.CharField(db_collation='C', help_text="Part of the page's address: small letters, digits and hyphens.", max_length=80, unique=True, verbose_name='address')),
                ('audience', models.CharField(choices=[('everybody', 'Members, and customers by link'), ('members', 'Members only')], db_default='everybody', default='everybody', max_length=9, verbose_name='who may read it')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='published')),
                ('edited_at', models.DateTimeField(verbose_name='edited')),
                ('edited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='edited by')),
                ('products', models.ManyToManyField(blank=True, help_text='Products it is about. A customer who bought one of them may get it.', related_name='guides', to='sales.product')),
            ],
        ),
        migrations.CreateModel(
            name='GuideReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField()),
                ('guide', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='sales.guide')),
                ('representative', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='guides_read', to='representatives.representative')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='GuideShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'English'), ('pl', 'Polish')], max_length=2)),
                ('token', models.CharField(db_collation='C', max_length=32, unique=True)),
                ('shared_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('consent', models.CharField(blank=True, choices=[('', 'No consent'), ('page', 'Said on the page'), ('recorded', 'Recorded consent of the customer')], db_default='', default='', max_length=8)),
                ('consent_at', models.DateTimeField(blank=True, null=True)),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='guide_shares', to='sales.customer')),
                ('guide', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='sales.guide')),
                ('representative', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='guide_shares', to='representatives.representative')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='GuideText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'English'), ('pl', 'Polish')], max_length=2)),
                ('title', models.CharField(max_length=120)),
                ('summary', models.CharField(blank=True, default='', help_text='One sentence for lists: what the reader takes away.', max_length=300)),
                ('body_md', models.TextField(help_text='Markdown. Headings begin with ##; HTML and pictures are left out.', max_length=40000, verbose_name='text')),
                ('guide', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='texts', to='sales.guide')),
            ],
        ),
        migrations.CreateModel(
            name='ReadingList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title_en', models.CharField(max_length=120, verbose_name='title in English')),
                ('title_pl', models.CharField(blank=True, default='', max_length=120, verbose_name='title in Polish')),
                ('first_days', models.PositiveSmallIntegerField(blank=True, help_text='Put first for members in so many days after joining; empty: never put first.', null=True, verbose_name='for the first days')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('is_active', models.BooleanField(default=True, verbose_name='shown')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('title_en', ''), _negated=True), name='readinglist_has_a_title'), models.CheckConstraint(condition=models.Q(('first_days__isnull', True), ('first_days__gt', 0), _connector='OR'), name='readinglist_days_positive')],
            },
        ),
        migrations.CreateModel(
            name='ReadingListEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('guide', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='list_entries', to='sales.guide')),
                ('reading_list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='sales.readinglist')),
            ],
            options={
                'verbose_name_plural': 'reading list entries',
            },
        ),
        migrations.AddConstraint(
            model_name='guide',
            constraint=models.CheckConstraint(condition=models.Q(('slug__regex', '^[a-z0-9]+(-[a-z0-9]+)*$')), name='guide_slug_plain'),
        ),
        migrations.AddConstraint(
            model_name='guide',
            constraint=models.CheckConstraint(condition=models.Q(('audience__in', ['everybody', 'members'])), name='guide_audience_known'),
        ),
        migrations.AddConstraint(
            model_name='guidereading',
            constraint=models.UniqueConstraint(fields=('representative', 'guide'), name='guidereading_once'),
        ),
        migrations.AddIndex(
            model_name='guideshare',
            index=models.Index(fields=['customer', '-shared_at'], name='guideshare_of_customer'),
        ),
        migrations.AddIndex(
            model_name='guideshare',
            index=models.Index(fields=['representative', '-shared_at', '-id'], name='guideshare_of_person'),
        ),
        migrations.AddConstraint(
            model_name='guideshare',
            constraint=models.UniqueConstraint(condition=models.Q(('customer__isnull', False), ('withdrawn_at__isnull', True)), fields=('guide', 'customer'), name='guideshare_one_per_customer'),
        ),
        migrations.AddConstraint(
            model_name='guideshare',
            constraint=models.UniqueConstraint(condition=models.Q(('customer__isnull', True), ('withdrawn_at__isnull', True)), fields=('guide', 'representative'), name='guideshare_one_for_anybody'),
        ),
        migrations.AddConstraint(
            model_name='guideshare',
            constraint=models.CheckConstraint(condition=models.Q(('token__regex', '^[A-Za-z0-9_-]{32}$')), name='guideshare_token_long'),
        ),
        migrations.AddConstraint(
            model_name='guideshare',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['en', 'pl'])), name='guideshare_language_known'),
        ),
        migrations.AddConstraint(
            model_name='guideshare',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('consent', ''), ('consent_at__isnull', True)), models.Q(('consent__in', ['page', 'recorded']), ('consent_at__isnull', False), ('customer__isnull', False)), _connector='OR'), name='guideshare_consent_dated'),
        ),
        migrations.AddConstraint(
            model_name='guideshare',
            constraint=models.CheckConstraint(condition=models.Q(('opened_at__isnull', True), models.Q(('consent_at__isnull', False), ('opened_at__gte', models.F('consent_at'))), _connector='OR'), name='guideshare_opened_with_consent'),
        ),
        migrations.AddConstraint(
            model_name='guidetext',
            constraint=models.UniqueConstraint(fields=('guide', 'language'), name='guidetext_once'),
        ),
        migrations.AddConstraint(
            model_name='guidetext',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['en', 'pl'])), name='guidetext_language_known'),
        ),
        migrations.AddConstraint(
            model_name='guidetext',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('title', ''), _negated=True), models.Q(('body_md', ''), _negated=True)), name='guidetext_says_something'),
        ),
        migrations.AddConstraint(
            model_name='readinglistentry',
            constraint=models.UniqueConstraint(fields=('reading_list', 'guide'), name='readinglistentry_once'),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
