"""Write a statement as CSV: one row for each line, in figures that any program reads.

RFC 4180 (comma, CRLF, quotes doubled), UTF-8 with a byte order mark, without which Excel takes
Polish letters for others. Amounts are decimal text with a point and a plain minus; points and
volumes have two places. A text that begins like a formula gets an apostrophe in front (ASVS
1.2.10); figures are ours and never do.
"""

from __future__ import annotations

import codecs
import csv
import io
from fractions import Fraction

from compensation.statements.content import Line, Statement
from compensation.statements.wording import Words, words_of
from representatives import formatting
from representatives.spreadsheets import guarded

COLUMNS = (
    *("statement", "section", "text", "source", "level", "people", "orders", "base", "base_unit"),
    *("rate", "amount", "unit", "date", "reference", "note"),
)
POINTS = "RSP"

Row = dict[str, str]


def as_csv(statement: Statement, language: str) -> bytes:
    """Return the statement as a CSV file in a language of the papers."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(statement, words_of(language)):
        writer.writerow({"statement": guarded(statement.number)} | row)
    return codecs.BOM_UTF8 + out.getvalue().encode()


def _rows(statement: Statement, words: Words) -> list[Row]:
    return [
        *_head(statement, words),
        *(_line(line, statement, words) for group in statement.money for line in group.lines),
        *(_line(line, statement, words) for group in statement.points for line in group.lines),
        *_corrections(statement, words),
        *_totals(statement, words),
        *([{"section": "tax", "text": guarded(words.tax())}] if statement.says_tax else []),
        *_balance(statement, words),
    ]


def _head(statement: Statement, words: Words) -> list[Row]:
    """Whom it is for (the one row that says so), and by which plan and when."""
    plan, addressee = statement.plan, statement.addressee
    return [
        {"section": "for", "text": guarded(addressee.name or words.say("erased"))},
        {"section": "company", "text": guarded(statement.company)},
        {
            "section": "plan",
            "text": guarded(plan.title),
            "source": guarded(plan.name),
            "date": plan.effective_from.isoformat(),
            "reference": plan.digest,
        },
        {
            "section": "period",
            "text": guarded(words.span(statement.first_day, statement.last_day)),
            "date": statement.posted_on.isoformat(),
        },
        {"section": "rank", "text": guarded(statement.rank), "note": guarded(statement.title)},
    ]


def _line(line: Line, statement: Statement, words: Words) -> Row:
    currency, unit = statement.currency, line.base_unit
    if unit in ("orders", "times"):
        base, rate = str(line.base), money(line.rate[0] // line.rate[1], currency)
    else:
        base = money(line.base, currency) if unit == "net" else hundredths(line.base)
        rate = formatting.percent(Fraction(*line.rate), "en").replace(formatting.MINUS, "-")
    return {
        "section": "commission" if line.is_money else "points",
        "text": guarded(words.line_name(line)),
        "source": guarded(line.source.id),
        "level": str(line.level),
        "people": str(line.members),
        "orders": str(line.sales),
        "base": base,
        "base_unit": currency if unit == "net" else unit,
        "rate": rate,
        "note": guarded(words.rule(line.source)),
        **_amount(line.amount, currency, is_money=line.is_money),
    }


def _amount(value: int, currency: str, *, is_money: bool) -> Row:
    if is_money:
        return {"amount": money(value, currency), "unit": currency}
    return {"amount": hundredths(value), "unit": POINTS}


def _corrections(statement: Statement, words: Words) -> list[Row]:
    return [
        {
            "section": "return" if one.kind == "reversal" else "adjustment",
            "text": guarded(words.correction(one)[0]),
            "date": one.on.isoformat(),
            "reference": guarded(one.reference),
            "note": guarded(words.correction(one)[1]),
            **_amount(one.amount, statement.currency, is_money=one.is_money),
        }
        for one in statement.corrections
    ]


def _totals(statement: Statement, words: Words) -> list[Row]:
    month = words.month(statement.first_day)
    sums = (
        (words.say("earned", month=month), statement.earned, True),
        (words.say("points_sum", month=month), statement.credited, False),
    )
    return [
        {
            "section": "total",
            "text": guarded(text),
            **_amount(value, statement.currency, is_money=is_money),
        }
        for text, value, is_money in sums
    ]


def _balance(statement: Statement, words: Words) -> list[Row]:
    balance, currency = statement.balance, statement.currency
    moved = [
        {
            "section": one.kind,
            "text": guarded(words.movement(one)),
            "date": one.on.isoformat(),
            **_amount(value, currency, is_money=is_money),
        }
        for one in statement.movements
        for value, is_money in ((one.money, True), (one.points, False))
        if value
    ]
    ends = {
        "opening": (balance.opening_money, balance.opening_points),
        "closing": (balance.closing_money, balance.closing_points),
    }
    told: dict[str, list[Row]] = {
        key: [
            {
                "section": key,
                "text": guarded(words.say(key)),
                **_amount(value, currency, is_money=is_money),
            }
            for value, is_money in zip(values, (True, False), strict=True)
        ]
        for key, values in ends.items()
    }
    return [*told["opening"], *moved, *told["closing"]]


def money(minor: int, currency: str) -> str:
    """Return an amount in minor units as decimal text: -1.25."""
    return _decimal(minor, formatting.MINOR_DIGITS.get(currency, 2))


def hundredths(value: int) -> str:
    """Return points or a volume in hundredths as decimal text: 66.30."""
    return _decimal(value, 2)


def _decimal(value: int, places: int) -> str:
    whole, fraction = divmod(abs(value), 10**places)
    text = f"{whole}.{fraction:0{places}d}" if places else str(whole)
    return f"-{text}" if value < 0 else text
