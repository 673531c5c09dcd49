"""The Polish catalogue is whole: nothing missing, guessed, left in English or out of its form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.utils import translation

from config import messages

HERE = Path(__file__).resolve().parent
TEMPLATES = messages.ROOT / "templates"
CATALOGUE = messages.read_catalogue("pl")
ENTRIES = [one for one in CATALOGUE if one.id]
TRANSLATED = [one for one in ENTRIES if all(messages.strings_of(one))]
WORD = re.compile(r"[^\W\d_]{2}")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|</?\w+[^>]*>")

# Words with one Polish rendering (docs/languages.md) and those that are not it.
AVOIDED = {
    "odnośnik": "link",
    "rozliczeni": "zestawienie",
    "premi za wprowadz": "nobody is paid for recruiting",
    "downline": "struktura",
    "upline": "linia sponsorów",
    "szacunek": "szacunkowo",
    "projektu partii": "projekt",
    "haseł jednoraz": "kod",
}


def sources_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def entry(message: Message) -> str:
    return sources_of(message)[0][:70]


def test_catalogue_holds_the_texts_of_the_code_and_no_others() -> None:
    """`make messages` brings it up to date."""
    texts = {(text.id, text.context) for text in messages.collect()}
    held = {(one.id, one.context) for one in ENTRIES}

    assert sorted(map(str, texts - held)) == []
    assert sorted(map(str, held - texts)) == []


def test_compiled_catalogue_is_the_one_that_is_edited() -> None:
    path = messages.po_path("pl")

    assert messages.as_po(CATALOGUE) == path.read_bytes()
    assert messages.as_mo(path.read_bytes()) == path.with_suffix(".mo").read_bytes()


def test_nothing_is_missing() -> None:
    assert [entry(one) for one in messages.missing(CATALOGUE)] == []


def test_nothing_is_fuzzy() -> None:
    assert [entry(one) for one in ENTRIES if one.fuzzy] == []
    assert "fuzzy" not in messages.po_path("pl").read_text(encoding="utf-8")


def test_nothing_is_left_in_english() -> None:
    """Words that are the same in both languages stand in `same_in_polish.txt`."""
    same = {
        source
        for one in ENTRIES
        for source in sources_of(one)
        if source in messages.strings_of(one) and WORD.search(PLACEHOLDER.sub("", source))
    }

    listed = (HERE / "same_in_polish.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(same) == [line for line in listed if not line.startswith("#")]


def test_plurals_have_their_three_forms() -> None:
    counted = [one for one in ENTRIES if not isinstance(one.id, str)]

    assert CATALOGUE.num_plurals == 3
    assert len(counted) > 50
    assert [
        entry(one)
        for one in counted
        if len(messages.strings_of(one)) != 3 or not all(messages.strings_of(one))
    ] == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "osób"),
        (1, "osoba"),
        (2, "osoby"),
        (4, "osoby"),
        (5, "osób"),
        (12, "osób"),
        (14, "osób"),
        (21, "osób"),
        (22, "osoby"),
        (112, "osób"),
        (124, "osoby"),
    ],
)
def test_number_chooses_its_form(number: int, words: str) -> None:
    with translation.override("pl"):
        text = translation.ngettext("%(figure)s person", "%(figure)s people", number)

    assert text % {"figure": number} == f"{number} {words}"


def test_translations_hold_the_same_figures_and_tags() -> None:
    """A plural form may leave its number out only where the source does."""

    def marks(text: str) -> list[str]:
        return sorted(set(PLACEHOLDER.findall(text)))

    differing = [
        (sources_of(one)[-1], text)
        for one in TRANSLATED
        for text in messages.strings_of(one)
        if marks(text) not in [marks(source) for source in sources_of(one)]
    ]
    assert differing == []


def test_sentences_end_alike_and_lines_break_alike() -> None:
    def shape(text: str) -> tuple[str, bool, bool]:
        bare = text.strip()
        last = bare[-1:] if bare[-1:] in {".", ":", "?", "…"} else ""
        return last, text.startswith("\n"), text.endswith("\n")

    differing = [
        (sources_of(one)[-1], text)
        for one in TRANSLATED
        for text in messages.strings_of(one)
        if shape(text) != shape(sources_of(one)[-1])
    ]
    assert differing == []


def test_words_of_the_trade_have_one_rendering() -> None:
    found = [
        (word, text)
        for one in ENTRIES
        for text in messages.strings_of(one)
        for word in AVOIDED
        if word in PLACEHOLDER.sub("", text).lower()
    ]
    assert found == []


def bare_texts(template: str) -> Iterator[str]:
    """Yield what a template says without translation, in text or in attributes that people hear."""
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", template, flags=re.DOTALL)
    text = re.sub(r"{%\s*blocktrans.*?endblocktrans\w*\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}|&\w+;|&#\w+;|<!--.*?-->", "", text, flags=re.DOTALL)
    yield from re.findall(r'\b(?:title|aria-label|alt|placeholder|hx-confirm)="([^"]*)"', text)
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r'\b[\w-]+="[^"]*"', "", text)
    for part in re.sub(r"<[^>]*>", "\n", text).split("\n"):
        yield part.strip()


def test_templates_say_nothing_untranslated() -> None:
    said = {
        (str(path.relative_to(TEMPLATES)), text)
        for path in sorted(TEMPLATES.glob("**/*"))
        if path.suffix in messages.TEMPLATE_ENDINGS
        for text in bare_texts(path.read_text(encoding="utf-8"))
        if WORD.search(text)
    }

    listed = (HERE / "bare_texts.txt").read_text(encoding="utf-8").splitlines()
    allowed = {line for line in listed if not line.startswith("#")}
    units = {"RSP", "BV", "PDF", "CSV", "Perennial"}
    assert [
        (name, text)
        for name, text in sorted(said)
        if not set(re.findall(r"\w\w+", text)) <= units and text not in allowed
    ] == []


def test_pictures_hold_no_text() -> None:
    drawings = [
        path
        for path in (messages.ROOT / "static").glob("**/*.svg")
        if "vendor" not in path.parts and "<text" in path.read_text(encoding="utf-8")
    ]

    assert drawings == []


# -- What others say on our pages -----------------------------------------------------------------

ALLAUTH = Path(__import__("allauth").__file__).parent
DJANGO = Path(__import__("django").__file__).parent
SHOWN = [
    *(ALLAUTH / name for name in ("account", "mfa", "usersessions", "core", "utils.py")),
    *(DJANGO / name for name in ("forms", "core/validators.py", "contrib/auth")),
    *(DJANGO / name for name in ("contrib/admin", "contrib/humanize/templatetags", "utils")),
]


def foreign_texts() -> set[messages.Text]:
    """Return what the code of Django and allauth may say, and the latter's templates."""
    files = [
        path
        for place in SHOWN
        for path in ([place] if place.is_file() else sorted(place.glob("**/*.py")))
        if not {"tests", "migrations", "management"} & set(path.parts)
    ]
    for folder in ("account", "mfa", "usersessions"):
        found = (ALLAUTH / "templates" / folder).glob("**/*")
        files += [path for path in found if path.suffix in messages.TEMPLATE_ENDINGS]
    return {text for path in files for text in messages.texts_of(path)}


def test_texts_of_django_and_allauth_are_polish_too() -> None:
    def polish(text: messages.Text) -> str:
        if text.many is not None:
            return translation.ngettext(text.one, text.many, 5)
        if text.context is not None:
            return translation.pgettext(text.context, text.one)
        return translation.gettext(text.one)

    with translation.override("pl"):
        unsaid = {text.one for text in foreign_texts() if polish(text) in (text.one, text.many)}

    listed = (HERE / "foreign_in_english.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(one for one in unsaid if WORD.search(one)) == [
        line for line in listed if not line.startswith("#")
    ]


def test_both_languages_are_offered() -> None:
    assert [code for code, _name in settings.LANGUAGES] == ["en", "pl"]
