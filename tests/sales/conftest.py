"""A small company: three open months, two sellers, four products."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from compensation.models import Period
from representatives.models import Company, Representative, User
from representatives.services import enrol_representative
from sales import services
from sales.models import Customer, Order, Product, Return

ZONE = ZoneInfo("Europe/Warsaw")
NOW = datetime(2017, 3, 20, 12, tzinfo=UTC)


def local(text: str) -> datetime:
    """Return an instant of the company's zone in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def company(db: None) -> Company:
    Company.objects.filter(pk=1).update(
        name="Lindgrove",
        time_zone=ZONE.key,
        currency="EUR",
        add_on_days=30,
        clock_frozen_at=NOW,
    )
    return Company.objects.get(pk=1)


@pytest.fixture
def periods(company: Company) -> list[Period]:
    """January to March 2017, all open."""
    days = [date(2017, month, 1) for month in (1, 2, 3, 4)]
    return [
        Period.objects.create(
            label=f"{first:%Y-%m}",
            first_day=first,
            last_day=after - timedelta(days=1),
            starts_at=local(first.isoformat()),
            ends_at=local(after.isoformat()),
        )
        for first, after in pairwise(days)
    ]


@pytest.fixture
def intervals(periods: list[Period]) -> list[tuple[datetime, datetime]]:
    return [(period.starts_at, period.ends_at) for period in periods]


@pytest.fixture
def seller(company: Company) -> Representative:
    return enrol_representative(
        sponsor=None,
        name="Marta Wójcik",
        email="marta@example.com",
        enrolled_on=date(2016, 1, 4),
        now=NOW - timedelta(days=400),
        code="MARTA",
        password="a long password of Marta",
    )


@pytest.fixture
def other_seller(seller: Representative) -> Representative:
    return enrol_representative(
        sponsor=seller,
        name="Łukasz Zieliński",
        email="lukasz@example.com",
        enrolled_on=date(2016, 2, 4),
        now=NOW - timedelta(days=390),
        code="LUKASZ",
        password="a long password of Lukasz",
    )


@pytest.fixture
def staff(company: Company) -> User:
    return User.objects.create_user("staff@example.com", "a long password of staff", is_staff=True)


@pytest.fixture
def products(company: Company) -> dict[str, Product]:
    """Greens and tea are repeat products, the jug is none, the old one is off sale."""

    def add(sku: str, name: str, price: int, **facts: Any) -> Product:
        return services.add_product(
            facts=services.ProductFacts(
                sku=sku,
                name=name,
                retail_price_minor=price,
                ir_price_minor=price * 8 // 10,
                tax_rate_bp=2300,
                **facts,
            )
        )

    return {
        "GREENS": add("GREENS", "Daily Greens", 4990, repeat=True, bv=2500, rsp=2000, pack_days=30),
        "TEA": add("TEA", "Olive Leaf Tea", 1290, repeat=True, bv=600, rsp=500),
        "JUG": add("JUG", "Water Jug", 8900, bv=4000, rsp=1000),
        "OLD": add("OLD", "Old Soap", 500, is_active=False),
    }


@pytest.fixture
def customer(seller: Representative) -> Customer:
    return services.add_customer(
        representative=seller, name="Helena Nowak", now=NOW, reference="C-1"
    )


@pytest.fixture
def place(seller: Representative, products: dict[str, Product]) -> Callable[..., Order]:
    """Return a function that places an order: ``place(customer, GREENS=2, TEA=1)``."""

    def place_for(customer: Customer | None, *, now: datetime = NOW, **pieces: int) -> Order:
        return services.place_order(
            seller=customer.representative if customer else seller,
            customer=customer,
            lines=[
                services.LineRequest(products[sku].pk, quantity) for sku, quantity in pieces.items()
            ],
            now=now,
        )

    return place_for


@pytest.fixture
def buy(
    place: Callable[..., Order],
    staff: User,
    intervals: list[tuple[datetime, datetime]],
) -> Callable[..., Order]:
    """Return a function that places an order and pays it at a local time."""

    def buy_for(customer: Customer | None, at: str, **pieces: int) -> Order:
        order = place(customer, **pieces)
        return services.pay_order(
            order=order,
            payment_reference=f"bank {order.reference}",
            amount_minor=order.gross_minor,
            paid_at=local(at),
            counted_at=local(at),
            open_intervals=intervals,
            recorded_by=staff,
            now=NOW,
        )

    return buy_for


@pytest.fixture
def send_back(
    staff: User, intervals: list[tuple[datetime, datetime]]
) -> Callable[..., list[Return]]:
    """Return a function that sends pieces of an order back and accepts that."""

    def send(order: Order, now: datetime = NOW, **pieces: int) -> list[Return]:
        numbers = {line.product.sku: line.number for line in order.lines.all()}
        asked = services.request_returns(
            order=order,
            pieces={numbers[sku]: quantity for sku, quantity in pieces.items()},
            requested_by=staff,
            now=now,
        )
        return [
            services.accept_return(return_=one, decided_by=staff, open_intervals=intervals, now=now)
            for one in asked
        ]

    return send
