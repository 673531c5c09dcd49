"""A few words that go with a link, in the customer's language, to be sent by the sender's own hand.

The portal sends nothing to customers itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.utils import translation
from django.utils.translation import gettext as _

from sales.guides import selectors
from sales.models import GuideShare


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and text, and addresses that open a mail or message program with them."""

    subject: str
    text: str
    language: str
    mailto: str
    sms: str


def write_letter(share: GuideShare, *, address: str) -> Letter:
    """Return the words to send a link with; `mailto` and `sms` are "" where nothing is known."""
    customer = share.customer
    title = selectors.get_text(share.guide, language=share.language).title
    with translation.override(share.language):
        text = _(
            "Hello,\n\nI thought this might help you: “%(title)s”.\n%(address)s\n\n%(sender)s"
        ) % {"title": title, "address": address, "sender": share.representative.name}
    email = customer.email if customer is not None else ""
    phone = customer.phone if customer is not None else ""
    query = f"subject={quote(title)}&body={quote(text)}"
    return Letter(
        subject=title,
        text=text,
        language=share.language,
        mailto=f"mailto:{quote(email, safe='@')}?{query}" if email or customer is None else "",
        sms=f"sms:{quote(phone.replace(' ', ''), safe='+')}?body={quote(text)}" if phone else "",
    )
