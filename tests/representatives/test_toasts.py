"""The note at the foot of the next page: shown once, with its way back."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory

from representatives.toasts import leave_toast, take_toast


def visit(session: SessionStore) -> HttpRequest:
    request = RequestFactory().get("/customers/?show=due")
    request.session = session
    return request


def shown(request: HttpRequest) -> str:
    template = Template("{% load notices %}{% toast %}")
    return template.render(Context({"request": request, "csrf_token": "token"}))


def test_toast_is_shown_once_with_what_undoes_it() -> None:
    session = SessionStore()
    leave_toast(visit(session), "Moved <to> Monday", undo="/today/act/", act="undo", keys="a b")

    html = shown(visit(session))

    assert "Moved &lt;to&gt; Monday" in html
    assert 'action="/today/act/"' in html
    assert '<input type="hidden" name="keys" value="a b">' in html
    assert 'name="next" value="/customers/?show=due"' in html
    assert shown(visit(session)).strip() == ""


def test_toast_without_a_way_back_has_no_button() -> None:
    session = SessionStore()
    leave_toast(visit(session), "Taken back")

    assert "<form" not in shown(visit(session))


def test_nothing_left_shows_nothing() -> None:
    assert take_toast(HttpRequest()) is None
    assert take_toast(visit(SessionStore())) is None
