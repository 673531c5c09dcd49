"""Effects outside the database: written with the change that wants them, carried out once.

`enqueue` writes a row in the caller's transaction: an effect happens if and only if what asked
for it was committed. `drain` hands the rows over, one at a time. A drainer that dies between
handing over and committing hands over again, with the same key, by which the receiver recognises
the repeat (`Message-ID` of an e-mail, `Idempotency-Key` of a bank). See docs/outbox.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerError

from representatives.errors import UnableTo
from representatives.locks import AdvisoryLock
from representatives.models_outbox import KEY_LENGTH, TOPIC_LENGTH, OutboxEvent

logger = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
ALERT_AFTER = 10  # attempts: about an hour and a half
GIVE_UP_AFTER = 80  # attempts: about three days
DRAINED_AT_ONCE = 200
SLOW_SECONDS = 20.0  # of one drain, after which nothing slow is begun any more
UNFINISHED = "begun and not ended: still at work, or its drainer died"
MAIL = "mail"


class EventKeyUsedOtherwise(UnableTo):
    """A key names another effect already; nothing is written."""


class NotDeliveredError(Exception):
    """Raised by a handler whose receiver refused; the text is shown to staff.

    Nothing secret and no address belongs into it.
    """


class RefusedForGoodError(NotDeliveredError):
    """Raised by a handler whose receiver will never accept: given up without another attempt."""


class Handler(Protocol):
    """Carries out one effect; may be called again with the same key after a crash."""

    def __call__(self, *, key: str, payload: dict[str, Any]) -> None:
        """Hand over, or raise."""


class Source(Protocol):
    """Writes effects that are due, before a drain looks for them."""

    def __call__(self, *, now: datetime) -> int:
        """Write events, each with the mark that it is written; return how many."""


_Registered = TypeVar("_Registered", bound=Handler)
_Source = TypeVar("_Source", bound=Source)
_handlers: dict[str, Handler] = {}
_sources: list[Source] = []
_slow: set[str] = set()
_bulk: set[str] = set()  # of those that are slow


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drainer did; `busy` if another one is at work.

    `cut_short`: what may take long was stopped, so that the next drain sees what is new meanwhile.
    """

    sent: int = 0
    failed: int = 0
    busy: bool = False
    cut_short: bool = False


def handler(
    topic: str, *, slow: bool = False, bulk: bool = False
) -> Callable[[_Registered], _Registered]:
    """Return a decorator that makes a function carry out the events of a topic.

    A topic that is `slow`, because its receiver may think for many seconds, waits for all others
    that are due: nobody's password reset stands behind a bank's files. One that is `bulk`, because
    its events may come by the thousand, is slow and waits for these too.

    Called while the event's row is locked, in its transaction: what the handler writes to the
    database is committed together with the mark that the event is sent, or not at all if it
    raises. It must end in less than the 60 seconds that the role's transactions may idle.
    """

    def register(function: _Registered) -> _Registered:
        assert _handlers.get(topic, function) is function, f"two handlers of {topic}"
        _handlers[topic] = function
        (_slow.add if slow or bulk else _slow.discard)(topic)
        (_bulk.add if bulk else _bulk.discard)(topic)
        return function

    return register


def source(function: _Source) -> _Source:
    """Let each drain call a function first, which writes events that wait elsewhere for room."""
    if function not in _sources:
        _sources.append(function)
    return function


def enqueue(
    *, topic: str, key: str, payload: dict[str, Any], not_before: datetime | None = None
) -> bool:
    """Write an effect that is carried out once the caller's transaction is committed.

    `key` names the effect for ever: the same key with the same topic and payload changes nothing
    and returns False. `not_before` is an instant of real time. The payload is JSON without
    floats, and holds nothing that alone opens a door.

    :raises EventKeyUsedOtherwise: if the key names another effect.
    :raises RuntimeError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An effect is written with what asks for it: inside atomic().")
    text, digest = _checked(topic, key, payload)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO representatives_outboxevent"
            " (topic, key, payload, payload_digest, not_before, attempts, last_error)"
            " VALUES (%s, %s, %s::jsonb, %s, coalesce(%s, now()), 0, '')"
            " ON CONFLICT (key) DO NOTHING",
            [topic, key, text, digest, not_before],
        )
        written = cursor.rowcount == 1
    if written:
        hint_on_commit()
    elif OutboxEvent.objects.get(key=key).payload_digest != digest:
        raise EventKeyUsedOtherwise(f"The key {key} names another effect already.")
    return written


def enqueue_many(
    *, topic: str, events: Mapping[str, dict[str, Any]], not_before: datetime | None = None
) -> set[str]:
    """Write effects by key and payload with one statement; return the keys that are new.

    A key that is known is left as it is, whatever it names: the caller's marks keep them apart.

    :raises RuntimeError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An effect is written with what asks for it: inside atomic().")
    rows = [(key, *_checked(topic, key, payload)) for key, payload in events.items()]
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO representatives_outboxevent"
            " (topic, key, payload, payload_digest, not_before, attempts, last_error)"
            " SELECT %s, key, payload::jsonb, digest, coalesce(%s, now()), 0, '' FROM unnest("
            " %s::text[], %s::text[], %s::text[]) AS one (key, payload, digest)"
            " ON CONFLICT (key) DO NOTHING RETURNING key",
            [topic, not_before, *(list(column) for column in zip(*rows, strict=True))],
        )
        written = {key for (key,) in cursor.fetchall()}
    if written:
        hint_on_commit()
    return written


