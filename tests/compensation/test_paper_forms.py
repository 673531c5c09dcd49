"""The forms of a statement on paper, from plain data: no database, no clock."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation
from fontTools.ttLib import TTFont

from compensation.engine.plan import parse_plan
from compensation.selectors_pages import plans
from compensation.statements import content
from compensation.statements.fonts import make_fonts
from compensation.statements.ink import FONTS, Text, drawable, width_of, wrapped
from compensation.statements.layout import MOST_CORRECTIONS, lay_out
from compensation.statements.pdf import as_pdf, run_lengths
from compensation.statements.reading import _source
from compensation.statements.sheet import as_csv
from compensation.statements.wording import Words, words_of
from representatives.spreadsheets import guarded
from tests.compensation.statements import line, whole_statement
from tests.engine import catalogue

# What was printed once is printed so for ever. If a new version of a library writes other bytes,
# keep the old one for edition 1, or write it so that these digests hold.
DIGESTS = {
    ("pdf", "en"): "06853cbd128bedd5f4d7cae062881dade756b6e8a499347ee4343d01fbcaad5b",
    ("pdf", "pl"): "3d107c5aeaf4ae6277fdf8d5cf42c066e872367a4a2da3523b76f2094fed2b43",
    ("csv", "en"): "63246f9f12064ef5d86bb59c2bfcbe736a72b01a2f468b60d9f08500cb275197",
    ("csv", "pl"): "59413d7cbbd888de572adc4efe0811717c92a163f4f04a84deeea9dec103daa9",
}
FORMS = {"pdf": as_pdf, "csv": as_csv}
OBJECT = re.compile(rb"(?m)^(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)


def rows_of(written: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def objects_of(pdf: bytes) -> dict[bytes, bytes]:
    return dict(OBJECT.findall(pdf))


def decoded(data: bytes) -> bytes:
    """Read PDF's run lengths, as a viewer does."""
    found, at = bytearray(), 0
    while data[at] != 128:
        if data[at] < 128:
            found += data[at + 1 : at + 2 + data[at]]
            at += 2 + data[at]
        else:
            found += data[at + 1 : at + 2] * (257 - data[at])
            at += 2
    return bytes(found)


def texts_of(statement: content.Statement, language: str = "en") -> list[str]:
    pages = lay_out(statement, words_of(language))
    return [mark.text for page in pages for mark in page.marks if isinstance(mark, Text)]


@pytest.mark.parametrize(("form", "language"), DIGESTS)
def test_a_paper_of_this_edition_is_the_same_bytes_for_ever(form: str, language: str) -> None:
    written = FORMS[form](whole_statement(), language)

    assert hashlib.sha256(written).hexdigest() == DIGESTS[form, language]


def test_the_sum_comes_first_and_everything_is_said() -> None:
    texts = texts_of(whole_statement())
    said = " ".join(texts)

    assert texts.index("€161.25") < texts.index("Commission and bonuses")
    for text in (
        "2017-03-4K7QX2M9ZTB0C",
        "Łucja Żółkiewska",
        "1–31 March 2017",
        "4 April 2017",
        "RSP on four levels",
        "3f2a91bc77d0",
        "Commission, together",
        "Rank reward for Silver",
        "× €40.00",
        "−€2.50",
        "Return of order 10388",
        "sold 11 February 2017, taken back 9 March 2017",
        REASON_BEGINS,
        "Payout, 15 March 2017",
        "Points turned into BV, 19 March 2017",
        "€210.40",
        "How to read this statement",
        "Page 1 of 2",
        "Page 2 of 2",
    ):
        assert text in said, text


REASON_BEGINS = "The order 10442 was entered under another seller"


def test_a_paper_speaks_one_language() -> None:
    english, polish = texts_of(whole_statement(), "en"), texts_of(whole_statement(), "pl")

    assert "Zestawienie" in polish
    assert "Kwota" in polish
    assert "161,25\u00a0€" in polish
    assert texts_of(whole_statement(), "de") == english
    assert not {"Amount", "Balance", "Statement number"} & set(polish)


