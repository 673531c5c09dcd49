"""Read the bank's answers: payment status reports (pain.002) and CSV. Knows no payout.

Of a report only references, states, reasons and amounts are read, which are alike in all versions
of pain.002.001; the parser refuses entities and document types.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils.translation import gettext as _

LARGEST_FILE = 20 * 1024 * 1024
MOST_LINES = 200_000
REASON_LIMIT = 140
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001."
WORDS = {"settled": "ACSC", "failed": "RJCT", "pending": "PDNG"}
_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2})0*)?")


class UnreadableAnswersError(ValueError):
    """The file is neither a status report nor such a CSV."""


class NoAnswersError(UnreadableAnswersError):
    """The file is one of answers, and there is none in it (yet)."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What the bank says of one payment, or of a whole file where `message_id` is set.

    `number` is the line of a CSV, the place of the transaction in a report. `amount_minor` is
    None where the bank does not repeat it, -1 where it is not an amount.
    """

    number: int
    code: str
    reason: str
    end_to_end_id: str = ""
    message_id: str = ""
    amount_minor: int | None = None


def read_answers(data: bytes) -> list[AnswerLine]:
    """Return the answers of a file, in its order.

    :raises UnreadableAnswersError: if it is too large or no such file; the message says why.
    :raises NoAnswersError: if there is none in it.
    """
    if len(data) > LARGEST_FILE:
        raise UnreadableAnswersError(_("The file is too large."))
    if data.lstrip().startswith(b"<") or data[:4].lstrip(b"\xef\xbb\xbf").startswith(b"<"):
        lines = list(_of_report(data))
    else:
        lines = list(_of_csv(data))
    if not lines:
        raise NoAnswersError(_("The file holds no answer."))
    if len(lines) > MOST_LINES:
        raise UnreadableAnswersError(_("The file holds too many answers."))
    return lines


def _of_csv(data: bytes) -> Iterator[AnswerLine]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UnreadableAnswersError(_("The file is not a text in UTF-8.")) from fault
    if "\0" in text:  # which no text of the database can hold
        raise UnreadableAnswersError(_("The file is no CSV."))
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True
    )
    try:
        names = {(name or "").strip().lower() for name in reader.fieldnames or ()}
        if not {"end_to_end_id", "status"} <= names:
            raise UnreadableAnswersError(
                _("A CSV needs the columns end_to_end_id, status and reason; amount if known.")
            )
        for row in reader:
            cells = {
                (name or "").strip().lower(): value.strip()
                for name, value in row.items()
                if isinstance(value, str)
            }
            if any(cells.values()):
                amount = cells.get("amount", "")
                yield AnswerLine(
                    number=reader.line_num,
                    end_to_end_id=cells.get("end_to_end_id", ""),
                    code=_code(cells.get("status", "")),
                    reason=cells.get("reason", "")[:REASON_LIMIT],
                    amount_minor=_minor(amount) if amount else None,
                )
    except csv.Error as fault:
        raise UnreadableAnswersError(_("The file is no CSV.")) from fault


def _of_report(data: bytes) -> Iterator[AnswerLine]:
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise UnreadableAnswersError(_("The file is no well-formed XML without a DTD.")) from fault
    space, _brace, tag = str(root.tag).lstrip("{").rpartition("}")
    if tag != "Document" or not space.startswith(NAMESPACE):
        raise UnreadableAnswersError(_("The file is no payment status report (pain.002.001)."))
    report = root.find(f"{{{space}}}CstmrPmtStsRpt")
    if report is None:
        raise UnreadableAnswersError(_("The file is no payment status report (pain.002.001)."))
    yield from _of_groups(_Node(report, space))


class _Node:
    """An element whose children are found by their plain names."""

    def __init__(self, element: Any, space: str) -> None:
        self.element, self.space = element, space

    def all(self, name: str) -> list[_Node]:
        found = self.element.findall(f"{{{self.space}}}{name}")
        return [_Node(one, self.space) for one in found]

    def text(self, path: str) -> str:
        steps = "/".join(f"{{{self.space}}}{name}" for name in path.split("/"))
        return (self.element.findtext(steps) or "").strip()


def _of_groups(report: _Node) -> Iterator[AnswerLine]:
    """A state of a whole file counts where the report lists none of its payments."""
    number = 0
    groups = report.all("OrgnlPmtInfAndSts")
    why = next(filter(None, map(_reason, report.all("OrgnlGrpInfAndSts"))), "")
    for group in groups:
        payments = group.all("TxInfAndSts")
        for payment in payments:
            number += 1
            amount = payment.text("OrgnlTxRef/Amt/InstdAmt")
            yield AnswerLine(
                number=number,
                end_to_end_id=payment.text("OrgnlEndToEndId"),
                code=_code(payment.text("TxSts")),
                reason=_reason(payment) or _reason(group) or why,
                amount_minor=_minor(amount) if amount else None,
            )
        if not payments and (state := group.text("PmtInfSts")):
            number += 1
            yield AnswerLine(
                number=number,
                message_id=group.text("OrgnlPmtInfId"),
                code=_code(state),
                reason=_reason(group) or why,
            )
    for group in () if groups else report.all("OrgnlGrpInfAndSts"):
        if state := group.text("GrpSts"):
            number += 1
            yield AnswerLine(
                number=number,
                message_id=group.text("OrgnlMsgId"),
                code=_code(state),
                reason=_reason(group),
            )


def _reason(node: _Node) -> str:
    """Return the code of the reason, with the bank's own words after it."""
    words = [
        found
        for one in node.all("StsRsnInf")[:1]
        for found in (one.text("Rsn/Cd") or one.text("Rsn/Prtry"), one.text("AddtlInf"))
        if found
    ]
    return " ".join(" ".join(words).split())[:REASON_LIMIT]


def _code(text: str) -> str:
    return WORDS.get(text.lower(), text.upper())[:REASON_LIMIT]


def _minor(text: str) -> int:
    """Return an amount with up to two decimals in minor units, -1 if it is none."""
    found = _AMOUNT.fullmatch(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
