"""Reads of catalogue, customers and orders. What belongs to somebody takes the seller first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Prefetch, Q, QuerySet, Sum

from representatives.models import Representative
from representatives.text import folded
from sales.models import Customer, Order, OrderLine, Product, Return

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a longer list."""

    rows: list[Any]
    number: int
    has_next: bool
    size: int = PAGE_SIZE

    @property
    def has_previous(self) -> bool:
        """Return whether there are rows before these."""
        return self.number > 1

    @property
    def previous_number(self) -> int:
        """Return the number of the page before."""
        return self.number - 1

    @property
    def next_number(self) -> int:
        """Return the number of the page after."""
        return self.number + 1

    @property
    def first(self) -> int:
        """Return the place of the first row in the whole list, counted from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """Return the place of the last row."""
        return self.first + len(self.rows) - 1


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer with what the paid orders say."""

    customer: Customer
    order_count: int
    last_paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of an order with how many pieces are on the way back, back, or can still go."""

    line: OrderLine
    returns: list[Return]

    @property
    def returnable(self) -> int:
        """Return how many pieces can still be asked back."""
        asked = sum(one.quantity for one in self.returns if one.status != Return.Status.REFUSED)
        return self.line.quantity - asked


def page_of(rows: QuerySet[Any], number: int) -> Page:
    """Return one page of an ordered list, in one query and without counting it."""
    start = (number - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    return Page(found[:PAGE_SIZE], number, len(found) > PAGE_SIZE)


def list_products(*, search: str = "", category: str = "") -> QuerySet[Product]:
    """Return the products on sale, by category and name."""
    products = Product.objects.filter(is_active=True)
    if category:
        products = products.filter(category=category)
    if search:
        products = products.filter(Q(name__icontains=search) | Q(sku__iexact=search))
    return products.order_by("category", "name", "id")


def list_categories() -> list[str]:
    """Return the categories of the products on sale."""
    found = Product.objects.filter(is_active=True).exclude(category="")
    return list(found.order_by("category").values_list("category", flat=True).distinct())


def list_customers(seller: Representative, *, search: str = "") -> QuerySet[Customer]:
    """Return a seller's customers by name; the seller himself is not among them."""
    customers = Customer.objects.of(seller)
    if search:
        customers = customers.filter(
            Q(sort_key__contains=folded(search)) | Q(reference__iexact=search)
        )
    return customers.order_by("sort_key", "id")


BUYERS_LISTED = 400
"""People whom the order form offers at once; a longer list is no choice any more."""


