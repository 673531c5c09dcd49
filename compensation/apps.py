"""Django application of periods, runs, the ledger and every page that shows points or money."""

from typing import Any

from django.apps import AppConfig


def _record_payment(**facts: Any) -> Any:
    from compensation import services, tasks  # heavy, and need loaded apps

    paid = services.record_payment(**facts)
    tasks.hint_live()
    return paid


def _accept_return(**facts: Any) -> Any:
    from compensation import services, tasks  # heavy, and need loaded apps

    accepted = services.accept_return(**facts)
    tasks.hint_live()
    return accepted


def _send_part(*, key: str, payload: dict[str, Any]) -> None:
    from compensation.services.sending import send_part  # heavy, and needs loaded apps

    send_part(key=key, payload=payload)


def _anchor_ledger(*, key: str, payload: dict[str, Any]) -> None:
    from compensation import services  # heavy, and needs loaded apps
    from representatives.clock import company_now

    services.anchor_ledger(now=company_now())


class CompensationConfig(AppConfig):
    """Plans, engine, close and ledger; the top application, which may read all others."""

    name = "compensation"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Compensation"

    def ready(self) -> None:
        """Give the admin of orders and returns the acts that need open periods and the ledger.

        Make known how files of payouts go to the bank, and how the ledger's head is anchored.
        """
        from representatives import outbox  # needs loaded apps
        from sales import staff_acts  # needs loaded apps

        outbox.handler("bank.send", slow=True)(_send_part)
        outbox.handler("ledger.anchor")(_anchor_ledger)
        staff_acts.provide(record_payment=_record_payment, accept_return=_accept_return)
