"""Whose data is exported, what a part of it is, and how its values are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise

from compensation.statements.content import Statement
from compensation.statements.reading import list_papers, read_statement
from compensation.statements.sheet import hundredths, money
from representatives.models import Company, Representative, User
from representatives.selectors import get_company

Row = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """Whose data it is: a user, and that user's representative where there is one."""

    user: User
    member: Representative | None

    @cached_property
    def company(self) -> Company:
        """The company, for its currency and its time zone."""
        return get_company()

    @cached_property
    def statements(self) -> list[Statement]:
        """The statements of the person's posted months, the earliest first."""
        if self.member is None:
            return []
        found = (read_statement(frame, self.member) for frame in reversed(list_papers(self.member)))
        return [statement for statement in found if statement is not None]

    @property
    def zone(self) -> ZoneInfo:
        """Instants are told in the company's time zone."""
        return self.company.zone

    def at(self, instant: datetime | None) -> str:
        """Return an instant as text with its offset."""
        return instant.astimezone(self.zone).isoformat(timespec="seconds") if instant else ""

    def money(self, minor: int | None) -> str:
        """Return an amount as decimal text."""
        return "" if minor is None else money(minor, self.company.currency)


def day(value: date | None) -> str:
    """Return a day as text."""
    return value.isoformat() if value else ""


def points(value: int | None) -> str:
    """Return points or a volume as decimal text."""
    return "" if value is None else hundredths(value)


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the export."""

    name: str
    label: str | Promise
    explanation: str | Promise
    rows: Callable[[Subject], Iterable[Row]]
    of_members: bool = True
    """Whether only representatives have it."""
