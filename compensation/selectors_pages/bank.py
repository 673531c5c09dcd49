"""What the page of the RSP bank shows: states, lots, movements and what points would bring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from compensation import calendar, selectors_bank
from compensation.engine.conversion import (
    Quote,
    Table,
    Target,
    Waiting,
    better_waiting,
    quote,
    waiting,
)
from compensation.engine.lots import Bank, Lot, Source, State
from compensation.models import Account, Entry, Journal, JournalKind
from representatives import formatting
from representatives.models import Representative

PER_PAGE = 20
TOKEN_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Calculation:
    """What a number of points brings in cash and in BV, side by side."""

    points: int
    cash: Quote
    bv: Quote | None
    """``None`` where the plan gives no BV for points."""
    waiting: Waiting | None
    """What the next lump would bring; ``None`` where none follows."""
    better: Waiting | None
    """The next lump at which waiting pays, where that is not the next one."""
    is_there: bool
    """Whether the points for the next lump are active already."""


def calculate(table: Table, bank: Bank, points: int) -> Calculation:
    """Work out what points above nought bring, and what waiting would."""
    next_one = waiting(table, points)
    better = better_waiting(table, points)
    return Calculation(
        points=points,
        cash=quote(table, points),
        bv=quote(table, points, Target.BV) if table.bank.buys_bv else None,
        waiting=next_one,
        better=None if better == next_one else better,
        is_there=next_one is not None and points + next_one.more <= bank.active,
    )


def token_of(representative: Representative) -> str:
    """Return the token of a person's next conversion: the same until something is converted.

    So a double click, the back button and a second browser all name one and the same act.
    """
    state = f"{representative.pk}:{selectors_bank.state_of(representative.pk)}"
    return salted_hmac("perennial.rsp-bank", state).hexdigest()[:TOKEN_LENGTH]


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot as the page shows it."""

    lot: Lot
    title: str
    source: str
    url: str
    width: str
    """Share of it that is left, as an SVG width."""


def lot_rows(lots: Iterable[Lot]) -> list[LotRow]:
    """Return lots with their words."""
    return [
        LotRow(
            lot=lot,
            title=month_title(lot.month),
            source=source_name(lot.source),
            url=reverse("compensation:statement", args=[lot.month]),
            width=formatting.width(lot.left, lot.points),
        )
        for lot in lots
    ]


def month_title(label: str) -> str:
    """Return a month in words, such as January 2017."""
    return date_format(calendar.month(label).first_day, "F Y")


def source_name(source: Source) -> str:
    """Return where points came from."""
    return {
        Source.OWN: _("own sales"),
        Source.DOWNLINE: _("downline"),
        Source.CORRECTION: _("corrections"),
    }[source]


def states(bank: Bank) -> dict[str, int]:
    """Return the points in the four states; what is past its date counts as expired."""
    return {
        "pending": bank.pending,
        "active": bank.active,
        "converted": bank.converted,
        "expired": bank.expired + bank.overdue,
    }


def next_ready(bank: Bank, now: datetime) -> datetime | None:
    """Return when the next pending points become active, or None."""
    waits = [lot.active_at for lot in bank.lots if lot.left and lot.state is State.PENDING]
    return min((at for at in waits if at > now and at < selectors_bank.NEVER), default=None)


def movements(viewer: Representative, page: int) -> dict[str, Any]:
    """Return a page of what came into the bank and what left it, the latest first."""
    entries = Entry.objects.filter(representative=viewer, account=Account.RSP_BANK)
    start = (page - 1) * PER_PAGE
    rows = list(
        entries.select_related(
            "journal__period",
            "journal__conversion",
            "journal__sales_return__line__order",
        ).order_by("-journal__created_at", "-journal_id", "-id")[start : start + PER_PAGE + 1]
    )
    shown = rows[:PER_PAGE]
    sellers = {
        entry.journal.sales_return.line.order.seller_id
        for entry in shown
        if entry.journal.sales_return is not None
    }
    visible = set(
        Representative.objects.visible_to(viewer)
        .filter(pk__in=sellers)
        .values_list("pk", flat=True)
        if sellers
        else ()
    )
    return {
        "rows": [_movement(entry, visible) for entry in shown],
        "has_previous": page > 1,
        "has_next": len(rows) > PER_PAGE,
        "previous_number": page - 1,
        "next_number": page + 1,
    }


def _movement(entry: Entry, visible: set[int]) -> dict[str, Any]:
    journal = entry.journal
    is_month = journal.kind == JournalKind.COMMISSION
    return {
        "points": entry.amount,
        # Points of a month count from an instant of their own; they came when it was posted.
        "day": (journal.period.posted_at if is_month else None) or journal.effective_at,
        **_what(journal, visible),
    }


def _what(journal: Journal, visible: set[int]) -> dict[str, Any]:
    """Say what a movement is, and lead to where it came from."""
    statement = reverse("compensation:statement", args=[journal.period.label])
    month = month_title(journal.period.label)
    if journal.kind == JournalKind.COMMISSION:
        return {
            "icon": "bi-plus-lg",
            "text": _("Statement of %(month)s") % {"month": month},
            "url": statement,
            "note": _("points of the month, credited when it was posted"),
        }
    if journal.kind in (JournalKind.CONVERSION, JournalKind.EXPIRY):
        conversion = journal.conversion
        is_expiry = journal.kind == JournalKind.EXPIRY
        text = _("Cashed at expiry") if is_expiry else None
        text = text or (_("Converted to BV") if conversion.bv else _("Converted to cash"))
        return {
            "icon": "bi-hourglass-split" if is_expiry else "bi-arrow-repeat",
            "text": text,
            "url": reverse("compensation:rsp_done", args=[conversion.token]),
            "note": "",
            "cash": conversion.cash_minor,
            "bv": conversion.bv,
        }
    if journal.sales_return is not None:
        order = journal.sales_return.line.order
        known = order.seller_id in visible
        return {
            "icon": "bi-arrow-return-left",
            "text": _("Return of order %(reference)s") % {"reference": order.reference},
            "url": reverse("compensation:order_points", args=[order.reference])
            if known
            else statement,
            "note": pgettext("of a return", "in the statement of %(month)s") % {"month": month},
        }
    return {
        "icon": "bi-pencil",
        "text": _("Adjustment"),
        "url": statement,
        "note": pgettext("of a return", "in the statement of %(month)s") % {"month": month},
    }
