"""Sets up the demo company by the product's own services; each step can be repeated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from config.demo.files import DemoData
from config.demo.tree import Member, draw, household_name, referrer_of
from config.demo.year import CLOCK, ZONE
from representatives.models import Company, Representative, User
from representatives.services import give_login
from sales import services as sales
from sales.models import Customer, Product

NAME = "Oakhollow"
CURRENCY = "EUR"
PLAN = "four-levels"
#: Log-ins of a company that holds nobody's real data and answers on this machine alone.
PASSWORD = "repeat-sales-2017"  # noqa: S105 - printed by the command
REQUESTER, APPROVER = "ruth.staff@oakhollow.example", "adam.staff@oakhollow.example"
LEAF_CUSTOMERS = 3
BUSY_SELLERS = 2


@dataclass(frozen=True, slots=True)
class Login:
    """Who may log in to the demo company, and as what."""

    role: str
    name: str
    email: str


def set_up_company() -> None:
    """Name the company and add its staff: one who requests closes and one who approves."""
    Company.objects.filter(pk=Company.ONLY_ID).update(
        name=NAME, time_zone=ZONE.key, currency=CURRENCY
    )
    for email in (REQUESTER, APPROVER):
        if not User.objects.filter(email=email).exists():
            User.objects.create_superuser(email, PASSWORD)


def freeze_clock(instant: datetime) -> None:
    """Let the company's clock stand at an instant."""
    Company.objects.filter(pk=Company.ONLY_ID).update(clock_frozen_at=instant)


@transaction.atomic
def add_catalogue(data: DemoData) -> int:
    """Add the products that are not there yet and return their number."""
    known = set(Product.objects.values_list("sku", flat=True))
    missing = [item for item in data.purchases.catalogue if item.sku not in known]
    for item in missing:
        sales.add_product(
            facts=sales.ProductFacts(
                sku=item.sku,
                name=item.name,
                category=item.category,
                repeat=item.repeat,
                bv=item.bv,
                rsp=item.rsp,
                retail_price_minor=item.retail_price,
                ir_price_minor=item.ir_price,
                tax_rate_bp=item.tax_rate_bp,
                pack_days=item.pack_days,
            )
        )
    return len(missing)


@transaction.atomic
def add_customers(
    wanted: dict[int, list[int]], data: DemoData, references: dict[int, str], now: datetime
) -> int:
    """Add the households that buy for the first time; some came by another one's word.

    ``wanted`` names the households per seller's index, ``references`` the reference of each.
    """
    sellers = {
        member.code: member
        for member in Representative.objects.filter(code__in=[data.members[i].code for i in wanted])
    }
    there: dict[int, dict[str, Customer]] = {}
    for customer in Customer.objects.filter(
        representative__in=sellers.values(), is_self=False
    ).order_by("pk"):
        there.setdefault(customer.representative_id, {})[customer.reference] = customer
    added = 0
    for index, numbers in wanted.items():
        seller = sellers[data.members[index].code]
        known = there.setdefault(seller.pk, {})
        for number in numbers:
            if references[number] in known:
                continue
            others = list(known)
            referrer = referrer_of(number, list(range(len(others))))
            known[references[number]] = sales.add_customer(
                representative=seller,
                name=household_name(number),
                reference=references[number],
                referred_by=None if referrer is None else known[others[referrer]],
                now=now,
            )
            added += 1
    return added


def people_with_logins(data: DemoData) -> Iterator[tuple[str, Member]]:
    """Yield the top of the tree, a mid-level member with a downline, and a leaf with customers."""
    members = data.members
    sponsors = {member.sponsor for member in members}
    customers: dict[int, int] = {}
    for household in data.households.values():
        if not household.own:
            customers[household.member] = customers.get(household.member, 0) + 1
    early = [m for m in members if m.enrolled_on.year < CLOCK.year]

    def is_quiet(member: Member) -> bool:
        return customers.get(member.index, 0) < LEAF_CUSTOMERS

    yield "top of the tree", members[0]
    middle = [m for m in early if m.depth in (4, 5) and m.index in sponsors]
    yield (
        "mid-level member",
        min(middle, key=lambda m: (is_quiet(m), -_size_below(m.index, members), m.index)),
    )
    leaves = [m for m in early if m.depth >= 8 and m.index not in sponsors]
    yield "leaf", min(leaves, key=lambda m: (is_quiet(m), draw("log-in", m.index)))


def busy_sellers(data: DemoData) -> list[Member]:
    """Return who of the old members has the most customers, beside those with log-ins."""
    known = {member.index for _, member in people_with_logins(data)}
    counts: dict[int, int] = {}
    for household in data.households.values():
        if not household.own:
            counts[household.member] = counts.get(household.member, 0) + 1
    early = [m for m in data.members if m.enrolled_on.year < CLOCK.year and m.index not in known]
    return sorted(early, key=lambda m: (-counts.get(m.index, 0), m.index))[:BUSY_SELLERS]


def desk_people(data: DemoData) -> list[Member]:
    """Return whose desk is lively: the mid-level member, the busy sellers, the leaf."""
    _top, middle, leaf = (member for _, member in people_with_logins(data))
    return [middle, *busy_sellers(data), leaf]


def list_logins(data: DemoData) -> list[Login]:
    """Return everybody who may log in, for the summary."""
    people = [Login(role, m.name, m.email) for role, m in people_with_logins(data)]
    busy = [Login("seller with many customers", m.name, m.email) for m in busy_sellers(data)]
    return [
        *people,
        *busy,
        Login("staff, requests closes", "", REQUESTER),
        Login("staff, approves closes", "", APPROVER),
    ]


def add_logins(data: DemoData, now: datetime) -> None:
    """Give the chosen representatives a log-in with the printed password."""
    _give_logins([member for _, member in people_with_logins(data)], now)


def add_desk_logins(data: DemoData, now: datetime) -> None:
    """Give the sellers with many customers theirs, once the money is settled without them."""
    _give_logins(busy_sellers(data), now)


def _give_logins(chosen: list[Member], now: datetime) -> None:
    for one in chosen:
        member = Representative.objects.get(code=one.code)
        if member.user_id is None:
            give_login(representative=member, email=one.email, password=PASSWORD, now=now)


def _size_below(index: int, members: list[Member]) -> int:
    """Return the size of a member's downline."""
    inside = {index}
    for member in members[index + 1 :]:
        if member.sponsor in inside:
            inside.add(member.index)
    return len(inside) - 1
