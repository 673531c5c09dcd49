"""Locks on whole subjects, held until the end of the transaction."""

from enum import IntEnum

from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

from representatives.errors import TreeBusy, TreeLockError


class AdvisoryLock(IntEnum):
    """Keys of `pg_advisory_xact_lock`; the trigger on sponsors uses TREE too."""

    TREE = 5_093_001
    LEDGER = 5_093_002  # taken by the trigger that seals postings
    OUTBOX = 5_093_003
    PAPERS = 5_093_007  # what statements say is frozen by one publication at a time
    FORECASTS = 5_093_009  # who reads purchases under it writes forecasts of the newest


# Set with the lock and undone with it, by the end of the transaction as by a rollback to a
# savepoint: what tells `insert_node` that the lock is held, at no cost.
TREE_LOCK_SETTING = "perennial.tree_lock"


def acquire_tree_lock(*, using: str = "default") -> None:
    """Wait for the one lock on tree writes and hold it until the transaction ends.

    It comes first in the transaction, before any row lock; whatever was read before it is stale
    and must be read again. Taking it twice is free.

    :raises TreeLockError: if called outside a transaction.
    :raises TreeBusy: if another writer holds it longer than the role's lock time-out.
    """
    connection = connections[using]
    if not connection.in_atomic_block:
        raise TreeLockError("Tree writes need a transaction: take the lock inside atomic().")
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s), set_config(%s, 'on', true)",
                [AdvisoryLock.TREE, TREE_LOCK_SETTING],
            )
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise TreeBusy(
                "The referral tree is being changed by somebody else. Try again in a minute."
            ) from error
        raise
