"""Shapes follow the numbers."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from compensation.selectors_pages import pictures


def test_ring_areas_are_in_proportion_to_points() -> None:
    drawn = pictures.rings([(125_00, 1), (395_00, 12), (655_00, 17), (660_00, 21), (445_00, 20)])
    radii = [float(ring.path.split("A")[1].split()[0]) for ring in drawn[::-1]]

    assert radii == pytest.approx([37.0, 75.5, 113.4, 141.7, 158.0], abs=0.15)
    assert [ring.points for ring in drawn] == [445_00, 660_00, 655_00, 395_00, 125_00]


def test_rings_without_points_are_left_out() -> None:
    assert pictures.rings([]) == []
    assert pictures.rings([(0, 0), (0, 3)]) == []
    outer = pictures.rings([(200, 1), (0, 0), (500, 1)])
    assert [ring.css for ring in outer] == ["r2", "r0"]


def test_a_ring_too_thin_for_its_number_has_none() -> None:
    drawn = {ring.css: ring for ring in pictures.rings([(4, 1), (272, 4), (37_067, 30)])}

    assert not drawn["r0"].has_label
    assert not drawn["r1"].has_label
    assert drawn["r2"].has_label


def test_every_ring_has_its_level_or_says_that_it_is_too_thin() -> None:
    drawn = {
        ring.css: ring
        for ring in pictures.rings([(120_00, 2), (1_560_00, 24), (460_00, 5), (60_00, 1)])
    }

    assert [drawn[name].tick_right != "" for name in ("r1", "r2", "r3")] == [True, True, False]
    assert [drawn[name].is_unseen for name in ("r0", "r1", "r2", "r3")] == [False] * 3 + [True]
    page = render_to_string("components/_rings.html", {"rings": list(drawn.values())})
    assert "Paid level 3, 60 RSP, is too small to draw." in page
    assert page.count("too small") == 1
    assert page.count('y="191">2</text>') == 2


def test_dots_stop_at_twenty_a_ring() -> None:
    ring = pictures.rings([(100, 1), (10_000, 5_000)])[0]

    assert ring.dots.count("M") == 20


def test_bars_scale_to_the_largest_month() -> None:
    chart = pictures.bars([("Oct", 5000, False), ("Nov", 10000, True)], test=6000)

    assert chart is not None
    assert [bar["height"] for bar in chart["bars"]] == ["30.0", "60.0"]
    assert chart["test_y"] == "44.0"
    assert pictures.bars([("Oct", 0, True)]) is None


def test_the_ruler_marks_each_day_once() -> None:
    marks = pictures.ruler(20, 31)

    assert marks.count("<rect") == 31
    assert marks.count("is-today") == 1
    assert marks.count("is-left") == 11


def test_rings_mark_the_middle_of_somebody_without_own_points() -> None:
    made = pictures.rings([(0, 0), (1000, 3)])

    assert [ring.css for ring in made] == ["r1", "r0"]
    assert made[-1].points == 0
    assert not made[-1].has_label
    assert "A6.0 6.0" in made[-1].path
