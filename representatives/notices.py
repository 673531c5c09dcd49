"""Notices: what people are told, written with the event itself, read in the portal and by e-mail.

One statement writes the notices of an event, whether it concerns one person or a million. Who is
e-mailed is decided by the receivers' choices in that statement; the e-mails go into the outbox a
few thousand at a time, each under its notice's key, so that each is sent once. See docs/notices.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from representatives import outbox
from representatives.models import Company, Notice, User
from representatives.models_notices import EVENT_LENGTH
from representatives.notice_kinds import ALWAYS, NoticeKind

TOPIC, URGENT_TOPIC, DIGEST_TOPIC = "notice", "notice-at-once", "digest"
MOST_WAITING = 5_000
"""E-mails on notices, and digests, that wait for their first attempt in the outbox at a time."""
DIGEST_AT = time(7)
"""From when on a day's digest is sent, in the company's time zone."""
MOST_COUNTED = 99

_WRITE = """
INSERT INTO representatives_notice
       (user_id, kind, event, facts, happened_at, mail, mailed_at)
SELECT u.id, %(notice_kind)s, told.event, told.facts, %(notice_now)s,
       CASE WHEN NOT u.is_active THEN ''
            WHEN %(notice_always)s THEN 'at_once'
            WHEN u.email_notices = 'never' OR %(notice_kind)s = ANY (u.muted_notices) THEN ''
            ELSE u.email_notices END,
       CASE WHEN u.is_active AND %(notice_always)s THEN now() END
FROM ({receivers}) AS told (user_id, event, facts)
JOIN representatives_user u ON u.id = told.user_id
ORDER BY u.id
ON CONFLICT (user_id, event) DO NOTHING
"""

_RETURNING = "RETURNING id, mailed_at IS NOT NULL"

_SOME = """
    SELECT r.user_id, %(event)s::text, %(facts)s::jsonb FROM representatives_representative r
    WHERE r.id = ANY (%(representatives)s) AND r.user_id IS NOT NULL
"""

# Those who have waited longest, whatever their number, and all that waits for them. OFFSET 0 keeps
# the question after a digest of the day at each row, so that the index is read no further than
# the limit; rows of one instant come in no order, as sorting them would read them all.
_OLDEST = """
SELECT n.user_id FROM representatives_notice n
WHERE n.mail = 'daily' AND n.mailed_at IS NULL AND n.happened_at < %(until)s
AND NOT EXISTS (
    SELECT FROM representatives_outboxevent o
    WHERE o.key = 'digest:' || n.user_id || ':' || %(day)s OFFSET 0
)
ORDER BY n.happened_at LIMIT %(most)s
"""

_COLLECT = """
SELECT n.user_id, array_agg(n.id ORDER BY n.id) FROM representatives_notice n
WHERE n.user_id = ANY (%(users)s::bigint[])
AND n.mail = 'daily' AND n.mailed_at IS NULL AND n.happened_at < %(until)s
GROUP BY n.user_id ORDER BY min(n.happened_at), n.user_id
"""


def notify(
    *,
    kind: NoticeKind,
    event: str,
    representatives: Iterable[int],
    facts: Mapping[str, Any],
    now: datetime,
) -> int:
    """Tell some representatives (by id) of an event, each once; return how many were told.

    Call it in the transaction of the event. Who has no log-in is not told. `event` names what
    happened for ever, `facts` are plain figures, codes and texts that people wrote themselves.

    :raises RuntimeError: outside a transaction.
    """
    assert 0 < len(event) <= EVENT_LENGTH, event
    return notify_selected(
        kind=kind,
        receivers=_SOME,
        parameters={
            "event": event,
            "facts": json.dumps(dict(facts), allow_nan=False),
            "representatives": list(representatives),
        },
        now=now,
    )


def notify_selected(
    *, kind: NoticeKind, receivers: str, parameters: Mapping[str, Any], now: datetime
) -> int:
    """Tell whomever a query selects, as rows of (user id, event, facts); return how many.

    As `notify`, by one statement whatever their number. What guards an account goes into the
    outbox here already, under a topic that waits for no crowd.

    :raises RuntimeError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A notice is written with what it tells of: inside atomic().")
    is_always = kind in ALWAYS
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE.format(receivers=receivers) + (_RETURNING if is_always else ""),
            {
                **parameters,
                "notice_kind": kind.value,
                "notice_now": now,
                "notice_always": is_always,
            },
        )
        told: int = cursor.rowcount
        urgent = (
            [number for (number, is_mailed) in cursor.fetchall() if is_mailed] if is_always else []
        )
    outbox.enqueue_many(topic=URGENT_TOPIC, events=_events(urgent))
    if told:
        outbox.hint_on_commit()
    return told


