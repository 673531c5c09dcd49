"""Guides and message templates that staff of the demo company wrote, and what sellers share."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from config.demo.company import REQUESTER
from config.demo.desk.contacts import products_named
from config.demo.tree import draw
from representatives.models import Representative, User
from sales.guides import services
from sales.models import (
    Customer,
    Guide,
    GuideShare,
    GuideText,
    MessageTemplate,
    Occasion,
    Order,
    ReadingList,
    ReadingListEntry,
)

FOLDER = Path(__file__).with_name("guides")
# Address, a word of the products it is about, and who may read it; the texts lie beside.
GUIDES = (
    ("fresh-coffee", "ground coffee", Guide.Audience.EVERYBODY),
    ("yogurt-in-the-morning", "yogurt", Guide.Audience.EVERYBODY),
    ("spices-that-keep", "spices", Guide.Audience.EVERYBODY),
    ("cheese-at-home", "shredded cheese", Guide.Audience.EVERYBODY),
    ("after-the-first-sale", "", Guide.Audience.MEMBERS),
    ("asking-for-a-referral", "", Guide.Audience.MEMBERS),
)
SHARES = 12
"""So many links a seller has sent at most."""


def publish_guides(now: datetime) -> None:
    """Publish the guides in both languages, a reading list for newcomers, and templates."""
    editor = User.objects.get(email=REQUESTER)
    at = now - timedelta(days=120)
    guides = []
    for slug, part, audience in GUIDES:
        guide = Guide.objects.create(
            slug=slug, audience=audience, published_at=at, edited_by=editor, edited_at=at
        )
        guide.products.set(products_named(part, 4) if part else [])
        for language in ("en", "pl"):
            title, summary, body = _text(slug, language)
            GuideText.objects.create(
                guide=guide, language=language, title=title, summary=summary, body_md=body
            )
        guides.append(guide)
    first = ReadingList.objects.create(
        title_en="Your first days", title_pl="Pierwsze dni", first_days=60
    )
    for place, guide in enumerate([*guides[4:], *guides[:2]]):
        ReadingListEntry.objects.create(reading_list=first, guide=guide, position=place)
    _templates()


def _text(slug: str, language: str) -> tuple[str, str, str]:
    """Return title, summary and body: the first line, the second part, and the rest of a file."""
    text = (FOLDER / f"{slug}.{language}.md").read_text(encoding="utf-8")
    title, summary, body = text.split("\n\n", 2)
    return title.removeprefix("# "), summary, body


def _templates() -> None:
    """Give one product words of its own, in both languages; all others have the product's own."""
    for product in products_named("ground coffee", 1):
        for language in ("en", "pl"):
            subject, _, body = _text("template-coffee", language)
            MessageTemplate.objects.create(
                occasion=Occasion.REORDER,
                product=product,
                language=language,
                subject=subject,
                body=body.strip(),
            )


def share_guides(seller: Representative, now: datetime) -> None:
    """Send guides to customers who bought what they are about; some agreed to be seen opening."""
    sent = 0
    for guide in Guide.objects.filter(audience=Guide.Audience.EVERYBODY).order_by("slug"):
        bought = Order.objects.filter(
            seller=seller, status=Order.Status.PAID, lines__product__in=guide.products.all()
        )
        customers = (
            Customer.objects.of(seller).contactable().filter(pk__in=bought.values("customer"))
        )
        for customer in customers.order_by("reference")[:4]:
            if sent >= SHARES:
                return
            sent += 1
            days = 2 + draw("desk", "shared", guide.slug, customer.reference) % 40
            at = max(customer.created_at, now - timedelta(days=days))
            share = services.share_guide(
                guide=guide, representative=seller, customer=customer, now=at
            )
            _open(share, at + timedelta(hours=5))


def _open(share: GuideShare, at: datetime) -> None:
    """Two in three open it; whether that is kept is a matter of consent."""
    assert share.customer is not None
    said = draw("desk", "opened", share.guide.slug, share.customer.reference) % 3
    if said:
        services.record_opening(share=share, says_yes=said == 1, now=at)
