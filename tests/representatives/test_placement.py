"""The placement tree: two legs, places that are kept, no circle whoever writes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction

from representatives import checks, placement
from representatives.models import Placement, Representative, User
from representatives.placement import Order, Side, UnableToPlace
from tests.representatives.people import NOW, enrol, make_staff

LEFT, RIGHT = Side.LEFT, Side.RIGHT
INSERT = (
    "INSERT INTO representatives_placement"
    " (representative_id, parent_id, side, depth, placed_at, placed_by_id)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)


@pytest.fixture
def staff() -> User:
    return make_staff()


@pytest.fixture
def people() -> list[Representative]:
    """A root and seven directs of his."""
    root = enrol()
    return [root, *(enrol(root) for _ in range(7))]


def put(person: Representative, above: Representative, side: Side, staff: User) -> Placement:
    return placement.place_representative(
        representative=person, parent=above, side=side, placed_by=staff, now=NOW
    )


def put_by(order: Order, person: Representative, staff: User, **more: Any) -> Placement:
    return placement.place_automatically(
        representative=person, order=order, placed_by=staff, now=NOW, **more
    )


def insert(*values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, values)


@pytest.mark.django_db
def test_named_place(people: list[Representative], staff: User) -> None:
    first = put(people[1], people[0], RIGHT, staff)
    second = put(people[2], people[1], LEFT, staff)

    assert (first.parent, first.side, first.depth) == (people[0], RIGHT, 1)
    assert (second.parent, second.side, second.depth) == (people[1], LEFT, 2)
    assert (second.placed_at, second.placed_by) == (NOW, staff)
    assert checks.check_tree().faults == []


@pytest.mark.django_db
def test_outermost_places(people: list[Representative], staff: User) -> None:
    places = [
        put_by(order, person, staff)
        for person, order in zip(
            people[1:],
            [
                Order.OUTERMOST_LEFT,
                Order.OUTERMOST_LEFT,
                Order.OUTERMOST_RIGHT,
                Order.OUTERMOST_LEFT,
                Order.OUTERMOST_RIGHT,
            ],
            strict=False,
        )
    ]

    assert [(one.parent, one.side) for one in places] == [
        (people[0], LEFT),
        (people[1], LEFT),
        (people[0], RIGHT),
        (people[2], LEFT),
        (people[3], RIGHT),
    ]


@pytest.mark.django_db
def test_leg_with_fewer_people(people: list[Representative], staff: User) -> None:
    places = [put_by(Order.FEWER_PEOPLE, person, staff) for person in people[1:6]]

    assert [(one.parent, one.side) for one in places] == [
        (people[0], LEFT),
        (people[0], RIGHT),
        (people[1], LEFT),
        (people[2], RIGHT),
        (people[3], LEFT),
    ]
    assert placement.people_in_legs(people[0]) == (3, 2)
    assert placement.people_in_legs(people[1]) == (2, 0)


@pytest.mark.django_db
def test_search_begins_at_the_nearest_sponsor_in_the_tree(staff: User) -> None:
    root = enrol()
    placed, unplaced = enrol(root), enrol(root)
    below_placed, below_unplaced = enrol(enrol(placed)), enrol(unplaced)
    put(placed, root, LEFT, staff)

    assert put_by(Order.OUTERMOST_LEFT, below_placed, staff).parent == placed
    assert put_by(Order.OUTERMOST_RIGHT, below_unplaced, staff).parent == root
    assert put_by(Order.OUTERMOST_LEFT, unplaced, staff, start=placed).parent == below_placed


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "above", "side", "field", "words"),
    [
        (1, 0, RIGHT, "representative", "has a place already"),
        (0, 2, LEFT, "representative", "has people below"),
        (3, 3, LEFT, "parent", "under himself"),
        (3, 0, LEFT, "side", "stands in this place"),
        (3, 4, LEFT, "parent", "has no place yet"),
        (5, 0, RIGHT, "representative", "can't be placed"),
    ],
)
def test_refused_places(
    people: list[Representative],
    staff: User,
    person: int,
    above: int,
    side: Side,
    field: str,
    words: str,
) -> None:
    put(people[1], people[0], LEFT, staff)
    put(people[2], people[1], LEFT, staff)
    Representative.objects.filter(pk=people[5].pk).update(status="suspended")

    with pytest.raises(UnableToPlace, match=words) as refusal:
        put(people[person], people[above], side, staff)

    assert refusal.value.field == field
    assert Placement.objects.count() == 2


@pytest.mark.django_db
def test_refused_orders_of_placement(people: list[Representative], staff: User) -> None:
    with pytest.raises(UnableToPlace, match="has no sponsor"):
        put_by(Order.OUTERMOST_LEFT, people[0], staff)
    with pytest.raises(UnableToPlace, match="under himself"):
        put_by(Order.OUTERMOST_LEFT, people[1], staff, start=people[1])
    put(people[2], people[1], LEFT, staff)
    with pytest.raises(UnableToPlace, match="No sponsor above"):
        put_by(Order.OUTERMOST_LEFT, people[3], staff)
    with pytest.raises(UnableToPlace, match="has no place yet"):
        put_by(Order.OUTERMOST_LEFT, people[3], staff, start=people[4])


# -- the database itself --------------------------------------------------------------------------


def refused_by(*values: Any) -> str:
    with pytest.raises(IntegrityError) as caught:
        insert(*values)
    assert isinstance(caught.value.__cause__, psycopg.Error)
    return caught.value.__cause__.diag.constraint_name or ""


@pytest.mark.django_db
def test_database_refuses_bad_places(people: list[Representative], staff: User) -> None:
    ids = [person.pk for person in people]
    put(people[1], people[0], LEFT, staff)
    put(people[2], people[1], LEFT, staff)
    rest = (NOW, staff.pk)

    assert refused_by(ids[3], ids[3], 0, 1, *rest) == "placement_not_under_oneself"
    assert refused_by(ids[3], ids[0], 0, 1, *rest) == "placement_one_per_side"
    assert refused_by(ids[3], ids[0], 2, 1, *rest) == "placement_side_known"
    assert refused_by(ids[3], ids[0], 1, 0, *rest) == "placement_below_the_top"
    assert refused_by(ids[3], ids[0], 1, 2, *rest) == "placement_no_circle"
    assert refused_by(ids[3], ids[2], 1, 1, *rest) == "placement_no_circle"
    # The top under somebody below it closes a circle.
    assert refused_by(ids[0], ids[2], 1, 3, *rest) == "placement_no_circle"
    with pytest.raises(IntegrityError):
        insert(ids[1], ids[0], 1, 1, *rest)  # a second place


@pytest.mark.django_db
def test_circle_by_one_statement_is_refused(people: list[Representative], staff: User) -> None:
    two = INSERT + ", (%s, %s, %s, %s, %s, %s)"
    ids = [person.pk for person in people]
    values = [ids[1], ids[2], 0, 1, NOW, staff.pk, ids[2], ids[1], 0, 2, NOW, staff.pk]

    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        connection.cursor().execute(two, values)

    assert "one deeper" in str(caught.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE representatives_placement SET side = 1 - side",
        "DELETE FROM representatives_placement",
        "TRUNCATE representatives_placement",
    ],
)
def test_places_are_kept(people: list[Representative], staff: User, statement: str) -> None:
    put(people[1], people[0], LEFT, staff)

    with (
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db
def test_only_with_fresh_snapshots(
    people: list[Representative], staff: User, open_connection: Callable[[], psycopg.Connection]
) -> None:
    session = open_connection()
    session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    with pytest.raises(psycopg.Error, match="READ COMMITTED"):
        session.execute(INSERT, (people[1].pk, people[0].pk, 0, 1, NOW, staff.pk))


# -- at once --------------------------------------------------------------------------------------


def place_each_other_at_once(
    people: list[Representative],
    staff: User,
    open_connection: Callable[[], psycopg.Connection[Any]],
) -> list[str]:
    """Place the first under the second and the second under the first, both still open; tell."""
    sessions = [open_connection() for _ in range(2)]
    told: list[str] = ["", ""]

    def second() -> None:
        try:
            sessions[1].execute(INSERT, (people[2].pk, people[1].pk, 0, 1, NOW, staff.pk))
            sessions[1].commit()
            told[1] = "placed"
        except psycopg.errors.CheckViolation as fault:
            sessions[1].rollback()
            told[1] = fault.diag.constraint_name or ""

    sessions[0].execute(INSERT, (people[1].pk, people[2].pk, 0, 1, NOW, staff.pk))
    waiting = threading.Thread(target=second)
    waiting.start()
    waiting.join(timeout=1)
    sessions[0].commit()
    told[0] = "placed"
    waiting.join(timeout=10)
    return told


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_placed_under_each_other_at_once(
    people: list[Representative],
    staff: User,
    open_connection: Callable[[], psycopg.Connection[Any]],
) -> None:
    told = place_each_other_at_once(people, staff, open_connection)

    assert told == ["placed", "placement_no_circle"]
    assert checks.check_tree().faults == []


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_without_the_lock_they_close_a_circle(
    people: list[Representative],
    staff: User,
    open_connection: Callable[[], psycopg.Connection[Any]],
) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE representatives_placement DISABLE TRIGGER placement_lock")

    told = place_each_other_at_once(people, staff, open_connection)

    assert told == ["placed", "placed"]
    assert any("never reach a top" in fault for fault in checks.check_tree().faults)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_check_finds_what_the_guards_would_refuse(
    people: list[Representative], staff: User
) -> None:
    put(people[1], people[0], LEFT, staff)
    put(people[2], people[1], LEFT, staff)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE representatives_placement DISABLE TRIGGER USER")
        cursor.execute(
            "ALTER TABLE representatives_placement DROP CONSTRAINT placement_one_per_side"
        )
        cursor.execute(
            "UPDATE representatives_placement SET depth = depth + 1, parent_id = %s", [people[0].pk]
        )

    faults = checks.check_tree().faults

    assert sum("stand in the same place" in fault for fault in faults) == 1
    assert sum("is not one more" in fault for fault in faults) == 2
