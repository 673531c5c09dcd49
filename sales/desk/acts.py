"""What one can do with a row: links to pages of the desk, and buttons that act at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Act:
    """A link, or with `fields` a button that posts them to `url`."""

    label: str
    url: str
    icon: str = ""
    primary: bool = False
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def stays(self) -> bool:
        """Return whether the button leads back to the page it stands on."""
        return self.url == reverse("sales:desk_act")


def link(name: str, *args: Any, **query: Any) -> str:
    """Return the address of a page of the desk with those parameters that are set."""
    asked = urlencode({key: value for key, value in query.items() if value not in (None, "")})
    address = reverse(f"sales:{name}", args=args)
    return f"{address}?{asked}" if asked else address


def accept(label: str, key: str, act: str, *, icon: str = "") -> Act:
    """Return the button that accepts a suggestion and opens the page for it."""
    fields = {"key": key, "act": act}
    return Act(label, reverse("sales:suggestion_accept"), icon=icon, fields=fields)
