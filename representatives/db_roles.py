"""What the application role may do, table by table, set anew after every migrate.

Each app lists its tables in ``grants.py`` (``GRANTS: dict[table, privileges]``); the lowest app
also lists the tables of third parties. A privilege is a word as in SQL's GRANT, with columns where
only some are meant: ``"SELECT, INSERT (kind, source_key)"``. Whatever is not listed is revoked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.utils import CursorWrapper

TABLE_PRIVILEGES = {"SELECT", "INSERT", "UPDATE", "DELETE"}
# One privilege, with an optional list of columns in parentheses.
_ITEM = re.compile(r"\s*([A-Za-z]+)\s*(?:\(([^()]*)\))?\s*(?:,|$)")


def declared_grants() -> dict[str, str]:
    """Return table → privileges of all apps.

    :raises ImproperlyConfigured: if two apps list the same table, or a privilege is not one that
        an application may have.
    """
    grants: dict[str, str] = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.grants"
        if "." in config.name or find_spec(name) is None:
            continue
        for table, privileges in import_module(name).GRANTS.items():
            if table in grants:
                raise ImproperlyConfigured(f"{name}: {table} is listed twice")
            parse_privileges(privileges, where=f"{name}: {table}")
            grants[table] = privileges
    return grants


def parse_privileges(text: str, *, where: str = "grant") -> list[tuple[str, tuple[str, ...]]]:
    """Return (privilege, columns) pairs; no columns means the whole table.

    :raises ImproperlyConfigured: if the text is not a list of privileges.
    """
    items: list[tuple[str, tuple[str, ...]]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _ITEM.match(text, position)
        if match is None:
            raise ImproperlyConfigured(f"{where}: can't read privileges {text!r}")
        privilege = match[1].upper()
        columns = tuple(name.strip() for name in (match[2] or "").split(",") if name.strip())
        if privilege not in TABLE_PRIVILEGES or (columns and privilege == "DELETE"):
            raise ImproperlyConfigured(f"{where}: {privilege} is not for the application role")
        items.append((privilege, columns))
        position = match.end()
    return items


def apply_grants(
    sender: AppConfig | None = None, *, using: str = "owner", verbosity: int = 1, **_: Any
) -> None:
    """Give the application role exactly the declared privileges on the tables that exist.

    A receiver of ``post_migrate``, which comes once for each app when all migrations are done:
    only the one for ``representatives`` does the work. Does nothing when the connection is the
    application role itself.

    :raises ImproperlyConfigured: if a grant can't be read.
    """
    if sender is not None and sender.label != "representatives":
        return
    role = settings.DATABASE_APP_ROLE
    grants = declared_grants()
    connection = connections[using]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s, to_regrole(%s) IS NULL", [role, role])
        is_app_role, missing = cursor.fetchone()
        if missing:
            raise ImproperlyConfigured(
                f"the database role {role} does not exist: run config/bootstrap.sql first"
            )
        if is_app_role:
            return
        statements = [
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quote(role)}, PUBLIC",
            f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {quote(role)}, PUBLIC",
            f"GRANT USAGE ON SCHEMA public TO {quote(role)}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quote(role)}",
        ]
        # REVOKE on a table leaves no column privilege behind (they are revoked with it).
        for table in tables(cursor):
            for privilege, columns in parse_privileges(grants.get(table, "")):
                some = f" ({', '.join(map(quote, columns))})" if columns else ""
                statements.append(f"GRANT {privilege}{some} ON {quote(table)} TO {quote(role)}")
        cursor.execute(";\n".join(statements))
    if verbosity >= 2:
        print(f"Granted {role} its privileges on {len(grants)} tables.")  # noqa: T201


def tables(cursor: CursorWrapper) -> list[str]:
    """Return all tables and views of the schema, without the partitions below a table."""
    cursor.execute(
        """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace
           AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition
           AND NOT EXISTS (SELECT FROM pg_depend
                            WHERE objid = pg_class.oid AND deptype = 'e')
         ORDER BY relname COLLATE "C"
        """
    )
    return [name for (name,) in cursor.fetchall()]


def actual_grants(cursor: CursorWrapper, role: str) -> dict[str, dict[str, set[str]]]:
    """Return table → privilege → columns ("*" for the whole table) that the role really has.

    Counts what comes by PUBLIC or by membership as well.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for table in tables(cursor):
        found[table] = {}
    every = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    for privilege in every:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) "
            "AND relnamespace = 'public'::regnamespace AND has_table_privilege(%s, oid, %s)",
            [list(found), role, privilege],
        )
        for (table,) in cursor.fetchall():
            found[table][privilege] = {"*"}
    for privilege in ("SELECT", "INSERT", "UPDATE", "REFERENCES"):
        cursor.execute(
            "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
            "WHERE relname = ANY(%s) AND relnamespace = 'public'::regnamespace AND attnum > 0 "
            "AND NOT attisdropped AND has_column_privilege(%s, pg_class.oid, attnum, %s)",
            [list(found), role, privilege],
        )
        for table, column in cursor.fetchall():
            if "*" not in found[table].get(privilege, set()):
                found[table].setdefault(privilege, set()).add(column)
    return found


def expected_grants(names: Iterable[str]) -> dict[str, dict[str, set[str]]]:
    """Return what :func:`actual_grants` should find for these tables."""
    grants = declared_grants()
    return {
        table: {
            privilege: set(columns) or {"*"}
            for privilege, columns in parse_privileges(grants.get(table, ""))
        }
        for table in names
    }
