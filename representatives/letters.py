"""E-mails on people, plain text: written and sent by the worker that carries out the outbox."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from representatives import delivery, invitations, outbox, selectors
from representatives.clock import company_now, company_zone
from representatives.mail import INVITATION, PASSWORD_RESET, WELCOME
from representatives.models import Invitation, Representative, User


@outbox.handler(INVITATION)
def deliver_invitation(*, key: str, payload: dict[str, Any]) -> None:
    """Send an invitation, unless it has been closed meanwhile."""
    invitation = Invitation.objects.select_related("sponsor").get(pk=payload["invitation"])
    if not invitations.is_open(invitation, now=company_now()):
        return
    token = invitations.token_of(invitation, seed=payload["seed"])
    path = reverse("representatives:accept_invitation", args=[token])
    company = selectors.get_company()
    with translation.override(payload["language"]), timezone.override(company_zone()):
        text = render_to_string(
            "representatives/email/invitation.txt",
            {"invitation": invitation, "link": payload["origin"] + path, "company": company},
        )
        subject = _("%(sponsor)s invites you to %(company)s") % {
            "sponsor": invitation.sponsor.name,
            "company": company.name,
        }
    delivery.send_now(key=key, to=invitation.email, subject=subject, text=text)


@outbox.handler(WELCOME)
def deliver_welcome(*, key: str, payload: dict[str, Any]) -> None:
    """Send the welcome; its link leads to the page that asks for a reset."""
    member = Representative.objects.select_related("user").get(pk=payload["member"])
    assert member.user is not None
    company = selectors.get_company()
    link = payload["origin"] + reverse("account_reset_password")
    with translation.override(member.user.language or payload["language"]):
        text = render_to_string(
            "representatives/email/welcome.txt",
            {"member": member, "link": link, "company": company},
        )
        subject = _("Welcome to %(company)s") % {"company": company.name}
    delivery.send_now(key=key, to=member.user.email, subject=subject, text=text)


@outbox.handler(PASSWORD_RESET)
def deliver_password_reset(*, key: str, payload: dict[str, Any]) -> None:
    """Send allauth's e-mail with a token made now; nothing if the request is too old."""
    from allauth.account import app_settings  # need loaded apps
    from allauth.account.adapter import get_adapter
    from allauth.account.utils import user_pk_to_url_str

    user = User.objects.get(pk=payload["user"])
    if not user.is_active or datetime.fromisoformat(payload["until"]) < datetime.now(UTC):
        return
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    uid = user_pk_to_url_str(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    link = payload["origin"] + path.replace("UID-KEY", quote(f"{uid}-{token}"))
    host = urlsplit(payload["origin"]).netloc
    with translation.override(user.language or payload["language"]):
        message = get_adapter().render_mail(
            "account/email/password_reset_key",
            payload["to"],
            {
                "user": user,
                "password_reset_url": link,
                "current_site": SimpleNamespace(name=host, domain=host),
            },
            headers={"Message-ID": delivery.message_id(key)},
        )
    message.send()
