"""Sample values for the parameters of routes, and the routes that need no log-in."""

from __future__ import annotations

from compensation.models import Earning, EarningUnit
from compensation.selectors_pages.statement import line_key
from sales.models import Customer, Order
from tests.web.company import Town

OPEN_ROUTES = {
    "healthz",
    "set_language",
    "representatives:accept_invitation",
    "account_login",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
}

# Values of one route where the general ones do not fit, by route name.
SPECIAL: dict[str, dict[str, str]] = {
    "account_confirm_email": {"key": "MQ:none"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "none-none"},
}


def values(town: Town) -> dict[str, str]:
    """Return a value for each parameter: things of the representative who is logged in."""
    line = Earning.objects.filter(
        run_id=town.period.visible_run_id,
        receiver=town.people["Marta Wrona"],
        unit=EarningUnit.MONEY,
        paid_level=1,
    ).get()
    own = town.people["Marta Wrona"]
    return {
        "customer_id": str(Customer.objects.filter(representative=own).get().pk),
        "reference": Order.objects.filter(seller=own).get().reference,
        "code": town.people["Ana Silva"].code,
        "label": town.period.label,
        "key": line_key(line),
        "app_label": "representatives",
        "content_type_id": "1",
        "object_id": "1",
        "token": "none",
        "change_id": "1",
        "id": "1",
        "url": "nowhere/",
    }


def of_route(name: str, general: dict[str, str]) -> dict[str, str]:
    """Return the values that hold for one route."""
    return general | SPECIAL.get(name, {})