def test_the_csv_adds_up_as_the_paper_does() -> None:
    statement = whole_statement()
    rows = rows_of(as_csv(statement, "en"))

    def total(unit: str, *sections: str) -> Decimal:
        return sum(
            (Decimal(row["amount"]) for row in rows
             if row["unit"] == unit and row["section"] in sections),
            Decimal(0),
        )  # fmt: skip

    corrections = ("return", "adjustment")
    moved = ("reserve", "conversion")
    assert total("EUR", "commission", *corrections) == total("EUR", "total") == Decimal("161.25")
    assert total("RSP", "points", *corrections) == total("RSP", "total")
    for unit in ("EUR", "RSP"):
        before, after = total(unit, "opening"), total(unit, "closing")
        assert before + total(unit, "total", *moved) == after
    assert Decimal(rows[-2]["amount"]) * 100 == statement.balance.closing_money


def test_the_csv_is_read_by_excel_and_by_the_standard() -> None:
    written = as_csv(whole_statement(), "pl")

    assert written.startswith(b"\xef\xbb\xbfstatement,section,text")
    assert written.count(b"\r\n") == written.count(b"\n")
    assert len({len(row) for row in csv.reader(io.StringIO(written.decode("utf-8-sig")))}) == 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\0x", "＝1"]
)
def test_texts_that_begin_like_formulas_are_escaped(text: str) -> None:
    statement = whole_statement()
    odd = replace(
        statement,
        company=text,
        rank=text,
        addressee=replace(statement.addressee, name=text),
        plan=replace(statement.plan, title=text),
        corrections=(
            content.Correction("reversal", True, -125, date(2017, 3, 9), text),
            content.Correction("adjustment", True, 1, date(2017, 3, 9), reason=text),
        ),
    )

    assert guarded(text) == f"'{text}"
    for row in rows_of(as_csv(odd, "en")):
        for name, cell in row.items():
            if name in ("base", "rate", "amount"):
                assert re.fullmatch(r"|-?\d+(\.\d+)?%?|\d+/\d+", cell), cell
            else:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0")), name


def test_only_the_block_of_the_name_differs_after_an_erasure() -> None:
    statement = whole_statement()
    erased = replace(statement, addressee=replace(statement.addressee, name=""))
    before, after = as_pdf(statement, "en"), as_pdf(erased, "en")
    was, is_now = objects_of(before), objects_of(after)

    differing = [key for key in was if was[key] != is_now[key]]
    assert was.keys() == is_now.keys()
    assert len(differing) == 1, "the first page's content alone"
    lines = [part[differing[0]].split(b"stream\n", 1)[1].split(b"\n") for part in (was, is_now)]
    assert len(lines[0]) == len(lines[1])
    other = [n for n, pair in enumerate(zip(*lines, strict=True)) if pair[0] != pair[1]]
    assert 1 <= len(other) <= 4, "the name's font, colour and text"
    assert "Łucja" not in " ".join(texts_of(erased))
    csv_before, csv_after = (as_csv(one, "en").split(b"\r\n") for one in (statement, erased))
    assert [n for n, row in enumerate(csv_before) if row != csv_after[n]] == [1]


def test_a_pdf_is_sound_and_carries_its_fonts() -> None:
    pdf = as_pdf(whole_statement(), "pl")
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    entries = re.findall(rb"(?m)^(\d{10}) \d{5} n", pdf[start:])

    assert pdf[start:].startswith(b"xref")
    for number, offset in enumerate(entries, start=1):
        assert pdf[int(offset) :].startswith(b"%d 0 obj" % number)
    assert b"FlateDecode" not in pdf
    assert b"/CreationDate (D:20170404101500Z" in pdf
    fonts = re.findall(rb"/Length1 \d+\n?.*?stream\n(.*?)\nendstream", pdf, re.DOTALL)
    assert len(fonts) == 2
    for stream in fonts:
        font = TTFont(io.BytesIO(decoded(stream)))
        assert len(font["glyf"].glyphs) > 200


@pytest.mark.parametrize(
    "data", [b"", b"a", b"aaa", b"ab" * 200, b"\0" * 1000, b"abc" + b"\0" * 129 + b"xx", bytes(300)]
)
def test_run_lengths_are_read_back(data: bytes) -> None:
    assert decoded(run_lengths(data)) == data