def send_mail(*, key: str, to: str, subject: str, text: str) -> bool:
    """Write an e-mail in plain text that goes out once the transaction is committed.

    :raises EventKeyUsedOtherwise: if the key names another effect.
    :raises RuntimeError: outside a transaction.
    """
    payload = {"to": to, "subject": " ".join(subject.split()), "text": text}
    return enqueue(topic=MAIL, key=key, payload=payload)


def drain(*, now: datetime, limit: int = DRAINED_AT_ONCE) -> Drained:
    """Carry out what is due at `now`, an instant of real time; at most `limit` events.

    One drainer at a time: a second one returns at once. Each event has two transactions. The
    first counts the attempt and puts the next one off, so that an event that kills its drainer
    neither comes back at once nor keeps the others waiting. The second carries it out and marks
    it.

    Slow topics come last, and none is begun once they took SLOW_SECONDS: what was written after
    `now` is not due in this drain, and must not wait for all of them.
    """
    for write in _sources:
        write(now=now)
    sent = failed = 0
    slow_seconds = 0.0
    for _ in range(limit):
        may_be_slow = slow_seconds < SLOW_SECONDS
        claimed = _claim(now, may_be_slow=may_be_slow)
        if isinstance(claimed, bool):
            return Drained(sent, failed, busy=claimed, cut_short=not (claimed or may_be_slow))
        began = time.monotonic()
        delivered = _deliver(claimed, now)
        if claimed.topic in _slow:
            slow_seconds += time.monotonic() - began
        if delivered is None:
            return Drained(sent, failed, busy=True)
        sent += delivered
        failed += not delivered
    return Drained(sent, failed)


def count_waiting(*, topics: Collection[str] = (), is_fresh: bool = False) -> int:
    """Return how many events are neither sent nor given up, due or not; of some topics or all.

    `is_fresh`: only those that were never tried.
    """
    waiting = OutboxEvent.objects.filter(sent_at__isnull=True, failed_at__isnull=True)
    if is_fresh:
        waiting = waiting.filter(attempts=0)
    return (waiting.filter(topic__in=topics) if topics else waiting).count()


def retry(*, event: OutboxEvent, now: datetime) -> OutboxEvent:
    """Let an event that was given up, or waits for its next attempt, be tried again at once.

    :raises UnableTo: if it was sent.
    """
    with transaction.atomic():
        locked = OutboxEvent.objects.select_for_update().get(pk=event.pk)
        if locked.sent_at is not None:
            raise UnableTo("This was sent already.")
        locked.failed_at = None
        # It stays a repetition: a receiver may have had it before, which a bank's refusal must not
        # be taken for the first word on.
        locked.attempts = min(locked.attempts, 1)
        locked.not_before = now
        locked.save(update_fields=["failed_at", "attempts", "not_before"])
        hint_on_commit()
    return locked


def hint() -> None:
    """Tell a worker that something waits; without a broker beat finds it in a few seconds."""
    from representatives.tasks import drain_outbox_task  # which calls this module

    try:
        drain_outbox_task.delay()
    except BrokerError:
        logger.warning("outbox: no broker to tell; beat will look")


def hint_on_commit() -> None:
    """Tell a worker, once this is committed, that something waits; once for a row of events."""
    pending = connection.run_on_commit
    if not (pending and pending[-1][1] is hint):
        transaction.on_commit(hint, robust=True)


def _checked(topic: str, key: str, payload: dict[str, Any]) -> tuple[str, str]:
    """Return a payload as text, and the digest that tells it from another one under its key."""
    assert 0 < len(topic) <= TOPIC_LENGTH, topic
    assert 0 < len(key) <= KEY_LENGTH, key
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text, hashlib.sha256(f"{topic}\0{text}".encode()).hexdigest()


