"""Every stock call of django-mptt that would corrupt the gap labels or crawl raises."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from mptt.managers import TreeManager

from representatives import checks
from representatives.errors import TreeLockError, TreeMisuseError, UnableTo
from representatives.locks import acquire_tree_lock
from representatives.models import Representative
from tests.representatives.people import NOW, TODAY, enrol

pytestmark = pytest.mark.django_db
People = Representative.objects


@pytest.fixture
def family() -> tuple[Representative, Representative, Representative]:
    root = enrol()
    child = enrol(root)
    return root, child, enrol(child)


REFUSED_ON_MANAGER: dict[str, Callable[[Representative], Any]] = {
    "get_queryset_descendants": lambda one: People.get_queryset_descendants(People.all()),
    "get_queryset_ancestors": lambda one: People.get_queryset_ancestors(People.all()),
    "_get_queryset_relatives": lambda one: People._get_queryset_relatives(
        People.all(), "desc", False
    ),
    "disable_mptt_updates": lambda one: People.disable_mptt_updates(),
    "delay_mptt_updates": lambda one: People.delay_mptt_updates(),
    "partial_rebuild": lambda one: People.partial_rebuild(1),
    "build_tree_nodes": lambda one: People.build_tree_nodes({"name": "a"}),
    "_mptt_update": lambda one: People._mptt_update(left=1),
    "_rebuild_helper": lambda one: People._rebuild_helper(one, 1, 1, {}, [], 0),
    "_move_node": lambda one: People._move_node(one, one),
    "_close_gap": lambda one: People._close_gap(2, 1, 1),
    "_create_space": lambda one: People._create_space(2, 1, 1),
    "_manage_space": lambda one: People._manage_space(2, 1, 1),
    "_create_tree_space": lambda one: People._create_tree_space(1),
    "_make_child_root_node": lambda one: People._make_child_root_node(one),
    "_make_sibling_of_root_node": lambda one: People._make_sibling_of_root_node(one, one, "left"),
    "_move_root_node": lambda one: People._move_root_node(one, one, "left"),
    "_move_child_node": lambda one: People._move_child_node(one, one, "left"),
    "_move_child_to_new_tree": lambda one: People._move_child_to_new_tree(one, one, "left"),
    "_move_child_within_tree": lambda one: People._move_child_within_tree(one, one, "left"),
    "_calculate_inter_tree_move_values": lambda one: People._calculate_inter_tree_move_values(
        one, one, "left"
    ),
    "_inter_tree_move_and_close_gap": lambda one: People._inter_tree_move_and_close_gap(
        one, 1, 1, 1
    ),
}

REFUSED_ELSEWHERE: dict[str, Callable[[Representative], Any]] = {
    "queryset get_descendants": lambda one: People.all().get_descendants(),
    "queryset get_ancestors": lambda one: People.all().get_ancestors(),
    "queryset get_cached_trees": lambda one: People.all().get_cached_trees(),
    "manager get_cached_trees": lambda one: People.get_cached_trees(),
    "queryset delete": lambda one: People.filter(pk=one.pk).delete(),
    "queryset raw delete": lambda one: People.filter(pk=one.pk)._raw_delete("default"),
    "bulk_create": lambda one: People.bulk_create([Representative(name="a")]),
    "update lft": lambda one: People.update(lft=2),
    "update sponsor": lambda one: People.filter(pk=one.pk).update(sponsor=one.sponsor),
    "bulk_update": lambda one: People.bulk_update([one], ["level"]),
    "delete": lambda one: one.delete(),
    "save of labels": lambda one: one.save(update_fields=["lft"]),
    "insert_node first": lambda one: People.insert_node(
        Representative(name="a"), one, "first-child"
    ),
    "insert_at": lambda one: Representative(name="a").insert_at(one),
    "move_node left": lambda one: People.move_node(one, one.sponsor, "left"),
    "move_to": lambda one: one.move_to(one.sponsor),
    "move to the top": lambda one: People.move_node(one, None),
    "rebuild with a filter": lambda one: People.rebuild(tree_id=1),
}


@pytest.mark.parametrize("name", [*REFUSED_ON_MANAGER, *REFUSED_ELSEWHERE])
def test_stock_call_raises(
    name: str, family: tuple[Representative, Representative, Representative]
) -> None:
    call = {**REFUSED_ON_MANAGER, **REFUSED_ELSEWHERE}[name]
    before = list(People.values_list("pk", "sponsor_id", "lft", "rght", "level"))

    with pytest.raises(TreeMisuseError), transaction.atomic():
        call(family[2])

    assert list(People.values_list("pk", "sponsor_id", "lft", "rght", "level")) == before


# What the manager keeps of the stock, since it is a range test, a name, or a look at one row.
KEPT = {
    *("contribute_to_class", "get_queryset", "parent_attr", "left_attr", "right_attr"),
    *("tree_id_attr", "level_attr", "_translate_lookups", "_mptt_filter", "_get_connection"),
    *("add_related_count", "_refresh_tree_fields", "root_node", "root_nodes"),
    *("_find_out_rebuild_fields", "_get_parents", "_get_children", "_queryset_class"),
}
OVERRIDDEN = {
    *("insert_node", "move_node", "rebuild", "_get_next_tree_id"),
    "_post_insert_update_cached_parent_right",
}


def test_every_stock_method_is_kept_overridden_or_refused() -> None:
    stock = {name for name in vars(TreeManager) if not name.startswith("__")}
    of_querysets = set(dir(TreeManager._queryset_class))

    undecided = stock - KEPT - OVERRIDDEN - set(REFUSED_ON_MANAGER) - of_querysets

    assert undecided == set()
    for name in OVERRIDDEN:
        assert getattr(type(People), name) is not getattr(TreeManager, name)


def test_save_with_another_sponsor_raises(
    family: tuple[Representative, Representative, Representative],
) -> None:
    root, _, leaf = family
    leaf.sponsor = root

    with pytest.raises(TreeMisuseError, match="change_sponsor"):
        leaf.save()

    leaf.refresh_from_db()
    assert leaf.sponsor_id != root.pk


def test_save_writes_the_profile_and_leaves_stale_labels_alone(
    family: tuple[Representative, Representative, Representative],
) -> None:
    leaf = family[2]
    right = (leaf.lft, leaf.rght, leaf.level)
    leaf.lft, leaf.rght, leaf.level = 5, 6, 9
    leaf.name = "Another"

    leaf.save()

    leaf.refresh_from_db()
    assert (leaf.name, (leaf.lft, leaf.rght, leaf.level)) == ("Another", right)


def forget_lock() -> None:
    """Forget that enrol() took the lock within the one transaction of the test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('perennial.tree_lock', '', true)")


