"""Helpers of the tests on people: everything goes through the services."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from representatives import outbox, services
from representatives.models import Representative, User

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
PASSWORD = "a long pass phrase of mine"

_numbers = count(1)


def enrol(
    sponsor: Representative | None = None, name: str = "", *, with_login: bool = False, **more: Any
) -> Representative:
    """Enrol a person; without a log-in unless asked for."""
    number = next(_numbers)
    options = {
        "name": name or f"Person {number}",
        "email": f"person{number}@example.com",
        "enrolled_on": TODAY,
        "now": NOW,
        **more,
    }
    return services.enrol_representative(sponsor=sponsor, with_login=with_login, **options)


def make_staff(email: str = "staff@example.com", **more: Any) -> User:
    """Create a staff log-in."""
    return User.objects.create_user(email, PASSWORD, is_staff=True, **more)


def write_csv(path: Path, rows: Iterable[Iterable[str]], header: str | None = None) -> Path:
    """Write a file for `import_representatives`; a row is code, sponsor, name, e-mail, date."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        stream.write((header or "code,sponsor_code,name,email,enrolled_on") + "\n")
        csv.writer(stream).writerows(rows)
    return path


def row(code: str, sponsor: str = "", name: str = "A Person", **more: str) -> list[str]:
    """Return one good row of such a file, with some of it replaced."""
    email = more.get("email", f"{code.lower()}@example.com")
    return [code, sponsor, name, email, more.get("day", "2026-01-31")]


def send_what_waits() -> outbox.Drained:
    """Carry out the outbox as the worker does, by real time."""
    return outbox.drain(now=datetime.now(UTC))
