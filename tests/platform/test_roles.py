"""The roles that tests, commands and workers connect as, and what those may do."""

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, connections

from representatives import db_roles


@pytest.mark.django_db
def test_tests_use_the_application_role():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, session_user, rolsuper, rolcreatedb, rolcreaterole "
            "FROM pg_roles WHERE rolname = current_user"
        )
        row = cursor.fetchone()

    assert row == (settings.DATABASE_APP_ROLE, settings.DATABASE_APP_ROLE, False, False, False)


@pytest.mark.django_db
def test_the_application_role_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner "
            "WHERE rolname = %s AND relkind IN ('r', 'p', 'v', 'S')",
            [settings.DATABASE_APP_ROLE],
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_every_table_has_an_entry_in_grants():
    with connection.cursor() as cursor:
        tables = set(db_roles.tables(cursor))

    declared = set(db_roles.declared_grants())

    assert tables - declared == set(), "tables without an entry in a grants.py"
    assert declared - tables == set(), "entries of grants.py without a table"


@pytest.mark.django_db
def test_privileges_are_exactly_the_declared_ones():
    with connection.cursor() as cursor:
        actual = db_roles.actual_grants(cursor, settings.DATABASE_APP_ROLE)

    assert actual == db_roles.expected_grants(actual)


@pytest.mark.django_db
def test_the_application_role_may_not_change_the_schema():
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute("CREATE TABLE intruder (id int)")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_grants_are_set_anew_and_foreign_ones_revoked(owner_connection):
    owner_connection.execute("GRANT ALL ON django_session TO perennial_app, PUBLIC")

    db_roles.apply_grants(using="owner", verbosity=0)

    with connections["default"].cursor() as cursor:
        actual = db_roles.actual_grants(cursor, settings.DATABASE_APP_ROLE)
    assert "TRUNCATE" not in actual["django_session"]
    assert actual == db_roles.expected_grants(actual)


def test_the_owner_connection_is_the_owner(owner_connection: psycopg.Connection):
    assert owner_connection.execute("SELECT current_user").fetchone() == (
        settings.DATABASES["owner"]["USER"],
    )
