"""Numbers into shapes: the rings of the RSP picture and the bars of past months.

Shapes are whole tenths of a drawing unit, worked out with integers; only the places of the dots
on a ring use an angle.
"""

from dataclasses import dataclass
from math import cos, isqrt, pi, sin
from typing import Any

from django.utils.safestring import SafeString, mark_safe

CENTRE_X = 170
BASE_Y = 176
OUTERMOST = 158
MOST_DOTS = 20
DOT = 2.3
CENTRE_MARK = 60
"""Who sold nothing is a mark of this radius (tenths) in the middle, so that the rings have one."""
TICK_WIDTH = 80
"""A ring thinner than this (tenths) has no room for its level under the line."""
SEEN = 30
"""A ring thinner than this (tenths) is hidden by its own edge."""
LABEL_HEIGHT = 140
"""A ring thinner than this (tenths) has no room for its number."""
HALF_DISC_LABEL = 260
"""Nearer to the centre than this (tenths) there is none either."""
LONG_FIGURE = 100_000_00
"""From this figure (hundredths) on, the numbers over the bars are set smaller."""


def _text(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


@dataclass(frozen=True, slots=True)
class Ring:
    """One half ring: its path, its number and the people on it."""

    css: str
    path: str
    points: int
    label_y: str
    has_label: bool
    on_dark: bool
    dots: str
    tick: str
    tick_left: str
    tick_right: str
    is_unseen: bool
    """Whether it is too thin to be seen: then the page says so."""


def rings(levels: list[tuple[int, int]]) -> list[Ring]:
    """Return half rings whose areas are points, the outermost first so that inner ones cover it.

    `levels` holds (points, people) from the own sales outward; levels without points are left
    out, but the middle is always marked.
    """
    total = sum(max(points, 0) for points, _people in levels)
    if total <= 0:
        return []
    made: list[Ring] = []
    inner = 0
    reached = 0
    for index, (points, people) in enumerate(levels):
        if points <= 0:
            continue
        reached += points
        # radius = OUTERMOST × √(reached / total), in tenths
        outer = isqrt(OUTERMOST * OUTERMOST * 100 * reached // total)
        made.append(_ring(index, points, people, inner, outer))
        inner = outer
    if levels[0][0] <= 0:
        made.insert(0, _ring(0, 0, 0, 0, CENTRE_MARK))
    return made[::-1]


def _ring(index: int, points: int, people: int, inner: int, outer: int) -> Ring:
    left = _text(CENTRE_X * 10 - outer)
    right = _text(CENTRE_X * 10 + outer)
    radius = _text(outer)
    arc = f"M{left} {BASE_Y}A{radius} {radius} 0 0 1 {right} {BASE_Y}Z"
    thickness = outer - inner
    middle = (inner + outer) // 2
    if inner == 0:
        has_label = outer >= HALF_DISC_LABEL
    else:
        has_label = thickness >= LABEL_HEIGHT and middle >= HALF_DISC_LABEL
    has_tick = thickness >= TICK_WIDTH and middle >= HALF_DISC_LABEL
    # The innermost is a half disc: its number sits lower than the middle, where it is wide.
    label_y = BASE_Y * 10 - (outer * 3 // 10 if inner == 0 else middle - 50)
    return Ring(
        css=f"r{min(index, 4)}",
        path=arc,
        points=points,
        label_y=_text(label_y),
        has_label=has_label,
        on_dark=index < 2,
        dots=_dots(people, middle) if inner and has_label else "",
        tick="" if index == 0 else str(index),
        tick_left=_text(CENTRE_X * 10 - middle) if has_tick else "",
        tick_right=_text(CENTRE_X * 10 + middle) if has_tick else "",
        is_unseen=index > 0 and thickness < SEEN,
    )


def _dots(people: int, radius: int) -> str:
    """Return a path of up to MOST_DOTS dots on both sides of a ring, clear of its number."""
    shown = min(people, MOST_DOTS, max(radius // 40, 2))
    path = ""
    for number in range(shown):
        angle = pi * (0.035 + 0.34 * (number // 2) / max((shown + 1) // 2, 1))
        side = -1 if number % 2 == 0 else 1
        x = CENTRE_X + side * radius / 10 * cos(angle)
        y = BASE_Y - radius / 10 * sin(angle)
        path += (
            f"M{x - DOT:.1f} {y:.1f}a{DOT} {DOT} 0 1 0 {2 * DOT} 0a{DOT} {DOT} 0 1 0 -{2 * DOT} 0"
        )
    return path


SPARK_STEP = 44
SPARK_HEIGHT = 60
SPARK_BASE = 80


def bars(values: list[tuple[str, int, bool]], *, test: int = 0) -> dict[str, Any] | None:
    """Return the bars of up to six months: (label, hundredths, is the month shown).

    `test` is a figure to be drawn as a dotted line across, in the same unit.
    """
    top = max([value for _label, value, _now in values] + [test], default=0)
    if top <= 0:
        return None
    drawn = []
    for number, (label, value, is_now) in enumerate(values):
        height = max(value, 0) * SPARK_HEIGHT * 10 // top
        x = 6 + number * SPARK_STEP
        drawn.append(
            {
                "x": x,
                "middle": x + 16,
                "y": _text(SPARK_BASE * 10 - height),
                "height": _text(height),
                "text_y": _text(SPARK_BASE * 10 - height - 50),
                "label": label,
                "value": value,
                "is_now": is_now,
            }
        )
    line = _text(SPARK_BASE * 10 - test * SPARK_HEIGHT * 10 // top) if test else ""
    return {"bars": drawn, "test_y": line, "is_long": top >= LONG_FIGURE}


def ruler(day: int, length: int) -> SafeString:
    """Return the days of a month as SVG marks along a line: past, today, still to come."""
    marks = []
    for number in range(1, length + 1):
        start = (number - 1) * 10_000 // length
        css, top, height = ("", 5, 8)
        if number == day:
            css, top, height = ("is-today", 0, 18)
        elif number > day:
            css = "is-left"
        marks.append(
            f'<rect class="{css}" x="{start // 100}.{start % 100:02d}%" y="{top}" width="2.3%"'
            f' height="{height}" rx="1.5"/>'
        )
    return mark_safe("".join(marks))  # noqa: S308 - numbers and own words only
