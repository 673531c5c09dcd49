"""Two guides, one of them for members only, and a reading list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from representatives.models import Representative
from sales.guides import services
from sales.models import (
    Consent,
    Customer,
    Guide,
    GuideShare,
    GuideText,
    Product,
    ReadingList,
    ReadingListEntry,
)
from tests.sales.conftest import NOW


def write_guide(
    slug: str, title: str, body: str = "Some *words*.", *, polish: str = "", **facts: object
) -> Guide:
    """Write and publish a guide in English, and in Polish where a title is given."""
    made = Guide.objects.create(slug=slug, edited_at=NOW, **{"published_at": NOW, **facts})
    GuideText.objects.create(guide=made, language="en", title=title, summary="Why.", body_md=body)
    if polish:
        GuideText.objects.create(guide=made, language="pl", title=polish, body_md="Kilka słów.")
    return made


@pytest.fixture
def guide(products: dict[str, Product]) -> Guide:
    made = write_guide("greens-well", "Greens, well used", polish="Zielenina na co dzień")
    made.products.add(products["GREENS"])
    return made


@pytest.fixture
def for_members(db: None) -> Guide:
    return write_guide("first-talk", "Your first talk", audience="members")


@pytest.fixture
def reading_list(guide: Guide, for_members: Guide) -> ReadingList:
    made = ReadingList.objects.create(title_en="First weeks", title_pl="Na start", first_days=60)
    for place, one in enumerate((for_members, guide)):
        ReadingListEntry.objects.create(reading_list=made, guide=one, position=place)
    return made


@pytest.fixture
def share(guide: Guide, seller: Representative, customer: Customer) -> GuideShare:
    return services.share_guide(guide=guide, representative=seller, customer=customer, now=NOW)


@pytest.fixture
def consent(customer: Customer) -> Callable[..., Consent]:
    """Return a function that records the customer's consent to be told openings."""

    def give() -> Consent:
        return Consent.objects.create(
            customer=customer,
            representative=customer.representative,
            kind=Consent.Kind.TRACKING,
            given_at=NOW - timedelta(days=1),
            text="Said yes on the phone.",
        )

    return give


@pytest.fixture
def web(client: Client, seller: Representative) -> Client:
    client.force_login(seller.user)
    return client


@pytest.fixture
def stranger(other_seller: Representative) -> Client:
    client = Client()
    client.force_login(other_seller.user)
    return client
