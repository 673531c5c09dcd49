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
OF_PAGES = report.of_pages(WHOLE | {"page_bare_p95_ms": 7.25, "page_explain_queries_at_10": 12})


def test_missing_key_is_null_and_named(tmp_path):
    path = tmp_path / "latest.json"
    figures = {name: value for name, value in WHOLE.items() if name != "close_seconds"}

    report.write_flat(figures, report.KEYS, path)

    assert json.loads(path.read_text())["close_seconds"] is None
    assert report.missing_keys(figures) == ["close_seconds"]


def test_nested_figure_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "latest.json"

    with pytest.raises(ValueError, match="times"):
        report.write_flat(WHOLE | {"times": [1.0]}, report.KEYS, path)

    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("close_over_copy_floor", 4.0, "ok"),
        ("close_over_copy_floor", 4.01, "missed"),
        ("enrol_rows_relabelled_mean", 20, "missed"),
        ("enrol_rows_relabelled_mean", 19.9, "ok"),
        ("ledger_post_per_second", 29_999, "missed"),
        ("page_explain_over_bare_p95", 3.0, "ok"),
        ("page_explain_over_bare_p95", 3.001, "missed"),
        ("pages_queries_grown", 0, "ok"),
        ("pages_queries_grown", 1, "missed"),
        ("pages_first_visit_kb", 200.1, "missed"),
        ("pages_later_visit_kb", 30, "ok"),
        ("pages_lcp_seconds", 1.01, "missed"),
        ("enrol_p99_ms", 5_000, ""),
        ("enrol_p99_ms", None, "missing"),
    ],
)
def test_bars_are_judged_at_their_edges(name, value, verdict):
    key = next(key for key in report.KEYS if key.name == name)

    assert key.verdict(value) == verdict


def test_readme_table_replaces_what_stood_between_the_markers():
    text = f"before\n{readme.BEGIN}\nyesterday\n{readme.END}\nafter\n"

    new = readme.updated(text, WHOLE, OF_PAGES)

    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "yesterday" not in new
    assert "1,000,000 members" in new
    assert new.count("\n| `") == len(report.KEYS)
    assert "| bare page | – | 7.25 | – |" in new
    assert readme.updated(new, WHOLE, OF_PAGES) == new


def test_readme_shows_the_latest_figures():
    figures = json.loads(report.LATEST.read_text())
    pages = json.loads(report.PAGES.read_text()) if report.PAGES.exists() else {}
    text = readme.README.read_text()

    # Null is a figure that the run could not measure; a key that came after it is not there.
    assert not set(report.missing_keys(figures)) & set(figures)
    assert not set(report.missing_keys(pages, report.PAGE_KEYS)) & set(pages)
    assert readme.updated(text, figures, pages) == text


def test_readme_tells_a_key_that_is_newer_than_the_run():
    figures = {name: value for name, value in WHOLE.items() if name != "live_lag_seconds"}

    shown = readme.render(figures, OF_PAGES).splitlines()
    (row,) = [row for row in shown if "`live_lag_seconds`" in row]

    assert row.endswith("| – | ≤ 60 | not in this run |")


def test_readme_before_the_pages_were_measured_says_so():
    shown = readme.render(WHOLE, {}).splitlines()
    (row,) = [row for row in shown if "`pages_lcp_seconds`" in row]

    assert row.endswith("| – | ≤ 1 | not in this run |")
    assert not [row for row in shown if row.startswith("| bare page")]


def test_readme_without_markers_is_refused():
    with pytest.raises(ValueError, match="needs the lines"):
        readme.updated("nothing here", WHOLE, OF_PAGES)


def test_pages_keep_their_own_figures_and_where_they_were_measured():
    assert OF_PAGES["page_explain_queries_at_10"] == 12
    assert OF_PAGES["commit"] == WHOLE["commit"]
    assert OF_PAGES["version_postgresql"] == "18.1"
    assert "close_seconds" not in OF_PAGES
    assert report.missing_keys(OF_PAGES, report.PAGE_KEYS) == []


def test_percentile_is_the_nearest_rank():
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile([1.0], 1) == 1.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
