"""What is sealed with the portal's key: the cookie that remembers a link, the stamp of a form.

Neither holds anything about the person: a link's code and instants of the company's clock. Whoever
changes one of them has nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.core.signing import BadSignature, Signer

from sales.models import Arrival
from sales.models.referrals import TOUCH_DAYS
from sales.referrals.codes import as_code

REMEMBERED_FOR = timedelta(days=TOUCH_DAYS)
FORM_OPEN_FOR = timedelta(days=1)
_AHEAD = timedelta(minutes=5)  # between the clocks of two servers
_LONGEST = 300
_COOKIE, _FORM = "sales.referrals.cookie", "sales.referrals.form"


class Fault(StrEnum):
    """Why a cookie counts for nothing."""

    TAMPERED = "tampered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Touch:
    """A link was followed at an instant."""

    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """A form was shown for a link that was followed at an instant, here or remembered."""

    code: str
    touched_at: datetime
    shown_at: datetime
    via: str


def seal_touch(touch: Touch) -> str:
    """Return the cookie of a link that was followed."""
    return Signer(salt=_COOKIE).sign_object([touch.code, _seconds(touch.at)])


def open_touch(text: str, *, now: datetime) -> Touch | Fault:
    """Return the link that a device remembers, or why it remembers none."""
    facts = _opened(text, _COOKIE)
    if facts is None or len(facts) != 2 or not as_code(str(facts[0])):
        return Fault.TAMPERED
    at = _instant(facts[1])
    if at is None:
        return Fault.TAMPERED
    if at > now + _AHEAD or at < now - REMEMBERED_FOR:
        return Fault.EXPIRED
    return Touch(str(facts[0]), min(at, now))


def seal_stamp(stamp: Stamp) -> str:
    """Return the stamp of a form."""
    return Signer(salt=_FORM).sign_object(
        [stamp.code, _seconds(stamp.touched_at), _seconds(stamp.shown_at), stamp.via]
    )


def open_stamp(text: str, *, code: str, now: datetime) -> Stamp | None:
    """Return the stamp of a form of this link; None if it is another's, changed, or too old."""
    facts = _opened(text, _FORM)
    if facts is None or len(facts) != 4 or facts[0] != code:
        return None
    touched_at, shown_at = _instant(facts[1]), _instant(facts[2])
    if touched_at is None or shown_at is None or facts[3] not in Arrival.Via.values:
        return None
    is_fresh = now - FORM_OPEN_FOR <= shown_at <= now + _AHEAD
    is_touched = now - REMEMBERED_FOR <= touched_at <= now + _AHEAD
    return Stamp(code, touched_at, shown_at, facts[3]) if is_fresh and is_touched else None


def _opened(text: str, salt: str) -> list[Any] | None:
    if len(text) > _LONGEST:
        return None
    try:
        facts = Signer(salt=salt).unsign_object(text)
    except (BadSignature, ValueError):
        return None
    return facts if isinstance(facts, list) else None


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _instant(seconds: Any) -> datetime | None:
    if not isinstance(seconds, int) or not 0 <= seconds < 1 << 33:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)
