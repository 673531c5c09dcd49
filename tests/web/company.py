"""A small company for page tests: real services, the real engine, a run readers can see.

People, products and orders come from the services; the run's rows are computed by the engine and
attached by the functions of the database, as the close does it in bulk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from compensation.calendar import month
from compensation.engine import Members, Sales, compute
from compensation.models import Earning, MemberResult, Period, PlanVersion, Run, RunKind, RunStatus
from compensation.plans import load_plan, preset_text
from representatives.models import Company, Representative, User
from representatives.services import enrol_representative
from representatives.text import folded
from sales.models import Order, Product
from sales.services import catalogue, customers, orders

PASSWORD = "olive-and-sage-2017"
ENROLLED = date(2017, 1, 2)


@dataclass
class Town:
    """What the fixture made, by name."""

    now: datetime
    staff: User
    period: Period
    product: Product
    run: Run | None = None
    people: dict[str, Representative] = field(default_factory=dict)

    def user(self, name: str) -> User:
        """Return the log-in of a person."""
        user = self.people[name].user
        assert user is not None
        return user


def found_town(*, label: str = "2017-11", now: datetime | None = None) -> Town:
    """Set the clock, open a month and add a member of staff, a product and the plan."""
    company = Company.objects.get(pk=Company.ONLY_ID)
    company.name, company.time_zone = "Lindgrove", "America/New_York"
    now = now or datetime(2017, 11, 20, 23, 0, tzinfo=UTC)
    company.clock_frozen_at = now
    company.save()
    staff = User.objects.create_user("staff@example.org", PASSWORD, is_staff=True)
    calendar = month(label)
    bounds = calendar.bounds(company.zone)
    period = Period.objects.create(
        label=label,
        first_day=calendar.first_day,
        last_day=calendar.last_day,
        starts_at=bounds.starts_at,
        ends_at=bounds.ends_at,
    )
    text = preset_text("four-levels")
    PlanVersion.objects.create(
        name="four-levels",
        document=text,
        digest=load_plan(text).digest(),
        effective_from=date(2017, 1, 1),
    )
    product = catalogue.add_product(
        facts=catalogue.ProductFacts(
            sku="GREENS",
            name="Daily Greens",
            retail_price_minor=3000,
            ir_price_minor=2400,
            bv=2500,
            rsp=2000,
            repeat=True,
        )
    )
    return Town(now=now, staff=staff, period=period, product=product)


def enrol(town: Town, name: str, under: str | None = None, *, log_in: bool = False) -> None:
    """Enrol a person under another one of the town."""
    town.people[name] = enrol_representative(
        sponsor=town.people[under] if under else None,
        name=name,
        email=f"{folded(name).split()[0]}@example.org",
        enrolled_on=ENROLLED,
        now=town.now,
        password=PASSWORD if log_in else None,
        with_login=log_in,
    )


def sell(town: Town, name: str, *, pieces: int = 1, customer: str = "Helena") -> Order:
    """Enter and pay an order of a person's customer."""
    seller = town.people[name]
    buyer = seller.customers.filter(name=customer).first() or customers.add_customer(
        representative=seller, name=customer, now=town.now, email="helena@example.org"
    )
    order = orders.place_order(
        seller=seller,
        customer=buyer,
        lines=[orders.LineRequest(town.product.pk, pieces)],
        now=town.now,
    )
    return orders.pay_order(
        order=order,
        payment_reference=f"pay {order.reference}",
        amount_minor=order.gross_minor,
        paid_at=town.now - timedelta(hours=1),
        counted_at=town.now - timedelta(hours=1),
        open_intervals=[(town.period.starts_at, town.period.ends_at)],
        recorded_by=town.staff,
        now=town.now,
    )


def preview(town: Town) -> Run:
    """Compute the month with the engine and let readers see the run."""
    version = PlanVersion.objects.get()
    attempt = Run.objects.filter(period=town.period, kind=RunKind.PREVIEW).count() + 1
    run = Run.objects.create(
        period=town.period,
        kind=RunKind.PREVIEW,
        attempt=attempt,
        plan_version=version,
        fence=1,
        as_of=town.now,
    )
    results = _results(town, load_plan(version.document))
    _fill(run, results)
    run.order_count = results.totals.orders
    run.figure_names = list(results.members.figure_names)
    run.status = RunStatus.COMPUTED
    run.save()
    town.period.visible_run = run
    town.period.save()
    town.run = run
    return run


def _results(town: Town, plan: Any) -> Any:
    people = list(Representative.objects.order_by("id"))
    rows = {person.pk: row for row, person in enumerate(people)}
    members = Members.of(
        [person.pk for person in people],
        [rows[person.sponsor_id] if person.sponsor_id else -1 for person in people],
        status=[Representative.Status.values.index(person.status) for person in people],
    )
    paid = list(Order.objects.filter(status=Order.Status.PAID).order_by("id"))
    sales = Sales.of(
        [rows[order.seller_id] for order in paid],
        order=[order.pk for order in paid],
        bv=[order.bv for order in paid],
        rsp=[order.rsp for order in paid],
        net=[order.net_minor for order in paid],
        own=np.array([order.own for order in paid], dtype=np.bool_),
    )
    return compute(plan, members, sales)


def _fill(run: Run, results: Any) -> None:
    """Build, fill and attach the run's partitions."""
    ids = results.members.ids
    members = _columns(MemberResult, results.members, run, representative_id=ids, position=None)
    earnings = _columns(
        Earning, results.earnings, run, receiver_id=ids[results.earnings.receiver], position=None
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT compensation_build_partitions(%s, %s)", [run.pk, run.fence])
        for model, (names, rows) in ((MemberResult, members), (Earning, earnings)):
            table = f"{model._meta.db_table}_{run.pk}_{run.fence}"
            places = ", ".join(["%s"] * len(names))
            cursor.executemany(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",
                rows,
            )
        cursor.execute("SELECT compensation_attach_partitions(%s, %s)", [run.pk, run.fence])


def _columns(
    model: Any, arrays: Any, run: Run, **given: Any
) -> tuple[list[str], Sequence[Sequence[Any]]]:
    columns: dict[str, list[Any]] = {}
    length = len(arrays)
    for one in model._meta.concrete_fields:
        name = one.column
        if name is None:
            continue
        if name == "run_id":
            columns[name] = [run.pk] * length
        elif given.get(name) is not None:
            columns[name] = given[name].tolist()
        elif name == "position":
            columns[name] = list(range(length))
        elif name == "figures":
            columns[name] = [list(row) for row in zip(*arrays.figures, strict=True)] or [
                []
            ] * length
        else:
            columns[name] = getattr(arrays, name).tolist()
    return list(columns), list(zip(*columns.values(), strict=True))


def small_town() -> Town:
    """A top with two legs, three levels deep, and sales in most of it."""
    town = found_town()
    enrol(town, "Marta Wrona", log_in=True)
    enrol(town, "Ana Silva", "Marta Wrona", log_in=True)
    enrol(town, "Bruno Costa", "Marta Wrona", log_in=True)
    enrol(town, "Celine Petit", "Ana Silva")
    enrol(town, "Dawid Nowak", "Celine Petit")
    for name, pieces in (
        ("Marta Wrona", 3),
        ("Ana Silva", 4),
        ("Bruno Costa", 1),
        ("Celine Petit", 2),
        ("Dawid Nowak", 3),
    ):
        sell(town, name, pieces=pieces)
    preview(town)
    return town
