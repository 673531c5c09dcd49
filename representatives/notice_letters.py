"""E-mails on notices, as HTML and text, in the receiver's language of the moment of sending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from representatives import company_logo, delivery, outbox
from representatives.models import Company, Notice, User
from representatives.notice_kinds import ALWAYS
from representatives.notice_words import tell
from representatives.notices import DIGEST_TOPIC, TOPIC, URGENT_TOPIC
from representatives.portal import portal_address

MOST_TOLD = 50
"""Notices that a digest tells one by one; the portal's list has all."""


@outbox.handler(URGENT_TOPIC)
@outbox.handler(TOPIC, bulk=True)
def deliver_notice(*, key: str, payload: dict[str, Any]) -> None:
    """Send one notice; nothing if its receiver no longer wants e-mails, or can't log in."""
    notice = Notice.objects.select_related("user").get(pk=payload["notice"])
    if _wants(notice.user, notice):
        _send(key, notice.user, [notice])


@outbox.handler(DIGEST_TOPIC, bulk=True)
def deliver_digest(*, key: str, payload: dict[str, Any]) -> None:
    """Send a day's notices together; nothing if all are read meanwhile or unwanted."""
    user = User.objects.get(pk=payload["user"])
    found = Notice.objects.filter(pk__in=payload["notices"], user=user).order_by("id")
    wanted = [one for one in found if one.read_at is None and _wants(user, one)]
    if wanted:
        _send(key, user, wanted)


def language_of(user: User, notices: Sequence[Notice] = ()) -> str:
    """Return the language of a user's e-mails: the chosen one, else the one it was asked in."""
    asked = [one.facts["language"] for one in notices if "language" in one.facts]
    chosen = user.language or (asked[0] if asked else settings.LANGUAGE_CODE)
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _wants(user: User, notice: Notice) -> bool:
    if not user.is_active:
        return False
    return notice.kind in ALWAYS or (
        user.email_notices != User.EmailNotices.NEVER and notice.kind not in user.muted_notices
    )


def _send(key: str, user: User, notices: Sequence[Notice]) -> None:
    company = Company.objects.get(pk=Company.ONLY_ID)
    logo = company_logo.current(company)
    with translation.override(language_of(user, notices)), timezone.override(company.zone):
        told = tell(notices[:MOST_TOLD])
        count = len(notices)
        subject = (
            told[0].title
            if count == 1
            else ngettext("%(count)s notice", "%(count)s notices", count) % {"count": count}
        )
        address = portal_address()
        context = {
            "company": company,
            "name": user.get_full_name(),
            "subject": subject,
            "told": told,
            "more": count - len(told),
            "address": address,
            "choices_url": address + reverse("profile:page"),
            "list_url": address + reverse("representatives:notices"),
            "is_always": all(one.kind in ALWAYS for one in notices),
            "has_logo": logo is not None,
            "logo_name": delivery.LOGO_NAME,
        }
        text = render_to_string("representatives/email/notices.txt", context)
        html = render_to_string("representatives/email/notices.html", context)
        subject = _("%(company)s: %(subject)s") % {"company": company.name, "subject": subject}
    delivery.send_now(
        key=key,
        to=user.email,
        subject=" ".join(subject.split()),
        text=text,
        html=html,
        logo=None if logo is None else bytes(logo.content),
    )
