"""Template tags shared by all pages: amounts, points, rates, navigation and the company.

Amounts are integers in minor units, points and volumes integers in hundredths; nothing here
goes through a float. Signs, groups and places follow the active language.
"""

import secrets
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import defaultfilters
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from representatives import formatting
from representatives.models import Company
from representatives.terms import TERMS

register = template.Library()


@register.filter
def money(minor: int | None, currency: str = "EUR") -> str:
    """Return an amount in minor units as text, such as €218.31 or 218,31 € in Polish."""
    return "" if minor is None else formatting.money(minor, currency, get_language())


@register.filter
def plain_money(minor: int | None, currency: str = "EUR") -> str:
    """Return an amount without its currency sign, for columns whose head names the unit."""
    return "" if minor is None else formatting.plain_money(minor, currency, get_language())


@register.filter
def points(hundredths: int | None) -> str:
    """Return points or a volume held in hundredths as text, such as 2,280 or 12.50."""
    return "" if hundredths is None else formatting.hundredths(hundredths, get_language())


@register.filter
def rounded_points(hundredths: int | None) -> str:
    """Return points or a volume without decimals, for drawings with little room."""
    if hundredths is None:
        return ""
    rounded = (abs(hundredths) + 50) // 100
    return formatting.whole(rounded if hundredths >= 0 else -rounded, get_language())


@register.filter
def count(number: int | None) -> str:
    """Return a whole number with the groups of the active language."""
    return "" if number is None else formatting.whole(number, get_language())


@register.filter
def percent(rate: Fraction | tuple[int, int] | None) -> str:
    """Return an exact rate as a percentage, or as a fraction where it has no short decimal."""
    if rate is None:
        return ""
    exact = rate if isinstance(rate, Fraction) else Fraction(*rate)
    return formatting.percent(exact, get_language())


@register.filter(name="date", expects_localtime=True, is_safe=False)
def write_date(moment: Any, form: str | None = None) -> str:
    """Return a day or a time as Django's filter does, with a short month as the language has it."""
    if form is not None:
        form = formatting.day_format(form, get_language())
    return str(defaultfilters.date(moment, form))


@register.filter
def initials(name: str | None) -> str:
    """Return up to two letters that stand for a name in an avatar."""
    words = [word for word in (name or "").split() if word[0].isalpha()]
    if not words:
        return "·"
    if len(words) == 1:
        return words[0][:2].capitalize()
    return (words[0][0] + words[-1][0]).upper()


@register.filter
def first_name(name: str | None) -> str:
    """Return the first word of a name, for a greeting."""
    return (name or "").split(" ")[0]


@register.simple_tag
def rsp(hundredths: int | None) -> SafeString:
    """Return points with their unit, kept on one line."""
    return _with_unit("rsp", points(hundredths), "RSP")


@register.simple_tag
def bv(hundredths: int | None) -> SafeString:
    """Return a business volume with its unit, kept on one line."""
    return _with_unit("bv", points(hundredths), "BV")


def _with_unit(css_class: str, figure: str, unit: str) -> SafeString:
    return format_html(
        '<span class="{} num">{}<span class="unit">{}</span></span>', css_class, figure, unit
    )


@register.simple_tag
def share(part: int | None, whole: int | None) -> str:
    """Return part of whole as an SVG width between 0% and 100%, without a float."""
    return formatting.width(part or 0, whole or 0)


@register.simple_tag(takes_context=True)
def explained(context: dict[str, Any], term: str, word: str = "") -> dict[str, Any]:
    """Return how a term is shown: with its explanation the first time of a page, later without."""
    found = TERMS[term]
    shown: dict[str, Any] = {"word": word or found.word}
    request = context.get("request")
    told: set[str] = getattr(request, "terms_told", set())
    if term not in told:
        # A part of the page that htmx loads later may explain the same term: no number would do.
        shown |= {
            "id": f"term-{term}-{secrets.token_hex(3)}",
            "title": found.word,
            "help": found.help,
        }
    if request is not None:
        request.terms_told = told | {term}
    return shown


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], prefix: str) -> SafeString:
    """Return the aria-current attribute when the page lies under a path prefix."""
    request = context.get("request")
    path = request.path if request else ""
    inside = path == "/" if prefix == "/" else path.startswith(prefix)
    return SafeString(' aria-current="page"') if inside else SafeString("")


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """Return the query string of this page with some parameters changed (None removes one)."""
    parameters: dict[str, list[Any]] = dict(context["request"].GET.lists())
    for name, value in changes.items():
        if value is None or value == "":
            parameters.pop(name, None)
        else:
            parameters[name] = [value]
    encoded = urlencode(parameters, doseq=True)
    return f"?{encoded}" if encoded else "?"


@register.simple_tag(takes_context=True)
def company(context: dict[str, Any]) -> Any:
    """Return the company's row, read once per request."""
    request = context.get("request")
    cached = getattr(request, "company_row", None)
    if cached is None:
        cached = Company.objects.filter(pk=Company.ONLY_ID).first()
        if request is not None:
            request.company_row = cached
    return cached


@register.simple_tag(takes_context=True)
def viewer(context: dict[str, Any]) -> Any:
    """Return the representative who looks at the page, or None for staff and visitors."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.is_authenticated:
        return None
    return getattr(user, "representative", None)


@register.simple_tag(takes_context=True)
def theme(context: dict[str, Any]) -> str:
    """Return the theme the reader chose before, light when none was chosen."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request is not None else None
    return chosen if chosen in ("light", "dark") else "light"
