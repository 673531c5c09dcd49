"""The outbox's own topics: how an e-mail is handed to the mail server."""

from __future__ import annotations

import hashlib
import smtplib
from email.mime.image import MIMEImage
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from representatives import outbox

LOGO_NAME = "logo@perennial"
"""By which an HTML e-mail names the company's logo that comes with it."""
OURS = frozenset({503, 530, 535, 538})
"""Refusals for want of a log-in at the mail server: no fault of the receiver's address."""


class _WithLogo(EmailMultiAlternatives):
    """An e-mail whose picture belongs to its HTML, and is no attachment."""

    mixed_subtype = "related"


@outbox.handler(outbox.MAIL)
def deliver_mail(*, key: str, payload: dict[str, Any]) -> None:
    """Send one e-mail of a payload `{to, subject, text, html?}`."""
    send_now(key=key, **payload)


def send_now(
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    logo: bytes | None = None,
) -> None:
    """Hand an e-mail to the mail server under the key's `Message-ID`.

    A repeat after a crash bears the same one, by which the receiver's server recognises it.
    `logo` is a PNG that the HTML shows as `cid:` LOGO_NAME; nothing is fetched from elsewhere.

    :raises OSError: if the server is not there or refuses.
    :raises outbox.RefusedForGoodError: if the server will never take e-mails to that address.
    """
    message = (_WithLogo if html and logo else EmailMultiAlternatives)(
        subject=subject, body=text, to=[to], headers={"Message-ID": message_id(key)}
    )
    if html:
        message.attach_alternative(html, "text/html")
    if html and logo:
        picture = MIMEImage(logo, "png")
        picture.add_header("Content-ID", f"<{LOGO_NAME}>")
        picture.add_header("Content-Disposition", "inline", filename="logo.png")
        message.attach(picture)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _words in refusal.recipients.values()]
        if all(500 <= code <= 599 and code not in OURS for code in codes):
            raise outbox.RefusedForGoodError(
                f"the mail server refused the receiver for good, {codes[0]}"
            ) from refusal
        raise


def message_id(key: str) -> str:
    """Return the `Message-ID` of an effect's key; it tells nothing of the key."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"
