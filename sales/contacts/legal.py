"""Why each kind of data of third parties is kept, by which right, and the words that tell them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from representatives.models import Company, Representative
from sales.models import Customer


@dataclass(frozen=True, slots=True)
class Right:
    """What the law lets one keep data for, and the article of the regulation."""

    label: str | Promise
    article: str | Promise


CONTRACT = Right(gettext_lazy("Contract"), gettext_lazy("GDPR 6(1)(b)"))
INTEREST = Right(gettext_lazy("Legitimate interest"), gettext_lazy("GDPR 6(1)(f)"))
CONSENT = Right(gettext_lazy("Consent"), gettext_lazy("GDPR 6(1)(a)"))
LAW = Right(gettext_lazy("Law"), gettext_lazy("GDPR 6(1)(c)"))


@dataclass(frozen=True, slots=True)
class Basis:
    """A kind of data, why it is kept and by which right; `fields` are those of `Customer`."""

    label: str | Promise
    why: str | Promise
    right: Right
    fields: tuple[str, ...] = ()


def bases(*, has_ordered: bool) -> list[Basis]:
    """Return by which right each kind of data of a person is kept."""
    own = CONTRACT if has_ordered else INTEREST
    return [
        Basis(
            gettext_lazy("Name, e-mail, phone"),
            gettext_lazy("To deliver and look after orders.")
            if has_ordered
            else gettext_lazy("To stay in touch with somebody who may want to buy."),
            own,
            ("name", "sort_key", "email", "phone", "reference"),
        ),
        *(_of_orders() if has_ordered else []),
        Basis(
            gettext_lazy("Preferred channel and language"),
            gettext_lazy("To write and call as the person likes."),
            INTEREST,
            ("channel", "language"),
        ),
        Basis(
            gettext_lazy("Stage, use, needs, talks, notes"),
            gettext_lazy("To remember what was said, and to suggest only what fits."),
            INTEREST,
            ("stage", "use", "note"),
        ),
        Basis(
            gettext_lazy("Birthday, without the year"),
            gettext_lazy("To congratulate. Ask before you note it."),
            CONSENT,
            ("birthday",),
        ),
        Basis(
            gettext_lazy("Who recommended whom"),
            gettext_lazy("To thank, and to count the first order rightly."),
            INTEREST,
            ("referred_by", "source"),
        ),
        Basis(
            gettext_lazy("Opened guides, news and offers"),
            gettext_lazy("Only with the consents on this page."),
            CONSENT,
        ),
        Basis(
            gettext_lazy("Told, asked not to be contacted, consents"),
            gettext_lazy("To prove that wishes are kept."),
            LAW,
            ("noticed_at", "no_contact_at"),
        ),
    ]


def _of_orders() -> list[Basis]:
    """Return what is kept of those alone who ordered."""
    return [
        Basis(
            gettext_lazy("Orders, payments, returns"),
            gettext_lazy("To fulfil them, and for as long as the books must be kept."),
            LAW,
        ),
        Basis(
            gettext_lazy("When products run out"),
            gettext_lazy("To be in touch in time; worked out from the orders alone."),
            INTEREST,
        ),
    ]


NOT_PERSONAL = frozenset(
    {"id", "representative", "is_self", "created_at", "touched_at", "erased_at", "merged_into"}
)
"""Columns of `Customer` that say nothing of the person, only of the row."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The words of the first contact, and links that carry them."""

    subject: str
    text: str
    mail_link: str
    message_link: str


def notice(customer: Customer, seller: Representative, company: Company) -> Notice:
    """Return what a person is told at the first contact, in the person's language."""
    with translation.override(customer.language or get_language() or "en"):
        subject = _("What I keep about you")
        text = _words(customer, seller, company)
    mail = f"mailto:{quote(customer.email, safe='@')}?subject={quote(subject)}&body={quote(text)}"
    phone = "".join(one for one in customer.phone if one.isdigit() or one == "+")
    return Notice(
        subject,
        text,
        mail if customer.email else "",
        f"sms:{phone}?&body={quote(text)}" if phone else "",
    )


def _words(customer: Customer, seller: Representative, company: Company) -> str:
    origin = {
        Customer.Source.ORDER: _("I have your data from your order."),
        Customer.Source.LINK: _("You left me your data on my page."),
        Customer.Source.IMPORT: _("I have your data from my address book."),
        Customer.Source.CUSTOMER: _("I have your data from somebody who recommended me."),
    }.get(Customer.Source(customer.source), _("I have your data from our acquaintance."))
    months = company.unused_contact_months
    kept = ngettext(
        "If we have nothing to do with each other for %(months)s month, and you have never"
        " ordered, it is deleted by itself.",
        "If we have nothing to do with each other for %(months)s months, and you have never"
        " ordered, it is deleted by itself.",
        months,
    ) % {"months": months}
    lines = [
        _("Hello %(name)s,") % {"name": customer.name},
        "",
        _(
            "I keep your name and how to reach you in the portal of %(company)s, with notes of what"
            " we talk about and what you order, so that I can look after you well."
        )
        % {"company": company.name},
        origin,
        _("Only I and the company’s staff see it, and it is not sold or passed on to others."),
        kept,
        _(
            "Tell me at any time if you want to know what is kept, have it put right or deleted, or"
            " prefer not to hear from me: then you will not. You may also complain to the data"
            " protection authority."
        ),
        "",
        seller.name,
        " · ".join(filter(None, (seller.email, seller.phone))),
    ]
    return "\n".join(lines).strip()
