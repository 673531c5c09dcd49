"""Tasks on sales: one service call each, safe to repeat."""

from typing import Any

from celery import shared_task
from django.db import OperationalError

from representatives.clock import company_now
from sales import services


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def pass_on_customers_task(**_: Any) -> int:
    """Pass the customers of terminated members to the nearest enrolled upline."""
    return services.pass_on_customers_of_terminated(now=company_now())