def test_save_of_a_newcomer_needs_the_lock(
    family: tuple[Representative, Representative, Representative],
) -> None:
    def newcomer() -> Representative:
        return Representative(
            sponsor=family[1], code="NEW", name="New", enrolled_on=TODAY, created_at=NOW
        )

    forget_lock()
    with pytest.raises(TreeLockError), transaction.atomic():
        newcomer().save()
    with transaction.atomic():
        acquire_tree_lock()
        newcomer().save()

    assert checks.check_tree().faults == []
    assert family[1].get_children().count() == 2


def test_lock_is_forgotten_with_the_savepoint_that_took_it() -> None:
    root = enrol()
    forget_lock()
    with suppress(ZeroDivisionError), transaction.atomic():
        acquire_tree_lock()
        raise ZeroDivisionError

    with pytest.raises(TreeLockError), transaction.atomic():
        People.insert_node(Representative(name="a"), root)


@pytest.mark.django_db(transaction=True)
def test_lock_outside_a_transaction_raises() -> None:
    with pytest.raises(TreeLockError, match="transaction"):
        acquire_tree_lock()


def test_move_node_moves_subtree_and_refuses_a_circle(
    family: tuple[Representative, Representative, Representative],
) -> None:
    root, child, leaf = family
    other = enrol(root)

    People.move_node(child, other)

    child.refresh_from_db()
    assert (child.sponsor_id, child.level) == (other.pk, 2)
    assert [one.pk for one in leaf.get_root().get_descendants()] == [other.pk, child.pk, leaf.pk]
    with pytest.raises(UnableTo, match="downline"):
        People.move_node(other, leaf)
    assert checks.check_tree().faults == []
