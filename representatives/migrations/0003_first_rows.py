"""The one company and the user that names unattended acts."""

from django.contrib.auth.hashers import make_password
from django.db import migrations

SYSTEM_EMAIL = "system@perennial.invalid"


def add_rows(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("representatives", "Company").objects.using(alias).create(
        id=1, name="Perennial"
    )
    apps.get_model("representatives", "User").objects.using(alias).create(
        email=SYSTEM_EMAIL, password=make_password(None), is_active=False, is_system=True
    )


def remove_rows(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("representatives", "Company").objects.using(alias).filter(id=1).delete()
    apps.get_model("representatives", "User").objects.using(alias).filter(is_system=True).delete()


class Migration(migrations.Migration):
    dependencies = [("representatives", "0002_guard_tree")]

    operations = [migrations.RunPython(add_rows, remove_rows)]
