"""The pages behind a link: what they show, set, count and refuse; told by requests alone."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse

from representatives.models import Company, Representative
from sales.models import (
    Arrival,
    Customer,
    Need,
    Product,
    ReferralDay,
    ReferralEvent,
    ReferralLink,
)
from sales.referrals import services
from sales.referrals.sealed import Touch, seal_touch
from tests.sales.conftest import NOW

pytestmark = pytest.mark.django_db

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _own_limits(settings: Any) -> None:
    """Count rates and visits of each test apart."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"user-agent": BROWSER})


@pytest.fixture
def link(seller: Representative) -> ReferralLink:
    return services.add_link(representative=seller, now=NOW - timedelta(days=40))


@pytest.fixture
def other_link(other_seller: Representative) -> ReferralLink:
    return services.add_link(representative=other_seller, now=NOW - timedelta(days=40))


def page(link: ReferralLink) -> str:
    return reverse("sales:referral", args=[link.code])


def stamp_of(response: Any) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', response.content.decode())
    assert found is not None
    return found[1]


def letter(stamp: str, **changes: str) -> dict[str, str]:
    return {
        "name": "Ewa Maj",
        "email": "ewa@example.com",
        "phone": "",
        "message": "Hello",
        "consent": "on",
        "stamp": stamp,
        **changes,
    }


def agree(visitor: Client, link: ReferralLink) -> None:
    """Follow a link and let the device remember it."""
    stamp = stamp_of(visitor.get(page(link)))
    visitor.post(
        reverse("sales:referral_remember", args=[link.code]), {"answer": "yes", "stamp": stamp}
    )


