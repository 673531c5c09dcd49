"""Tasks on sales: one service call each, safe to repeat."""

from typing import Any

from celery import shared_task
from django.db import OperationalError

from representatives.clock import company_now
from sales import services
from sales.contacts import services as contacts
from sales.figures.services import refresh_figures_once_a_day
from sales.followups import reminders


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def pass_on_customers_task(**_: Any) -> int:
    """Pass the customers of terminated members to the nearest enrolled upline."""
    return services.pass_on_customers_of_terminated(now=company_now())


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def delete_unused_contacts_task(**_: Any) -> int:
    """Delete contacts that nobody worked with for long, and files that nobody said yes to."""
    now = company_now()
    contacts.drop_old_files(now=now)
    return contacts.delete_unused_contacts(now=now)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def refresh_figures_task(**_: Any) -> bool:
    """Count the figures of second sales, on the first call of a day; tell whether it did."""
    return refresh_figures_once_a_day(now=company_now()) is not None


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def remind_of_follow_ups_task(**_: Any) -> int:
    """Tell whoever has follow-ups due today how many, once a day; return how many were told."""
    return reminders.remind_once_a_day(now=company_now())
