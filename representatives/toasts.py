"""The short note at the foot of the next page: what has just happened, and a way to take it back.

A view leaves it in the session before it redirects; the next page shows it once.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

SESSION_KEY = "toast"


def leave_toast(request: HttpRequest, text: str, *, undo: str = "", **fields: Any) -> None:
    """Show a text on the next page; with `undo`, an address that takes it back by POST.

    :param fields: what that POST sends along; the page's own address goes with it as `next`.
    """
    request.session[SESSION_KEY] = {
        "text": str(text),
        "undo": undo,
        "fields": {name: str(value) for name, value in fields.items()},
    }


def take_toast(request: HttpRequest) -> dict[str, Any] | None:
    """Return what was left for this page, once; None if nothing was."""
    session = getattr(request, "session", None)
    if session is None or SESSION_KEY not in session:
        return None
    left: dict[str, Any] = session.pop(SESSION_KEY)
    return left
