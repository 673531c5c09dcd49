"""What the world of the browser has for second sales: regular customers, and the nights' work.

The regulars of the top buy every other week of the posted months and nothing since, so that the
desk has something to say of each; two people of a sponsor sold in the last month and nothing in
this one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from compensation.services.care import count_quiet_customers
from representatives import services as people_services
from representatives.models import Company
from sales.figures.services import refresh_figures
from sales.forecast.services import refresh_forecasts
from sales.suggestions.learning import refresh_suggestions
from tests.web import company
from tests.web.company import PASSWORD, Town

REGULARS = ("Regina Biel", "Robert Cis", "Renata Dyga", "Roman Falk")
"""Customers of the top. A journey through a day's work ends with one of them being written to."""

DAYS = {"2017-09": (2, 16), "2017-10": (0, 14, 28)}
"""When they buy: two weeks from one purchase to the next, and nothing for three."""

AT_ZERO = {"pointer": "Zofia Mazur", "keyboard": "Zenon Mazur"}
"""Members whom their sponsor rescues: one for each way to use the pages."""

MEMBERS_CUSTOMER = "Ksenia Ruta"
"""Who buys from them, and whom their sponsor must never read of."""


def enrol_people(town: Town, sponsor: str) -> None:
    """Enrol the members who will be at zero, with log-ins."""
    for name in AT_ZERO.values():
        company.enrol(town, name, sponsor)
        people_services.give_login(
            representative=town.people[name],
            email=f"{name.split()[0].lower()}@example.org",
            now=town.now,
            password=PASSWORD,
        )
        town.people[name].refresh_from_db()


def sell_to_regulars(town: Town, top: str) -> None:
    """Sell in a month that will be posted: every two weeks to each regular, once by the others."""
    for day in DAYS[town.period.label]:
        then = replace(town, now=town.period.starts_at + timedelta(days=day, hours=9))
        for name in REGULARS:
            company.sell(then, top, customer=name)
    for name in AT_ZERO.values():
        company.sell(town, name, pieces=2, customer=MEMBERS_CUSTOMER)


def do_the_nights_work(town: Town) -> None:
    """Forecast, learn and count, as every night."""
    refresh_forecasts(customer_ids=None, now=town.now)
    refresh_suggestions(now=town.now)
    refresh_figures(now=town.now)
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    count_quiet_customers(day=town.now.astimezone(zone).date())
