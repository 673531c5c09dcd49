"""Contacts from a file: kept while their representative looks at them, then taken or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import transaction

from representatives.models import Representative
from representatives.text import sort_key
from sales.contacts.files import Row
from sales.contacts.matching import email_key, known_people, name_key, phone_key
from sales.models import ContactFile, Customer
from sales.models.people import BIRTHDAY_YEAR
from sales.references import new_reference

KEPT_FOR = timedelta(days=1)
_FILLABLE = ("email", "phone", "note", "language")


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    TWICE = "twice"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of a file, what becomes of it, and whom it looks like."""

    row: Row
    verdict: Verdict
    known: Customer | None = None
    adds: tuple[str, ...] = ()
    """What the row says that the known person's row leaves empty."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file."""

    added: int
    filled: int
    left: int


@transaction.atomic
def keep_file(
    *, representative: Representative, name: str, rows: Sequence[Row], now: datetime
) -> ContactFile:
    """Keep what was read until its representative says yes; an earlier file goes."""
    ContactFile.objects.filter(representative=representative).delete()
    return ContactFile.objects.create(
        representative=representative, name=name[-255:], rows=list(rows), read_at=now
    )


def drop_file(*, file: ContactFile) -> None:
    """Forget a file that is not taken."""
    ContactFile.objects.filter(pk=file.pk).delete()


def drop_old_files(*, now: datetime) -> int:
    """Forget files that nobody said yes to within a day; called by beat."""
    return ContactFile.objects.filter(read_at__lt=now - KEPT_FOR).delete()[0]


def judge(file: ContactFile) -> list[Judged]:
    """Return what becomes of each row of a file, in one query."""
    rows: list[Row] = file.rows
    people = _People(
        known_people(
            file.representative,
            emails=[row["email"] for row in rows],
            phones=[row["phone"] for row in rows],
            names=[row["name"] for row in rows],
        )
    )
    judged = []
    for row in rows:
        if row["fault"]:
            judged.append(Judged(row, Verdict.FAULTY))
        elif person := people.find(row):
            missing = [one for one in _FILLABLE if row[one] and not getattr(person, one)]  # type: ignore[literal-required]
            if row["birthday"] and not person.birthday:
                missing.append("birthday")
            judged.append(Judged(row, Verdict.KNOWN, person, tuple(missing)))
        elif people.is_second(row):
            judged.append(Judged(row, Verdict.TWICE))
        else:
            judged.append(Judged(row, Verdict.NEW))
    return judged


@transaction.atomic
def take_file(*, file: ContactFile, now: datetime, fill: bool = False) -> Taken:
    """Add the new people of a file; with `fill`, what is empty of known ones is filled in.

    Nothing that is there is overwritten. The file goes. A file taken twice adds nobody twice.
    """
    owner = Representative.objects.select_for_update(of=("self",), no_key=True).get(
        pk=file.representative_id
    )
    kept = ContactFile.objects.filter(pk=file.pk, representative=owner).first()
    if kept is None:
        return Taken(0, 0, 0)
    judged = judge(kept)
    added = Customer.objects.bulk_create(
        [_contact(owner, one.row, now) for one in judged if one.verdict == Verdict.NEW],
        batch_size=1000,
    )
    filled = _fill([one for one in judged if one.adds], now) if fill else 0
    kept.delete()
    return Taken(len(added), filled, len(judged) - len(added) - filled)


class _People:
    """Finds whom a row means: by e-mail or number, by name where there is neither."""

    def __init__(self, people: Sequence[Customer]) -> None:
        self._by: dict[tuple[str, str], Customer] = {}
        self._named: dict[str, Customer] = {}
        self._seen: set[tuple[str, str]] = set()
        for person in reversed(people):
            self._named[name_key(person.name)] = person
            for key in _keys("", person.email, person.phone):
                self._by[key] = person

    def find(self, row: Row) -> Customer | None:
        """Return the known person, the oldest of several.

        A name alone tells somebody only where the row or the known person has nothing else.
        """
        keys = _keys("", row["email"], row["phone"])
        found = next((self._by[key] for key in keys if key in self._by), None)
        named = self._named.get(name_key(row["name"]))
        if found is None and named and not (keys and _keys("", named.email, named.phone)):
            return named
        return found

    def is_second(self, row: Row) -> bool:
        """Return whether an earlier row of the file means the same person."""
        keys = set(_keys(row["name"], row["email"], row["phone"]))
        if keys & self._seen:
            return True
        self._seen |= keys
        return False


def _keys(name: str, email: str, phone: str) -> list[tuple[str, str]]:
    keys = [("email", email_key(email)), ("phone", phone_key(phone))]
    keys = [key for key in keys if key[1]]
    return keys or [("name", name_key(name))] if name else keys


def _contact(owner: Representative, row: Row, now: datetime) -> Customer:
    return Customer(
        representative=owner,
        reference=new_reference(),
        name=row["name"],
        sort_key=sort_key(row["name"]),
        email=row["email"],
        phone=row["phone"],
        note=row["note"],
        language=row["language"],
        birthday=_day(row),
        source=Customer.Source.IMPORT,
        created_at=now,
        touched_at=now,
    )


def _fill(judged: Sequence[Judged], now: datetime) -> int:
    people: dict[int, Customer] = {}
    for one in judged:
        if one.known is None:
            continue
        person = people.setdefault(one.known.pk, one.known)
        for name in one.adds:
            if not getattr(person, name):
                setattr(person, name, _day(one.row) if name == "birthday" else one.row[name])  # type: ignore[literal-required]
        person.touched_at = now
    Customer.objects.bulk_update(
        people.values(), [*_FILLABLE, "birthday", "touched_at"], batch_size=500
    )
    return len(people)


def _day(row: Row) -> date | None:
    return date.fromisoformat(f"{BIRTHDAY_YEAR}-{row['birthday']}") if row["birthday"] else None
