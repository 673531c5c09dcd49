"""The company that the browser meets: months posted, a month open, and something of everything.

It begins with the small town of ``tests.web``, whose addresses ``samples.py`` knows, and grows from
there by the services: more people, two posted months, points to convert, disputes, payouts, staff.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from django.contrib.auth.models import Group, Permission
from django.test import Client

from compensation import selectors, services
from compensation.models import (
    Dispute,
    Earning,
    EarningUnit,
    PayoutBatch,
    Period,
    Run,
    StatementLineKey,
)
from compensation.selectors_pages.statement import line_key
from representatives import services as people_services
from representatives.alerts import raise_alert
from representatives.models import Company, Representative, User
from sales import services as sales_services
from sales.models import Order
from tests.browser import desk
from tests.web import company, samples
from tests.web.company import PASSWORD, Town
from tests.web.routes import all_routes

TOP, NEWCOMER = "Marta Wrona", "Nina Zawadzka"
CONVERTER, READER, SELLER = "Ana Silva", "Celine Petit", "Bruno Costa"
DEEP = "Filip Nowicki"
"""Sells five active people below the top, who is paid for four levels."""

# Pieces that people sell in each posted month; three keep one active.
SALES = {TOP: 20, CONVERTER: 40, SELLER: 4, READER: 5, "Dawid Nowak": 6, "Ewa Lis": 4, DEEP: 3}
POSTED = ("2017-09", "2017-10")
OPEN_MONTH = "2017-11"
IBANS = {TOP: "PL61109010140000071219812874", CONVERTER: "FR1420041010050500013M02606"}
"""Examples of the banks' own handbooks: nobody's accounts."""

FIRST = ("Agnieszka", "Bartłomiej", "Chiara", "Dominik", "Elżbieta", "Finn", "Grażyna", "Ilse")
LAST = ("Żółkiewska-Brzęczyszczykiewicz", "Nowak", "Ćwik", "Łoś", "Óscar Sørensen", "Świt", "Lee")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
REASON = "as the browser's world needs it"


@dataclass(frozen=True, slots=True)
class World:
    """What the tests need to know of the company once it stands."""

    addresses: dict[str, str]
    """The address of each route, by its pattern."""

    names: dict[str, str]
    """What addresses in braces stand for."""

    codes: dict[str, str]
    """The code of each person, by name."""

    emails: dict[str, str]
    """The address with which each role logs in; each has the password of ``tests.web.company``."""

    sessions: dict[str, str]
    """The key of a session of each role, so that a sweep need not log in again and again."""

    def address(self, pattern: str, *, is_route: bool) -> str | None:
        """Return the address of a route, or the one that is written with names in braces.

        None if a parameter of the route has no sample value.
        """
        return self.addresses.get(pattern) if is_route else pattern.format(**self.names)


def build() -> World:
    """Found the company in the database in use."""
    town = company.small_town()
    values = samples.values(town)
    services.ensure_periods(first=POSTED[0], last=OPEN_MONTH)
    _people(town)
    staff = _staff(town)
    runs = [_posted_month(town, label, staff) for label in POSTED]
    dispute = _after_posting(town, runs[-1], staff)
    returned, unpaid = _open_month(town)
    _registers(town)
    desk.do_the_nights_work(town)
    services.preview_period(
        period=Period.objects.get(label=OPEN_MONTH), by=town.staff, now=town.now
    )
    emails = {
        "representative": town.user(TOP).email,
        "newcomer": town.user(NEWCOMER).email,
        "staff": town.staff.email,
        "superuser": staff.email,
    }
    users = {role: User.objects.get(email=email) for role, email in emails.items()}
    codes = {name: person.code for name, person in town.people.items()}
    return World(
        addresses=_addresses(values),
        names={
            "deep": codes[DEEP],
            "batch": str(PayoutBatch.objects.get().pk),
            "dispute": str(dispute.pk),
            "line": line_key(_money_line(runs[-1], town.people[TOP])),
            "newcomer": codes[NEWCOMER],
            "returned": returned.reference,
            "seller": codes[SELLER],
            "top": codes[TOP],
            "unpaid": unpaid.reference,
        },
        codes=codes,
        emails=emails,
        sessions={role: _session(user) for role, user in users.items()},
    )


def _addresses(values: dict[str, str]) -> dict[str, str]:
    """Return the address of each route whose parameters have sample values, by its pattern."""
    found = {}
    for route in all_routes():
        with suppress(KeyError):
            found[route.pattern] = route.address(samples.of_route(route, values))
    return found


def _people(town: Town) -> None:
    """Enrol enough people for pages that go on, with long names and Polish letters."""
    for name in (NEWCOMER, "Olga Żak"):
        company.enrol(town, name, SELLER, log_in=True)
    company.enrol(town, "Ewa Lis", "Dawid Nowak")
    company.enrol(town, DEEP, "Ewa Lis")
    people_services.give_login(
        representative=town.people[READER],
        email="reader@example.org",
        now=town.now,
        password=PASSWORD,
    )
    town.people[READER].refresh_from_db()
    for number in range(56):
        name = f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]} {number:02d}"
        company.enrol(town, name, TOP if number % 9 else CONVERTER)
    desk.enrol_people(town, CONVERTER)


def _staff(town: Town) -> User:
    """Give the portal a second person of staff, who may do everything."""
    return User.objects.create_superuser("boss@example.org", PASSWORD)


def _posted_month(town: Town, label: str, approver: User) -> Run:
    """Sell in a month, close it and post it."""
    period = Period.objects.get(label=label)
    then = replace(town, period=period, now=period.starts_at + timedelta(days=12))
    for name, pieces in SALES.items():
        company.sell(then, name, pieces=pieces, customer=f"Klara {label}")
    for number, name in enumerate(list(town.people)[9:29]):
        company.sell(then, name, pieces=1 + number % 4)
    desk.sell_to_regulars(then, TOP)
    now = period.ends_at + timedelta(days=2)
    run = services.start_run(period=period, by=town.staff, now=now)
    services.advance_to_end(run=run, now=now)
    codes = selectors.open_finding_codes(run)
    if codes:
        services.acknowledge(run=run, codes=codes, reason=REASON, by=approver, now=now)
    services.approve_run(run=run, by=approver, now=now)
    services.advance_to_end(run=run, now=now)
    return Run.objects.select_related("period", "plan_version").get(pk=run.pk)


def _after_posting(town: Town, run: Run, boss: User) -> Dispute:
    """Let people convert, dispute, be adjusted and be paid."""
    top = town.people[TOP]
    services.convert_points(
        representative=top,
        points=100_00,
        target="cash",
        token="a-first-conversion",
        by=town.user(TOP),
        now=town.now,
    )
    services.request_adjustment(
        representative=top,
        money_minor=12_34,
        rsp=0,
        reason="A parcel that was lost",
        line=None,
        related_period=None,
        by=town.staff,
        now=town.now,
    )
    granted = services.request_adjustment(
        representative=top,
        money_minor=5_00,
        rsp=0,
        reason="A thank-you",
        line=None,
        related_period=None,
        by=town.staff,
        now=town.now,
    )
    services.approve_adjustment(adjustment=granted, by=boss, now=town.now)
    services.grant_rank_override(
        representative=town.people[SELLER],
        kind="at_least",
        rank="Bronze",
        reason=REASON,
        first_period=OPEN_MONTH,
        last_period=None,
        by=town.staff,
        now=town.now,
    )
    _payouts(town, boss)
    line = _money_line(run, top)
    return services.open_dispute(
        representative=top,
        line=StatementLineKey(
            run_id=run.pk,
            receiver_id=top.pk,
            component=line.component,
            paid_level=line.paid_level,
            rate_num=line.rate_num,
            rate_den=line.rate_den,
        ),
        expected_minor=line.amount + 1_00,
        text="One order seems to be missing.",
        by=town.user(TOP),
        now=town.now,
    )


def _payouts(town: Town, boss: User) -> None:
    """Send one batch, of which the bank has answered, and draft none."""
    earlier = town.now - timedelta(days=14)
    for name, iban in IBANS.items():
        person = town.people[name]
        services.change_bank_account(
            representative=person,
            holder_name=person.name,
            iban=iban,
            by=town.user(name),
            now=earlier,
        )
        for kind in ("kyc", "tax_form"):
            services.decide_check(
                representative=person,
                kind=kind,
                approve=True,
                reason="seen",
                by=town.staff,
                now=earlier,
            )
    batch = services.draft_batch(by=town.staff, now=town.now, execution_date=town.now.date())
    services.approve_batch(batch=batch, by=boss, now=town.now)
    sent = services.send_batch(batch=batch, by=town.staff, now=town.now)
    services.confirm_sending(batch=sent, by=town.staff, now=town.now)
    paid = sent.payouts.order_by("pk").first()
    assert paid is not None
    services.import_answers(
        file=f"end_to_end_id,status,reason\n{paid.end_to_end_id},ACSC,".encode(),
        by=town.staff,
        now=town.now,
    )


def _open_month(town: Town) -> tuple[Order, Order]:
    """Sell in the month that is open; return an order with a return and one that is unpaid."""
    for number, name in enumerate(list(town.people)[8:20]):
        company.sell(town, name, pieces=1 + number % 3)
    returned = company.sell(town, TOP, pieces=4)
    request = sales_services.request_return(
        line=returned.lines.get(), quantity=1, requested_by=town.user(TOP), now=town.now
    )
    services.accept_return(return_=request, decided_by=town.staff, now=town.now)
    unpaid = sales_services.place_order(
        seller=town.people[TOP],
        customer=None,
        lines=[sales_services.LineRequest(town.product.pk, 2)],
        now=town.now,
    )
    company.sell(town, SELLER, pieces=2)
    company.sell(town, READER, pieces=3)
    sales_services.request_return(
        line=returned.lines.get(), quantity=1, requested_by=None, now=town.now
    )
    return returned, unpaid


def _registers(town: Town) -> None:
    """Give each list of staff at least a row, as far as the services can."""
    Group.objects.create(name="Payout desk").permissions.set(Permission.objects.all()[:3])
    raise_alert(code="sample", key="sample", text="Something to look at.", now=town.now)
    leaver = town.people["Olga Żak"]
    sales_services.add_customer(representative=leaver, name="Passed On", now=town.now)
    people_services.suspend_representative(
        representative=leaver, reason=REASON, decided_by=town.staff, now=town.now
    )
    people_services.change_sponsor(
        representative=town.people["Dawid Nowak"],
        new_sponsor=town.people[SELLER],
        reason=REASON,
        decided_by=town.staff,
        now=town.now,
        zone=Company.objects.get(pk=Company.ONLY_ID).zone,
    )


def _money_line(run: Run, person: Representative) -> Earning:
    lines = Earning.objects.filter(run_id=run.pk, receiver=person, unit=EarningUnit.MONEY)
    return lines.order_by("component", "paid_level")[0]


def _session(user: User) -> str:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client.cookies["sessionid"].value