def _claim(now: datetime, *, may_be_slow: bool = True) -> OutboxEvent | bool:
    """Count an attempt at the next event that is due and return it.

    False if none is due, True if another drainer is at work.
    """
    with transaction.atomic(durable=True):
        if not _only_drainer():
            return True
        event = _next_due(now, may_be_slow)
        while event is not None and event.attempts >= GIVE_UP_AFTER:
            _give_up(event, now)  # the last attempt ended with its drainer
            event = _next_due(now, may_be_slow)
        if event is None:
            return False
        if event.attempts == ALERT_AFTER:
            _alert(event, now)
        event.attempts += 1
        event.not_before = now + _wait(event.attempts)
        event.last_error = UNFINISHED
        event.save(update_fields=["attempts", "not_before", "last_error"])
    return event


def _next_due(now: datetime, may_be_slow: bool) -> OutboxEvent | None:
    """Return the event that waited longest: of quick topics, then perhaps slow ones, then bulk."""
    waiting = OutboxEvent.objects.filter(
        sent_at__isnull=True, failed_at__isnull=True, not_before__lte=now
    )
    waiting = waiting.order_by("not_before", "id").select_for_update(skip_locked=True)
    event = waiting.exclude(topic__in=_slow).first()
    for topics in (_slow - _bulk, _bulk) if may_be_slow else ():
        event = event or waiting.filter(topic__in=topics).first()
    return event


def _deliver(claimed: OutboxEvent, now: datetime) -> bool | None:
    """Carry out a claimed event; False if that failed, None if another drainer came between."""
    with transaction.atomic(durable=True):
        event = OutboxEvent.objects.select_for_update(skip_locked=True).filter(pk=claimed.pk)
        found = event.filter(attempts=claimed.attempts, sent_at__isnull=True).first()
        if found is None:
            return None
        if not _only_drainer():
            found.attempts -= 1
            found.not_before, found.last_error = now, ""
            found.save(update_fields=["attempts", "not_before", "last_error"])
            return None
        try:
            with transaction.atomic():
                _handle(found)
        except Exception as error:
            _note_failure(found, error, now)
            return False
        found.sent_at = now
        found.payload = {}
        found.last_error = ""
        found.save(update_fields=["sent_at", "payload", "last_error"])
    return True


def _handle(event: OutboxEvent) -> None:
    carry_out = _handlers.get(event.topic)
    if carry_out is None:
        raise NotDeliveredError(f"nothing here carries out {event.topic}")
    carry_out(key=event.key, payload=event.payload)


def _note_failure(event: OutboxEvent, error: Exception, now: datetime) -> None:
    """Keep what went wrong, without the words of a stranger's error: they may hold an address."""
    event.last_error = (str(error) if isinstance(error, NotDeliveredError) else _name(error))[:500]
    event.save(update_fields=["last_error"])
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.warning(
        "event %s, attempt %s: %s\n%s", event.key, event.attempts, event.last_error, frames
    )
    if event.attempts >= GIVE_UP_AFTER or isinstance(error, RefusedForGoodError):
        _give_up(event, now)
    elif event.attempts == ALERT_AFTER:
        _alert(event, now)


def _give_up(event: OutboxEvent, now: datetime) -> None:
    event.failed_at = now
    event.save(update_fields=["failed_at"])
    _alert(event, now)


def _alert(event: OutboxEvent, now: datetime) -> None:
    from representatives import alerts  # which sends by this module

    if event.key.startswith(alerts.KEY_PREFIX):
        return  # an alert about alerts that can't be sent would never end
    alerts.raise_alert(
        code="outbox",
        key=f"outbox:{event.topic}:{now.date().isoformat()}",
        text=(
            f"Deliveries of “{event.topic}” fail: {event.key} was tried {event.attempts} times,"
            f" the last time with: {event.last_error}"
        ),
        now=now,
    )


def _name(error: Exception) -> str:
    """Return the kind of an error, with the number that a mail server or the system gave it."""
    number = getattr(error, "smtp_code", None) or getattr(error, "errno", None)
    return type(error).__name__ + (f" {number}" if number else "")


def _wait(attempts: int) -> timedelta:
    """Return how long after an attempt the next one waits: twice as long each time."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)


def _only_drainer() -> bool:
    """Take the drainers' lock until the end of the transaction; False if another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [AdvisoryLock.OUTBOX])
        return bool(cursor.fetchone()[0])
