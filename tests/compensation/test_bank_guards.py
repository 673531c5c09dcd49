"""What the database itself refuses about conversions of points."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from compensation import ledger, verification
from compensation.models import Account, JournalKind, Period, PlanVersion, RspConversion
from tests.compensation.bank_town import build_bank_town, convert
from tests.compensation.town import Town, local

NOON = "2017-02-20T12:00"


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose plan has a bank; January is posted."""
    town = build_bank_town()
    town.close("2017-01")
    return town


WRONG = [
    ({"points": 0}, "rspconversion_takes_points"),
    ({"asked": 4999}, "rspconversion_takes_points"),
    ({"token": ""}, "rspconversion_takes_points"),
    ({"cash_minor": 0}, "rspconversion_brings_what_it_says"),
    ({"bv": 100}, "rspconversion_brings_what_it_says"),
    ({"target": "gold"}, "rspconversion_brings_what_it_says"),
    ({}, "compensation_rspconversion_journal_id_key"),
]


def test_the_database_refuses(town: Town) -> None:
    done = convert(town, "A", 5000, NOON)
    fields = {
        one.attname: getattr(done, one.attname)
        for one in RspConversion._meta.concrete_fields
        if one.attname != "id"
    }

    for changes, constraint in WRONG:
        row = RspConversion(**{**fields, "token": "another", **changes})
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            row.save(force_insert=True)


@transaction.atomic
def _by_hand(town: Town, **stated: int) -> None:
    """Post a conversion and keep a row that may say something else."""
    period = Period.objects.get(label="2017-02")
    draft = ledger.Draft(
        "convert:A:by-hand",
        town.members["A"].pk,
        (
            (Account.RSP_BANK, "RSP", -2000),
            (Account.CLEARING, "RSP", 2000),
            (Account.CLEARING, "EUR", -100),
            (Account.COMMISSION_PAYABLE, "EUR", 100),
        ),
    )
    posted = ledger.post_once(
        draft, kind=JournalKind.CONVERSION, period=period, effective_at=local(NOON)
    )
    facts: dict[str, Any] = {
        "representative_id": town.members["A"].pk,
        "period_id": period.pk,
        "points": 2000,
        "cash_minor": 100,
        **stated,
    }
    RspConversion.objects.create(
        **facts,
        token="by-hand-token",
        target="cash",
        asked=2000,
        plan_version=PlanVersion.objects.get(),
        journal_id=posted.journal_id,
        by=town.closer,
        converted_at=local(NOON),
    )


def test_a_conversion_is_its_journal(town: Town) -> None:
    others = {
        "points": 1999,
        "cash_minor": 101,
        "representative_id": town.members["B"].pk,
        "period_id": Period.objects.get(label="2017-03").pk,
    }
    for field, other in others.items():
        with pytest.raises(IntegrityError, match="is not what its journal says"):
            _by_hand(town, **{field: other})
    _by_hand(town)
    assert RspConversion.objects.get().points == 2000


def test_conversions_stand(town: Town, owner_connection: psycopg.Connection[Any]) -> None:
    convert(town, "A", 5000, NOON)

    for statement in (
        "UPDATE compensation_rspconversion SET cash_minor = 1",
        "DELETE FROM compensation_rspconversion",
        "TRUNCATE compensation_rspconversion",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner_connection.execute(statement)
    assert RspConversion.objects.get().cash_minor == 250


@pytest.mark.breaks_ledger
def test_verify_ledger_compares_conversions_with_their_journals(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    convert(town, "A", 5000, NOON, token="changed-later")
    convert(town, "B", 2000, NOON, token="taken-away")
    assert verification.ledger_faults() == []
    owner_connection.execute("ALTER TABLE compensation_rspconversion DISABLE TRIGGER append_only")

    owner_connection.execute(
        "UPDATE compensation_rspconversion SET cash_minor = cash_minor + 1 WHERE points = 5000"
    )
    owner_connection.execute("DELETE FROM compensation_rspconversion WHERE points = 2000")

    assert verification.ledger_faults() == [
        "guard append_only on compensation_rspconversion is disabled",
        "journal convert:A:changed-later: the conversion beside it says something else",
        "journal convert:B:taken-away: no conversion stands beside it",
    ]
