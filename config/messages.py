"""Collect the texts of the portal, merge them into the catalogues and compile these.

`make messages` needs nothing but pip's packages. Texts keep their translation by their wording: one
that changed is new and has to be translated; nothing is ever guessed ("fuzzy").
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("pl",)
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
PYTHON_FOLDERS = ("config", "representatives", "sales", "compensation")
TEMPLATE_ENDINGS = (".html", ".txt", ".svg")
HEADER = (
    "# Polish texts of Perennial. Written by `make messages`; translate here, then run it again."
)

# What the calls hold: None for the text alone, else the places of singular, plural and context.
CALLS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_t": None,  # gettext beside gettext_lazy as _
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the portal as its translation is looked up."""

    one: str
    many: str | None = None
    context: str | None = None

    @property
    def id(self) -> str | tuple[str, str]:
        """The identity of the text in a catalogue."""
        return self.one if self.many is None else (self.one, self.many)


def collect() -> dict[Text, list[str]]:
    """Return every text of Python code, templates and models, with the files that hold it."""
    found: dict[Text, list[str]] = {}
    for path in source_files():
        for text in texts_of(path):
            files = found.setdefault(text, [])
            name = str(path.relative_to(ROOT))
            if name not in files:
                files.append(name)
    for text in model_texts():
        found.setdefault(text, ["config/model_words.py"])
    return found


def model_texts() -> Iterator[Text]:
    """Yield the names of models and fields; loads the models, and needs no database."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("DATABASE_URL", "postgres:///nowhere")
        os.environ.setdefault("REDIS_URL", "redis://nowhere")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
        django.setup()
    from config import model_words  # needs loaded apps

    for word in model_words.words():
        yield Text(word, context=model_words.CONTEXT)


def source_files() -> Iterator[Path]:
    """Yield the files that may hold texts, in a fixed order."""
    for folder in PYTHON_FOLDERS:
        for path in sorted((ROOT / folder).glob("**/*.py")):
            if "migrations" not in path.parts:
                yield path
    for path in sorted((ROOT / "templates").glob("**/*")):
        if path.suffix in TEMPLATE_ENDINGS:
            yield path


def texts_of(path: Path) -> Iterator[Text]:
    """Yield the texts of one file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = _as_python(source)
    file = io.BytesIO(source.encode())
    for _, name, values, _ in extract_python(file, dict.fromkeys(CALLS), (), {}):
        strings = (values,) if isinstance(values, str) else tuple(values or ())
        text = _read(CALLS[str(name)], strings)
        if text is not None and text.one:
            yield text


def _as_python(template: str) -> str:
    """Return a template's texts as calls, by Django's own reader of templates."""
    from django.utils.translation.template import templatize

    # What is no text comes out as words of X; indents and lone brackets are of no meaning.
    calls = templatize(template)
    return "\n".join(_without_filler(line) for line in calls.splitlines())


def _without_filler(line: str) -> str:
    return re.sub(r"\b[XS]+\b", "", line).strip()


def _read(
    places: tuple[int | tuple[int, str], ...] | None, values: tuple[str | None, ...]
) -> Text | None:
    context = None
    strings = []
    for place in places or (1,):
        number = place[0] if isinstance(place, tuple) else place
        value = values[number - 1] if number <= len(values) else None
        if value is None:
            return None
        if isinstance(place, tuple):
            context = value
        else:
            strings.append(value)
    return Text(strings[0], strings[1] if len(strings) > 1 else None, context)


def read_catalogue(language: str) -> Catalog:
    """Return the catalogue of a language as it is on disk."""
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def po_path(language: str) -> Path:
    """Return where the translations of a language are edited."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def merged(old: Catalog, texts: dict[Text, list[str]]) -> Catalog:
    """Return a catalogue of exactly these texts with the translations there are."""
    new = Catalog(
        locale=old.locale,
        header_comment=HEADER,
        project="perennial",
        charset="utf-8",
        fuzzy=False,
    )
    for text in sorted(texts, key=lambda one: (one.one.casefold(), one.one, one.context or "")):
        kept = old.get(text.id, text.context)
        new.add(text.id, _kept(kept, text, new.num_plurals), context=text.context)
    return new


def _kept(message: Message | None, text: Text, forms: int) -> str | tuple[str, ...]:
    strings = () if message is None or message.fuzzy else strings_of(message)
    if text.many is None:
        return strings[0] if strings else ""
    return (*strings, *[""] * forms)[:forms]


def missing(catalogue: Catalog) -> list[Message]:
    """Return the entries that lack a translation or one of their plural forms."""
    return [one for one in catalogue if one.id and not all(strings_of(one))]


def strings_of(message: Message) -> tuple[str, ...]:
    """Return the translations of an entry: one, or one for each plural form."""
    string = message.string
    return (string,) if isinstance(string, str) else tuple(string or ())


def as_po(catalogue: Catalog) -> bytes:
    """Return the text of a catalogue, without dates and places, so that only texts change it."""
    file = io.BytesIO()
    write_po(file, catalogue, width=100, no_location=True, omit_header=True, ignore_obsolete=True)
    header = "\n".join(
        [
            HEADER,
            'msgid ""',
            'msgstr ""',
            r'"Project-Id-Version: perennial\n"',
            rf'"Language: {catalogue.locale}\n"',
            r'"MIME-Version: 1.0\n"',
            r'"Content-Type: text/plain; charset=utf-8\n"',
            r'"Content-Transfer-Encoding: 8bit\n"',
            rf'"Plural-Forms: {catalogue.plural_forms}\n"',
        ]
    )
    return header.encode() + b"\n\n" + file.getvalue().strip() + b"\n"


def as_mo(po: bytes) -> bytes:
    """Return the compiled form of a catalogue's text."""
    catalogue = read_po(io.BytesIO(po), abort_invalid=True)
    catalogue.creation_date = catalogue.revision_date = NO_DATE  # only texts change the file
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> int:
    """Bring all catalogues up to date; return 1 when a translation is missing."""
    texts = collect()
    lacking = 0
    for language in LANGUAGES:
        catalogue = merged(read_catalogue(language), texts)
        path = po_path(language)
        po = as_po(catalogue)
        path.write_bytes(po)
        path.with_suffix(".mo").write_bytes(as_mo(po))
        gaps = missing(catalogue)
        lacking += len(gaps)
        for gap in gaps:
            shown = gap.id if isinstance(gap.id, str) else gap.id[0]
            sys.stdout.write(f"{language}: not translated: {shown!r}\n")
        sys.stdout.write(f"{language}: {len(catalogue)} texts, {len(gaps)} not translated\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
