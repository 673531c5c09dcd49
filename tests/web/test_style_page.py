"""The living style page draws every component, for staff alone; faults have pages of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import OperationalError
from django.template import loader
from django.test import Client, RequestFactory
from django.utils import translation

from config.errors import server_error
from representatives.models import User

COMPONENTS = Path(__file__).resolve().parents[2] / "templates" / "components"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# What the frame of every page shows, and what other pages take whole.
ELSEWHERE = {"_as_of", "_assets", "_bell", "_brand_mark", "_grove", "_language", "_look_banner"}
ELSEWHERE |= {"_mark", "_me_menu", "_messages", "_nav_links", "_period", "_sprig"}


def test_the_style_page_shows_every_component(db: None) -> None:
    staff = User.objects.create_user("staff@example.org", "x", is_staff=True)
    client = Client()
    client.force_login(staff, backend=BACKEND)

    response = client.get("/staff/style/")

    assert response.status_code == 200
    used = {
        template.name.rsplit("/", 1)[-1].removesuffix(".html")
        for template in response.templates
        if template.name
    }
    missing = {path.stem for path in COMPONENTS.glob("_*.html")} - used - ELSEWHERE
    assert not missing
    assert len(re.findall(r"<h1[ >]", response.content.decode())) == 1


@pytest.mark.parametrize("name", ["400.html", "500.html", "503.html"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_pages_of_faults_need_no_context(name: str, language: str) -> None:
    with translation.override(language):
        page = loader.get_template(name).render()

    assert f'<html lang="{language}"' in page
    assert len(re.findall(r"<h1[ >]", page)) == 1


def test_a_database_that_is_away_has_a_page_that_offers_another_try() -> None:
    try:
        raise OperationalError("secret address")
    except OperationalError:
        response = server_error(RequestFactory().get("/"))

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "Try again" in response.content.decode()
    assert "secret" not in response.content.decode()


def test_errors_of_a_form_have_the_colour_of_errors() -> None:
    css = (COMPONENTS.parents[1] / "static/css/app.css").read_text(encoding="utf-8")

    every = css.index("\n.alert {")
    of_errors = css.index(".alert.alert-danger { background: var(--pn-attention-soft); }")

    assert of_errors > every, "a rule of every alert must not overwrite that of errors"
