"""Why something is suggested, in one sentence of the reader's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, gettext, ngettext

from representatives import formatting
from sales.forecast.selectors import status_of
from sales.models import Forecast, Product, ProductPair, SuggestionKind
from sales.suggestions.finding import HALF_PERMILLE, Found

PERMILLE = 1000


def reason_of(
    found: Found,
    *,
    product: Product | None,
    with_product: Product | None,
    forecast: Forecast | None,
    pair: ProductPair | None,
    guide_title: str,
    today: date,
    currency: str,
) -> str:
    """Return why this is suggested."""
    if found.kind == SuggestionKind.REPEAT:
        assert forecast is not None
        return _repeat(forecast, today)
    if found.kind == SuggestionKind.ADD_ON:
        assert product is not None
        assert with_product is not None
        return _add_on(pair if found.a else None, product, with_product)
    if found.kind == SuggestionKind.UPGRADE:
        assert product is not None
        assert with_product is not None
        return _upgrade(found, product, with_product, currency)
    if found.kind == SuggestionKind.REFERRAL_ASK:
        return _referral_ask(found)
    if found.kind == SuggestionKind.WIN_BACK:
        return _win_back(found, today)
    assert product is not None
    return gettext("%(product)s is new here: “%(guide)s” helps to use it well.") % {
        "product": product.name,
        "guide": guide_title,
    }


def _repeat(forecast: Forecast, today: date) -> str:
    if status_of(forecast, today) == Forecast.Status.OVERDUE:
        late = (today - forecast.until_on).days
        return ngettext(
            "Later than usual by %(days)s day, the last time was %(day)s.",
            "Later than usual by %(days)s days, the last time was %(day)s.",
            late,
        ) % {"days": late, "day": _day(forecast.last_on)}
    if forecast.basis == Forecast.Basis.PACK:
        return gettext("Bought on %(day)s; about now a pack is used up.") % {
            "day": _day(forecast.last_on)
        }
    return ngettext(
        "Usually bought again after %(days)s day, the last time on %(day)s.",
        "Usually bought again after %(days)s days, the last time on %(day)s.",
        forecast.interval_days,
    ) % {"days": forecast.interval_days, "day": _day(forecast.last_on)}


def _add_on(pair: ProductPair | None, product: Product, with_product: Product) -> str:
    if pair is None:
        return gettext("%(product)s goes well with %(other)s, which is in use already.") % {
            "product": product.name,
            "other": with_product.name,
        }
    return gettext(
        "Of 100 customers of %(other)s, %(share)s also take %(product)s: %(times)s times as many"
        " as of all customers."
    ) % {
        "other": with_product.name,
        "product": product.name,
        "share": max(1, (200 * pair.both_count + pair.product_count) // (2 * pair.product_count)),
        "times": number_format(Decimal(pair.lift_permille) / PERMILLE, 1),
    }


def _upgrade(found: Found, product: Product, smaller: Product, currency: str) -> str:
    assert found.a is not None
    assert found.b is not None
    assert found.c is not None
    names = {
        "product": product.name,
        "smaller": smaller.name,
        "packs": number_format(Decimal(found.a) / found.b, 0 if found.a % found.b == 0 else 1),
    }
    if found.c == 0:
        return (
            gettext("%(product)s lasts as long as %(packs)s × %(smaller)s and costs the same.")
            % names
        )
    return gettext(
        "%(product)s lasts as long as %(packs)s × %(smaller)s and costs %(saved)s less."
    ) % {**names, "saved": formatting.money(found.c, currency, get_language())}


def _referral_ask(found: Found) -> str:
    assert found.on_day is not None
    if found.a is None:
        return gettext("The talk on %(day)s went well.") % {"day": _day(found.on_day)}
    return ngettext(
        "The order of %(day)s came as soon as usual or sooner.",
        "%(orders)s orders in a row came as soon as usual or sooner, the last one on %(day)s.",
        found.a,
    ) % {"orders": found.a, "day": _day(found.on_day)}


def _win_back(found: Found, today: date) -> str:
    assert found.on_day is not None
    days = (today - found.on_day).days
    if found.a is not None and found.a >= HALF_PERMILLE:
        return ngettext(
            "No order for %(days)s day: about %(share)s in 100 like this still come back, and"
            " fewer each week.",
            "No order for %(days)s days: about %(share)s in 100 like this still come back, and"
            " fewer each week.",
            days,
        ) % {"days": days, "share": (found.a + 5) // 10}
    return ngettext(
        "No order for %(days)s day: by now a question works better than an offer.",
        "No order for %(days)s days: by now a question works better than an offer.",
        days,
    ) % {"days": days}


def _day(day: date) -> str:
    return str(date_format(day, formatting.day_format("j M", get_language())))