def list_buyers(seller: Representative, *, chosen: str = "") -> tuple[list[Customer], bool]:
    """Return whom the order form offers, by name, and whether these are all of a seller's people.

    Of more than `BUYERS_LISTED` those who ordered last and who were added last, and in any case
    the chosen one.
    """
    people = list(list_customers(seller)[: BUYERS_LISTED + 1])
    if len(people) <= BUYERS_LISTED:
        return people, True
    ordered = Order.objects.filter(seller=seller).order_by("-placed_at", "-id")
    lately = set(ordered.values_list("customer_id", flat=True)[:BUYERS_LISTED])
    newest = Customer.objects.of(seller).order_by("-id").values_list("pk", flat=True)
    lately |= set(newest[: BUYERS_LISTED // 4])
    if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
        lately.add(int(chosen))
    return list(list_customers(seller).filter(pk__in=lately)), False


def with_orders(customers: Iterable[Customer]) -> list[CustomerRow]:
    """Return customers with count and last date of their paid orders, in one query."""
    listed = list(customers)
    figures = {
        row["customer"]: row
        for row in Order.objects.filter(
            customer__in=[one.pk for one in listed], status=Order.Status.PAID
        )
        .values("customer")
        .annotate(orders=Count("pk"), last=Max("paid_at"))
        .order_by("customer")
    }
    return [
        CustomerRow(one, found["orders"], found["last"])
        if (found := figures.get(one.pk))
        else CustomerRow(one, 0, None)
        for one in listed
    ]


def get_customer(seller: Representative, customer_id: int) -> Customer | None:
    """Return one of a seller's customers, or None as for one that does not exist."""
    customers = Customer.objects.of(seller).filter(pk=customer_id)
    return customers.select_related("referred_by").first()


def referrers_above(customer_id: int) -> set[int]:
    """Return who referred a customer, who referred that one, and so on upwards."""
    with connection.cursor() as cursor:
        # UNION drops a row met before, so that even a circle ends.
        cursor.execute(
            "WITH RECURSIVE above(id) AS ("
            " SELECT referred_by_id FROM sales_customer WHERE id = %s"
            " UNION SELECT c.referred_by_id FROM sales_customer c JOIN above a ON c.id = a.id"
            ") SELECT id FROM above WHERE id IS NOT NULL",
            [customer_id],
        )
        return {key for (key,) in cursor.fetchall()}


def list_orders(
    seller: Representative, *, status: str = "", customer: Customer | None = None
) -> QuerySet[Order]:
    """Return a seller's orders, the latest first."""
    orders = Order.objects.filter(seller=seller).select_related("customer")
    if status:
        orders = orders.filter(status=status)
    if customer:
        orders = orders.filter(customer=customer)
    return orders.order_by("-placed_at", "-id")


def sum_of_orders(seller: Representative, *, since: datetime) -> dict[str, int]:
    """Return what a seller's orders counted since an instant sum up to, and what waits for payment.

    One query; `any` says whether there is anything to show.
    """
    paid = Q(status=Order.Status.PAID)
    waits = Q(status=Order.Status.PLACED)
    found = Order.objects.filter(waits | paid & Q(counted_at__gte=since), seller=seller).aggregate(
        paid=Count("pk", filter=paid),
        paid_minor=Sum("gross_minor", filter=paid),
        bv=Sum("bv", filter=paid),
        rsp=Sum("rsp", filter=paid),
        open=Count("pk", filter=waits),
        open_minor=Sum("gross_minor", filter=waits),
    )
    sums = {name: int(value or 0) for name, value in found.items()}
    return sums | {"any": sums["paid"] + sums["open"]}


def get_order(seller: Representative, reference: str) -> Order | None:
    """Return one of a seller's orders, or None as for one that does not exist."""
    orders = Order.objects.filter(seller=seller, reference=reference)
    return orders.select_related("customer", "payment").first()


def list_lines(order: Order) -> list[LineView]:
    """Return the lines of an order with their returns, in two queries."""
    lines = (
        OrderLine.objects.filter(order=order)
        .select_related("product")
        .prefetch_related(Prefetch("returns", Return.objects.order_by("requested_at", "id")))
        .order_by("number")
    )
    return [LineView(line, list(line.returns.all())) for line in lines]


def left_after_returns(order: Order, lines: list[LineView]) -> dict[str, int] | None:
    """Return what is left of an order once what was accepted back is taken off; None if nothing."""
    back = [
        (one.line, back)
        for one in lines
        for back in one.returns
        if back.status == Return.Status.ACCEPTED
    ]
    if not back:
        return None
    return {
        "gross_minor": order.gross_minor - sum(one.gross_minor for _, one in back),
        "bv": order.bv - sum(one.bv for _, one in back),
        "rsp": order.rsp - sum(one.rsp for line, one in back if line.repeat),
    }


def sum_of_customer(customer: Customer) -> dict[str, int]:
    """Return what a customer's paid orders sum up to: orders, money, BV and RSP."""
    sums = Order.objects.filter(customer=customer, status=Order.Status.PAID).aggregate(
        orders=Count("pk"), gross_minor=Sum("gross_minor"), bv=Sum("bv"), rsp=Sum("rsp")
    )
    return {name: int(value or 0) for name, value in sums.items()}
