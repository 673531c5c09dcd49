"""Every route of the portal with an address that leads somewhere, for tests that walk them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ROLES = ("anonymous", "representative", "staff", "superuser")


@dataclass(frozen=True, slots=True)
class Route:
    """A route: its name with namespaces, and the pattern with its parameters."""

    name: str
    pattern: str

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters in the pattern."""
        return re.findall(r"<(?:[a-z_]+:)?([a-z_0-9]+)>", self.pattern) + re.findall(
            r"\(\?P<([a-z_0-9]+)>", self.pattern
        )

    def address(self, values: dict[str, str]) -> str:
        """Return the address with sample values in place.

        :raises KeyError: if a parameter has no sample value.
        """

        def value(match: re.Match[str]) -> str:
            return values[match.group(1)]

        text = re.sub(r"<(?:[a-z_]+:)?([a-z_0-9]+)>", value, _without_groups(self.pattern, values))
        return "/" + text.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\.", ".")


def _without_groups(pattern: str, values: dict[str, str]) -> str:
    """Put values in place of regular-expression groups, whose own brackets may nest."""
    while (start := pattern.find("(?P<")) >= 0:
        name = pattern[start + 4 : pattern.index(">", start)]
        depth = 0
        for end in range(start, len(pattern)):
            depth += {"(": 1, ")": -1}.get(pattern[end], 0)
            if depth == 0:
                break
        pattern = pattern[:start] + values[name] + pattern[end + 1 :]
    return pattern


def all_routes() -> list[Route]:
    """Return every route of the portal in the order of the URL configuration."""
    return list(_walk(get_resolver().url_patterns, "", ()))


def _walk(patterns: list[Any], before: str, namespaces: tuple[str, ...]) -> Iterator[Route]:
    for entry in patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inside = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry.url_patterns, path, inside)
        elif isinstance(entry, URLPattern):
            name = ":".join((*namespaces, entry.name or entry.lookup_str))
            yield Route(name, path)
