"""What a page is drawn with: texts, lines and areas at places in millimetres, and text widths."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent / "fonts"
REGULAR, STRONG = "regular", "strong"
POINT = Fraction(254, 720)
"""Millimetres of a typographic point."""
UNKNOWN = "?"
UNDECOMPOSED = {"Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i", "Ŧ": "T", "ŧ": "t"}
"""Letters with a stroke, which Unicode does not take apart."""

INK = (0x23, 0x29, 0x1A)
INK_2 = (0x4D, 0x54, 0x3F)
INK_3 = (0x62, 0x68, 0x50)
OLIVE = (0x46, 0x54, 0x1F)
SAGE = (0xF0, 0xF2, 0xE4)
HAIRLINE = (0xD9, 0xD4, 0xC0)
LEAF = (0x1C, 0x75, 0x48)
"""Points (RSP)."""
FIG = (0x5B, 0x4A, 0x9C)
"""Volumes (BV)."""

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """A text that begins at ``x``, on the base line ``y``; sizes in tenths of a point."""

    x: Fraction
    y: Fraction
    text: str
    weight: str
    size: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class Rule:
    """A level line; ``width`` in hundredths of a millimetre."""

    x: Fraction
    y: Fraction
    end: Fraction
    width: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle with round corners."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction
    colour: Colour


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, taken as it is."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction
    data: bytes


@dataclass(slots=True)
class Page:
    """What stands on one page, in the order in which it is drawn."""

    marks: list[Text | Rule | Area | Picture] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Face:
    """The advances of one weight's characters, in units of its em."""

    em: int
    advances: dict[int, int]


@cache
def face(weight: str) -> Face:
    """Return the advances of a weight, read once per process."""
    font = TTFont(FONTS / f"inter-{weight}.ttf", lazy=True)
    metrics = font["hmtx"].metrics
    advances = {code: metrics[glyph][0] for code, glyph in font.getBestCmap().items()}
    return Face(em=font["head"].unitsPerEm, advances=advances)


def drawable(text: str) -> str:
    """Return a text in characters that the fonts have.

    Accents that they lack are left out, what has no plain letter becomes a question mark; white
    space and what breaks lines becomes one space.
    """
    known = face(REGULAR).advances
    found: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        if ord(char) in known:
            found.append(char)
        elif char.isspace():
            found.append(" ")
        elif unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Cc"):
            continue
        else:
            plain = [one for one in unicodedata.normalize("NFKD", char) if ord(one) in known]
            found.append("".join(plain) or UNDECOMPOSED.get(char, UNKNOWN))
    return "".join(found)


@lru_cache(maxsize=4096)
def width_of(text: str, weight: str, size: int) -> Fraction:
    """Return the width of a drawable text in millimetres; ``size`` in tenths of a point."""
    known = face(weight)
    units = sum(known.advances[ord(char)] for char in text)
    return Fraction(units * size, known.em * 10) * POINT


def fitted(text: str, weight: str, size: int, most: Fraction) -> str:
    """Return a drawable text, cut with an ellipsis if it is wider than so much."""
    if width_of(text, weight, size) <= most:
        return text
    while text and width_of(f"{text}…", weight, size) > most:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrapped(text: str, weight: str, size: int, width: Fraction) -> list[str]:
    """Return a drawable text in lines that fit; words longer than a line are broken."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(longer, weight, size) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for char in word:
            if lines[-1] and width_of(lines[-1] + char, weight, size) > width:
                lines.append("")
            lines[-1] += char
    return lines
