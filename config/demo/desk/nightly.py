"""What the nights do by themselves, done once as of the demo company's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from compensation.services.care import count_quiet_customers
from config.demo.year import ZONE
from sales.figures.services import refresh_figures
from sales.forecast.services import refresh_forecasts
from sales.suggestions.learning import refresh_suggestions


def run(now: datetime, say: Callable[[str], None]) -> None:
    """Forecast purchases, learn what goes together, and count the figures."""
    say("forecasts")
    refresh_forecasts(customer_ids=None, now=now)
    count_quiet_customers(day=now.astimezone(ZONE).date())
    say("suggestions")
    refresh_suggestions(now=now)
    say("figures of second sales")
    refresh_figures(now=now)
