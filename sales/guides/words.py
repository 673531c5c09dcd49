"""The text of a guide: Markdown in, safe HTML out."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = frozenset(
    {
        *("a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre"),
        *("s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    }
)
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
HIGHEST, LOWEST = 2, 4
"""Headings of a text stand below the page's own; deeper ones become the lowest."""

_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@lru_cache(maxsize=256)
def html_of(text: str) -> SafeString:
    """Return a Markdown text as HTML without scripts, pictures, styles or foreign tags."""
    tokens = _markdown.parse(text)
    _lower_headings(tokens)
    raw = _markdown.renderer.render(tokens, _markdown.options, {})
    clean = nh3.clean(
        raw,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308  (cleaned right above)


def _lower_headings(tokens: list[Token]) -> None:
    """Move all headings so that the highest is the second level, and none is below the fourth."""
    headings = [one for one in tokens if one.type in ("heading_open", "heading_close")]
    if not headings:
        return
    shift = HIGHEST - min(int(one.tag[1]) for one in headings)
    for one in headings:
        one.tag = f"h{min(int(one.tag[1]) + shift, LOWEST)}"
