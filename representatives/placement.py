"""The only writer of the placement tree: two legs below each person.

Legs are walked in the database, a look-up for each place, or a sum over a leg; the tree is never
loaded. A place once given is kept, see `docs/plan/binary-cycles.md`.
"""

# The only name put into SQL here is a constant.
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext

from representatives import selectors
from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.models import Placement, Representative, User
from representatives.status_words import status_word

Side = Placement.Side
TABLE = "representatives_placement"


class UnableToPlace(UnableTo):
    """The placement is refused."""


class Order(models.TextChoices):
    """How a place is found below a person when nobody names one."""

    OUTERMOST_LEFT = "outermost_left", "Outermost place on the left"
    OUTERMOST_RIGHT = "outermost_right", "Outermost place on the right"
    FEWER_PEOPLE = "fewer_people", "Outermost place of the leg with fewer people"


@dataclass(frozen=True, slots=True)
class Place:
    """A free place: below whom, and in which leg."""

    parent: Representative
    side: Side
    depth: int


def place_representative(
    *,
    representative: Representative,
    parent: Representative,
    side: Side,
    placed_by: User,
    now: datetime,
) -> Placement:
    """Give a person the place on one side of another; the first parent of all tops the tree.

    :raises UnableToPlace: naming the field, if the place is taken, the parent has none, or the
        person is not enrolled, has a place already or has people below.
    :raises TreeBusy: if another writer holds the tree lock too long.
    """
    with transaction.atomic():
        acquire_tree_lock()
        place = named_place(representative=representative, parent=parent, side=side)
        return _take(representative, place, placed_by=placed_by, now=now)


def place_automatically(
    *,
    representative: Representative,
    order: Order,
    placed_by: User,
    now: datetime,
    start: Representative | None = None,
) -> Placement:
    """Give a person the free place that an order of placement finds below `start`.

    Without `start` the search begins at the nearest sponsor above who stands in the tree.

    :raises UnableToPlace: naming the field, as `place_representative`, or if no sponsor above
        stands in the tree.
    :raises TreeBusy: if another writer holds the tree lock too long.
    """
    with transaction.atomic():
        acquire_tree_lock()
        place = found_place(representative=representative, order=order, start=start)
        return _take(representative, place, placed_by=placed_by, now=now)


def named_place(*, representative: Representative, parent: Representative, side: Side) -> Place:
    """Return the place on one side of a person.

    :raises UnableToPlace: if it can't be given to this person.
    """
    _require_placeable(representative)
    if parent.pk == representative.pk:
        raise UnableToPlace(gettext("Nobody can be placed under himself."), field="parent")
    if not _stands_in_tree(parent) and Placement.objects.exists():
        raise UnableToPlace(
            gettext("%(parent)s has no place yet.") % {"parent": parent}, field="parent"
        )
    taken = (
        Placement.objects.filter(parent=parent, side=side).select_related("representative").first()
    )
    if taken is not None:
        raise UnableToPlace(
            gettext("%(representative)s stands in this place already.")
            % {"representative": taken.representative},
            field="side",
        )
    return Place(parent, Side(side), _depth_of(parent) + 1)


def found_place(
    *, representative: Representative, order: Order, start: Representative | None = None
) -> Place:
    """Return the free place that an order of placement finds.

    :raises UnableToPlace: if there is none for this person.
    """
    _require_placeable(representative)
    beginning = _beginning(representative) if start is None else start
    if beginning.pk == representative.pk:
        raise UnableToPlace(gettext("Nobody can be placed under himself."), field="parent")
    if not _stands_in_tree(beginning) and Placement.objects.exists():
        raise UnableToPlace(
            gettext("%(beginning)s has no place yet.") % {"beginning": beginning}, field="parent"
        )
    side = _side_of(order, beginning)
    parent = Representative.objects.get(pk=_outermost(beginning.pk, side))
    return Place(parent, side, _depth_of(parent) + 1)


