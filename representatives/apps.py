"""The app at the bottom: people, company and referral tree."""

from importlib.util import find_spec

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RepresentativesConfig(AppConfig):
    """Connects the grants of the application role to the end of every `migrate`."""

    name = "representatives"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if find_spec("representatives.db_roles") is None:
            return
        from representatives.db_roles import apply_grants

        post_migrate.connect(apply_grants, dispatch_uid="representatives.apply_grants")