# -- Reading -------------------------------------------------------------------------------------


def list_notices(user: User, *, is_unread: bool = False) -> QuerySet[Notice]:
    """Return a user's notices, the newest first."""
    found = Notice.objects.filter(user_id=user.pk)
    if is_unread:
        found = found.filter(read_at__isnull=True)
    return found.order_by("-id")


def count_unread(user: User) -> int:
    """Return how many notices a user has not read; more than MOST_COUNTED are MOST_COUNTED + 1."""
    return Notice.objects.filter(user_id=user.pk, read_at__isnull=True)[: MOST_COUNTED + 1].count()


def mark_read(*, user: User, notice_id: int, now: datetime) -> bool:
    """Note that a user has read a notice; False if it is not his. Read again changes nothing."""
    own = Notice.objects.filter(user_id=user.pk, pk=notice_id)
    return bool(own.filter(read_at__isnull=True).update(read_at=now)) or own.exists()


def mark_all_read(*, user: User, up_to: int, now: datetime) -> int:
    """Note that a user has read everything up to a notice he was shown; return how many."""
    unread = Notice.objects.filter(user_id=user.pk, read_at__isnull=True, pk__lte=up_to)
    return unread.update(read_at=now)


# -- E-mails -------------------------------------------------------------------------------------


@outbox.source
def queue_mails(*, now: datetime) -> int:
    """Write e-mails that notices ask for at once into the outbox; `now` is real time.

    At most MOST_WAITING wait there, so that a closed month of a million people neither fills the
    outbox nor lengthens the close; the next drain writes the next ones.
    """
    with transaction.atomic():
        wanted = Notice.objects.filter(mail="at_once", mailed_at__isnull=True)
        if not wanted.exists():
            return 0
        room = _room(TOPIC)
        rows = wanted.order_by("id").select_for_update(skip_locked=True)[:room]
        numbers = list(rows.values_list("id", flat=True))
        outbox.enqueue_many(topic=TOPIC, events=_events(numbers), not_before=now)
        Notice.objects.filter(pk__in=numbers).update(mailed_at=now)
    return len(numbers)


def queue_digests(*, now: datetime) -> int:
    """Write the digests of a day into the outbox, one for each user who has something to read.

    By real time `now`; the day is that of the company's clock and zone, and begins at DIGEST_AT:
    what comes later waits for the next one. Safe to repeat and to run twice at once.
    """
    company = Company.objects.get(pk=Company.ONLY_ID)
    local = company.now(real_time=now).astimezone(company.zone)
    due = local.replace(hour=DIGEST_AT.hour, minute=0, second=0, microsecond=0)
    if local < due:
        due -= timedelta(days=1)
    day = due.date().isoformat()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OLDEST, {"until": due, "day": day, "most": _room(DIGEST_TOPIC)})
        users = list(dict.fromkeys(user for (user,) in cursor.fetchall()))
        cursor.execute(_COLLECT, {"until": due, "users": users})
        found: dict[int, list[int]] = dict(cursor.fetchall())
        if not found:
            return 0
        written = outbox.enqueue_many(
            topic=DIGEST_TOPIC,
            events={
                f"digest:{user}:{day}": {"user": user, "notices": numbers}
                for user, numbers in found.items()
            },
            not_before=now,
        )
        done = [
            number
            for user, numbers in found.items()
            if f"digest:{user}:{day}" in written
            for number in numbers
        ]
        Notice.objects.filter(pk__in=done).update(mailed_at=now)
    return len(written)


def _events(numbers: Iterable[int]) -> dict[str, dict[str, Any]]:
    return {f"notice:{one}": {"notice": one} for one in numbers}


def _room(topic: str) -> int:
    """Return for how many more there is room: what is tried again takes none from the others."""
    return max(0, MOST_WAITING - outbox.count_waiting(topics=(topic,), is_fresh=True))
