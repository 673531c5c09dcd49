"""Acts of processes at one bank: ``python -m tests.race.acts_bank ACT ARGUMENT…``.

``-unguarded`` acts are the controls: they read the bank, wait, and go on without a lock.
"""

from __future__ import annotations

import sys
from typing import Any

import django

ALL = 26_000
"""A's points of January, hundredths."""


def convert(token: str, *, guarded: bool) -> str:
    """Convert all of A's points at the company's clock; say what came of it."""
    from compensation import selectors_bank, services
    from compensation.services import bank
    from representatives.clock import company_now, company_zone
    from representatives.models import Representative, User
    from tests.compensation.town import CLOSER

    person = Representative.objects.get(code="A")
    now = company_now()
    seen = selectors_bank.get_bank(person.pk, now=now, zone=company_zone())
    if not guarded:
        bank.lock_banks = lambda people: None
        bank.require_unmoved = lambda before, taken: None
        bank.selectors_bank.get_bank = lambda *of, **at: seen
    _ready()
    try:
        done = services.convert_points(
            representative=person,
            points=ALL,
            target="cash",
            token=token,
            by=User.objects.get(email=CLOSER),
            now=now,
        )
    except services.UnableToConvert as refusal:
        return refusal.reason
    return f"conversion {done.pk}"


def buy_bv(*, guarded: bool) -> str:
    """Convert A's points to BV; unguarded, without holding the month that it counts in."""
    from compensation import selectors_bank, services
    from compensation.services import bank
    from representatives.clock import company_now
    from representatives.models import Representative, User
    from tests.compensation.town import CLOSER

    if not guarded:
        bank.hold_promise = selectors_bank.promise
    done = services.convert_points(
        representative=Representative.objects.get(code="A"),
        points=ALL,
        target="bv",
        token="bv-at-the-freeze",
        by=User.objects.get(email=CLOSER),
        now=company_now(),
    )
    return f"conversion {done.pk}"


def expire(*, guarded: bool) -> str:
    """Cash what is overdue; unguarded, what was overdue before, under names of its own."""
    from compensation import selectors_bank, services
    from compensation.services import expiry
    from representatives.clock import company_now, company_zone
    from representatives.models import User

    now = company_now()
    if not guarded:
        due = selectors_bank.due_periods(now=now, zone=company_zone())
        people = selectors_bank.overdue_people(list(due))
        seen = selectors_bank.overdue_lots(people, due)
        expiry.lock_banks = lambda people: None
        expiry.require_unmoved = lambda before, taken: None
        expiry.selectors_bank.is_swept = lambda due: False
        expiry.selectors_bank.overdue_people = lambda due: people
        expiry.selectors_bank.overdue_lots = lambda people, due: seen
        mine = sys.argv[2]
        expiry._expiry_names = lambda lots: [f"{lot.label}:{mine}" for lot in lots]
    _ready()
    done = services.expire_points(now=now, by=User.objects.get(is_system=True))
    return f"{done.lots} lots"


def _ready() -> None:
    """Wait until all others are here too."""
    print("ready", flush=True)
    sys.stdin.readline()


def main() -> None:
    """Set Django up, act, and print what came of it."""
    django.setup()
    act, *arguments = sys.argv[1:]
    acts: dict[str, Any] = {
        "convert": lambda: convert(arguments[0], guarded=True),
        "convert-unguarded": lambda: convert(arguments[0], guarded=False),
        "buy-bv": lambda: buy_bv(guarded=True),
        "buy-bv-unguarded": lambda: buy_bv(guarded=False),
        "expire": lambda: expire(guarded=True),
        "expire-unguarded": lambda: expire(guarded=False),
    }
    print(acts[act]())


if __name__ == "__main__":
    main()
