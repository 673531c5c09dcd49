"""Segments: people by purchase history, use, stage and what is to be seen to; saved filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from representatives.models import Company, Representative
from representatives.text import folded
from sales.contacts.matching import email_key, phone_key
from sales.contacts.retention import months_after, months_before
from sales.contacts.selectors import (
    CURRENT,
    NEW,
    NONE,
    PAST,
    AccountRules,
    account_status,
)
from sales.contacts.services.erasing import unused
from sales.models import Consent, Customer, Order, OrderLine, Product, SavedFilter
from sales.models.people import BIRTHDAY_YEAR

LEAVING_DAYS = 30
BIRTHDAY_DAYS = 30

ACCOUNTS: dict[str, str | Promise] = {
    NEW: _("New customers"),
    CURRENT: _("Current customers"),
    PAST: _("Past customers"),
    NONE: _("No order yet"),
}
ACCOUNT_WORDS: dict[str, str | Promise] = {
    NEW: _("New customer"),
    CURRENT: _("Current customer"),
    PAST: _("Past customer"),
    NONE: _("No order yet"),
}
USES: dict[str, str | Promise] = {
    Customer.Use.USER: _("Current users"),
    Customer.Use.LEAD: _("Researched leads"),
    Customer.Use.PROSPECT: _("Prospects"),
}
STATES: dict[str, str | Promise] = {
    "not_told": _("Not told yet what is kept"),
    "leaving": _("Deleted soon, as unused"),
    "birthday": _("Birthday within 30 days"),
    "marketing": _("Agreed to news and offers"),
    "quiet": _("Asked not to be contacted"),
}
SORTS: dict[str, str | Promise] = {
    "": _("Name"),
    "last": _("Latest order first"),
    "added": _("Added last first"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What people are chosen by; unknown values count as not chosen."""

    q: str = ""
    account: str = ""
    use: str = ""
    stage: str = ""
    state: str = ""
    product: str = ""
    sort: str = ""

    @classmethod
    def read(cls, told: Mapping[str, str]) -> Choice:
        """Return the choice of an address."""

        def among(name: str, known: Any) -> str:
            value = told.get(name, "")
            return value if value in known else ""

        product = told.get("product", "")
        is_number = product.isascii() and product.isdecimal() and len(product) < 18
        return cls(
            q=told.get("q", "").replace("\x00", "").strip()[:100],
            account=among("account", ACCOUNTS),
            use=among("use", USES),
            stage=among("stage", Customer.Stage.values),
            state=among("state", STATES),
            product=product if is_number else "",
            sort=among("sort", SORTS),
        )

    def query(self) -> str:
        """Return the choice as the query of an address."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return urlencode({name: value for name, value in told.items() if value})

    @property
    def is_narrow(self) -> bool:
        """Return whether anybody is left out."""
        return any(getattr(self, one.name) for one in fields(self) if one.name != "sort")


@dataclass(frozen=True, slots=True)
class Segments:
    """How many people are where: by account and use, and what is to be seen to."""

    cells: dict[tuple[str, str], int]
    not_told: int
    leaving: int
    quiet: int

    @property
    def everybody(self) -> int:
        """Return how many people there are."""
        return sum(self.cells.values())

    def count(self, account: str = "", use: str = "") -> int:
        """Return how many have this account and this use; "" is any."""
        return sum(
            number
            for (one, other), number in self.cells.items()
            if account in ("", one) and use in ("", other)
        )


def leaves_on(person: Customer, company: Company) -> datetime:
    """Return when a contact without an order is deleted if nothing happens."""
    return months_after(person.touched_at or person.created_at, company.unused_contact_months)


def count_segments(seller: Representative, *, now: datetime, company: Company) -> Segments:
    """Return how many people of a seller are where, in two queries."""
    people = account_status(
        Customer.objects.of(seller), now=now, rules=AccountRules.at(now, company)
    )
    rows = (
        people.values("account", "use")
        .annotate(
            people=Count("pk"),
            not_told=Count("pk", filter=Q(noticed_at__isnull=True)),
            quiet=Count("pk", filter=Q(no_contact_at__isnull=False)),
        )
        .order_by("account", "use")
    )
    found = list(rows)
    return Segments(
        {(row["account"], row["use"]): row["people"] for row in found},
        sum(row["not_told"] for row in found),
        _leaving(Customer.objects.of(seller), now, company).count(),
        sum(row["quiet"] for row in found),
    )


def choose(
    seller: Representative, choice: Choice, *, now: datetime, company: Company
) -> QuerySet[Customer]:
    """Return the chosen people of a seller with `account` and `last_paid_at`, sorted."""
    people: QuerySet[Customer] = account_status(
        Customer.objects.of(seller), now=now, rules=AccountRules.at(now, company)
    )
    if choice.q:
        people = people.filter(_matches(choice.q))
    for name in ("account", "use", "stage"):
        if value := getattr(choice, name):
            people = people.filter(**{name: value})
    if choice.product:
        bought = OrderLine.objects.filter(
            order__customer=OuterRef("pk"),
            order__status=Order.Status.PAID,
            product=int(choice.product),
        )
        people = people.filter(Exists(bought))
    if choice.state:
        people = _STATES[choice.state](people, now, company)
    paid = Order.objects.filter(customer=OuterRef("pk"), status=Order.Status.PAID)
    people = people.annotate(
        last_paid_at=paid.order_by("-paid_at", "-reference").values("paid_at")[:1]
    )
    if choice.sort == "last":
        return people.order_by(Coalesce("last_paid_at", "created_at").desc(), "-id")
    if choice.sort == "added":
        return people.order_by("-created_at", "-id")
    return people.order_by("sort_key", "id")


def list_filters(seller: Representative) -> list[SavedFilter]:
    """Return the filters a seller has saved."""
    return list(seller.saved_filters.order_by("name", "id"))


def products_sold() -> QuerySet[Product]:
    """Return what people may be chosen by: the products on sale."""
    return Product.objects.filter(is_active=True).order_by("name", "id")


def _matches(text: str) -> Q:
    found = Q(sort_key__contains=folded(text)) | Q(reference__iexact=text)
    if "@" in text:
        found |= Q(email__icontains=email_key(text))
    if number := phone_key(text):
        found |= Q(phone__regex=r"[^0-9]*".join(number) + r"[^0-9]*$")
    return found


def _leaving(people: QuerySet[Customer], now: datetime, company: Company) -> QuerySet[Customer]:
    soon = now + timedelta(days=LEAVING_DAYS)
    return unused(people, before=months_before(soon, company.unused_contact_months))


def _birthday(people: QuerySet[Customer], now: datetime, company: Company) -> QuerySet[Customer]:
    """People whose birthday comes within the next days; a year's end lies between some."""
    today = now.astimezone(company.zone).date()
    first = date(BIRTHDAY_YEAR, today.month, today.day)
    last = first + timedelta(days=BIRTHDAY_DAYS)
    if last.year == BIRTHDAY_YEAR:
        return people.filter(birthday__range=(first, last))
    return people.filter(Q(birthday__gte=first) | Q(birthday__lte=last.replace(year=BIRTHDAY_YEAR)))


def _agreed(people: QuerySet[Customer], now: datetime, company: Company) -> QuerySet[Customer]:
    standing = Consent.objects.standing().filter(
        customer=OuterRef("pk"), kind=Consent.Kind.MARKETING
    )
    return people.filter(Exists(standing), no_contact_at__isnull=True)


def _not_told(people: QuerySet[Customer], now: datetime, company: Company) -> QuerySet[Customer]:
    return people.filter(noticed_at__isnull=True)


def _quiet(people: QuerySet[Customer], now: datetime, company: Company) -> QuerySet[Customer]:
    return people.filter(no_contact_at__isnull=False)


_STATES = {
    "not_told": _not_told,
    "leaving": _leaving,
    "birthday": _birthday,
    "marketing": _agreed,
    "quiet": _quiet,
}
