"""What a message to a customer says: staff's templates, or our own words where there are none.

A draft is a proposal in the customer's language, which the representative reads, changes and sends
by their own mail or telephone; nothing is sent from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from representatives.models import Company
from sales.models import Customer, MessageTemplate, Occasion, Product

PLACES = ("first_name", "name", "product", "seller", "company")
"""What stands in braces in a template and is filled in."""

ALIASES = {"repeat": Occasion.REORDER, "education": Occasion.GUIDE, "care": Occasion.FIRST_DAYS}
"""Other names of occasions: those of suggestions."""

_PLACE = re.compile(r"\{([a-z_]*)\}")

Words = tuple[str | Promise, str | Promise]

# Of each occasion subject and text: about a product, and without one.
_OURS: dict[str, tuple[Words, Words]] = {
    Occasion.ARRIVED: (
        (
            _("Has {product} arrived?"),
            _(
                "Hello {first_name},\n\nyour order should be with you by now. Has everything"
                " arrived well? If anything about {product} is unclear, just ask me.\n\n"
                "Best wishes\n{seller}"
            ),
        ),
        (
            _("Has your order arrived?"),
            _(
                "Hello {first_name},\n\nyour order should be with you by now. Has everything"
                " arrived well? If anything is unclear, just ask me.\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.FIRST_DAYS: (
        (
            _("How do you get on with {product}?"),
            _(
                "Hello {first_name},\n\nyou have had {product} for some days now. How do you get"
                " on with it? A small change in how it is used often helps, so do tell me what"
                " you notice.\n\nBest wishes\n{seller}"
            ),
        ),
        (
            _("How are the first days?"),
            _(
                "Hello {first_name},\n\nyou have had your order for some days now. How do you get"
                " on with it? Do tell me what you notice.\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.RESULT: (
        (
            _("What has {product} done for you?"),
            _(
                "Hello {first_name},\n\nafter some weeks with {product} I would like to know:"
                " is it what you hoped for? If not, we look for what suits you better."
                "\n\nBest wishes\n{seller}"
            ),
        ),
        (
            _("Is it what you hoped for?"),
            _(
                "Hello {first_name},\n\nit has been some weeks since your order, and I would like"
                " to know: is it what you hoped for? If not, we look for what suits you better."
                "\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.REORDER: (
        (
            _("{product} may be running low"),
            _(
                "Hello {first_name},\n\nby my reckoning {product} will soon be used up. Shall I"
                " put a new one aside for you? A short word is enough.\n\nBest wishes\n{seller}"
            ),
        ),
        (
            _("Is anything running low?"),
            _(
                "Hello {first_name},\n\nby my reckoning some of what you use will soon be used up."
                " Is there anything I can order for you?\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.ADD_ON: (
        (
            _("Something that goes with what you use"),
            _(
                "Hello {first_name},\n\nmany who use what you use also take {product}. If you"
                " like, I tell you more about it.\n\nBest wishes\n{seller}"
            ),
        ),
        (
            _("Something that goes with what you use"),
            _(
                "Hello {first_name},\n\nthere is something that goes well with what you use. If"
                " you like, I tell you more about it.\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.UPGRADE: (
        (
            _("A size that lasts longer"),
            _(
                "Hello {first_name},\n\nat the pace at which you use it, {product} would last you"
                " longer. Shall I order that one next time?\n\nBest wishes\n{seller}"
            ),
        ),
        (
            _("A size that lasts longer"),
            _(
                "Hello {first_name},\n\nat the pace at which you use it, a larger size would last"
                " you longer. Shall I order that one next time?\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.REFERRAL_ASK: (
        (
            _("A small favour"),
            _(
                "Hello {first_name},\n\nI am glad that you like {product}. Is there somebody you"
                " know who might like it as well? Only if it comes to mind.\n\n"
                "Best wishes\n{seller}"
            ),
        ),
        (
            _("A small favour"),
            _(
                "Hello {first_name},\n\nI am glad that you are content. Is there somebody you know"
                " for whom I might do the same? Only if it comes to mind.\n\n"
                "Best wishes\n{seller}"
            ),
        ),
    ),
    Occasion.WIN_BACK: (
        (
            _("How are you?"),
            _(
                "Hello {first_name},\n\nwe have not spoken for a while. How are you, and did"
                " {product} suit you? If something was not right, I would like to know it."
                "\n\nBest wishes\n{seller}"
            ),
        ),
        (
            _("How are you?"),
            _(
                "Hello {first_name},\n\nwe have not spoken for a while. How are you? If something"
                " was not right, I would like to know it.\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.GUIDE: (
        (
            _("Something to read about {product}"),
            _(
                "Hello {first_name},\n\nthere is a short guide to {product} that may be of use to"
                " you. Shall I send you the link?\n\nBest wishes\n{seller}"
            ),
        ),
        (
            _("Something to read"),
            _(
                "Hello {first_name},\n\nthere is a short guide that may be of use to you. Shall I"
                " send you the link?\n\nBest wishes\n{seller}"
            ),
        ),
    ),
    Occasion.HELLO: (
        (
            _("About {product}"),
            _("Hello {first_name},\n\n\n\nBest wishes\n{seller}"),
        ),
        (
            _("A few words"),
            _("Hello {first_name},\n\n\n\nBest wishes\n{seller}"),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it is proposed, and how it may be sent."""

    subject: str
    body: str
    language: str
    occasion: str
    email: str = ""
    phone: str = ""

    @property
    def mail_address(self) -> str:
        """Return the link that opens the mail program with the message, "" without an address."""
        if not self.email:
            return ""
        text = quote(self.body.replace("\n", "\r\n"), safe="")
        subject = quote(self.subject, safe="")
        return f"mailto:{quote(self.email, safe='@')}?subject={subject}&body={text}"

    @property
    def number(self) -> str:
        """Return the telephone number as it is dialled."""
        return re.sub(r"(?!^\+)\D", "", self.phone.strip())

    @property
    def text_message(self) -> str:
        """Return the link that opens a text message (SMS), "" without a number."""
        return f"sms:{self.number}?body={quote(self.body, safe='')}" if self.number else ""

    @property
    def call(self) -> str:
        """Return the link that dials the number, "" without one."""
        return f"tel:{self.number}" if self.number else ""


