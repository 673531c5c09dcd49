"""Pages under way: texts and lines put on them, a new one begun when one is full."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from compensation.statements.content import Statement
from compensation.statements.ink import (
    HAIRLINE,
    INK,
    INK_3,
    REGULAR,
    Colour,
    Page,
    Rule,
    Text,
    drawable,
    fitted,
    width_of,
    wrapped,
)
from compensation.statements.wording import Words
from representatives import formatting

LEFT, RIGHT, TOP, BOTTOM = Fraction(20), Fraction(190), Fraction(30), Fraction(275)
BASE_END, RATE_END = Fraction(137), Fraction(160)
HALF = (RIGHT - LEFT) / 2 - 2


@dataclass(slots=True)
class Canvas:
    """The pages of a statement; ``y`` is the base line of what comes next."""

    statement: Statement
    words: Words
    pages: list[Page] = field(default_factory=lambda: [Page()])
    y: Fraction = Fraction(24)

    def text(
        self,
        x: Fraction,
        text: str,
        size: int = 90,
        *,
        weight: str = REGULAR,
        colour: Colour = INK,
        end: bool = False,
        y: Fraction | None = None,
        most: Fraction | None = None,
    ) -> None:
        """Put a text on the page, beginning or (``end``) ending at ``x``, at ``most`` so wide."""
        room = x - LEFT if end else RIGHT - x
        shown = fitted(drawable(text), weight, size, room if most is None else min(most, room))
        if not shown.strip():
            return
        if end:
            x -= width_of(shown, weight, size)
        at = self.y if y is None else y
        self.pages[-1].marks.append(Text(x, at, shown, weight, size, colour))

    def rule(
        self,
        x: Fraction = LEFT,
        end: Fraction = RIGHT,
        *,
        width: int = 20,
        colour: Colour = HAIRLINE,
        y: Fraction | None = None,
    ) -> None:
        """Put a level line on the page."""
        at = self.y if y is None else y
        self.pages[-1].marks.append(Rule(x, at, end, width, colour))

    def paragraph(
        self, x: Fraction, text: str, size: int, end: Fraction, colour: Colour = INK_3
    ) -> None:
        """Put a text on as many lines as it needs; ``y`` is then that of the last one."""
        leading = Fraction(size, 20) * Fraction(7, 8)
        for number, line in enumerate(wrapped(drawable(text), REGULAR, size, end - x)):
            if number:
                self.y += leading
            self.text(x, line, size, colour=colour)

    def need(self, height: int | Fraction, heading: str = "") -> None:
        """Begin another page if there is no room for so much."""
        if self.y + height <= BOTTOM:
            return
        self.pages.append(Page())
        self.y = Fraction(18)
        self.text(LEFT, self.statement.company, 80, colour=INK_3, most=HALF)
        self.text(RIGHT, self.statement.number, 80, colour=INK_3, end=True, most=HALF)
        self.y += 3
        self.rule()
        self.y = TOP
        if heading:
            self.columns(heading)

    def currency_amount(self, minor: int) -> str:
        """Return an amount of money as people read it."""
        return formatting.money(minor, self.statement.currency, self.words.language)

    def figure(self, hundredths: int, unit: str = "") -> str:
        """Return points or a volume as people read them."""
        shown = formatting.hundredths(hundredths, self.words.language)
        return f"{shown}\u00a0{unit}" if unit else shown

    def amount(self, value: int, *, is_money: bool) -> str:
        """Return money or points."""
        return self.currency_amount(value) if is_money else self.figure(value)

    def columns(self, first: str) -> None:
        """Put the heads of the columns, with a line below."""
        words = self.words
        self.text(LEFT, first, 80, colour=INK_3)
        for x, key in ((BASE_END, "base"), (RATE_END, "rate"), (RIGHT, "amount")):
            self.text(x, words.say(key), 80, colour=INK_3, end=True)
        self.rule(y=self.y + 2)
        self.y += 7

    def foot(self) -> None:
        """The foot of every page, now that their number is known."""
        statement, words = self.statement, self.words
        pages, count = self.pages, len(self.pages)
        for number, page in enumerate(pages, start=1):
            self.pages = [page]
            self.rule(y=Fraction(281))
            y = Fraction(286)
            left = f"{statement.company} · {statement.number}"
            self.text(LEFT, left, 75, colour=INK_3, y=y, most=Fraction(140))
            shown = words.say("page", page=number, pages=count)
            self.text(RIGHT, shown, 75, colour=INK_3, end=True, y=y)
        self.pages = pages
