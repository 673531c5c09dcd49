"""The portal in Polish: nothing half-translated, plurals and figures by the language."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from django.test import Client

from tests.web import company
from tests.web.test_pages import text_of

LOCALE = Path(__file__).resolve().parents[2] / "locale"
SOURCES = Path(__file__).resolve().parents[2] / "templates"


def test_every_text_of_the_templates_is_translated() -> None:
    catalogue = gettext.translation("django", LOCALE, languages=["pl"])
    known = {key if isinstance(key, str) else key[0] for key in catalogue._catalog}  # type: ignore[attr-defined]
    texts = {
        (path.name, match[2])
        for path in SOURCES.glob("**/*.html")
        if "admin" not in str(path.relative_to(SOURCES))  # Django translates its own words there
        for match in re.finditer(
            r"{%\s*translate\s+([\"'])(.*?)\1", path.read_text(encoding="utf-8")
        )
    }

    assert sorted(text for text in texts if text[1] not in known) == []


@pytest.mark.parametrize(("address", "words"), [("/", "Co teraz zrobić"), ("/downline/", "osoby")])
def test_pages_speak_polish(db: None, address: str, words: str) -> None:
    town = company.small_town()
    client = Client(headers={"accept-language": "pl"})
    client.force_login(
        town.user("Marta Wrona"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )

    text = text_of(client.get(address))

    assert words in text
    assert "listopad" in text.lower()
    assert "Downline" not in text
