"""What a seller has noted of customers and contacts: how to reach them, consent, needs, talks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from config.demo.desk import words
from config.demo.tree import draw, household_name
from config.demo.year import ZONE
from representatives.models import Representative
from representatives.text import folded
from sales.contacts import services
from sales.models import Consent, Customer, Need, Product, Talk

KNOWN_WELL = 30
"""So many customers of a seller have more to them than a name."""

PROSPECTS = 6
#: Numbers of households that there are none of: names for people who have not bought.
FIRST_PROSPECT = 100_000


def meet_customers(seller: Representative, now: datetime) -> None:
    """Note what the seller knows of customers, and of people who may become some."""
    customers = Customer.objects.of(seller).select_related("referred_by").order_by("reference")
    for customer in customers[:KNOWN_WELL]:
        _fill_in(customer, now)
        _agree(customer, now)
        _talk(customer, now)
        _need(customer, now)
    stopped = [one for one in customers[:KNOWN_WELL] if _chance("stop", one) < 6]
    for customer in stopped[:2]:
        services.stop_contact(customer=customer, now=now - timedelta(days=20))
    for number in range(PROSPECTS):
        _add_prospect(seller, number, now)


def _chance(what: str, customer: Customer) -> int:
    """Return a number below a hundred that belongs to a customer and a question."""
    return draw("desk", what, customer.representative.code, customer.reference) % 100


def _fill_in(customer: Customer, now: datetime) -> None:
    """Note how to reach a customer: at addresses of nobody, and numbers that ring nowhere."""
    number = draw("desk", "phone", customer.reference) % 1000
    first = folded(customer.name).split()[0]
    day = date(1904, 1, 1) + timedelta(days=draw("desk", "birthday", customer.reference) % 366)
    channel = words.CHANNELS[_chance("channel", customer) % len(words.CHANNELS)]
    services.edit_contact(
        customer=customer,
        name=customer.name,
        email=f"{first}.{customer.reference.lower()}@example.com",
        phone=f"+44 7700 900{number:03d}" if channel != "email" else "",
        note=customer.note,
        referred_by=customer.referred_by,
        stage=customer.stage,
        use=customer.use,
        channel=channel,
        language="pl" if _chance("language", customer) < 35 else "en",
        birthday=day if _chance("has birthday", customer) < 50 else None,
        now=now,
    )


def _agree(customer: Customer, now: datetime) -> None:
    services.give_notice(customer=customer, now=max(customer.created_at, now - timedelta(days=200)))
    for kind, share, said in (
        (Consent.Kind.CONTACT, 80, words.SAID_CONTACT),
        (Consent.Kind.TRACKING, 30, words.SAID_TRACKING),
        (Consent.Kind.MARKETING, 20, words.SAID_MARKETING),
    ):
        if _chance(f"consent {kind.value}", customer) < share:
            days = draw("desk", "agreed", kind.value, customer.reference) % 90
            given_at = max(customer.created_at, now - timedelta(days=30 + days))
            services.give_consent(
                customer=customer, kind=kind, text=said, given_at=given_at, now=now
            )


def _talk(customer: Customer, now: datetime) -> None:
    """A third of them were talked to within two months."""
    if _chance("talk", customer) >= 35:
        return
    went, text = words.TALKS[draw("desk", "said", customer.reference) % len(words.TALKS)]
    at = _hour(now - timedelta(days=3 + draw("desk", "day", customer.reference) % 55), 11)
    services.note_talk(
        customer=customer,
        at=max(at, customer.created_at),
        channel=customer.channel or Customer.Channel.PHONE,
        went=went,
        text=text,
        now=now,
    )


def _need(customer: Customer, now: datetime) -> None:
    if _chance("need", customer) >= 30:
        return
    kind, text, part = words.NEEDS[draw("desk", "need", customer.reference) % len(words.NEEDS)]
    services.add_need(
        customer=customer, kind=kind, text=text, products=products_named(part, 2), now=now
    )


def _add_prospect(seller: Representative, number: int, now: datetime) -> None:
    """Add somebody who has not bought: from one who only knows of it to one about to."""
    label = draw("desk", "prospect", seller.code, number)
    at = _hour(now - timedelta(days=4 + label % 70), 17)
    stage, use = words.PROSPECTS[number % len(words.PROSPECTS)]
    name = household_name(FIRST_PROSPECT + label % 100_000)
    person = services.add_contact(
        representative=seller,
        name=name,
        email=f"{folded(name).split()[0]}.{label % 10_000:04d}@example.com" if number % 2 else "",
        phone="" if number % 2 else f"+44 7700 900{label % 1000:03d}",
        note=words.MET[number % len(words.MET)],
        stage=stage,
        use=use,
        channel=Customer.Channel.EMAIL if number % 2 else Customer.Channel.PHONE,
        language="pl" if label % 3 == 0 else "en",
        noticed_at=at if use == Customer.Use.LEAD else None,
        now=at,
    )
    if use == Customer.Use.LEAD:
        kind, text, part = words.NEEDS[label % len(words.NEEDS)]
        services.add_need(
            customer=person, kind=kind, text=text, products=products_named(part, 1), now=at
        )
        services.note_talk(
            customer=person,
            at=at,
            channel=person.channel,
            went=Talk.Went.WELL,
            text=words.FIRST_TALK,
            now=at,
        )


def products_named(part: str, most: int) -> list[Product]:
    """Return repeat products with a word in their names, in the order of their SKUs."""
    found = Product.objects.filter(is_active=True, repeat=True, name__icontains=part)
    return list(found.order_by("sku")[:most])


def _hour(at: datetime, hour: int) -> datetime:
    """Return an hour of a day of the company."""
    return at.astimezone(ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)


# The kinds that words name must be those of the product.
assert {kind for kind, *_ in words.NEEDS} <= set(Need.Kind.values)
