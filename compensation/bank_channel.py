"""The HTTP channel to the bank: each file is sent once, and what is not certain is unknown.

`POST BANK_URL/payments` with the file's identification as `Idempotency-Key`; `GET
BANK_URL/payments/<identification>/status` answers with a status report. Only what surely never
reached the bank is tried again (by the outbox, under the same key). See docs/payouts.md.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from representatives import outbox

ACCEPTED = range(200, 300)
# The bank has read the file and wants none of it.
REFUSED = frozenset({400, 413, 415, 422})
# By the meaning of HTTP these say that nothing was looked at.
NOT_PROCESSED = frozenset({401, 403, 404, 405, 408, 429, *range(300, 400)})
LARGEST_ANSWER = 20 * 1024 * 1024


class Word(StrEnum):
    """What is certain after a file was posted."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BankWord:
    """What the bank said to a file, in a few words for staff."""

    word: Word
    detail: str


def post_file(*, key: str, data: bytes) -> BankWord:
    """Send a file; a lost connection or a fault of the bank is `unknown`, never repeated here.

    :raises representatives.outbox.NotDeliveredError: if the file surely was not looked at.
    """
    connection, path = _connected()
    try:
        connection.request(
            "POST",
            f"{path}/payments",
            body=data,
            headers={
                **_headers(),
                "Content-Type": "application/xml; charset=utf-8",
                "Idempotency-Key": key,
            },
        )
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as fault:
        return BankWord(Word.UNKNOWN, f"no answer: {type(fault).__name__}")
    finally:
        connection.close()
    if status in NOT_PROCESSED:
        raise outbox.NotDeliveredError(f"the bank answered {status} and looked at nothing")
    if status in ACCEPTED:
        return BankWord(Word.ACCEPTED, f"the bank answered {status}")
    word = Word.REFUSED if status in REFUSED else Word.UNKNOWN
    return BankWord(word, f"the bank answered {status}")


def get_status(*, key: str) -> bytes | None:
    """Return the bank's status report of a file, or None if it has none (yet).

    :raises representatives.outbox.NotDeliveredError: if the bank can't be asked.
    """
    connection, path = _connected()
    try:
        connection.request(
            "GET", f"{path}/payments/{quote(key, safe='')}/status", headers=_headers()
        )
        answer = connection.getresponse()
        data = answer.read(LARGEST_ANSWER + 1)
    except (OSError, http.client.HTTPException) as fault:
        raise outbox.NotDeliveredError(f"the bank can't be asked: {type(fault).__name__}") from None
    finally:
        connection.close()
    if answer.status == http.HTTPStatus.NOT_FOUND:
        return None
    if answer.status != http.HTTPStatus.OK:
        raise outbox.NotDeliveredError(f"the bank answered {answer.status}")
    return data


def _connected() -> tuple[http.client.HTTPConnection, str]:
    """Return a connection that stands, and the path below which the bank listens."""
    address = urlsplit(settings.BANK_URL)
    kinds: dict[str, Any] = {
        "http": http.client.HTTPConnection,
        "https": http.client.HTTPSConnection,
    }
    if address.scheme not in kinds or not address.hostname:
        raise outbox.NotDeliveredError("BANK_URL is not set to an address")
    connection = kinds[address.scheme](
        address.hostname, address.port, timeout=settings.BANK_TIMEOUT_SECONDS
    )
    try:
        connection.connect()
    except OSError as fault:
        raise outbox.NotDeliveredError(f"the bank is not there: {type(fault).__name__}") from None
    return connection, address.path.rstrip("/")


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.BANK_TOKEN}"} if settings.BANK_TOKEN else {}
