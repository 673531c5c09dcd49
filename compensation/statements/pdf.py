"""Write a statement as PDF: the same statement in the same language is the same bytes for ever.

Nothing of the file hangs on the moment or the machine: the date is that of the posting, the
identifier comes from the statement's number, the fonts are embedded whole and numbered in one
order, and no compression is used whose output another library would write otherwise.
"""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from fpdf import FPDF
from fpdf.output import OutputProducer, PDFContentStream
from fpdf.syntax import Name

from compensation.statements.content import Statement
from compensation.statements.ink import (
    FONTS,
    REGULAR,
    STRONG,
    Area,
    Page,
    Picture,
    Rule,
    Text,
    face,
)
from compensation.statements.layout import lay_out
from compensation.statements.wording import words_of

CORNER = 2.5
LONGEST_RUN = 128


def as_pdf(statement: Statement, language: str) -> bytes:
    """Return the statement as a PDF file in a language of the papers."""
    words = words_of(language)
    paper = _Paper(f"{statement.number} {words.language} {statement.edition}")
    paper.set_title(f"{words.say('statement')} {statement.number}")
    paper.set_author(statement.company)
    paper.set_subject(words.month(statement.first_day))
    paper.set_lang(words.language)
    paper.set_creation_date(
        datetime.strptime(statement.posted_at, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    )
    for page in lay_out(statement, words):
        paper.draw(page)
    return bytes(paper.output(output_producer_class=_Producer))


class _Paper(FPDF):
    """A4 with the two weights of the font, all of their characters in ascending order."""

    def __init__(self, identity: str) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.identity = identity
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.set_compression(False)
        self.set_producer("Perennial")
        self.set_creator("Perennial")
        for weight in (REGULAR, STRONG):
            self.add_font(weight, fname=FONTS / f"inter-{weight}.ttf")
            for code in sorted(face(weight).advances):
                self.fonts[weight].subset.pick(code)  # type: ignore[union-attr]

    def file_id(self) -> str:
        """Return an identifier that the number alone decides."""
        found = hashlib.sha256(self.identity.encode()).hexdigest()[:32].upper()
        return f"<{found}><{found}>"

    def draw(self, page: Page) -> None:
        """Add a page with its marks."""
        self.add_page()
        for mark in page.marks:
            if isinstance(mark, Text):
                self.set_font(mark.weight, size=mark.size / 10)
                self.set_text_color(*mark.colour)
                self.text(_mm(mark.x), _mm(mark.y), mark.text)
            elif isinstance(mark, Rule):
                self.set_draw_color(*mark.colour)
                self.set_line_width(mark.width / 100)
                self.line(_mm(mark.x), _mm(mark.y), _mm(mark.end), _mm(mark.y))
            elif isinstance(mark, Picture):
                self.image(
                    BytesIO(mark.data),
                    x=_mm(mark.x),
                    y=_mm(mark.y),
                    w=_mm(mark.width),
                    h=_mm(mark.height),
                )
            else:
                self._fill(mark)

    def _fill(self, area: Area) -> None:
        self.set_fill_color(*area.colour)
        self.rect(
            x=_mm(area.x),
            y=_mm(area.y),
            w=_mm(area.width),
            h=_mm(area.height),
            style="F",
            round_corners=True,
            corner_radius=CORNER,
        )


def _mm(length: Any) -> float:
    """Return a length as the library takes it, cut to thousandths of a millimetre."""
    return round(length * 1000) / 1000


class _Producer(OutputProducer):
    """Writes the streams that the library would deflate in run lengths, which have one form."""

    def _add_pdf_obj(self, pdf_obj: Any, trace_label: str | None = None) -> Any:
        filtered = getattr(pdf_obj, "filter", None)
        # A picture of JPEG is what was stored, byte for byte.
        if isinstance(pdf_obj, PDFContentStream) and filtered not in (None, "DCTDecode"):
            raw = zlib.decompress(pdf_obj._contents)
            pdf_obj._contents = run_lengths(raw)
            pdf_obj.length = len(pdf_obj._contents)
            pdf_obj.filter = Name("RunLengthDecode")
        return super()._add_pdf_obj(pdf_obj, trace_label)


def run_lengths(data: bytes) -> bytes:
    """Return data as PDF's RunLengthDecode reads it: runs of equal bytes, else as they are."""
    found = bytearray()
    at, start = 0, 0
    while at < len(data):
        end = at + 1
        while end < len(data) and end - at < LONGEST_RUN and data[end] == data[at]:
            end += 1
        if end - at >= 3:
            found += _literals(data[start:at])
            found += bytes((257 - (end - at), data[at]))
            start = end
        at = end
    found += _literals(data[start:])
    found.append(128)
    return bytes(found)


def _literals(data: bytes) -> bytes:
    found = bytearray()
    for at in range(0, len(data), LONGEST_RUN):
        piece = data[at : at + LONGEST_RUN]
        found.append(len(piece) - 1)
        found += piece
    return bytes(found)