def people_in_legs(representative: Representative) -> tuple[int, int]:
    """Return how many people stand in the left leg and in the right one."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE leg AS ("
            f" SELECT representative_id, side FROM {TABLE} WHERE parent_id = %s"
            f" UNION ALL SELECT p.representative_id, leg.side FROM leg"
            f" JOIN {TABLE} p ON p.parent_id = leg.representative_id"
            f") SELECT count(*) FILTER (WHERE side = %s), count(*) FILTER (WHERE side = %s)"
            f" FROM leg",
            [representative.pk, Side.LEFT, Side.RIGHT],
        )
        left, right = cursor.fetchone()
        return left, right


def _take(
    representative: Representative, place: Place, *, placed_by: User, now: datetime
) -> Placement:
    try:
        with transaction.atomic():
            return Placement.objects.create(
                representative=representative,
                parent=place.parent,
                side=place.side,
                depth=place.depth,
                placed_at=now,
                placed_by=placed_by,
            )
    except IntegrityError as error:
        raise UnableToPlace(gettext("The database refuses this place."), field="parent") from error


def _require_placeable(representative: Representative) -> None:
    """Refuse who is not enrolled, has a place, or tops a tree."""
    status = Representative.objects.values_list("status", flat=True).get(pk=representative.pk)
    if status != Representative.Status.ENROLLED:
        raise UnableToPlace(
            gettext("%(representative)s is %(status)s and can't be placed.")
            % {"representative": representative, "status": status_word(status)},
            field="representative",
        )
    if Placement.objects.filter(representative=representative).exists():
        raise UnableToPlace(
            gettext("%(representative)s has a place already and keeps it.")
            % {"representative": representative},
            field="representative",
        )
    if Placement.objects.filter(parent=representative).exists():
        raise UnableToPlace(
            gettext("%(representative)s has people below and stays on top of them.")
            % {"representative": representative},
            field="representative",
        )


def _stands_in_tree(person: Representative) -> bool:
    """Tell whether somebody has a place or people below."""
    return Placement.objects.filter(
        models.Q(representative=person) | models.Q(parent=person)
    ).exists()


def _depth_of(person: Representative) -> int:
    """Return the depth of somebody's place, 0 for a top."""
    depth = Placement.objects.filter(representative=person).values_list("depth", flat=True).first()
    return depth or 0


def _beginning(representative: Representative) -> Representative:
    """Return the nearest sponsor above who stands in the tree, the sponsor in an empty one."""
    upline = selectors.list_upline(representative)
    if not upline:
        raise UnableToPlace(
            gettext("%(representative)s has no sponsor to begin with; name somebody.")
            % {"representative": representative},
            field="parent",
        )
    if not Placement.objects.exists():
        return upline[0]
    ids = [person.pk for person in upline]
    standing = set(
        Placement.objects.filter(representative__in=ids).values_list("representative", flat=True)
    ) | set(Placement.objects.filter(parent__in=ids).values_list("parent", flat=True))
    for person in upline:
        if person.pk in standing:
            return person
    raise UnableToPlace(
        gettext("No sponsor above %(representative)s stands in the placement tree; name somebody.")
        % {"representative": representative},
        field="parent",
    )


def _side_of(order: Order, beginning: Representative) -> Side:
    if order == Order.OUTERMOST_LEFT:
        return Side.LEFT
    if order == Order.OUTERMOST_RIGHT:
        return Side.RIGHT
    left, right = people_in_legs(beginning)
    return Side.RIGHT if right < left else Side.LEFT


def _outermost(member_id: int, side: Side) -> int:
    """Return the last one on a side: one index look-up a step, in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE edge AS ("
            f" SELECT %s::bigint AS id, 0 AS step"
            f" UNION ALL SELECT p.representative_id, edge.step + 1 FROM edge"
            f" JOIN {TABLE} p ON p.parent_id = edge.id AND p.side = %s"
            f") SELECT id FROM edge ORDER BY step DESC LIMIT 1",
            [member_id, side],
        )
        last: int = cursor.fetchone()[0]
        return last
