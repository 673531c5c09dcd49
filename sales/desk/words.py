"""What the desk says of days, rhythms and lights, in the language of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.template import defaultfilters
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from representatives import formatting
from sales.models import CustomerPulse, Forecast

ENOUGH_FOR_A_RHYTHM = 3
"""Purchases from which on a rhythm is told as the customer's own."""


@dataclass(frozen=True, slots=True)
class Light:
    """A traffic light: colour, shape and word together."""

    css: str
    icon: str
    word: str
    word_css: str


def day(of: date, *, today: date | None = None) -> str:
    """Return a day as 9 Nov, with the year where it is another one than today's."""
    form = "j M" if today is None or of.year == today.year else "j M Y"
    return str(defaultfilters.date(of, formatting.day_format(form, get_language())))


def weekday(of: date) -> str:
    """Return a day as Saturday 28 November."""
    return str(defaultfilters.date(of, formatting.day_format("l j E", get_language())))


def days(first: date, last: date, *, today: date) -> str:
    """Return a range of days as 9 to 14 Nov."""
    if first == last:
        return day(first, today=today)
    is_short = (first.year, first.month) == (last.year, last.month)
    begin = str(first.day) if is_short else day(first, today=today)
    return _("%(first)s to %(last)s") % {"first": begin, "last": day(last, today=today)}


def rhythm(forecast: Forecast) -> str:
    """Return how regularly a customer buys a product, and from how many purchases that is known."""
    product = forecast.product
    if forecast.purchases < ENOUGH_FOR_A_RHYTHM or forecast.basis == Forecast.Basis.PACK:
        if product.pack_days:
            return ngettext(
                "%(days)s-day pack, %(count)s order so far",
                "%(days)s-day pack, %(count)s orders so far",
                forecast.purchases,
            ) % {"days": product.pack_days, "count": forecast.purchases}
        return ngettext(
            "No rhythm of its own yet, %(count)s order so far",
            "No rhythm of its own yet, %(count)s orders so far",
            forecast.purchases,
        ) % {"count": forecast.purchases}
    soonest = (forecast.from_on - forecast.last_on).days
    latest = (forecast.until_on - forecast.last_on).days
    if soonest == latest:
        return ngettext(
            "Every %(days)s day, from %(count)s orders",
            "Every %(days)s days, from %(count)s orders",
            soonest,
        ) % {"days": soonest, "count": forecast.purchases}
    return _("Every %(soonest)s to %(latest)s days, from %(count)s orders") % {
        "soonest": soonest,
        "latest": latest,
        "count": forecast.purchases,
    }


def bought(forecast: Forecast, *, today: date) -> str:
    """Return what was bought last, and when."""
    return _("%(product)s, last %(day)s") % {
        "product": forecast.product.name,
        "day": day(forecast.last_on, today=today),
    }


def late(forecast: Forecast, *, today: date) -> str:
    """Return by how many days a customer is late."""
    count = (today - forecast.until_on).days
    return ngettext("%(count)s day late", "%(count)s days late", count) % {"count": count}


def quiet_since(last_on: date, *, today: date) -> str:
    """Return for how long nothing was bought."""
    count = (today - last_on).days
    return ngettext("Quiet %(count)s day", "Quiet %(count)s days", count) % {"count": count}


def light_of(
    status: str, forecast: Forecast, *, today: date, pulse: CustomerPulse | None = None
) -> Light:
    """Return the light of a forecast whose status is known; quiet counts from any purchase."""
    if status == Forecast.Status.OVERDUE:
        return Light("call", "telephone-fill", late(forecast, today=today), "call")
    if status == Forecast.Status.DUE:
        return Light("due", "clock-fill", _("Due now"), "due")
    if status == Forecast.Status.QUIET:
        last_on = pulse.last_on if pulse is not None else forecast.last_on
        return Light("quiet", "moon", quiet_since(last_on, today=today), "quiet")
    return Light("ok", "check2", _("On rhythm"), "ok")


NUMBERS = {
    1: lambda: pgettext("number of people or things", "one"),
    2: lambda: pgettext("number of people or things", "two"),
    3: lambda: pgettext("number of people or things", "three"),
    4: lambda: pgettext("number of people or things", "four"),
    5: lambda: pgettext("number of people or things", "five"),
    6: lambda: pgettext("number of people or things", "six"),
    7: lambda: pgettext("number of people or things", "seven"),
    8: lambda: pgettext("number of people or things", "eight"),
    9: lambda: pgettext("number of people or things", "nine"),
    10: lambda: pgettext("number of people or things", "ten"),
}


def number(count: int) -> str:
    """Return a number of people or things in words up to ten."""
    return NUMBERS[count]() if count in NUMBERS else formatting.whole(count, get_language())


MOST_PARTS = 2
"""A title that counts more than that is not read."""


def days_work(*, overdue: int, due: int, care: int) -> str:
    """Return the day's work in words, for the title of the customers page.

    It tells the groups, and not the channel: whether one calls or writes is each person's wish.
    """
    are_overdue = ngettext("%(number)s overdue", "%(number)s overdue", overdue)
    are_due = ngettext("%(number)s due now", "%(number)s due now", due)
    to_care = ngettext("%(number)s to look after", "%(number)s to look after", care)
    parts = [
        text % {"number": number(count)}
        for text, count in ((are_overdue, overdue), (are_due, due))
        if count
    ]
    if len(parts) < MOST_PARTS and care:
        parts.append(to_care % {"number": number(care)})
    if not parts:
        return _("Nobody waits for you today")
    text = parts[0]
    if len(parts) > 1:
        text = _("%(first)s, %(second)s") % {"first": parts[0], "second": parts[1]}
    return text[0].upper() + text[1:]


def things_today(count: int, *, done: int) -> str:
    """Return how much there is to do today, for the title of the day's page."""
    if not count:
        return _("All done for today") if done else _("Nothing waits for you today")
    text = ngettext("%(number)s thing today", "%(number)s things today", count)
    text %= {"number": number(count)}
    return text[0].upper() + text[1:]
