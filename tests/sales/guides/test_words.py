"""The text of a guide as HTML: structure stays, whatever could harm or fetch goes."""

from __future__ import annotations

import pytest

from sales.guides.words import html_of


def test_headings_lists_tables_and_links_come_out() -> None:
    html = html_of(
        "# Use\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[more](https://x.org)"
    )

    assert "<h2>Use</h2>" in html
    assert "<li>one</li>" in html
    assert "<td>1</td>" in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_headings_stand_below_the_page_s_own() -> None:
    assert "<h2>a</h2>" in html_of("### a")
    assert "<h3>b</h3>" in html_of("# a\n\n## b")
    assert "<h4>d</h4>" in html_of("# a\n\n## b\n\n### c\n\n#### d")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![a](https://tracker.example/x.png)",
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="https://x.org" onclick="alert(1)">a</a>',
        "<iframe src=https://x.org></iframe>",
        '<p style="position:fixed">a</p>',
    ],
)
def test_what_could_harm_is_no_markup(text: str) -> None:
    html = html_of(text)

    for tag in (
        "<script",
        "<img",
        "<iframe",
        "<p style",
        'href="javascript',
        'href="data',
        "<a href",
    ):
        assert tag not in html