def events() -> list[str]:
    return list(ReferralEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_a_page_names_the_representative_and_nothing_else(
    visitor: Client, seller: Representative, customer: Customer, products: dict[str, Product]
) -> None:
    of_product = services.add_link(
        representative=seller, product=products["TEA"], campaign="Market stall", now=NOW
    )
    personal = services.give_personal_link(customer=customer, now=NOW)

    shown = visitor.get(page(of_product))
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "Marta Wójcik" in text
    assert "Olive Leaf Tea" in text
    for secret in ("Market stall", seller.code, seller.email, "MARTA"):
        assert secret not in text
    assert "Helena" not in visitor.get(page(personal)).content.decode()
    assert shown["Referrer-Policy"] == "no-referrer"
    assert "noindex" in shown["X-Robots-Tag"]
    assert "no-store" in shown["Cache-Control"]


def test_no_cookie_comes_before_somebody_agrees(visitor: Client, link: ReferralLink) -> None:
    stamp = stamp_of(visitor.get(page(link)))
    visitor.get(reverse("sales:referral_start"))
    visitor.post(page(link), letter(stamp, consent=""))
    visitor.post(page(link), letter(stamp))
    visitor.get(reverse("sales:referral_sent", args=[link.code]))
    assert dict(visitor.cookies) == {}

    agree(visitor, link)

    cookie = visitor.cookies["referral"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/r/", True, "Lax")
    assert cookie["max-age"] == 30 * 24 * 3600
    assert "Forget it" in visitor.get(page(link)).content.decode()
    visitor.post(reverse("sales:referral_remember", args=[link.code]), {"answer": "no"})
    assert visitor.cookies["referral"].value == ""


def test_a_message_without_consent_or_address_is_not_taken(
    visitor: Client, link: ReferralLink
) -> None:
    stamp = stamp_of(visitor.get(page(link)))

    names = [{"name": "www.example.com"}, {"name": "\u200b\u202e"}]
    for wrong in ({"consent": ""}, {"email": ""}, *names, {"email": "x"}):
        assert visitor.post(page(link), letter(stamp, **wrong)).status_code == 422
    assert not Customer.objects.exists()

    answer = visitor.post(page(link), letter(stamp))
    assert answer["Location"] == reverse("sales:referral_sent", args=[link.code])
    person = Customer.objects.get()
    assert "Marta Wójcik may contact me" in person.consents.get().text
    assert Arrival.objects.get().via == "page"


def test_the_words_agreed_to_are_those_of_the_page_s_language(
    visitor: Client, link: ReferralLink
) -> None:
    shown = visitor.get(page(link), {"language": "pl"})
    assert shown["Content-Language"] == "pl"
    assert '<html lang="pl"' in shown.content.decode()

    visitor.post(f"{page(link)}?language=pl", letter(stamp_of(shown)))

    assert Customer.objects.get().language == "pl"


def test_the_last_link_followed_is_remembered_once_agreed(
    visitor: Client, link: ReferralLink, other_link: ReferralLink
) -> None:
    agree(visitor, link)
    visitor.get(page(other_link))

    shown = visitor.get(reverse("sales:referral_start"))

    assert "Łukasz Zieliński" in shown.content.decode()
    visitor.post(page(other_link), letter(stamp_of(shown)))
    arrival = Arrival.objects.get()
    assert (arrival.link, arrival.via) == (other_link, "remembered")


def test_the_page_decides_whose_contact_it_is_not_a_cookie(
    visitor: Client, link: ReferralLink, other_link: ReferralLink, seller: Representative
) -> None:
    stamp = stamp_of(visitor.get(page(link)))
    agree(visitor, other_link)

    visitor.post(
        page(link), letter(stamp, sponsor="LUKASZ", representative="LUKASZ", link=other_link.code)
    )

    assert Arrival.objects.get().representative == seller


@pytest.mark.parametrize(
    ("cookie", "kind"),
    [
        ("no signature", "tampered"),
        ("changed", "tampered"),
        ("of a form", "tampered"),
        ("x" * 4000, "tampered"),
        ("old", "expired"),
        ("ahead", "expired"),
        ("closed", "closed"),
    ],
)
def test_a_cookie_that_is_not_ours_any_more_changes_nothing_and_is_logged(
    visitor: Client, link: ReferralLink, other_link: ReferralLink, cookie: str, kind: str
) -> None:
    sealed = seal_touch(Touch(link.code, NOW))
    values = {
        "no signature": sealed.split(":")[0],
        "changed": seal_touch(Touch(other_link.code, NOW)).split(":")[0] + sealed[-44:],
        "of a form": Signer(salt="sales.referrals.form").sign_object([link.code, 1, 1, "page"]),
        "old": seal_touch(Touch(link.code, NOW - timedelta(days=30, minutes=1))),
        "ahead": seal_touch(Touch(link.code, NOW + timedelta(days=1))),
        "closed": sealed,
    }
    if cookie == "closed":
        services.close_link(link=link, now=NOW)
    visitor.cookies["referral"] = values.get(cookie, cookie)

    shown = visitor.get(reverse("sales:referral_start"))

    assert shown.status_code == 200
    assert "Marta" not in shown.content.decode()
    assert events() == [kind]
    assert visitor.cookies["referral"].value == ""


def test_a_cookie_of_thirty_days_ago_still_counts(visitor: Client, link: ReferralLink) -> None:
    visitor.cookies["referral"] = seal_touch(Touch(link.code, NOW - timedelta(days=29, hours=23)))

    shown = visitor.get(reverse("sales:referral_start"))
    visitor.post(page(link), letter(stamp_of(shown)))

    assert Arrival.objects.get().touched_at == NOW - timedelta(days=29, hours=23)


def test_a_form_that_was_changed_or_left_open_is_asked_for_again(
    visitor: Client, link: ReferralLink, other_link: ReferralLink
) -> None:
    stamp = stamp_of(visitor.get(page(link)))
    foreign = stamp_of(visitor.get(page(other_link)))
    for wrong in ("", "x", foreign, seal_touch(Touch(link.code, NOW))):
        answer = visitor.post(page(link), letter(wrong))
        assert answer.status_code == 422
        assert 'value="Ewa Maj"' in answer.content.decode()
    Company.objects.update(clock_frozen_at=NOW + timedelta(days=2))
    assert visitor.post(page(link), letter(stamp)).status_code == 422

    assert events() == ["stale"] * 5
    assert not Customer.objects.exists()


def test_robots_and_other_sites_are_logged_and_change_nothing(
    visitor: Client, link: ReferralLink
) -> None:
    stamp = stamp_of(visitor.get(page(link)))
    remember = reverse("sales:referral_remember", args=[link.code])

    trapped = visitor.post(page(link), letter(stamp, website="http://spam.example"))
    assert trapped["Location"].endswith("/sent/")
    cross = {"sec-fetch-site": "cross-site"}
    visitor.post(page(link), letter(stamp), headers=cross)
    visitor.post(remember, {"answer": "yes", "stamp": stamp}, headers=cross)
    visitor.post(remember, {"answer": "yes"})
    huge = visitor.post(page(link), letter(stamp, message="x" * 20_000))

    assert huge.status_code == 413
    assert events() == ["robot", "foreign", "foreign", "stale"]
    assert not Customer.objects.exists()
    assert "referral" not in visitor.cookies


def test_visits_are_counted_once_of_people_and_never_of_the_portal_s(
    visitor: Client, link: ReferralLink, seller: Representative
) -> None:
    for _time in range(3):
        visitor.get(page(link))
    visitor.head(page(link))
    Client(headers={"user-agent": "WhatsApp/2.23"}).get(page(link))
    Client().get(page(link))
    Client(headers={"user-agent": BROWSER, "sec-purpose": "prefetch"}).get(page(link))
    own = Client(headers={"user-agent": BROWSER + " own"})
    assert seller.user is not None
    own.force_login(seller.user)
    shown = own.get(page(link))
    assert "a look only" in shown.content.decode()
    assert (ReferralDay.objects.get().visits, ReferralDay.objects.get().day) == (
        1,
        date(2017, 3, 20),
    )

    Client(headers={"user-agent": BROWSER + " other"}).get(page(link))
    assert ReferralDay.objects.get().visits == 2


def test_the_owner_s_own_message_changes_nothing(
    link: ReferralLink, seller: Representative
) -> None:
    own = Client(headers={"user-agent": BROWSER})
    assert seller.user is not None
    own.force_login(seller.user)

    answer = own.post(page(link), letter(stamp_of(own.get(page(link)))))

    assert answer.status_code == 302
    assert events() == ["own"]
    assert not Customer.objects.exists()


def test_answers_tell_nobody_who_is_a_customer(
    visitor: Client, link: ReferralLink, seller: Representative
) -> None:
    services_before = Customer.objects.count()
    known = letter(stamp_of(visitor.get(page(link))))
    first = visitor.post(page(link), known)
    again = visitor.post(page(link), known)
    own = visitor.post(page(link), known | {"email": "marta@example.com"})

    assert services_before == 0
    assert {one["Location"] for one in (first, again, own)} == {first["Location"]}
    assert Customer.objects.count() == 1


def test_a_full_list_of_needs_is_nobody_s_business(
    visitor: Client, seller: Representative, customer: Customer, products: dict[str, Product]
) -> None:
    Customer.objects.filter(pk=customer.pk).update(email="ewa@example.com")
    Need.objects.bulk_create(
        Need(customer=customer, kind="doing", text=str(number), created_at=NOW)
        for number in range(50)
    )
    link = services.add_link(representative=seller, product=products["TEA"], now=NOW)

    answer = visitor.post(page(link), letter(stamp_of(visitor.get(page(link)))))

    assert answer["Location"].endswith("/sent/")
    assert customer.talks.get().text.endswith("Hello")


def test_names_are_text_and_never_markup(
    visitor: Client, link: ReferralLink, seller: Representative
) -> None:
    Representative.objects.filter(pk=seller.pk).update(name="<b>Marta</b>")

    text = visitor.get(page(link)).content.decode()

    assert "&lt;b&gt;Marta" in text
    assert "<b>Marta" not in text


@pytest.mark.parametrize("code", ["0" * 26, "x", "%27;", "A" * 200])
def test_an_unknown_code_leads_nowhere(visitor: Client, company: Company, code: str) -> None:
    shown = visitor.get(f"/r/{code}/")

    assert shown.status_code == 404
    assert "leads nowhere" in shown.content.decode()
    assert dict(visitor.cookies) == {}


def test_a_closed_link_looks_like_one_that_never_was(visitor: Client, link: ReferralLink) -> None:
    services.close_link(link=link, now=NOW)
    closed, never = visitor.get(page(link)), visitor.get(f"/r/{'0' * 26}/")

    assert (closed.status_code, closed.content) == (404, never.content)
    assert visitor.post(page(link), letter("x")).status_code == 404


def test_a_code_can_be_typed_or_pasted(visitor: Client, link: ReferralLink) -> None:
    start = reverse("sales:referral_start")
    spaced = " ".join(re.findall(".{1,5}", link.code.lower()))
    for typed in (link.code, spaced, f"https://portal.example/r/{link.code}/?x=1"):
        assert visitor.post(start, {"code": typed})["Location"] == page(link)
    assert visitor.post(start, {"code": "0" * 26}).status_code == 422


def test_nobody_sends_without_end(visitor: Client, link: ReferralLink, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"referral_letter": "2/m/ip"}
    stamp = stamp_of(visitor.get(page(link)))
    sent = [
        visitor.post(page(link), letter(stamp, email=f"{number}@example.com")).status_code
        for number in range(3)
    ]

    assert sent == [302, 302, 429]
    assert Customer.objects.count() == 2


def test_nobody_looks_without_end(visitor: Client, link: ReferralLink, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"referral_page": "2/m/ip"}

    assert [visitor.get(page(link)).status_code for _time in range(3)] == [200, 200, 429]
