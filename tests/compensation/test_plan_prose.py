"""Every plan that can be written down can be told, in both languages and with a reader's place."""

from __future__ import annotations

import pytest
from django.utils import translation

from compensation.engine.plan import Plan, parse_plan
from compensation.selectors_pages import plan_glance, plan_prose
from compensation.selectors_pages.plan_words import Part, Reader
from tests.engine.documents import documents, of_kind

READER = Reader(
    pay_rank=1,
    title_rank=1,
    figures={"personal_bv": 10_000, "window_bv": 10_000, "group_bv": 50_000, "own_bv": 0},
)
DEPTHS = {"IR": 1, "Silver": 1, "Gold": 2}
PLANS = {f"{subject}/{name}": table for subject, name, table in documents()}


def plan_of(kind: str, **keys: object) -> Plan:
    return parse_plan(of_kind(kind, **keys))


def told_of(plan: Plan, reader: Reader | None = READER) -> Part:
    """Return what the last component of a plan says."""
    parts = plan_prose.tell(plan, reader)
    return parts[len(plan.components)]


@pytest.mark.parametrize("language", ["en", "pl"])
def test_every_kind_of_plan_is_told_in_whole_sentences(language: str) -> None:
    for name, table in PLANS.items():
        plan = parse_plan(table)
        with translation.override(language):
            for reader in (None, READER):
                parts = plan_prose.tell(plan, reader)
                assert len(parts) == 1 + len(plan.components) + bool(plan.caps), name
                for part in parts:
                    assert part.title, name
                    assert part.sentences, name
                    for sentence in part.sentences:
                        assert sentence.rstrip().endswith("."), (name, sentence)
                        assert "%(" not in sentence, (name, sentence)
                    for row in part.rows:
                        assert len(row.cells) == len(part.heads), name
            assert plan_prose.rank_sentences(plan), name


def test_levels_say_share_points_and_depth_of_the_readers_rank() -> None:
    table = of_kind("level_percent", rates=["10", "5"], depth_by_rank=DEPTHS)
    plan = parse_plan(table | {"components": table["components"][1:]})

    part = told_of(plan, Reader(0, 0, {}))
    levels = plan_glance.list_levels(plan, Reader(0, 0, {}), [])

    assert [row.cells for row in part.rows] == [("Level 1", "10%"), ("Level 2", "5%")]
    assert part.here == "As IR you are paid on 1 level."
    assert [(one.level, one.is_paid) for one in levels if one.rates][:2] == [(1, True), (2, False)]


def test_a_bracket_that_the_reader_has_reached_is_marked() -> None:
    plan = plan_of(
        "volume_bracket",
        brackets=[{"from": "0", "percent": "3"}, {"from": "90", "percent": "6"}],
    )

    part = told_of(plan)

    assert [row.is_here for row in part.rows] == [False, True]
    assert [row.is_here for row in told_of(plan, None).rows] == [False, False]


def test_the_picture_has_a_band_for_each_level_and_widens_downwards() -> None:
    plan = plan_of("level_percent", rates=["10", "5", "2"])

    picture = plan_glance.picture(plan_glance.list_levels(plan, None, []))

    assert picture is not None
    widths = [band["width"] for band in picture["bands"]]
    assert widths == sorted(widths)
    assert widths[-1] == picture["width"]
    assert all(band["x"] >= 0 for band in picture["bands"])


def test_the_ladder_marks_what_is_met_and_where_the_reader_stands() -> None:
    plan = parse_plan(PLANS[next(name for name in PLANS if "rank" in name)])

    table = plan_glance.ladder(plan, READER)

    assert [row["name"] for row in table["rows"]] == list(plan.ranks.names)[::-1]
    assert [row["name"] for row in table["rows"] if row["is_pay"]] == [plan.ranks.names[1]]
    assert len(table["own"]) == len(table["heads"])
    assert plan_glance.ladder(plan, None)["own"] == []
