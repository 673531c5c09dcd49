"""The sales app: catalogue, customers, orders, returns and their import."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    """Facts of selling. Everything that knows periods or points lives one app above."""

    name = "sales"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the modules that have something to do after a payment or a return."""
        from sales.contacts import steps  # noqa: F401
        from sales.followups import care, people, returns  # noqa: F401
        from sales.forecast import steps as forecasts  # noqa: F401
        from sales.guides import services  # noqa: F401
        from sales.referrals import services as referrals  # noqa: F401
        from sales.suggestions import steps as suggestions  # noqa: F401
