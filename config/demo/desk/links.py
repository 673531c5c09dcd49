"""Referral links of a seller, how often they were opened, and who left a contact on their pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.demo.desk import words
from config.demo.desk.contacts import FIRST_PROSPECT, products_named
from config.demo.tree import draw, household_name
from config.demo.year import ZONE
from representatives.models import Representative
from representatives.text import folded
from sales.models import Arrival, Customer, ReferralLink
from sales.referrals import services

CAMPAIGN = "Christmas market"
DAYS = 40
"""So long ago the links were made."""


def bring_people(seller: Representative, now: datetime) -> None:
    """Make links, open them on some days, and let people leave contacts."""
    made_at = now - timedelta(days=DAYS)
    plain = services.add_link(representative=seller, now=made_at)
    stall = services.add_link(representative=seller, campaign=CAMPAIGN, now=made_at)
    links = [plain, stall]
    links += [
        services.add_link(representative=seller, product=product, now=made_at)
        for product in products_named("ground coffee", 1)
    ]
    for place, link in enumerate(links):
        _visits(link, (3, 9, 2)[place], now)
    for number, link in enumerate((plain, stall, stall)):
        _letter(seller, link, number, now)
    recommends = Customer.objects.of(seller).contactable().filter(stage=Customer.Stage.REFERS)
    for customer in recommends.order_by("reference")[:2]:
        link = services.give_personal_link(customer=customer, now=made_at)
        _visits(link, 2, now)


def _visits(link: ReferralLink, most: int, now: datetime) -> None:
    """Open a link on about every third day, up to so many times."""
    today = now.astimezone(ZONE).date()
    label = (link.campaign, link.product_id is not None, link.customer_id is not None)
    for days in range(1, DAYS, 3):
        for _ in range(draw("desk", "visits", *label, days) % (most + 1)):
            services.count_visit(link=link, day=today - timedelta(days=days))


def _letter(seller: Representative, link: ReferralLink, number: int, now: datetime) -> None:
    """Let somebody leave a contact some days ago."""
    label = draw("desk", "letter", seller.code, number)
    name = household_name(FIRST_PROSPECT + label % 100_000)
    at = now - timedelta(days=2 + 5 * number, hours=label % 9)
    message, wants_to_join = words.LETTERS[number]
    services.receive_contact(
        link=link,
        letter=services.Letter(
            name=name,
            email=f"{folded(name).split()[0]}.{label % 100_000:05d}@example.com",
            phone="",
            message=message,
            wants_to_join=wants_to_join,
            consent_text=words.AGREED,
            language="pl" if label % 2 else "en",
        ),
        touched_at=at - timedelta(days=number, minutes=4),
        via=Arrival.Via.REMEMBERED if number == 1 else Arrival.Via.PAGE,
        now=at,
    )
