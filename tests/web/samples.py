"""Sample values for the parameters of routes, and the routes that need no log-in."""

from __future__ import annotations

import re

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import get_language

from compensation.models import Earning, EarningUnit
from compensation.selectors_pages.statement import line_key
from sales.contacts import services as contacts
from sales.contacts.files import read_contacts
from sales.guides.services import share_guide
from sales.models import Customer, FollowUp, Guide, GuideShare, GuideText, Order, ReadingList
from sales.referrals.services import add_link
from tests.web.company import Town
from tests.web.routes import Route

OPEN_ROUTES = {
    "healthz",
    "set_language",
    "representatives:accept_invitation",
    "sales:calendar_feed",
    "sales:referral_start",
    "sales:referral",
    "sales:referral_sent",
    "sales:referral_remember",
    "sales:shared_guide",
    "sales:shared_guide_opened",
    "representatives:logo",
    "account_login",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
}

NOTHING = "0"
"""The number of no row."""

# Values of one route where the general ones do not fit, by route name.
SPECIAL: dict[str, dict[str, str]] = {
    "admin:compensation_payoutbatch_act": {"act": "approve"},
    "account_confirm_email": {"key": "MQ:none"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "none-none"},
}


def values(town: Town) -> dict[str, str]:
    """Return a value for each parameter: things of the representative who is logged in."""
    line = Earning.objects.filter(
        run_id=town.period.visible_run_id,
        receiver=town.people["Marta Wrona"],
        unit=EarningUnit.MONEY,
        paid_level=1,
    ).get()
    own = town.people["Marta Wrona"]
    link = add_link(representative=own, now=town.now)
    shared = _share_guide(town)
    return {
        **_contacts(town),
        "customer_id": str(Customer.objects.filter(representative=own).get().pk),
        "reference": Order.objects.filter(seller=own).get().reference,
        "code": town.people["Ana Silva"].code,
        "label": town.period.label,
        "act": "start",
        "number": NOTHING,
        "part": "1",
        "what": "identity",
        "key": line_key(line),
        "app_label": "representatives",
        "content_type_id": str(ContentType.objects.get_for_model(Customer).pk),
        "object_id": NOTHING,
        "token": "none",
        "change_id": NOTHING,
        "digest": "0" * 64,
        "pk": NOTHING,
        "dispute_id": NOTHING,
        "id": str(town.staff.pk),
        "link_id": str(link.pk),
        "link_code": link.code,
        "slug": shared.guide.slug,
        "share_id": str(shared.pk),
        "share_token": shared.token,
        "arrival_id": NOTHING,
        "thanks_id": NOTHING,
        "follow_up_id": str(FollowUp.objects.filter(representative=own).order_by("pk")[0].pk),
        "url": "nowhere/",
    }


def _contacts(town: Town) -> dict[str, str]:
    """Note a need, a talk and a choice, and send a file of contacts."""
    own = town.people["Marta Wrona"]
    customer = Customer.objects.get(representative=own)
    need = contacts.add_need(customer=customer, kind="doing", text="Runs", now=town.now)
    talk = contacts.note_talk(customer=customer, at=town.now, text="Likes tea", now=town.now)
    saved = contacts.save_filter(representative=own, name="Leads", query="use=lead", now=town.now)
    rows = read_contacts("people.csv", b"name,email\nOla Lis,ola@example.com\n,none\n")
    file = contacts.keep_file(representative=own, name="people.csv", rows=rows, now=town.now)
    return {
        "need_id": str(need.pk),
        "talk_id": str(talk.pk),
        "filter_id": str(saved.pk),
        "file_id": str(file.pk),
        "kind": "contact",
    }


def _share_guide(town: Town) -> GuideShare:
    """Write a guide, put it into a reading list, and share it with the customer there is."""
    own = town.people["Marta Wrona"]
    guide = Guide.objects.create(slug="greens-well", published_at=town.now, edited_at=town.now)
    GuideText.objects.create(
        guide=guide,
        language="en",
        title="Daily Greens: the first weeks",
        summary="What to take, and when.",
        body_md="## How to begin\n\nOne spoon with water.\n\n- In the morning\n- Every day",
    )
    GuideText.objects.create(
        guide=guide,
        language="pl",
        title="Daily Greens: pierwsze tygodnie",
        summary="Co brać i kiedy.",
        body_md="## Na początek\n\nJedna łyżka z wodą.\n\n- Rano\n- Codziennie",
    )
    guide.products.add(town.product)
    entries = ReadingList.objects.create(
        title_en="Your first weeks", title_pl="Pierwsze tygodnie"
    ).entries
    entries.create(guide=guide)
    customer = Customer.objects.get(representative=own)
    return share_guide(
        guide=guide,
        representative=own,
        customer=customer,
        language=get_language() or "",
        now=town.now,
    )


def of_route(route: Route, general: dict[str, str]) -> dict[str, str]:
    """Return the values that hold for one route; in the admin a row of its model, if there is one.

    Numbers of rows are never stated: they depend on what ran before on the same database.
    """
    found = re.match(r"admin/(\w+)/(\w+)/<path:object_id>", route.pattern)
    if found is None:
        return general | SPECIAL.get(route.name, {})
    first = apps.get_model(found[1], found[2])._default_manager.order_by("pk").first()
    return general | {"object_id": str(first.pk) if first is not None else NOTHING}