def test_hundreds_of_lines_are_written_in_less_than_a_second() -> None:
    long = whole_statement(levels=400)
    many = replace(long, corrections=long.corrections[:1] * 400)
    as_pdf(long, "en")  # fonts are read once per process

    taken = []
    for _ in range(3):
        began = time.process_time()
        pdf, sheet = as_pdf(many, "en"), as_csv(many, "en")
        taken.append(time.process_time() - began)

    assert min(taken) < 1
    assert pdf.count(b"/Type /Page\n") > 10
    assert len(rows_of(sheet)) > 800


def test_what_is_not_told_one_by_one_is_in_the_sum() -> None:
    one = content.Correction("reversal", True, -125, date(2017, 3, 9), "10388", date(2017, 2, 11))
    many = replace(whole_statement(), corrections=(one,) * (MOST_CORRECTIONS + 3))
    texts = texts_of(many)

    assert texts.count("Return of order 10388") == MOST_CORRECTIONS
    assert "3 further corrections; each is in the CSV file" in texts
    assert "−€3.75" in texts
    sections = [row["section"] for row in rows_of(as_csv(many, "en"))]
    assert sections.count("return") == MOST_CORRECTIONS + 3


def test_nothing_stands_outside_the_page_or_below_its_foot() -> None:
    odd = replace(
        whole_statement(levels=60),
        company="W" * 150,
        rank="W" * 60,
        addressee=content.Addressee("W" * 60, "W" * 150, "W" * 32),
        number="2017-03-" + "W" * 32,
        plan=content.Plan("W" * 100, "W" * 200, date(2017, 1, 1), "f" * 64),
        corrections=(
            content.Correction("adjustment", True, 10**14, date(2017, 3, 9), reason="W" * 500),
        ),
    )
    for language in ("en", "pl"):
        for page in lay_out(odd, words_of(language)):
            for mark in page.marks:
                if isinstance(mark, Text):
                    assert mark.x >= 19, mark.text
                    assert mark.x + width_of(mark.text, mark.weight, mark.size) <= 191, mark.text
                    assert mark.y <= 287, mark.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Łucja Żółć", "Łucja Żółć"),
        ("Dvořák Đoković", "Dvorák Doković"),
        ("Иван", "????"),
        ("a\tb\nc", "a b c"),
        ("e\u0301 \u200bx", "é x"),
    ],
)
def test_texts_are_drawn_in_letters_that_the_fonts_have(text: str, shown: str) -> None:
    assert drawable(text) == shown


def test_long_words_are_broken() -> None:
    lines = wrapped("a " + "W" * 300, "regular", 90, 40)  # type: ignore[arg-type]

    assert len(lines) > 3
    assert all(width_of(one, "regular", 90) <= 40 for one in lines)


def test_the_fonts_are_what_the_command_makes(tmp_path: Path) -> None:
    for name, weight in make_fonts.WEIGHTS.items():
        make_fonts.make(name, weight, folder=tmp_path)
        made = (tmp_path / f"inter-{name}.ttf").read_bytes()
        assert made == (FONTS / f"inter-{name}.ttf").read_bytes()
    assert "SIL OPEN FONT LICENSE" in (FONTS / "LICENSE").read_text()


@pytest.mark.parametrize("language", ["en", "pl"])
def test_lines_are_named_as_on_the_pages(language: str) -> None:
    named = set()
    documents = [
        *(catalogue.company(component).plan for component in catalogue.COMPONENTS.values()),
        *(
            catalogue.company(catalogue.COMPONENTS["percent-none"], caps=[cap]).plan
            for cap in catalogue.CAPS.values()
        ),
    ]
    for document in documents:
        plan = parse_plan(document)
        for index in range(len(plan.components) + len(plan.caps)):
            source = _source(plan, index)
            for level in (0, 1, 2):
                rank = plan.ranks.names[level] if level < len(plan.ranks.names) else ""
                if source.kind == "rank_bonus" and not rank:
                    continue
                shown = line(source, level, 1, rank=rank)
                with translation.override(language):
                    expected = plans.line_name(plan, index, level)
                assert Words(language).line_name(shown) == expected
                assert Words(language).rule(source), source.kind
                named.add(source.kind)

    assert len(named) >= 10, sorted(named)
