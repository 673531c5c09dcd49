"""Statements on paper of posted months: they add up, and stay the same bytes whatever happens."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from compensation import ledger, services
from compensation.models import (
    Account,
    Balance,
    Earning,
    Period,
    Run,
    StatementFrame,
    StatementName,
)
from compensation.services import closing, paper
from compensation.statements import content, reading
from compensation.statements.pdf import as_pdf
from compensation.statements.reading import find_frame, read_statement
from compensation.statements.sheet import as_csv
from representatives import services as people
from representatives.models import Company
from sales.models import Product
from tests.compensation import paying
from tests.compensation.bank_town import build_bank_town, convert
from tests.compensation.town import PLAN, ZONE, Town, local
from tests.processes import ROOT

ELSEWHERE = {
    "PYTHONHASHSEED": "20170401",
    "TZ": "Pacific/Auckland",
    "LANG": "pl_PL.UTF-8",
    "LC_ALL": "C",
}
IN_ANOTHER_PROCESS = """
import hashlib, json, sys
import django
django.setup()
from compensation.statements.pdf import as_pdf
from compensation.statements.reading import find_frame, read_statement
from compensation.statements.sheet import as_csv
from representatives.models import Representative
found = {}
for label in sys.argv[1:]:
    for one in Representative.objects.order_by("-id"):
        statement = read_statement(find_frame(label), one)
        for language in ("pl", "en"):
            for form, write in (("csv", as_csv), ("pdf", as_pdf)):
                digest = hashlib.sha256(write(statement, language)).hexdigest()
                found[f"{label} {one.code} {language} {form}"] = digest
print(json.dumps(found))
"""
EDITIONS = [(form, language) for form in ("pdf", "csv") for language in ("en", "pl")]
FORMS = {"pdf": as_pdf, "csv": as_csv}


def statement_of(town: Town, code: str, label: str) -> content.Statement:
    frame = find_frame(label)
    assert frame is not None
    found = read_statement(frame, town.members[code])
    assert found is not None
    return found


def papers(town: Town, *labels: str) -> dict[str, str]:
    """The digests of everybody's papers of some months."""
    return {
        f"{label} {code} {language} {form}": hashlib.sha256(
            FORMS[form](statement_of(town, code, label), language)
        ).hexdigest()
        for label in labels
        for code in town.members
        for form, language in EDITIONS
    }


def adjust(town: Town, code: str, money: int, on: str, reason: str = "a correction") -> None:
    """Adjust by two people."""
    now = local(f"{on}T12:00")
    asked = services.request_adjustment(
        representative=town.members[code],
        money_minor=money,
        rsp=0,
        reason=reason,
        line=None,
        related_period=None,
        by=town.closer,
        now=now,
    )
    services.approve_adjustment(adjustment=asked, by=town.approver, now=now)


def order_of(town: Town, beginning: str) -> Any:
    return next(one for key, one in town.orders.items() if key.startswith(beginning))


@pytest.fixture
def two_months(transactional_db: None) -> Town:
    """January and February posted; in February a bit of everything happened."""
    town = paying.add_payees(build_bank_town())
    town.set_clock("2017-02-20T10:00")
    town.take_back(order_of(town, "B-2017-01"), 1, "2017-02-18")
    adjust(town, "A", 1_250, "2017-02-19", "The order of the fair was entered late.")
    convert(town, "A", 2_000, "2017-02-19T12:00")
    services.draft_batch(by=town.closer, now=paying.NOW, execution_date=paying.NOW.date())
    town.close("2017-02")
    return town


def everything_changes(town: Town) -> None:
    """What can change after the posting, changes."""
    town.set_clock("2017-03-10T10:00")
    now = local("2017-03-10T10:00")
    document = PLAN.replace("name: town", "name: other").replace('at_least: "300"', 'at_least: "3"')
    services.add_plan_version(
        document=document.replace('"8", "5"', '"9", "1"'), effective_from=date(2017, 3, 1)
    )
    people.change_sponsor(
        representative=town.members["B"],
        new_sponsor=town.members["X"],
        reason="moved to another town",
        decided_by=town.closer,
        now=now,
        zone=ZONE,
    )
    people.apply_sponsor_changes(now=local("2017-04-01T00:00"))
    for code, member in town.members.items():
        people.update_profile(representative=member, name=f"Renamed {code}", email="", phone="")
    Product.objects.update(name="Something else")
    Company.objects.update(
        name="Otherwise Ltd", representative_label="Partner", time_zone="America/New_York"
    )
    town.take_back(order_of(town, "D-2017-01"), 1, "2017-03-10")
    town.take_back(order_of(town, "E-2017-02"), 1, "2017-03-10")
    adjust(town, "A", -300, "2017-03-10")
    town.buy("F", "2017-03-09", GREENS=1)


