"""Lay a statement out on pages of A4: what stands where, in millimetres."""

from __future__ import annotations

from fractions import Fraction

from compensation.statements.canvas import BASE_END, LEFT, RATE_END, RIGHT, Canvas
from compensation.statements.content import Addressee, Correction, Group, Line, Statement
from compensation.statements.ink import (
    FIG,
    INK,
    INK_2,
    INK_3,
    LEAF,
    OLIVE,
    REGULAR,
    SAGE,
    STRONG,
    Area,
    Colour,
    Page,
    Picture,
    drawable,
    fitted,
    width_of,
    wrapped,
)
from compensation.statements.wording import Words
from representatives import formatting

NAME_END = Fraction(108)
INDENT = Fraction(4)
LOGO_WIDTH, LOGO_HEIGHT = Fraction(40), Fraction(9)
MOST_CORRECTIONS = 200
"""Corrections told one by one; the sum of all others is one row, and the CSV has each."""
MOST_MOVEMENTS = 40


def lay_out(statement: Statement, words: Words) -> list[Page]:
    """Return the pages of a statement."""
    paper = _Layout(statement, words)
    paper.head()
    paper.sums()
    paper.money()
    paper.points()
    paper.balance()
    paper.how_to_read()
    paper.foot()
    return paper.pages


