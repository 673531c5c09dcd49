"""The bars of expected days: all of one page share one axis with today in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sales.models import Forecast

REACH = 14
"""Days that the axis shows before and after today."""
ALONG = REACH * 2
THOUSANDTHS = 1000
LETTER_WIDTH = 54
"""Thousandths of the narrowest axis that a letter of a label takes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as the picture needs it: places in per cent of the axis, as SVG writes them."""

    css: str
    start: str = ""
    width: str = ""
    late_start: str = ""
    late_width: str = ""
    label_at: str = "0"
    label_end: bool = False

    @property
    def is_quiet(self) -> bool:
        """Return whether there is no expectation any more."""
        return self.css == "quiet"


def axis_days(today: date) -> tuple[date, date]:
    """Return the first and the last day of the axis."""
    return today - timedelta(days=REACH), today + timedelta(days=REACH)


def draw(start: date, end: date, *, today: date, status: str, label: str = "") -> Bar | None:
    """Return the bar of the days from start to end, or None where the axis shows none of them.

    A label that would run over the end of the axis is set to end with it.

    What lies before the axis is drawn at its edge: how late somebody is stands beside the name.
    """
    if status == Forecast.Status.QUIET:
        return Bar(css="quiet")
    first, last = _place(start, today), _place(end + timedelta(days=1), today)
    if first >= THOUSANDTHS:
        return None
    css = {"overdue": "call", "due": "due"}.get(str(status), "ok")
    half = THOUSANDTHS // 2
    if last - first < THOUSANDTHS // ALONG:
        last = min(first + THOUSANDTHS // ALONG, THOUSANDTHS)
    is_late = css == "call" and last < half
    at_end = first + len(label) * LETTER_WIDTH > THOUSANDTHS
    return Bar(
        css=css,
        start=_percent(first),
        width=_percent(last - first),
        late_start=_percent(last - 10) if is_late else "",
        late_width=_percent(half - last + 10) if is_late else "",
        label_at="100%" if at_end else _percent(first),
        label_end=at_end,
    )


def _place(day: date, today: date) -> int:
    """Return where a day begins on the axis, in thousandths."""
    days = (day - today).days + REACH
    return max(0, min(THOUSANDTHS, days * THOUSANDTHS // ALONG))


def _percent(thousandths: int) -> str:
    return f"{thousandths // 10}.{thousandths % 10}%"
