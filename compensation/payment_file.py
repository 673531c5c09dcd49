"""Payment files for the bank: pain.001.001.09 by sepaxml, the same bytes however often made.

The library draws its identifications at random and dates a file by the server's clock, so that a
bank could not tell a file that is uploaded twice. Here both come from the batch; see decision
record 0016.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sepaxml import SepaTransfer
from text_unidecode import unidecode

SCHEMA = "pain.001.001.09"
CURRENCY = "EUR"  # the SEPA scheme knows no other
NAME_LIMIT = 70
TEXT_LIMIT = 140
# What the European Payments Council asks every bank to take.
_OUTSIDE = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")
_WRITTEN_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "&": "+", "_": "-"}
)


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account and its holder; the BIC may be empty."""

    name: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Message:
    """What identifies a file at the bank."""

    message_id: str
    created_at: datetime
    execution_date: date
    debtor: Account


@dataclass(frozen=True, slots=True)
class Payment:
    """One transfer; the amount is in cents."""

    end_to_end_id: str
    creditor: Account
    amount_minor: int
    text: str


def bank_text(text: str, limit: int) -> str:
    """Return a text in the letters that every bank of the scheme takes; empty if none is left.

    Umlauts are written out, other letters and scripts transcribed.
    """
    latin = _OUTSIDE.sub(" ", unidecode(text.translate(_WRITTEN_OUT)))
    return " ".join(latin.split()).lstrip("/ ")[:limit].rstrip()


def payment_file(message: Message, payments: Iterable[Payment]) -> bytes:
    """Return the file, validated against the schema.

    :raises sepaxml.validation.ValidationError: if the schema refuses it.
    """
    config = {**_party(message.debtor), "currency": CURRENCY, "batch": True}
    transfer = _Transfer(message, config)
    for payment in payments:
        assert payment.amount_minor > 0, payment.end_to_end_id
        transfer.add_payment(
            {
                **_party(payment.creditor),
                "amount": payment.amount_minor,
                "execution_date": message.execution_date,
                "description": bank_text(payment.text, TEXT_LIMIT),
                "endtoend_id": payment.end_to_end_id,
            }
        )
    found: bytes = transfer.export(validate=True)
    return found


def _party(account: Account) -> dict[str, Any]:
    """Return the library's words for a party; without a BIC the IBAN says which bank it is."""
    named = {"name": bank_text(account.name, NAME_LIMIT), "IBAN": account.iban}
    return {**named, "BIC": account.bic} if account.bic else named


class _Transfer(SepaTransfer):
    """The library's document under identifications and a time that are given."""

    def __init__(self, message: Message, config: dict[str, Any]) -> None:
        self._message = message
        super().__init__(config, schema=SCHEMA, clean=False)

    def _create_header(self) -> None:
        super()._create_header()
        self._xml.find(".//MsgId").text = self._message.message_id
        self._xml.find(".//CreDtTm").text = self._message.created_at.strftime("%Y-%m-%dT%H:%M:%S")

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        for node in self._xml.iter("PmtInfId"):
            node.text = self._message.message_id
