"""Django application of periods, runs, the ledger and every page that shows points or money."""

from django.apps import AppConfig


class CompensationConfig(AppConfig):
    """Plans, engine, close and ledger; the top application, which may read all others."""

    name = "compensation"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Compensation"
