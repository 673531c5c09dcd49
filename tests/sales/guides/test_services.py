"""Sharing a guide: with whom, once, and what is kept of its opening."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from representatives.models import Representative
from sales import people_changes
from sales.guides import selectors, services
from sales.models import Consent, Customer, Guide, GuideShare, Product
from sales.services import add_customer
from tests.sales.conftest import NOW
from tests.sales.test_guards import DENIED, STANDS, TWICE, WRONG, refused

LATER = NOW + timedelta(hours=1)
Give = Callable[..., Consent]


def test_second_share_gives_the_same_link(
    share: GuideShare, guide: Guide, seller: Representative, customer: Customer
) -> None:
    again = services.share_guide(guide=guide, representative=seller, customer=customer, now=LATER)

    assert again == share
    assert len(share.token) == 32


def test_ended_link_is_followed_by_a_new_one(
    share: GuideShare, guide: Guide, seller: Representative, customer: Customer
) -> None:
    services.withdraw_share(share=share, now=LATER)
    again = services.share_guide(guide=guide, representative=seller, customer=customer, now=LATER)

    assert again.token != share.token
    assert selectors.find_shared(share.token) is None
    assert selectors.find_shared(again.token) == again


def test_link_speaks_the_customer_s_language(
    guide: Guide, seller: Representative, customer: Customer
) -> None:
    Customer.objects.filter(pk=customer.pk).update(language="pl")

    made = services.share_guide(
        guide=guide, representative=seller, customer=customer, language="en", now=NOW
    )

    assert made.language == "pl"


def test_guide_for_members_is_not_shared(for_members: Guide, seller: Representative) -> None:
    with pytest.raises(services.UnableToShareGuide):
        services.share_guide(guide=for_members, representative=seller, now=NOW)


def test_unpublished_guide_is_not_shared(guide: Guide, seller: Representative) -> None:
    Guide.objects.update(published_at=None)

    with pytest.raises(services.UnableToShareGuide):
        services.share_guide(guide=guide, representative=seller, now=NOW)


@pytest.mark.parametrize("column", ["no_contact_at", "erased_at"])
def test_nothing_is_shared_with_who_asked_or_is_gone(
    guide: Guide, seller: Representative, customer: Customer, column: str
) -> None:
    Customer.objects.filter(pk=customer.pk).update(**{column: NOW})

    with pytest.raises(services.UnableToShareGuide):
        services.share_guide(guide=guide, representative=seller, customer=customer, now=NOW)
    assert insert(guide, seller, customer) == WRONG


def test_nothing_is_shared_with_another_s_customer(
    guide: Guide, other_seller: Representative, customer: Customer
) -> None:
    with pytest.raises(services.UnableToShareGuide):
        services.share_guide(guide=guide, representative=other_seller, customer=customer, now=NOW)
    assert insert(guide, other_seller, customer) == WRONG


def insert(guide: Guide, seller: Representative, customer: Customer, **facts: object) -> str:
    """Return the SQLSTATE with which the database refuses a share made past the service."""
    row = {
        "guide_id": guide.pk,
        "representative_id": seller.pk,
        "customer_id": customer.pk,
        "language": "en",
        "token": "t" * 32,
        "shared_at": NOW,
        **facts,
    }
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    return refused(f"INSERT INTO sales_guideshare ({names}) VALUES ({places})", *row.values())


def test_database_refuses_short_tokens_second_links_and_openings_without_consent(
    share: GuideShare, guide: Guide, seller: Representative, customer: Customer
) -> None:
    assert insert(guide, seller, customer, token="short", withdrawn_at=NOW) == WRONG
    assert insert(guide, seller, customer) == TWICE
    assert refused("UPDATE sales_guideshare SET opened_at = now()") == WRONG
    assert refused("UPDATE sales_guideshare SET consent = 'page'") == WRONG


def test_database_keeps_what_a_link_was_made_with(share: GuideShare) -> None:
    assert refused("UPDATE sales_guideshare SET token = %s", "x" * 32) == DENIED
    assert refused("UPDATE sales_guideshare SET customer_id = NULL") == STANDS
    services.withdraw_share(share=share, now=NOW)
    assert refused("UPDATE sales_guideshare SET withdrawn_at = NULL") == STANDS
    assert refused("DELETE FROM sales_guide") == DENIED


def test_opening_is_kept_only_with_consent(share: GuideShare, consent: Give) -> None:
    assert not services.record_opening(share=share, says_yes=False, now=LATER)
    share.refresh_from_db()
    assert share.opened_at is None

    consent()
    assert services.record_opening(share=share, says_yes=False, now=LATER)
    share.refresh_from_db()
    assert (share.consent, share.opened_at) == ("recorded", LATER)


def test_reader_s_yes_counts_and_the_first_opening_stays(share: GuideShare) -> None:
    assert services.record_opening(share=share, says_yes=True, now=LATER)
    assert services.record_opening(share=share, says_yes=True, now=LATER + timedelta(days=1))

    share.refresh_from_db()
    assert (share.consent, share.opened_at) == ("page", LATER)


def test_opening_of_a_link_for_anybody_is_never_kept(guide: Guide, seller: Representative) -> None:
    made = services.share_guide(guide=guide, representative=seller, now=NOW)

    assert not services.record_opening(share=made, says_yes=True, now=LATER)
    with pytest.raises(DatabaseError), transaction.atomic():
        GuideShare.objects.filter(pk=made.pk).update(
            consent="page", consent_at=NOW, opened_at=LATER
        )


def test_reader_takes_consent_back(share: GuideShare, consent: Give) -> None:
    given = consent()
    services.record_opening(share=share, says_yes=False, now=LATER)

    services.forget_opening(share=share, now=LATER)

    share.refresh_from_db()
    given.refresh_from_db()
    assert (share.consent, share.opened_at) == ("", None)
    assert given.withdrawn_at == LATER
    assert not services.record_opening(share=share, says_yes=False, now=LATER)


def test_withdrawn_consent_hides_the_opening(
    share: GuideShare, seller: Representative, consent: Give
) -> None:
    given = consent()
    services.record_opening(share=share, says_yes=False, now=LATER)
    assert selectors.list_shares(seller).get().opened == LATER

    Consent.objects.filter(pk=given.pk).update(withdrawn_at=LATER)

    assert selectors.list_shares(seller).get().opened is None


def test_passed_on_customer_takes_neither_opening_nor_link_along(
    share: GuideShare,
    guide: Guide,
    seller: Representative,
    other_seller: Representative,
    customer: Customer,
) -> None:
    services.record_opening(share=share, says_yes=True, now=LATER)
    Customer.objects.filter(pk=customer.pk).update(representative=other_seller)
    customer.refresh_from_db()
    assert selectors.shares_of_customer(customer, language="en").get().opened is None
    people_changes.pass_on(customer_ids=[customer.pk], old=seller, new=other_seller, now=LATER)
    share.refresh_from_db()
    assert share.opened_at is None

    assert not selectors.list_shares(seller).exists()
    assert selectors.shares_of_customer(customer, language="en").get().opened is None
    services.share_guide(guide=guide, representative=other_seller, customer=customer, now=LATER)
    assert selectors.find_shared(share.token) is None


def test_erased_customer_leaves_no_link(share: GuideShare, customer: Customer) -> None:
    people_changes.erase(customer_ids=[customer.pk], now=LATER)

    assert not GuideShare.objects.exists()


def test_merged_customer_brings_links_along(
    share: GuideShare, guide: Guide, seller: Representative, customer: Customer
) -> None:
    kept = add_customer(representative=seller, name="Helena N.", now=NOW)

    people_changes.merge(merged_id=customer.pk, into_id=kept.pk, now=LATER)

    assert GuideShare.objects.get() == share
    found = selectors.find_shared(share.token)
    assert found is not None
    assert found.customer_id == kept.pk


def test_merged_customer_keeps_one_live_link_to_a_guide(
    share: GuideShare, guide: Guide, seller: Representative, customer: Customer
) -> None:
    kept = add_customer(representative=seller, name="Helena N.", now=NOW)
    own = services.share_guide(guide=guide, representative=seller, customer=kept, now=NOW)

    people_changes.merge(merged_id=customer.pk, into_id=kept.pk, now=LATER)

    assert list(GuideShare.objects.filter(withdrawn_at=None)) == [own]
    assert GuideShare.objects.filter(customer=kept).count() == 2


def test_guide_to_the_point_is_the_one_for_a_product(
    guide: Guide, products: dict[str, Product]
) -> None:
    from tests.sales.guides.conftest import write_guide

    broad = write_guide("all-of-it", "All of it")
    broad.products.set([products["GREENS"], products["TEA"]])

    found = selectors.guides_of_products([one.pk for one in products.values()], language="en")

    assert found == {products["GREENS"].pk: guide, products["TEA"].pk: broad}
    assert found[products["GREENS"].pk].title == "Greens, well used"  # type: ignore[attr-defined]


def test_sharing_counts_as_working_with_somebody(share: GuideShare, customer: Customer) -> None:
    customer.refresh_from_db()

    assert customer.touched_at == NOW


def test_customer_s_copy_tells_what_was_shared(share: GuideShare, customer: Customer) -> None:
    services.record_opening(share=share, says_yes=True, now=LATER)

    told = people_changes.tell(customer=customer)["guides_shared"]

    assert [(one["guide"], one["opened_at"]) for one in told] == [
        ("greens-well", LATER.isoformat())
    ]
