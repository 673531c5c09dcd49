"""Terms open their explanation where a page shows them first, and only there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import HttpRequest
from django.template import Context, Template

from representatives.terms import TERMS

ROOT = Path(__file__).resolve().parents[2]
USE = re.compile(r"components/_term\.html\" with term=\"(\w+)\"")


def shown(source: str, request: HttpRequest | None = None) -> str:
    return Template(source).render(Context({"request": request}))


@pytest.mark.parametrize("name", sorted(TERMS))
def test_every_term_renders_with_its_explanation(name: str) -> None:
    page = shown(f'{{% include "components/_term.html" with term="{name}" %}}')

    target = re.search(r'popovertarget="([^"]+)"', page)
    assert target is not None
    assert f'id="{target[1]}" popover' in page
    assert len(str(TERMS[name].help)) > 40


def test_a_term_is_explained_once_a_page() -> None:
    twice = '{% include "components/_term.html" with term="bv" %}' * 2

    page = shown(twice, HttpRequest())

    assert page.count("popovertarget") == 1
    assert re.sub(r"<button.*</span>", "", page, flags=re.DOTALL).strip() == "BV"


def test_another_form_of_the_word_can_be_shown() -> None:
    page = shown('{% include "components/_term.html" with term="bv" word="volumes" %}')

    assert '<button class="term" type="button" popovertarget=' in page
    assert ">volumes<" in page
    assert "<strong>BV</strong>" in page


def test_templates_use_known_terms_only() -> None:
    used = {
        name
        for page in (ROOT / "templates").rglob("*.html")
        for name in USE.findall(page.read_text(encoding="utf-8"))
    }

    assert used <= set(TERMS)