class _Layout(Canvas):
    """The parts of the paper, from the top."""

    # -- The head ----------------------------------------------------------------------------

    def head(self) -> None:
        """Company, month, whom it is for, and what the paper is."""
        statement, words = self.statement, self.words
        self.rule(end=LEFT + 12, width=110, colour=OLIVE, y=Fraction(15))
        begins = self._logo()
        most = Fraction(130) + LEFT - begins
        self.text(begins, statement.company, 120, weight=STRONG, most=most)
        self.text(RIGHT, words.say("statement"), 120, colour=INK_3, end=True)
        month = words.month(statement.first_day)
        self.text(LEFT, month[:1].upper() + month[1:], 240, weight=STRONG, y=Fraction(40))
        self._addressee(statement.addressee)
        self._facts(Fraction(52))
        self.y = Fraction(80)

    def _logo(self) -> Fraction:
        """Put the company's logo before its name; return where the name begins."""
        logo = self.statement.logo
        if logo is None:
            return LEFT
        height = LOGO_HEIGHT
        width = height * logo.width / logo.height
        if width > LOGO_WIDTH:
            width, height = LOGO_WIDTH, LOGO_WIDTH * logo.height / logo.width
        top = self.y - Fraction(3, 2) - height / 2
        self.pages[-1].marks.append(Picture(LEFT, top, width, height, logo.data))
        return LEFT + width + 3

    def _addressee(self, addressee: Addressee) -> None:
        """The block of the name: all that the paper says of the person, in a room of its own."""
        width = NAME_END - LEFT
        label = f"{self.words.say('for')} {addressee.label}, {addressee.code}"
        self.text(LEFT, label, 80, colour=INK_3, y=Fraction(52), most=width)
        name = drawable(addressee.name or self.words.say("erased"))
        size = 120 if addressee.name else 90
        while len(lines := wrapped(name, STRONG, size, width)) > 2 and size > 60:
            size -= 5
        for number, line in enumerate(lines[:3]):
            colour, y = INK if addressee.name else INK_3, Fraction(59) + number * 5
            self.text(LEFT, line, size, weight=STRONG, colour=colour, y=y)

    def _facts(self, y: Fraction) -> None:
        statement, words = self.statement, self.words
        plan = statement.plan
        version = f"{plan.name}, {words.say('plan_from', day=words.day(plan.effective_from))}"
        rows = (
            ("number", statement.number),
            ("period", words.span(statement.first_day, statement.last_day)),
            ("posted", words.day(statement.posted_on)),
            ("plan", plan.title),
            ("plan_version", f"{version}, {plan.digest[:12]}"),
        )
        label, value = Fraction(114), Fraction(141)
        for key, text in rows:
            self.text(label, words.say(key), 80, colour=INK_3, y=y)
            for line in wrapped(drawable(text), REGULAR, 80, RIGHT - value)[:3]:
                self.text(value, line, 80, y=y)
                y += Fraction(39, 10)
            y += Fraction(9, 10)

    def sums(self) -> None:
        """The sums first, and how the person stood."""
        statement, words = self.statement, self.words
        self.pages[-1].marks.append(
            Area(LEFT, self.y, RIGHT - LEFT, Fraction(27), SAGE),
        )
        money = self.currency_amount(statement.earned)
        columns = (
            (LEFT + 6, "earned", money, 260, INK),
            (LEFT + 84, "credited", self.figure(statement.credited, "RSP"), 150, LEAF),
            (
                LEFT + 128,
                "closing_hero",
                self.currency_amount(statement.balance.closing_money),
                150,
                INK,
            ),
        )
        month = words.month(statement.first_day)
        for x, key, shown, size, colour in columns:
            self.text(x, words.say(key, month=month), 85, colour=INK_2, y=self.y + 8)
            while width_of(drawable(shown), STRONG, size) > (74 if key == "earned" else 38):
                size -= 5
            self.text(x, shown, size, weight=STRONG, colour=colour, y=self.y + 19)
        self.y += 34
        self._standing()
        self.y += 19

    def _standing(self) -> None:
        """Rank, title, activity and volumes in one row."""
        statement, words = self.statement, self.words
        facts = (
            ("rank", statement.rank, INK),
            ("title", statement.title, INK),
            ("activity", words.say("active" if statement.active else "inactive"), INK),
            ("personal_bv", self.figure(statement.personal_bv), FIG),
            ("group_bv", self.figure(statement.group_bv), FIG),
        )
        for number, (key, shown, colour) in enumerate(facts):
            x = LEFT + number * 34
            self.text(x, words.say(key), 80, colour=INK_3, most=Fraction(32))
            y, most = self.y + 5, Fraction(32)
            self.text(x, shown, 95, weight=STRONG, colour=colour, y=y, most=most)

    # -- The lines ---------------------------------------------------------------------------

    def heading(self, text: str) -> None:
        """The title of a part of the paper."""
        self.text(LEFT, text, 130, weight=STRONG)
        self.y += 7

    def money(self) -> None:
        """Commission and bonuses by group, corrections, and the sum of the month."""
        statement, words = self.statement, self.words
        self.need(45)
        self.heading(words.say("commission"))
        self.columns(words.say("line"))
        for group in statement.money:
            self.group(group)
        self.corrections(is_money=True)
        if not statement.money:
            self.text(LEFT, words.say("none_money"), 95)
            self.y += 6
        label = words.say("earned", month=words.month(statement.first_day))
        self.total(label, statement.earned, is_money=True)
        if statement.says_tax:
            self.y -= 9
            self.paragraph(LEFT, words.tax(), 80, RATE_END)
            self.y += 14

    def points(self) -> None:
        """The points by group, corrections, and their sum."""
        statement, words = self.statement, self.words
        self.need(45)
        self.heading(words.say("points"))
        self.columns(words.say("line"))
        for group in statement.points:
            self.group(group)
        self.corrections(is_money=False)
        if not statement.points:
            self.text(LEFT, words.say("none_points"), 95)
            self.y += 6
        label = words.say("points_sum", month=words.month(statement.first_day))
        self.total(label, statement.credited, is_money=False)

    def group(self, group: Group) -> None:
        """The lines of one source; more than one add up below."""
        words, line_head = self.words, self.words.say("line")
        self.need(20, line_head)
        is_money = group.lines[0].is_money
        name = words.source_name(group.source)
        if len(group.lines) == 1:
            self.line(group.lines[0], x=LEFT, weight=STRONG)
        else:
            self.text(LEFT, name, 95, weight=STRONG, most=RATE_END - LEFT)
        self.y += Fraction(9, 2)
        self.paragraph(LEFT, words.rule(group.source), 80, BASE_END)
        self.y += 6
        if len(group.lines) > 1:
            for line in group.lines:
                self.need(8, line_head)
                self.line(line, x=LEFT + INDENT)
                self.y += 6
            self.subtotal(words.say("together", name=name), group.amount, is_money=is_money)
        else:
            self.y += 1

    def line(self, line: Line, *, x: Fraction, weight: str = REGULAR) -> None:
        """One line: name, who is behind it, base, rate and amount."""
        words = self.words
        name = fitted(drawable(words.line_name(line)), weight, 95, BASE_END - 24 - x)
        self.text(x, name, 95, weight=weight)
        behind, begins = words.behind(line), x + width_of(name, weight, 95) + 3
        if behind and begins + width_of(drawable(behind), REGULAR, 80) < BASE_END - 22:
            self.text(begins, behind, 80, colour=INK_3)
        self.text(BASE_END, self._base(line), 90, colour=_unit_colour(line), end=True)
        self.text(RATE_END, self._rate(line), 90, colour=INK_2, end=True)
        amount = self.amount(line.amount, is_money=line.is_money)
        self.text(RIGHT, amount, 95, weight=weight, end=True)

    def _base(self, line: Line) -> str:
        if line.base_unit == "net":
            return self.currency_amount(line.base)
        if line.base_unit in ("orders", "times"):
            return formatting.whole(line.base, self.words.language)
        return self.figure(line.base, line.base_unit)

    def _rate(self, line: Line) -> str:
        if line.base_unit in ("orders", "times"):
            return f"× {self.currency_amount(line.rate[0] // line.rate[1])}"
        return formatting.percent(Fraction(*line.rate), self.words.language)

    def subtotal(self, label: str, amount: int, *, is_money: bool) -> None:
        """The sum of a group, below a short line."""
        self.need(8)
        self.rule(RATE_END, RIGHT, y=self.y - 4, colour=INK_3, width=15)
        self.text(LEFT + INDENT, label, 90, colour=INK_2, most=RATE_END - LEFT - 2 * INDENT)
        shown = self.amount(amount, is_money=is_money)
        self.text(RIGHT, shown, 95, weight=STRONG, end=True)
        self.y += 9

    def total(self, label: str, amount: int, *, is_money: bool) -> None:
        """The sum of the month, below a long line."""
        self.need(10)
        self.rule(y=self.y - 4, colour=INK, width=35)
        self.y += 2
        self.text(LEFT, label, 110, weight=STRONG)
        unit = "" if is_money else "\u00a0RSP"
        shown = self.amount(amount, is_money=is_money) + unit
        self.text(RIGHT, shown, 120, weight=STRONG, colour=INK if is_money else LEAF, end=True)
        self.y += 16

    def corrections(self, *, is_money: bool) -> None:
        """Returns and adjustments of the month, each with its date and reason."""
        words = self.words
        found = [one for one in self.statement.corrections if one.is_money == is_money]
        if not found:
            return
        self.need(20, words.say("line"))
        self.text(LEFT, words.say("corrections"), 95, weight=STRONG)
        self.y += Fraction(13, 2)
        for one in found[:MOST_CORRECTIONS]:
            self._correction(one)
        left_out = found[MOST_CORRECTIONS:]
        if left_out:
            self.need(8, words.say("line"))
            self.text(LEFT + INDENT, words.say("more_corrections", count=len(left_out)), 95)
            rest = sum(one.amount for one in left_out)
            self.text(RIGHT, self.amount(rest, is_money=is_money), 95, end=True)
            self.y += 6
        amount = sum(one.amount for one in found)
        self.subtotal(words.say("corrections_sum"), amount, is_money=is_money)

    def _correction(self, one: Correction) -> None:
        what, note = self.words.correction(one)
        lines = wrapped(drawable(note), REGULAR, 80, RATE_END - LEFT - INDENT)
        self.need(5 + 4 * len(lines), self.words.say("line"))
        self.text(LEFT + INDENT, what, 95, most=RATE_END - LEFT - 2 * INDENT)
        self.text(RIGHT, self.amount(one.amount, is_money=one.is_money), 95, end=True)
        for line in lines:
            self.y += 4
            self.text(LEFT + INDENT, line, 80, colour=INK_3)
        self.y += 6

    # -- The end -----------------------------------------------------------------------------

    def balance(self) -> None:
        """What was there, what came and went, and what is there."""
        statement, words = self.statement, self.words
        shown = statement.movements[:MOST_MOVEMENTS]
        rest = statement.movements[MOST_MOVEMENTS:]
        self.need(min(60 + 6 * len(shown), 200))
        self.heading(words.say("balance"))
        self.text(RATE_END, statement.currency, 80, colour=INK_3, end=True)
        self.text(RIGHT, "RSP", 80, colour=INK_3, end=True)
        self.rule(y=self.y + 2)
        self.y += 7
        balance = statement.balance
        money = statement.earned - statement.corrected(is_money=True)
        points = statement.credited - statement.corrected(is_money=False)
        rows = [
            (words.say("opening"), balance.opening_money, balance.opening_points),
            (words.say("of_lines"), money, 0),
            (words.say("of_point_lines"), 0, points),
            (
                words.say("corrections"),
                statement.corrected(is_money=True),
                statement.corrected(is_money=False),
            ),
            *((words.movement(one), one.money, one.points) for one in shown),
        ]
        if rest:
            sums = sum(one.money for one in rest), sum(one.points for one in rest)
            rows.append((words.more_movements(len(rest)), *sums))
        for number, (label, *amounts) in enumerate(rows):
            if number and not any(amounts):
                continue
            self.need(8)
            self._balance_row(label, amounts[0], amounts[1], shows_nought=number == 0)
            self.y += 6
        self.need(8)
        self.rule(y=self.y - 4, colour=INK, width=35)
        self.y += 2
        closing = balance.closing_money, balance.closing_points
        self._balance_row(words.say("closing"), *closing, shows_nought=True, weight=STRONG)
        self.y += 16

    def _balance_row(
        self, label: str, money: int, points: int, *, shows_nought: bool, weight: str = REGULAR
    ) -> None:
        self.text(LEFT, label, 95, weight=weight)
        if money or shows_nought:
            self.text(RATE_END, self.currency_amount(money), 95, weight=weight, end=True)
        if points or shows_nought:
            self.text(RIGHT, self.figure(points), 95, weight=weight, colour=LEAF, end=True)

    def how_to_read(self) -> None:
        """How to read the paper, in a few sentences."""
        self.need(40)
        self.text(LEFT, self.words.say("how"), 95, weight=STRONG)
        self.y += Fraction(11, 2)
        for text in self.words.how_to_read():
            self.paragraph(LEFT, text, 85, RATE_END, colour=INK_2)
            self.y += Fraction(11, 2)


def _unit_colour(line: Line) -> Colour:
    return {"BV": FIG, "RSP": LEAF}.get(line.base_unit, INK_2)
