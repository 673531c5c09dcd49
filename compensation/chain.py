"""Check the chain over postings from outside: recompute it from the rows, compare the anchors.

The texts that are hashed are built here anew and not by the database's own functions, so that a
changed function is found as well. ``docs/ledger.md`` states them. One query for each large batch
and one for many small ones; Python only follows the heads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

# Batches read at once; those of more journals than LARGE are recomputed by a query of their own.
BATCHES_PER_FETCH = 2_000
LARGE = 2_000
MOST_NAMED = 20

_BATCHES = """
    SELECT number, xact::text, first_journal, last_journal, journal_count, entry_count,
           encode(rows_digest, 'hex'), encode(head, 'hex')
    FROM compensation_batch WHERE number > %s ORDER BY number LIMIT %s
"""

# Every column of a journal and of its entries: a text a journal, digested; then the digests.
_RECOMPUTED = """
    SELECT count(*) AS journals, coalesce(sum(one.entries), 0)::bigint AS entries,
           encode(sha256(string_agg(one.digest, ''::bytea ORDER BY one.id)), 'hex') AS digest
    FROM (
        SELECT j.id, count(e.id) AS entries, sha256(convert_to(
            j.id || '|' || j.kind || '|' || j.period_id || '|' || coalesce(j.run_id::text, '')
            || '|' || coalesce(j.representative_id::text, '')
            || '|' || coalesce(j.return_id::text, '') || '|' || coalesce(j.reverses_id::text, '')
            || '|' || (extract(epoch FROM j.effective_at) * 1000000)::bigint
            || '|' || (extract(epoch FROM j.created_at) * 1000000)::bigint
            || '|' || j.xact || '|' || octet_length(j.source_key) || '|' || j.source_key
            || coalesce(string_agg(
                E'\\n' || e.id || '|' || e.account || '|' || coalesce(e.representative_id::text, '')
                || '|' || e.amount || '|' || e.unit, '' ORDER BY e.id
            ), ''), 'UTF8')) AS digest
        FROM compensation_journal j LEFT JOIN compensation_entry e
        ON e.journal_id = j.id AND e.journal_id BETWEEN {first} AND {last}
        WHERE j.id BETWEEN {first} AND {last} AND j.xact = {xact}
        GROUP BY j.id
    ) one
"""
_RECOMPUTED_ONE = _RECOMPUTED.format(first="%(first)s", last="%(last)s", xact="%(xact)s::xid8")
_RECOMPUTED_MANY = """
    SELECT b.number, found.* FROM compensation_batch b CROSS JOIN LATERAL (RECOMPUTED) found
    WHERE b.number = ANY(%s)
""".replace(
    "RECOMPUTED",
    _RECOMPUTED.format(first="b.first_journal", last="b.last_journal", xact="b.xact"),
)

_OUTSIDE = """
    SELECT j.source_key, count(*) OVER () FROM compensation_journal j
    LEFT JOIN compensation_batch b
    ON b.xact = j.xact AND j.id BETWEEN b.first_journal AND b.last_journal
    WHERE b.number IS NULL ORDER BY j.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A stored batch of the chain."""

    number: int
    xact: str
    first_journal: int
    last_journal: int
    journals: int
    entries: int
    rows_digest: str
    head: str

    def head_after(self, before: str) -> str:
        """Return the head that this batch must have after another one."""
        text = f"{before}|{self.number}|{self.journals}|{self.entries}|{self.rows_digest}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Anchor:
    """What was noted outside the database: the head of a batch and how far the ledger went."""

    number: int
    head: str
    journals: int
    last_journal: int
    sealed_at: str


def links() -> Iterator[Link]:
    """Return the stored batches in the order of their numbers."""
    last = 0
    while rows := _fetch(_BATCHES, [last, BATCHES_PER_FETCH]):
        for row in rows:
            yield Link(*row)
        last = rows[-1][0]


def chain_faults(anchors: Sequence[Anchor] = ()) -> Iterator[str]:
    """Return what is wrong with the chain, the first batch at fault first; none is sound.

    With anchors, also where it differs from what was noted outside, and a tail that is cut off.
    """
    anchored = {anchor.number: anchor for anchor in anchors}
    agreed, number, head, journals, waiting = 0, 0, "", 0, list[Link]()
    for link in links():
        for missing in range(number + 1, min(link.number, number + 1 + MOST_NAMED)):
            yield f"batch {missing} of the chain is missing"
        if link.head != link.head_after(head) or link.number != number + 1:
            yield from _changed(waiting)
            waiting = []
            yield f"batch {link.number} of the chain does not follow batch {number}"
        number, head, journals = link.number, link.head, journals + link.journals
        waiting.append(link)
        if len(waiting) == BATCHES_PER_FETCH:
            yield from _changed(waiting)
            waiting = []
        anchor = anchored.pop(number, None)
        if anchor is not None and (anchor.head, anchor.journals, anchor.last_journal) != (
            *(head, journals),
            link.last_journal,
        ):
            yield from _changed(waiting)
            waiting = []
            yield (
                f"batch {number} of the chain is not the one that was anchored on"
                f" {anchor.sealed_at}: of batches {agreed + 1} to {number} one was changed,"
                " removed or reordered"
            )
        elif anchor is not None:
            agreed = number
    yield from _changed(waiting)
    for anchor in sorted(anchored.values(), key=lambda anchor: anchor.number):
        yield (
            f"the chain ends with batch {number} ({journals} journals); the anchor of"
            f" {anchor.sealed_at} names batch {anchor.number} ({anchor.journals} journals, the"
            f" last one {anchor.last_journal}): batches {number + 1} to {anchor.number} are cut off"
        )
    yield from _outside(journals)


def _changed(links: list[Link]) -> Iterator[str]:
    """Recompute batches from the rows; a sentence for each that is not what was sealed."""
    small = [link.number for link in links if link.journals <= LARGE]
    found = {row[0]: row[1:] for row in _fetch(_RECOMPUTED_MANY, [small])} if small else {}
    for link in links:
        if link.journals > LARGE:
            (found[link.number],) = _fetch(
                _RECOMPUTED_ONE,
                {"first": link.first_journal, "last": link.last_journal, "xact": link.xact},
            )
        journals, entries, digest = found[link.number]
        if (journals, entries) != (link.journals, link.entries):
            yield (
                f"batch {link.number} of the chain was sealed with {link.journals} journals and"
                f" {link.entries} entries, now it has {journals} and {entries}"
            )
        elif digest != link.rows_digest:
            yield f"batch {link.number} of the chain: its journals are not what was sealed"


def _outside(sealed: int) -> Iterator[str]:
    """Journals that stand in no batch, or in two."""
    rows = _fetch(_OUTSIDE, [MOST_NAMED])
    for key, _count in rows:
        yield f"journal {key} stands beside the chain, in no batch"
    outside = rows[0][1] if rows else 0
    if outside > MOST_NAMED:
        yield f"{outside - MOST_NAMED} more journals stand in no batch"
    ((journals,),) = _fetch("SELECT count(*) FROM compensation_journal")
    if journals - outside != sealed:
        yield f"the batches hold {sealed} journals, the ledger {journals - outside} of batches"


def _fetch(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