def test_a_posted_month_has_papers_that_add_up(town: Town) -> None:
    run = town.close("2017-01")

    for code, member in town.members.items():
        statement = statement_of(town, code, "2017-01")
        lines = Earning.objects.filter(run_id=run.pk, receiver=member)
        assert statement.faults() == []
        assert statement.earned == sum(one.amount for one in lines if one.unit == 0)
        assert statement.addressee.name == f"Member {code}"
        held = Balance.objects.filter(
            representative=member, account=Account.COMMISSION_PAYABLE
        ).values_list("amount", flat=True)
        assert statement.balance.closing_money == sum(held)


def test_a_paper_tells_all_that_moved_the_balance(two_months: Town) -> None:
    january, february = (statement_of(two_months, "A", label) for label in ("2017-01", "2017-02"))

    assert {one.kind for one in february.corrections} == {"reversal", "adjustment"}
    assert {one.kind for one in february.movements} == {"reserve", "conversion"}
    assert february.balance.opening_money == january.balance.closing_money
    assert february.balance.opening_points == january.balance.closing_points
    reasons = [one.reason for one in february.corrections if one.kind == "adjustment"]
    assert reasons == ["The order of the fair was entered late."]
    assert january.corrections == january.movements == ()


def test_papers_are_the_same_bytes_whatever_happens_after(
    two_months: Town, subprocess_env: dict[str, str]
) -> None:
    months = ("2017-01", "2017-02")
    before = papers(two_months, *months)

    everything_changes(two_months)
    with translation.override("pl"), timezone.override("Asia/Tokyo"):
        assert papers(two_months, *months) == before
    two_months.close("2017-03")
    elsewhere = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, *months],
        cwd=ROOT,
        env=subprocess_env | ELSEWHERE,
        capture_output=True,
        text=True,
        check=False,
    )

    assert elsewhere.returncode == 0, elsewhere.stderr
    assert json.loads(elsewhere.stdout) == before
    march = statement_of(two_months, "A", "2017-03")
    assert march.addressee.name == "Renamed A"
    assert march.addressee.label == "Partner"
    assert march.company == "Otherwise Ltd"
    assert march.plan.name == "other"
    assert os.environ.get("TZ") != ELSEWHERE["TZ"]


def test_control_a_paper_with_the_names_of_today_is_another_one(two_months: Town) -> None:
    before = papers(two_months, "2017-01")

    def name_of_today(run: Run, representative: Any) -> str:
        return str(type(representative).objects.get(pk=representative.pk).name)

    frozen = reading._name
    everything_changes(two_months)
    reading._name = name_of_today
    try:
        after = papers(two_months, "2017-01")
    finally:
        reading._name = frozen

    assert all(after[key] != before[key] for key in before)


def test_only_new_and_other_names_are_kept(two_months: Town) -> None:
    assert StatementName.objects.count() == len(two_months.members)
    two_months.set_clock("2017-03-10T10:00")
    people.update_profile(
        representative=two_months.members["A"], name="Renamed", email="", phone=""
    )

    two_months.close("2017-03")

    assert StatementName.objects.count() == len(two_months.members) + 1
    assert statement_of(two_months, "A", "2017-02").addressee.name == "Member A"
    assert statement_of(two_months, "A", "2017-03").addressee.name == "Renamed"
    assert statement_of(two_months, "B", "2017-03").addressee.name == "Member B"


def test_an_erased_name_is_off_all_papers_and_nothing_else(two_months: Town) -> None:
    before = {
        code: [FORMS[form](statement_of(two_months, code, "2017-01"), language)
               for form, language in EDITIONS]
        for code in ("A", "B")
    }  # fmt: skip

    erased = services.erase_statement_names(
        representative=two_months.members["A"], now=local("2017-03-10T10:00")
    )

    assert erased == 1
    statement = statement_of(two_months, "A", "2017-01")
    assert statement.addressee.name == ""
    written = [FORMS[form](statement, language) for form, language in EDITIONS]
    assert not any(b"Member A" in one for one in written)
    for was, is_now in zip(before["A"][2:], written[2:], strict=True):
        rows = list(zip(was.split(b"\r\n"), is_now.split(b"\r\n"), strict=True))
        assert [number for number, (old, new) in enumerate(rows) if old != new] == [1]
    assert before["B"] == [
        FORMS[form](statement_of(two_months, "B", "2017-01"), language)
        for form, language in EDITIONS
    ]
    again = services.erase_statement_names(
        representative=two_months.members["A"], now=local("2017-03-11T10:00")
    )
    assert again == 0


