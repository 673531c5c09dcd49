"""What the benchmark writes: flat, whole, with null for what is missing."""

import json

import pytest

from bench import readme, report
from bench.timing import percentile

WHOLE = {
    "size": 1_000_000,
    "order_lines": 3_000_000,
    "inactive_percent": 45,
    "machine_processor": "Some Processor",
    "machine_cores": 2,
    "machine_memory_mib": 16_000,
    "version_postgresql": "18.1",
    "commit": "abcdef0123456789",
    "dirty": False,
} | {key.name: 5.0 for key in report.KEYS}


def test_missing_key_is_null_and_named(tmp_path):
    path = tmp_path / "latest.json"
    figures = {name: value for name, value in WHOLE.items() if name != "close_seconds"}

    report.write_latest(figures, path)

    assert json.loads(path.read_text())["close_seconds"] is None
    assert report.missing_keys(figures) == ["close_seconds"]


def test_nested_figure_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "latest.json"

    with pytest.raises(ValueError, match="times"):
        report.write_latest(WHOLE | {"times": [1.0]}, path)

    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("close_over_copy_floor", 4.0, "ok"),
        ("close_over_copy_floor", 4.01, "missed"),
        ("enrol_rows_relabelled_mean", 20, "missed"),
        ("enrol_rows_relabelled_mean", 19.9, "ok"),
        ("ledger_post_per_second", 29_999, "missed"),
        ("enrol_p99_ms", 5_000, ""),
        ("enrol_p99_ms", None, "missing"),
    ],
)
def test_bars_are_judged_at_their_edges(name, value, verdict):
    key = next(key for key in report.KEYS if key.name == name)

    assert key.verdict(value) == verdict


def test_readme_table_replaces_what_stood_between_the_markers():
    text = f"before\n{readme.BEGIN}\nyesterday\n{readme.END}\nafter\n"

    new = readme.updated(text, WHOLE)

    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "yesterday" not in new
    assert "1,000,000 members" in new
    assert new.count("\n| `") == len(report.KEYS)
    assert readme.updated(new, WHOLE) == new


def test_readme_shows_the_latest_figures():
    figures = json.loads(report.LATEST.read_text())
    text = readme.README.read_text()

    # Null is a figure that the run could not measure; a key that came after it is not there.
    assert not set(report.missing_keys(figures)) & set(figures)
    assert readme.updated(text, figures) == text


def test_readme_tells_a_key_that_is_newer_than_the_run():
    figures = {name: value for name, value in WHOLE.items() if name != "live_lag_seconds"}

    (row,) = [row for row in readme.render(figures).splitlines() if "`live_lag_seconds`" in row]

    assert row.endswith("| – | ≤ 60 | not in this run |")


def test_readme_without_markers_is_refused():
    with pytest.raises(ValueError, match="needs the lines"):
        readme.updated("nothing here", WHOLE)


def test_percentile_is_the_nearest_rank():
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile([1.0], 1) == 1.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
