"""The app at the bottom: people, company and referral tree."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_migrate


class RepresentativesConfig(AppConfig):
    """Connects the grants of the application role to `migrate`, the outbox to the mail server."""

    name = "representatives"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Set the grants anew after every `migrate`; make known how e-mails are sent."""
        from representatives.db_roles import apply_grants
        from representatives.looking_middleware import forget_look_at_log_out

        # They need loaded apps, and register themselves.
        import_module("representatives.letters")
        import_module("representatives.notices")
        import_module("representatives.notice_letters")
        # Once a migrate: the signal comes when all apps are migrated.
        post_migrate.connect(apply_grants, sender=self, dispatch_uid="representatives.apply_grants")
        user_logged_out.connect(forget_look_at_log_out, dispatch_uid="representatives.forget_look")
