"""A chain 10,000 deep and a front line 5,000 wide: nothing recurses, nothing crawls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from representatives import checks, importing, labels, selectors
from representatives.models import Representative
from tests.representatives.people import NOW, TODAY, enrol, row, write_csv

pytestmark = pytest.mark.django_db

DEPTH = 10_000
WIDTH = 5_000


def load(path: Path, sponsor_of: Callable[[int], str], count: int) -> None:
    rows = [row("N0")] + [row(f"N{at}", sponsor_of(at)) for at in range(1, count)]
    importing.import_representatives(path=write_csv(path, rows), now=NOW, today=TODAY)


@pytest.fixture
def chain(db: None, tmp_path: Path) -> list[Representative]:
    load(tmp_path / "chain.csv", lambda at: f"N{at - 1}", DEPTH)
    return list(Representative.objects.order_by("level"))


@pytest.fixture
def star(db: None, tmp_path: Path) -> Representative:
    load(tmp_path / "star.csv", lambda at: "N0", WIDTH + 1)
    return Representative.objects.get(code="N0")


def count_relabelled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every write of labels adds its number of rows."""
    written: list[int] = []
    write_labels = labels.write_labels

    def counted(rows: Any, **options: Any) -> None:
        written.append(len(rows))
        write_labels(rows, **options)

    monkeypatch.setattr(labels, "write_labels", counted)
    return written


def test_chain_ten_thousand_deep(
    chain: list[Representative], monkeypatch: pytest.MonkeyPatch
) -> None:
    top, middle, bottom = chain[0], chain[DEPTH // 2], chain[-1]
    written = count_relabelled(monkeypatch)

    assert bottom.level == DEPTH - 1
    assert bottom.get_ancestors().count() == DEPTH - 1
    assert top.get_descendant_count() == DEPTH - 1
    assert [one.pk for one in selectors.list_upline(bottom)] == [
        one.pk for one in reversed(chain[:-1])
    ]
    assert Representative.objects.visible_to(middle).count() == DEPTH // 2
    assert list(top.get_leafnodes()) == [bottom]

    for _ in range(200):  # ever deeper
        bottom = enrol(bottom)
    assert sum(written) / 200 < 20
    Representative.objects.move_node(middle, top)
    assert Representative.objects.get(pk=bottom.pk).level == DEPTH - 1 + 200 - DEPTH // 2 + 1
    assert checks.check_tree().faults == []
    Representative.objects.rebuild()
    assert checks.check_tree().faults == []


def test_chain_enrolled_one_below_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    written = count_relabelled(monkeypatch)
    member = enrol()

    for _ in range(250):
        member = enrol(member)

    assert member.level == 250
    assert sum(written) / 250 < 20
    assert checks.check_tree().faults == []


def test_front_line_five_thousand_wide(
    star: Representative, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = count_relabelled(monkeypatch)

    assert star.get_children().count() == star.get_descendant_count() == WIDTH
    assert star.get_leafnodes().count() == WIDTH
    first = star.get_children()[0]
    assert first.get_siblings().count() == WIDTH - 1
    with CaptureQueriesContext(connection) as queries:
        assert Representative.objects.visible_to(star).count() == WIDTH + 1
    assert len(queries) == 2
    assert all(len(one["sql"]) < 2_000 for one in queries)

    for _ in range(200):
        enrol(star)
    busy = enrol(first)
    for _ in range(200):
        enrol(busy)
    assert sum(written) / 400 < 20
    assert checks.check_tree().faults == []


def test_stale_viewer_sees_own_line_only(star: Representative) -> None:
    """An interval that has moved since it was read shows nobody of another line."""
    first, second = star.get_children()[:2]
    visible = Representative.objects.visible_to(first)
    labels.require_tree_lock()  # import took it within this test's transaction

    Representative.objects.move_node(first, second)

    assert list(visible) == []
    assert list(Representative.objects.visible_to(first)) == [first]
