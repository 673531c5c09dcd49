"""A ledger with four batches, with its guards and without."""

from __future__ import annotations

import pytest

from compensation import verification
from compensation.models import Run
from tests.compensation.chain.postings import (
    Owner,
    post,
)
from tests.compensation.town import Town


@pytest.fixture
def town(january_town: Town) -> Town:
    """The town with January posted."""
    return january_town


@pytest.fixture
def posted(town: Town) -> Run:
    """January closed (batch 1), then three postings (batches 2 to 4)."""
    run = town.posted("2017-01")
    for keys in (("a",), ("b", "c"), ("d",)):
        post(town, *keys)
    assert verification.ledger_faults() == []
    return run


@pytest.fixture
def unguarded(posted: Run, owner_connection: Owner) -> Owner:
    """The owner with the guards switched off, as somebody who covers up would have it."""
    for table in ("journal", "entry", "batch"):
        owner_connection.execute(f"ALTER TABLE compensation_{table} DISABLE TRIGGER USER")
    return owner_connection
