"""Reads of the referral tree and its history."""

# The only name put into SQL here is a constant.
# ruff: noqa: S608

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connections

from representatives.labels import TABLE
from representatives.models import Company, Representative, SponsorChange

# Sponsor and status of everybody at an instant, from dated history: rows of (id, sponsor_id,
# status), those enrolled later included. Parameter: %(at)s, an aware instant.
MEMBERS_AT_SQL = f"""
SELECT r.id,
       CASE WHEN before_s.new_sponsor_id IS NOT NULL THEN before_s.new_sponsor_id
            WHEN after_s.old_sponsor_id IS NOT NULL THEN after_s.old_sponsor_id
            ELSE r.sponsor_id END AS sponsor_id,
       coalesce(before_t.new_status, after_t.old_status, r.status) AS status
  FROM {TABLE} r
  LEFT JOIN (
       SELECT DISTINCT ON (representative_id) representative_id, new_sponsor_id
         FROM representatives_sponsorchange
        WHERE cancelled_at IS NULL AND effective_at <= %(at)s
        ORDER BY representative_id, effective_at DESC, id DESC
       ) before_s ON before_s.representative_id = r.id
  LEFT JOIN (
       SELECT DISTINCT ON (representative_id) representative_id, old_sponsor_id
         FROM representatives_sponsorchange
        WHERE cancelled_at IS NULL AND effective_at > %(at)s
        ORDER BY representative_id, effective_at, id
       ) after_s ON after_s.representative_id = r.id
  LEFT JOIN (
       SELECT DISTINCT ON (representative_id) representative_id, new_status
         FROM representatives_statuschange
        WHERE effective_at <= %(at)s
        ORDER BY representative_id, effective_at DESC, id DESC
       ) before_t ON before_t.representative_id = r.id
  LEFT JOIN (
       SELECT DISTINCT ON (representative_id) representative_id, old_status
         FROM representatives_statuschange
        WHERE effective_at > %(at)s
        ORDER BY representative_id, effective_at, id
       ) after_t ON after_t.representative_id = r.id
"""


def get_company() -> Company:
    """Return the one company."""
    return Company.objects.get(pk=Company.ONLY_ID)


def upline_ids(
    member_id: int, *, decided: Mapping[int, int] | None = None, using: str = "default"
) -> list[int]:
    """Return the ids from a member (included) up to the root, by `sponsor` alone.

    `decided` gives members sponsors other than the present ones. A circle ends where it began.
    """
    decided = decided or {}
    path: dict[int, None] = {}
    current: int | None = member_id
    while current is not None:
        following: int | None = None
        for step in _stored_upline(current, using=using):
            if step in path:
                return list(path)
            path[step] = None
            if step in decided:
                following = decided[step]
                break
        current = following
    return list(path)


def _stored_upline(member_id: int, *, using: str) -> list[int]:
    """Return the ids from a member up to the root as stored: one index look-up a step, in SQL."""
    with connections[using].cursor() as cursor:
        # UNION drops a row met before, so that even a circle ends.
        cursor.execute(
            f"WITH RECURSIVE up AS ("
            f" SELECT id, sponsor_id FROM {TABLE} WHERE id = %s"
            f" UNION SELECT r.id, r.sponsor_id FROM {TABLE} r JOIN up ON r.id = up.sponsor_id"
            f") SELECT id, sponsor_id FROM up",
            [member_id],
        )
        above: dict[int, int | None] = dict(cursor.fetchall())
    path: dict[int, None] = {}
    current: int | None = member_id
    while current is not None and current in above and current not in path:
        path[current] = None
        current = above[current]
    return list(path)


def list_upline(
    representative: Representative, *, include_self: bool = False
) -> list[Representative]:
    """Return the people above, the sponsor first, the root last.

    Unlike `get_ancestors` the work depends on the depth alone, not on the size of the tree.
    """
    ids = upline_ids(representative.pk)
    found = Representative.objects.in_bulk(ids)
    return [found[one] for one in ids if include_self or one != representative.pk]


def nearest_enrolled_upline(representative: Representative) -> Representative | None:
    """Return the first enrolled person above, to whom a terminated member's customers pass."""
    return next(
        (
            one
            for one in list_upline(representative)
            if one.status == Representative.Status.ENROLLED
        ),
        None,
    )


def list_pending_sponsor_changes() -> list[SponsorChange]:
    """Return the sponsor changes decided and not yet applied, by instant."""
    return list(
        SponsorChange.objects.filter(applied_at__isnull=True, cancelled_at__isnull=True)
        .select_related("representative", "new_sponsor")
        .order_by("effective_at", "id")
    )


def members_at(at: datetime, *, using: str = "default") -> Sequence[tuple[int, int | None, str]]:
    """Return (id, sponsor id, status) of everybody as they were at an instant."""
    with connections[using].cursor() as cursor:
        cursor.execute(MEMBERS_AT_SQL, {"at": at})
        rows: list[tuple[int, int | None, str]] = cursor.fetchall()
        return rows
