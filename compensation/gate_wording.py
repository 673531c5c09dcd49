"""Findings of a close in words, from their figures, in the language of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.models import CheckCode
from representatives.formatting import hundredths, money, whole

Figures = Mapping[str, Any]


def title(code: str) -> str:
    """Name a check."""
    return {
        CheckCode.PAYOUT_RATIO: _("Payout ratio"),
        CheckCode.TOTAL_MOVED: _("Total against last month"),
        CheckCode.TOP_MOVERS: _("Whose pay moved most"),
        CheckCode.ZERO_AFTER_PAY: _("Paid last month, nothing now"),
        CheckCode.CAP_HIT: _("Caps that cut"),
        CheckCode.PROMOTIONS: _("Promotions"),
        CheckCode.DEMOTIONS: _("Paid at a lower rank"),
        CheckCode.UNPAID_ORDERS: _("Orders not paid"),
    }[CheckCode(code)]


def sentence(code: str, ordinal: int, figures: Figures) -> str:
    """Say what a row of a finding says; of the rows that name somebody, what about him."""
    words = _SUMMARIES if ordinal == 0 else _NAMED
    return words[CheckCode(code)](figures)


def percentage(share: str | Fraction) -> str:
    """Give an exact share in per cent, to a tenth."""
    tenths = Fraction(share) * 1000
    rounded = (abs(tenths) * 2 + 1).__floor__() // 2
    text = hundredths(rounded * 10, get_language())
    if rounded % 10:
        text = text[:-1]
    return f"{text}%"


def _money(figures: Figures, name: str) -> str:
    return money(int(figures[name]), figures["currency"], get_language())


def _count(figures: Figures) -> dict[str, str]:
    return {"count": whole(int(figures["count"]), get_language())}


def _payout_ratio(figures: Figures) -> str:
    paid = {
        "worth": _money(figures, "worth"),
        "net": _money(figures, "net"),
        "from": percentage(figures["from"]),
        "to": percentage(figures["to"]),
    }
    if figures["ratio"] is None:
        return _("%(worth)s are paid on no sales.") % paid
    return _(
        "%(ratio)s of net sales are paid, outside the band of %(from)s to %(to)s:"
        " %(worth)s on %(net)s."
    ) % {"ratio": percentage(figures["ratio"]), **paid}


def _total_moved(figures: Figures) -> str:
    worth, was = int(figures["worth"]), int(figures["worth_before"])
    told = {
        "worth": _money(figures, "worth"),
        "was": _money(figures, "worth_before"),
        "before": figures["before"],
        "band": percentage(figures["band"]),
    }
    if not was:
        return _("%(worth)s are paid; %(before)s paid nothing.") % told
    told["share"] = percentage(Fraction(worth - was, was))
    if worth > was:
        return (
            _("%(worth)s are paid, %(share)s more than the %(was)s of %(before)s;")
            + " "
            + _("up to %(band)s is usual.")
        ) % told
    return (
        _("%(worth)s are paid, %(share)s less than the %(was)s of %(before)s;")
        + " "
        + _("up to %(band)s is usual.")
    ) % told


def _top_movers(figures: Figures) -> str:
    told = {
        **_count(figures),
        "share": percentage(figures["share"]),
        "least": _money(figures, "least"),
        "before": figures["before"],
    }
    return (
        ngettext(
            "%(count)s person is paid at least %(share)s and %(least)s more or less than in"
            " %(before)s.",
            "%(count)s people are paid at least %(share)s and %(least)s more or less than in"
            " %(before)s.",
            int(figures["count"]),
        )
        % told
    )


def _zero_after_pay(figures: Figures) -> str:
    return ngettext(
        "%(count)s person who was paid in %(before)s is paid nothing.",
        "%(count)s people who were paid in %(before)s are paid nothing.",
        int(figures["count"]),
    ) % {**_count(figures), "before": figures["before"]}


def _cap_hit(figures: Figures) -> str:
    return ngettext(
        "Caps cut %(count)s statement by %(change)s.",
        "Caps cut %(count)s statements by %(change)s.",
        int(figures["count"]),
    ) % {
        **_count(figures),
        "change": money(-int(figures["change"]), figures["currency"], get_language()),
    }


def _promotions(figures: Figures) -> str:
    return ngettext(
        "%(count)s person is promoted.", "%(count)s people are promoted.", int(figures["count"])
    ) % _count(figures)


def _demotions(figures: Figures) -> str:
    return ngettext(
        "%(count)s person is paid at a lower rank than in %(before)s.",
        "%(count)s people are paid at a lower rank than in %(before)s.",
        int(figures["count"]),
    ) % {**_count(figures), "before": figures["before"]}


def _unpaid_orders(figures: Figures) -> str:
    return ngettext(
        "%(count)s order placed in the month is not paid: %(gross)s. It counts when it is paid.",
        "%(count)s orders placed in the month are not paid: %(gross)s. They count when they are"
        " paid.",
        int(figures["count"]),
    ) % {**_count(figures), "gross": _money(figures, "gross")}


def _pay(figures: Figures) -> str:
    return _("%(worth)s, was %(was)s") % {
        "worth": _money(figures, "worth"),
        "was": _money(figures, "worth_before"),
    }


def _ranks(figures: Figures) -> str:
    return _("%(to)s, was %(from)s") % {"to": figures["to"], "from": figures["from"]}


def _cut(figures: Figures) -> str:
    return _("%(change)s by the cap %(cap)s") % {
        "change": _money(figures, "change"),
        "cap": figures["cap"],
    }


def _order(figures: Figures) -> str:
    return _("order %(reference)s, %(gross)s") % {
        "reference": figures["reference"],
        "gross": _money(figures, "gross"),
    }


_SUMMARIES: dict[CheckCode, Callable[[Figures], str]] = {
    CheckCode.PAYOUT_RATIO: _payout_ratio,
    CheckCode.TOTAL_MOVED: _total_moved,
    CheckCode.TOP_MOVERS: _top_movers,
    CheckCode.ZERO_AFTER_PAY: _zero_after_pay,
    CheckCode.CAP_HIT: _cap_hit,
    CheckCode.PROMOTIONS: _promotions,
    CheckCode.DEMOTIONS: _demotions,
    CheckCode.UNPAID_ORDERS: _unpaid_orders,
}
_NAMED: dict[CheckCode, Callable[[Figures], str]] = {
    CheckCode.TOP_MOVERS: _pay,
    CheckCode.ZERO_AFTER_PAY: _pay,
    CheckCode.CAP_HIT: _cut,
    CheckCode.PROMOTIONS: _ranks,
    CheckCode.DEMOTIONS: _ranks,
    CheckCode.UNPAID_ORDERS: _order,
}