def message_for(
    customer: Customer, *, occasion: str, product: Product | None = None, language: str = ""
) -> Draft:
    """Return a draft in the customer's language: staff's text for the product, for all, or ours.

    An unknown occasion is taken as any other talk. A text about a product is not taken where there
    is none.
    """
    occasion = ALIASES.get(occasion, occasion)
    if occasion not in Occasion.values:
        occasion = Occasion.HELLO
    language = language or language_of(customer)
    subject, body = _template(occasion, product, language)
    places = {
        "first_name": customer.name.split()[0] if customer.name.split() else customer.name,
        "name": customer.name,
        "product": product.name if product else "",
        "seller": customer.representative.name,
        "company": Company.objects.get(pk=Company.ONLY_ID).name,
    }
    return Draft(
        subject=fill(subject, places),
        body=fill(body, places),
        language=language,
        occasion=occasion,
        email=customer.email,
        phone=customer.phone,
    )


def language_of(customer: Customer) -> str:
    """Return the language in which a customer is written to: theirs, else the seller's own."""
    user = customer.representative.user
    for language in (customer.language, user.language if user else ""):
        if language in dict(settings.LANGUAGES):
            return str(language)
    return str(settings.LANGUAGE_CODE)


def fill(text: str, places: dict[str, str]) -> str:
    """Put what is known in place of the words in braces; what is unknown stays as it is."""
    return _PLACE.sub(lambda found: places.get(found[1], found[0]), text)


def unknown_places(text: str) -> list[str]:
    """Return the words in braces that nothing is put in place of."""
    return sorted({one for one in _PLACE.findall(text) if one not in PLACES})


def needs_product(text: str) -> bool:
    """Return whether a text only makes sense about a product."""
    return "product" in _PLACE.findall(text)


def our_words(occasion: str, *, has_product: bool, language: str) -> tuple[str, str]:
    """Return subject and text of our own for an occasion, with their braces."""
    with translation.override(language):
        subject, body = _OURS[occasion][0 if has_product else 1]
        return str(subject), str(body)


def _template(occasion: str, product: Product | None, language: str) -> tuple[str, str]:
    rows = MessageTemplate.objects.filter(occasion=occasion, language=language)
    wanted = Q(product=None) | Q(product=product) if product else Q(product=None)
    found = {row.product_id: row for row in rows.filter(wanted)}
    row = (found.get(product.pk) if product else None) or found.get(None)
    if row is not None and (product or not needs_product(row.subject + row.body)):
        return row.subject, row.body
    return our_words(occasion, has_product=product is not None, language=language)
