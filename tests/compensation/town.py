"""A small company that closes real months: a chain six deep, a side line, three open months.

``C`` buys too little to be active, so that points and money skip him. Prices, volumes and
references are fixed, so that two towns built alike have ledgers with the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from compensation import selectors, services, verification
from compensation.models import CheckCode, Period, Run
from representatives.models import Company, Representative, User
from representatives.services import enrol_representative
from sales import services as sales_services
from sales.models import Order, Product, Return

ZONE = ZoneInfo("Europe/Warsaw")
SPONSORS: dict[str, str | None] = {
    "TOP": None,
    "A": "TOP",
    "B": "A",
    "C": "B",
    "D": "C",
    "E": "D",
    "F": "E",
    "X": "TOP",
    "Y": "X",
}
# Like the preset four-levels, kept here so that figures in tests stay what they are.
PLAN = """
format: 1
name: town
currency: EUR
rounding: half_away_from_zero
rsp_cash_rate: {points: "10000", pays: "260.00"}
activity:
  test: {measure: personal_bv, at_least: "60"}
  window: quarter_to_date
ranks:
  ladder:
    - {name: IR}
    - {name: Bronze, requires: [{measure: group_bv, at_least: "300"}]}
    - {name: Silver, requires: [{measure: group_bv, at_least: "600"}]}
components:
  - {id: rsp, kind: rsp_points, depth: 4, compression: skip_and_recount, own_points: true,
     points_from: repeat_only}
  - {id: levels, kind: level_percent, on: bv, rates: ["8", "5", "4", "3"],
     compression: skip_and_recount, unqualified_volume_pays: true}
"""
CLOSER, APPROVER = "closer@example.com", "approver@example.com"
#: What `close_period` is told by an approver who has looked at whatever was found.
APPROVED = (
    *("--approve-by", APPROVER, "--acknowledge", *CheckCode.values),
    *("--reason", "as the town does"),
)


def local(text: str) -> datetime:
    """Return an instant of the company's zone in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@dataclass
class Town:
    """The company and what a test does with it."""

    closer: User
    approver: User
    members: dict[str, Representative]
    products: dict[str, Product]
    orders: dict[str, Order] = field(default_factory=dict)

    def buy(self, code: str, on: str, /, **pieces: int) -> Order:
        """Place and pay an own order at noon of a day."""
        now = local(f"{on}T12:00")
        order = sales_services.place_order(
            seller=self.members[code],
            customer=None,
            lines=[
                sales_services.LineRequest(self.products[sku].pk, quantity)
                for sku, quantity in pieces.items()
            ],
            now=now,
            reference=f"{code}-{on}-{len(self.orders)}",
        )
        self.orders[order.reference] = services.record_payment(
            order=order,
            payment_reference=f"pay {order.reference}",
            amount_minor=order.gross_minor,
            recorded_by=self.closer,
            now=now,
        )
        return self.orders[order.reference]

    def set_clock(self, text: str) -> datetime:
        """Freeze the company's clock and return its instant."""
        now = local(text)
        Company.objects.update(clock_frozen_at=now)
        return now

    def close(self, label: str, *, post: bool = True) -> Run:
        """Close a month in this process, two days after its end; all findings are acknowledged."""
        period = Period.objects.get(label=label)
        now = period.ends_at + timedelta(days=2)
        run = services.start_run(period=period, by=self.closer, now=now)
        services.advance_to_end(run=run, now=now)
        self.acknowledge(run)
        if post:
            services.approve_run(run=run, by=self.approver, now=now)
            services.advance_to_end(run=run, now=now)
        return self.run_of(run.pk)

    def posted(self, label: str) -> Run:
        """Return the run that posted a month."""
        return self.run_of(Run.objects.get(period__label=label, status="posted").pk)

    @staticmethod
    def run_of(number: int) -> Run:
        """Return a run with its period and its plan."""
        return Run.objects.select_related("period", "plan_version").get(pk=number)

    def acknowledge(self, run: Run) -> None:
        """Acknowledge as the approver whatever was found."""
        codes = selectors.open_finding_codes(run)
        if codes:
            services.acknowledge(
                run=run,
                codes=codes,
                reason="as the town does",
                by=self.approver,
                now=run.period.ends_at + timedelta(days=2),
            )

    def take_back(self, order: Order, quantity: int, on: str, *, number: int = 1) -> Return:
        """Request and accept a return of a line's pieces."""
        now = local(f"{on}T12:00")
        request = sales_services.request_return(
            line=order.lines.get(number=number), quantity=quantity, requested_by=None, now=now
        )
        return services.accept_return(return_=request, decided_by=self.closer, now=now)


def digest() -> str:
    """The digest of the whole ledger."""
    return verification.ledger_digest()[0]


def build_town(*, clock: str = "2017-02-03T09:00", sales: bool = True) -> Town:
    """Found the company, with sales in January and February unless told otherwise."""
    Company.objects.update(
        name="Lindgrove", time_zone=ZONE.key, currency="EUR", clock_frozen_at=local(clock)
    )
    closer, approver = (
        User.objects.create_user(email, "a password nobody types", is_staff=True)
        for email in (CLOSER, APPROVER)
    )
    members: dict[str, Representative] = {}
    for day, (code, sponsor) in enumerate(SPONSORS.items(), start=1):
        members[code] = enrol_representative(
            sponsor=members[sponsor] if sponsor else None,
            name=f"Member {code}",
            email="",
            with_login=False,
            enrolled_on=date(2016, 1, day),
            now=local(f"2016-01-{day:02d}T10:00"),
            code=code,
        )
    services.add_plan_version(document=PLAN, effective_from=date(2016, 1, 1), created_by=closer)
    services.ensure_periods(first="2017-01", last="2017-03")
    town = Town(closer, approver, members, _products())
    if sales:
        _sell(town)
    return town


def _products() -> dict[str, Product]:
    facts: Iterable[tuple[str, bool, int, int, int]] = (
        ("GREENS", True, 4990, 2500, 2000),
        ("TEA", True, 1290, 633, 500),
        ("JUG", False, 8900, 4000, 1000),
    )
    return {
        sku: sales_services.add_product(
            facts=sales_services.ProductFacts(
                sku=sku,
                name=sku.title(),
                retail_price_minor=price,
                ir_price_minor=price,
                tax_rate_bp=2300,
                repeat=repeat,
                bv=bv,
                rsp=rsp,
            )
        )
        for sku, repeat, price, bv, rsp in facts
    }


def _sell(town: Town) -> None:
    for day, code in enumerate(SPONSORS, start=3):
        if code != "C":
            town.buy(code, f"2017-01-{day:02d}", GREENS=2, JUG=1)
            town.buy(code, f"2017-02-{day:02d}", GREENS=3, TEA=day)
    town.buy("C", "2017-01-20", TEA=1)
    town.buy("F", "2017-01-21", TEA=7, GREENS=1)
    town.buy("F", "2017-02-21", JUG=1)
