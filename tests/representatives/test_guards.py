"""The database itself refuses what would break the tree, asked by the application role."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction

from representatives.locks import AdvisoryLock
from representatives.models import Company, Representative, User
from tests.representatives.people import NOW, TODAY, enrol, make_staff

pytestmark = pytest.mark.django_db


def run(statement: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused_by(statement: str, *parameters: Any) -> str:
    """Return the name of the constraint that refuses a statement."""
    with pytest.raises(IntegrityError) as caught:
        run(statement, *parameters)
    assert isinstance(caught.value.__cause__, psycopg.Error)
    return caught.value.__cause__.diag.constraint_name or ""


@pytest.fixture
def line() -> list[Representative]:
    """Four people one below the other."""
    people = [enrol()]
    for _ in range(3):
        people.append(enrol(people[-1]))
    return people


def test_tests_run_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == settings.DATABASE_APP_ROLE


MOVE = "UPDATE representatives_representative SET sponsor_id = %s WHERE id = %s"


def test_circle_is_refused(line: list[Representative]) -> None:
    assert refused_by(MOVE, line[3].pk, line[1].pk) == "representative_no_circle"
    assert refused_by(MOVE, line[2].pk, line[1].pk) == "representative_no_circle"


def test_circle_by_one_statement_is_refused(line: list[Representative]) -> None:
    other = enrol(line[0])

    swap = (
        "UPDATE representatives_representative SET sponsor_id ="
        " CASE id WHEN %s THEN %s WHEN %s THEN %s END WHERE id IN (%s, %s)"
    )

    values = [line[1].pk, other.pk, other.pk, line[1].pk, line[1].pk, other.pk]
    assert refused_by(swap, *values) == "representative_no_circle"


def test_own_sponsor_is_refused(line: list[Representative]) -> None:
    assert refused_by(MOVE, line[2].pk, line[2].pk) == "representative_not_own_sponsor"


def test_second_root_is_refused(line: list[Representative]) -> None:
    statement = (
        "UPDATE representatives_representative SET sponsor_id = NULL, level = 0 WHERE id = %s"
    )

    assert refused_by(statement, line[2].pk) == "representative_one_root"


def test_allowed_move_by_sql_passes_the_guard(line: list[Representative]) -> None:
    run(MOVE, line[0].pk, line[3].pk)


INSERT = (
    "INSERT INTO representatives_representative (id, sponsor_id, code, name, sort_key, email,"
    " phone, status, enrolled_on, created_at, lft, rght, tree_id, level)"
    " VALUES (%s, %s, %s, 'x', 'x', '', '', 'enrolled', %s, %s, %s, %s, 1, %s)"
)


def test_newcomer_must_be_below_the_sponsor(line: list[Representative]) -> None:
    top = line[3]
    good = [10**6, top.pk, "X1", TODAY, NOW, top.lft + 1, top.lft + 2, top.level + 1]

    for position, wrong in ((1, 10**7), (5, top.lft), (6, top.rght), (7, top.level + 2)):
        values = [*good[:position], wrong, *good[position + 1 :]]
        assert refused_by(INSERT, *values) == "representative_under_sponsor"
    run(INSERT, *good)


def test_two_newcomers_cannot_sponsor_each_other(line: list[Representative]) -> None:
    two = INSERT + ", (%s, %s, %s, 'x', 'x', '', '', 'enrolled', %s, %s, %s, %s, 1, %s)"
    first = [10**6, 10**6 + 1, "X1", TODAY, NOW, 50, 60, 2]
    second = [10**6 + 1, 10**6, "X2", TODAY, NOW, 51, 59, 3]

    assert refused_by(two, *first, *second) == "representative_under_sponsor"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("lft = rght", "representative_labels_in_order"),
        ("lft = 0", "representative_labels_in_order"),
        ("rght = 1152921504606846976", "representative_labels_in_order"),
        ("tree_id = 2", "representative_one_tree"),
        ("level = 0", "representative_level_of_root"),
        ("status = 'active'", "representative_status_known"),
        ("name = ''", "representative_code_and_name"),
    ],
)
def test_bad_row_is_refused(line: list[Representative], change: str, constraint: str) -> None:
    statement = f"UPDATE representatives_representative SET {change} WHERE id = %s"

    assert refused_by(statement, line[2].pk) == constraint


def test_code_is_unique(line: list[Representative]) -> None:
    top = line[3]
    values = [10**6, top.pk, line[0].code, TODAY, NOW, top.lft + 1, top.lft + 2, top.level + 1]

    assert refused_by(INSERT, *values) == "representative_code_unique"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM representatives_representative",
        "TRUNCATE representatives_representative CASCADE",
        "UPDATE representatives_representative SET code = 'x'",
        "UPDATE representatives_representative SET id = 5",
        "DELETE FROM representatives_user",
        "DELETE FROM representatives_sponsorchange",
        "UPDATE representatives_sponsorchange SET effective_at = now()",
        "UPDATE representatives_statuschange SET effective_at = now()",
        "DELETE FROM representatives_statuschange",
        "UPDATE representatives_invitation SET token_digest = ''",
        "INSERT INTO representatives_company (id) VALUES (2)",
        "ALTER TABLE representatives_representative DISABLE TRIGGER ALL",
    ],
)
def test_application_role_may_not(statement: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        run(statement)

    assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_address_is_unique_whatever_the_case() -> None:
    User.objects.create_user("Some.Body@Example.com")

    assert User.objects.get_by_natural_key("some.body@EXAMPLE.com").email == "some.body@example.com"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("SOME.body@example.com")
    assert (
        refused_by("UPDATE representatives_user SET email = 'UPPER@example.com'")
        == "user_email_lower"
    )


def test_system_user_cannot_log_in() -> None:
    system = User.objects.system()

    assert not system.has_usable_password()
    for flag in ("is_active", "is_staff", "is_superuser"):
        statement = f"UPDATE representatives_user SET {flag} = true WHERE id = %s"
        assert refused_by(statement, system.pk) == "user_system_cannot_log_in"
    make_staff()
    assert (
        refused_by(
            "UPDATE representatives_user SET is_active = false, is_staff = false, is_system = true"
        )
        == "user_one_system"
    )


def test_company_has_its_row() -> None:
    assert Company.objects.get().pk == Company.ONLY_ID
    statement = "UPDATE representatives_company SET currency = 'euro'"
    with pytest.raises(DatabaseError):
        run(statement)


def test_lock_key_is_the_trigger_s_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT representatives_tree_lock_key()")
        assert cursor.fetchone()[0] == AdvisoryLock.TREE


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_cannot_close_a_circle(
    open_connection: Callable[[], psycopg.Connection[Any]],
) -> None:
    root = enrol()
    first, second = enrol(root), enrol(root)
    one, other = open_connection(), open_connection()
    one.execute(MOVE, [second.pk, first.pk])  # not committed yet
    refusals: list[str] = []

    def move_back() -> None:
        try:
            other.execute(MOVE, [first.pk, second.pk])
            other.commit()
        except psycopg.errors.CheckViolation as error:
            refusals.append(error.diag.constraint_name or "")

    waiting = threading.Thread(target=move_back)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive(), "the second move must wait for the first"
    one.commit()
    waiting.join(10)

    assert refusals == ["representative_no_circle"]


@pytest.mark.django_db(transaction=True)
def test_sponsor_changes_only_with_fresh_snapshots(
    open_connection: Callable[[], psycopg.Connection[Any]],
) -> None:
    root = enrol()
    member, target = enrol(root), enrol(root)
    session = open_connection()
    session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="READ COMMITTED"):
        session.execute(MOVE, [target.pk, member.pk])
