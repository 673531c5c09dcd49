"""Count the figures of second sales anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from representatives.clock import company_now
from sales.figures import services


class Command(BaseCommand):
    help = (
        "Count the figures of second sales: the month that is open and all that changed since the "
        "last time, or every month with --all, as after a change of the company's rules."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="count every month anew")

    def handle(self, *args: Any, **options: Any) -> None:
        done = services.refresh_figures(now=company_now(), everything=options["all"])
        if done is None:
            self.stdout.write("nothing was sold yet")
        else:
            self.stdout.write(f"{done.first:%Y-%m} to {done.last:%Y-%m}: {done.rows:,} rows")
