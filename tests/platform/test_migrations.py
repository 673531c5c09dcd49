"""Migrations hold no lock while they look at every row, and stay what they were."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import connection

from representatives.text import sort_key

ROOT = Path(__file__).resolve().parents[2]
RULES = {
    "representatives": (
        ("0007_profile", "0010_choices_hold"),
        {
            "representative_contact_sharing_known",
            "user_email_notices_known",
            "user_language_code",
        },
    ),
    "sales": (("0008_tax", "0010_tax_holds"), {"orderline_tax_of_its_rate"}),
}


@pytest.mark.parametrize("app", RULES)
def test_rules_of_full_tables_are_added_first_and_looked_at_apart(app: str) -> None:
    (adding, looking), names = RULES[app]
    added = importlib.import_module(f"{app}.migrations.{adding}").Migration.operations
    looked = importlib.import_module(f"{app}.migrations.{looking}").Migration.operations

    assert {one.constraint.name for one in added if hasattr(one, "constraint")} == names
    assert all(
        isinstance(one, AddConstraintNotValid) for one in added if hasattr(one, "constraint")
    )
    assert {one.name for one in looked} == names
    assert all(isinstance(one, ValidateConstraint) for one in looked)


def test_no_rule_is_left_without_its_look(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1")
        assert cursor.fetchall() == []


@pytest.mark.parametrize("app", RULES)
def test_keys_of_names_are_the_migration_s_own(app: str) -> None:
    migration = importlib.import_module(f"{app}.migrations.0009_polish_order")

    tree = ast.parse((ROOT / app / "migrations" / "0009_polish_order.py").read_text("utf-8"))
    imported = [one.module for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    assert not [one for one in imported if one is not None and one.startswith(tuple(RULES))]
    # Today both are the same; should `representatives.text` change, a new migration tells it.
    for name in ("Łukasz Żak", "Ann  Bee", "Zoë Ćma", "Ł" * 300, "Z\u0301o\u0328", "Ægir Ðað"):
        assert migration.sort_key(name) == sort_key(name)
