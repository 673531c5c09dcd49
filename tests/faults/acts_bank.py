"""Acts at the RSP bank that are killed at their fault points."""

from __future__ import annotations

from datetime import date

from tests.compensation.bank_town import BANK
from tests.compensation.town import CLOSER, PLAN, Town, local

NOON, LATE = "2017-02-20T12:00", "2017-04-02T12:00"
TOKEN = "drawn-with-the-form"
SOME = 12_000
"""Some of A's points of January, hundredths."""


def convert() -> None:
    """Convert some of A's points; the form's token makes the second click the first one."""
    from compensation import services
    from representatives.models import Representative, User

    services.convert_points(
        representative=Representative.objects.get(code="A"),
        points=SOME,
        target="cash",
        token=TOKEN,
        by=User.objects.get(email=CLOSER),
        now=local(NOON),
    )


def expire() -> None:
    """Cash what is past its date."""
    from compensation import services
    from representatives.models import User

    services.expire_points(now=local(LATE), by=User.objects.get(is_system=True))


def with_points(town: Town) -> None:
    """Post January under a plan that has a bank from February on."""
    from compensation import services

    town.close("2017-01")
    services.add_plan_version(document=PLAN + BANK, effective_from=date(2017, 2, 1))
    town.set_clock(NOON)


def with_points_past_their_date(town: Town) -> None:
    """Wait until January's points have expired."""
    from compensation import services

    with_points(town)
    services.ensure_periods(first="2017-04", last="2017-04")
    town.set_clock(LATE)