def test_a_month_published_late_bears_the_names_of_its_time(town: Town) -> None:
    """January is posted, and its publication is left to somebody who never comes."""
    run = town.close("2017-01", post=False)
    now = run.period.ends_at + timedelta(days=2)
    services.approve_run(run=run, by=town.approver, now=now)
    services.advance(run=run, now=now)
    assert closing.next_step(run) == "publish"
    assert find_frame("2017-01") is None
    february = town.close("2017-02")
    assert find_frame("2017-01") is not None, "frozen with the month after"
    people.update_profile(representative=town.members["A"], name="Renamed", email="", phone="")

    services.advance_to_end(run=run, now=now + timedelta(days=40))

    assert statement_of(town, "A", "2017-01").addressee.name == "Member A"
    assert statement_of(town, "A", "2017-02").addressee.name == "Member A"
    with transaction.atomic():
        assert paper.freeze_papers(run=february, now=now) == 0


@pytest.mark.breaks_ledger
def test_a_statement_that_does_not_add_up_is_not_written(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    town.close("2017-01")
    owner_connection.execute("ALTER TABLE compensation_balance DISABLE TRIGGER USER")
    owner_connection.execute("UPDATE compensation_balance SET amount = amount + 1")

    with pytest.raises(reading.StatementDoesNotAddUpError, match="2017-01-A: the balance is"):
        statement_of(town, "A", "2017-01")


def test_a_preview_has_no_paper(town: Town) -> None:
    town.set_clock("2017-01-25T10:00")
    services.preview_period(
        period=Period.objects.get(label="2017-01"),
        by=town.closer,
        now=local("2017-01-25T10:00"),
    )
    town.set_clock("2017-02-03T09:00")
    town.close("2017-01", post=False)

    assert find_frame("2017-01") is None
    assert not StatementName.objects.exists()


# -- What the database refuses ---------------------------------------------------------------


def _refused(statement: str) -> str:
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    cause: Any = refused.value.__cause__
    return str(cause.diag.constraint_name or cause.diag.sqlstate)


def test_what_is_frozen_stays(town: Town, owner_connection: psycopg.Connection[Any]) -> None:
    town.close("2017-01")
    names, frames = "compensation_statementname", "compensation_statementframe"
    late = f"INSERT INTO {names} (representative_id, from_month, name) VALUES (1, '{{}}', 'x')"

    assert _refused(f"UPDATE {names} SET name = 'other'") == "42501"
    assert _refused(f"UPDATE {names} SET name = '', erased_at = NULL") == "42501"
    assert _refused(f"UPDATE {names} SET from_month = '2016-01-01'") == "42501"
    assert _refused(late.format("2016-12-01")) == "statementname_before_papers"
    assert _refused(late.format("2016-01-01")) == "statementname_before_papers"
    assert _refused(f"DELETE FROM {names}") == "42501"
    assert _refused(f"UPDATE {frames} SET company_name = 'x'") == "42501"
    assert _refused(f"DELETE FROM {frames}") == "42501"
    for table in (names, frames):
        for statement in ("DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {}"):
            column = "name = 'x'" if table == names else "edition = 2"
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner_connection.execute(statement.format(table, column))
    services.erase_statement_names(representative=town.members["A"], now=local("2017-02-10T10:00"))
    assert _refused(f"UPDATE {names} SET name = 'back', erased_at = NULL") == "42501"


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"company_name": ""}, "statementframe_whole"),
        ({"time_zone": ""}, "statementframe_whole"),
        ({"edition": 0}, "statementframe_edition"),
        ({}, "compensation_statementframe_pkey"),
    ],
)
def test_a_bad_frame_is_refused(town: Town, changed: dict[str, Any], constraint: str) -> None:
    run = town.close("2017-01")
    good = StatementFrame.objects.get(run=run)
    values = {field.attname: getattr(good, field.attname) for field in good._meta.concrete_fields}

    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        StatementFrame(**values | changed).save(force_insert=True)

    cause: Any = refused.value.__cause__
    assert cause.diag.constraint_name == constraint
    assert ledger.violated(refused.value) == constraint  # type: ignore[arg-type]
