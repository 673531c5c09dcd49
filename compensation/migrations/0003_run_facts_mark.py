"""How far the facts had come when a preview began."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compensation", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="facts_mark",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
