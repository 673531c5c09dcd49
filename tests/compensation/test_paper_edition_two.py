"""Edition 2 of the papers: the company's logo as of the posting, and a line on tax."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from django.utils.translation import gettext
from PIL import Image

from compensation.statements import EDITION, content
from compensation.statements.ink import Picture
from compensation.statements.layout import lay_out
from compensation.statements.pdf import as_pdf
from compensation.statements.reading import find_frame, read_statement
from compensation.statements.sheet import as_csv
from compensation.statements.wording import words_of
from representatives import company_logo
from representatives.clock import company_now
from representatives.models import Company
from tests.compensation.bank_town import build_bank_town
from tests.compensation.statements import whole_statement
from tests.compensation.test_paper_forms import rows_of, texts_of
from tests.compensation.town import Town

# A JPEG of one grey pixel, written once.
PIXEL = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b"
    "0b0c1912130f141d1a1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e3334"
    "32ffc0000b080001000101011100ffc4001f0000010501010101010100000000000000000102030405060708"
    "090a0bffc400b5100002010303020403050504040000017d0102030004110512213141061351610722711432"
    "8191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a43444546474849"
    "4a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3"
    "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9ea"
    "f1f2f3f4f5f6f7f8f9faffda0008010100003f002bffd9"
)


def second(**changes: object) -> content.Statement:
    """The statement with everything in it, as edition 2 writes it."""
    logo = content.Logo(PIXEL, 1, 1)
    return replace(whole_statement(), edition=2, logo=logo, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("language", "text"), [("en", "Tax: none"), ("pl", "Podatek: do")])
def test_edition_two_has_a_line_on_tax(language: str, text: str) -> None:
    assert text in " ".join(texts_of(second(), language))
    assert text not in " ".join(texts_of(whole_statement(), language))
    [row] = [one for one in rows_of(as_csv(second(), language)) if one["section"] == "tax"]
    assert row["text"].startswith(text)
    assert not [
        one for one in rows_of(as_csv(whole_statement(), language)) if one["section"] == "tax"
    ]


def test_page_and_paper_say_the_same_of_tax() -> None:
    text = "Tax: none is added to commission and none is withheld. You tax your income yourself."

    for language in ("en", "pl"):
        with translation.override(language):
            assert words_of(language).tax() == gettext(text)


def test_the_logo_stands_before_the_name_and_is_taken_as_it_is() -> None:
    pages = lay_out(second(), words_of("en"))
    [picture] = [mark for page in pages for mark in page.marks if isinstance(mark, Picture)]

    assert (picture.width, picture.height) == (9, 9)
    assert PIXEL in as_pdf(second(), "en")
    wide = replace(second(), logo=content.Logo(PIXEL, 800, 100))
    pages = lay_out(wide, words_of("en"))
    [picture] = [mark for page in pages for mark in page.marks if isinstance(mark, Picture)]
    assert (picture.width, picture.height) == (40, 5)


DIGESTS = {
    ("pdf", "en"): "fa50103899ae8595746d26c997be4287cb2f9fa5ec6fdd29f233ef19efc0dec7",
    ("pdf", "pl"): "a3529979b8919f607aae04736c2fd34f6a2cc90986bab62b9261012af3a14c76",
    ("csv", "en"): "bfb676cf47f9b1faa434d7cf23d290410a81e224f92a45fe98b9150205f6506a",
    ("csv", "pl"): "408af421706aada6c3141c4eadfb2b1d536bdba71c5d94be75c47bcbb37b4b5e",
}


@pytest.mark.parametrize(("form", "language"), DIGESTS)
def test_a_paper_of_edition_two_is_the_same_bytes_for_ever(form: str, language: str) -> None:
    written = {"pdf": as_pdf, "csv": as_csv}[form](second(), language)

    assert hashlib.sha256(written).hexdigest() == DIGESTS[form, language]


def picture(colour: str) -> SimpleUploadedFile:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (60, 30), colour).save(out, "PNG")
    return SimpleUploadedFile("logo.png", out.getvalue())


def paper_of(town: Town, label: str) -> content.Statement:
    frame = find_frame(label)
    assert frame is not None
    assert frame.edition == EDITION
    found = read_statement(frame, town.members["A"])
    assert found is not None
    return found


def test_papers_keep_the_logo_that_the_company_had(transactional_db: None) -> None:
    town = build_bank_town()
    town.set_clock("2017-01-20T10:00")
    first = company_logo.set_logo(file=picture("green"), by=town.closer, now=company_now())
    town.close("2017-01")
    held = paper_of(town, "2017-01").logo
    assert held is not None
    assert held.data == bytes(first.print_content)
    before = as_pdf(paper_of(town, "2017-01"), "en")

    frozen_at = find_frame("2017-01").frozen_at  # type: ignore[union-attr]
    company_logo.set_logo(file=picture("red"), by=town.closer, now=frozen_at)
    company_logo.set_logo(file=None, by=town.closer, now=frozen_at + timedelta(days=1))

    assert paper_of(town, "2017-01").logo == held
    assert as_pdf(paper_of(town, "2017-01"), "en") == before
    assert company_logo.current(Company.objects.get()) is None
