"""Template tags of the frame: unread notices, and the look as a member sees it."""

from typing import Any

from django import template

from representatives import notices
from representatives.toasts import take_toast

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notices(context: dict[str, Any]) -> int:
    """Return how many notices the reader has not read, asked once a request."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return 0
    found: int | None = getattr(request, "unread_notices", None)
    if found is None:
        found = notices.count_unread(user)
        request.unread_notices = found  # type: ignore[union-attr]
    return found


@register.simple_tag(takes_context=True)
def looking(context: dict[str, Any]) -> Any:
    """Return the look that shows this page as a member sees it, or None."""
    return getattr(context.get("request"), "look", None)


@register.inclusion_tag("components/_toast.html", takes_context=True)
def toast(context: dict[str, Any]) -> dict[str, Any]:
    """Show once what the request before has left, with the way to take it back."""
    request = context.get("request")
    left = take_toast(request) if request is not None else None
    return {"toast": left, "request": request, "csrf_token": context.get("csrf_token")}
