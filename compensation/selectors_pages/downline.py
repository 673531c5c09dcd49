"""The downline of a representative in one run: tree, table, levels, one person.

Positions of a run are dense and in pre-order, so a subtree is one range and a page of it is one
index range, whatever its size. Only people whom the viewer may see now are named; others of a
past month are masked.
"""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.engine.plan import Plan
from compensation.models import MemberResult
from representatives import formatting
from representatives.models import Representative
from representatives.text import sort_key

PAGE_SIZE = 50
SORTED_AT_MOST = 20_000
LEVELS_SHOWN = 4
MOST_PAGES = 100_000

SORTS = {
    "name": ("representative__sort_key", False),
    "level": ("depth", False),
    "rank": ("pay_rank", True),
    "bv": ("personal_bv", True),
    "rsp": ("personal_rsp", True),
    "group": ("group_bv", True),
    "joined": ("representative__enrolled_on", True),
}
DEFAULT_SORT = "group"

NAMED_FIELDS = ("id", "code", "name", "status", "enrolled_on")

# From sibling to sibling along the primary key; one row more than a page says whether it goes on.
# OFFSET 0 keeps the second look-up one by one too: a walk's length can't be estimated, and a join
# would read the whole run for fifty rows.
FRONT_LINE_SQL = """
WITH RECURSIVE walk (position, subtree_end, step) AS (
    SELECT position, subtree_end, 1 FROM compensation_memberresult
    WHERE run_id = %(run)s AND position = %(start)s AND sponsor_position = %(parent)s
  UNION ALL
    SELECT m.position, m.subtree_end, w.step + 1
    FROM walk w JOIN compensation_memberresult m
      ON m.run_id = %(run)s AND m.position = w.subtree_end
    WHERE w.step <= %(page)s AND w.subtree_end < %(end)s
)
SELECT m.*
FROM walk w CROSS JOIN LATERAL (
    SELECT * FROM compensation_memberresult
    WHERE run_id = %(run)s AND position = w.position OFFSET 0
) m
ORDER BY w.position
"""


@dataclass(frozen=True, slots=True)
class Person:
    """What an upline sees of a member: never e-mail, phone, customers or earnings."""

    position: int
    level: int
    code: str
    name: str
    is_masked: bool
    status: str
    enrolled_on: Any
    rank: str
    active: bool
    state: dict[str, str]
    personal_bv: int
    personal_rsp: int
    group_bv: int
    people: int

    @property
    def can_open(self) -> bool:
        """Whether the tree can be opened below this person."""
        return self.people > 0 and not self.is_masked

    @property
    def open_label(self) -> str:
        """What the button that opens the branch is called."""
        return _("People below %(name)s: %(count)s") % {"name": self.name, "count": self.people}

    @property
    def place(self) -> str:
        """Rank, level and people below, or the join date of somebody without people."""
        parts = [self.rank, _("Level %(level)s") % {"level": self.level}]
        if self.people:
            figure = formatting.whole(self.people, get_language())
            parts.append(
                ngettext("%(count)s person", "%(count)s people", self.people) % {"count": figure}
            )
        else:
            day = date_format(self.enrolled_on, "j M Y")
            parts.append(_("joined %(day)s") % {"day": day})
        return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class People:
    """A page of people."""

    rows: list[Person]
    page: int = 1
    has_next: bool = False
    after: int | None = None

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.page > 1

    @property
    def previous_number(self) -> int:
        """Number of the page before."""
        return self.page - 1

    @property
    def next_number(self) -> int:
        """Number of the page after."""
        return self.page + 1

    @property
    def first(self) -> int:
        """Number of the first row, counted from 1."""
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        """Number of the last row."""
        return (self.page - 1) * PAGE_SIZE + len(self.rows)


def get_member(run_id: int, representative_id: int) -> MemberResult | None:
    """Return a member's result in a run, or None if the member was not in it."""
    return MemberResult.objects.filter(run_id=run_id, representative_id=representative_id).first()


def size(member: MemberResult) -> int:
    """Return the number of people below a member in the run."""
    return member.subtree_end - member.position - 1


def is_below(member: MemberResult, top: MemberResult) -> bool:
    """Tell whether a member is below another one in the same run."""
    return top.position < member.position < top.subtree_end


def list_front_line(
    top: MemberResult,
    parent: MemberResult,
    *,
    after: int | None,
    viewer: Representative,
    plan: Plan,
) -> People:
    """Return up to PAGE_SIZE people directly below a member, in the order of the run.

    `after` is the position at which the page begins (the `after` of the page before). The walk
    jumps from sibling to sibling along the primary key.
    """
    start = parent.position + 1 if after is None else after
    if not parent.position < start < parent.subtree_end:
        return People([])
    with connection.cursor() as cursor:
        cursor.execute(
            FRONT_LINE_SQL,
            {
                "run": parent.run_id,
                "start": start,
                "parent": parent.position,
                "end": parent.subtree_end,
                "page": PAGE_SIZE,
            },
        )
        names = [column.name for column in cursor.description]
        members = [MemberResult(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    following = members[PAGE_SIZE].position if len(members) > PAGE_SIZE else None
    return People(
        _named(members[:PAGE_SIZE], top=top, viewer=viewer, plan=plan),
        has_next=following is not None,
        after=following,
    )


def list_table(
    top: MemberResult, *, sort: str, page: int, viewer: Representative, plan: Plan
) -> People:
    """Return a page of everybody below a member.

    Downlines of more than SORTED_AT_MOST people keep the order of the tree, where a page is a
    range of positions; smaller ones are sorted.
    """
    page = min(max(page, 1), MOST_PAGES)
    below = MemberResult.objects.filter(run_id=top.run_id)
    if size(top) > SORTED_AT_MOST:
        start = top.position + 1 + (page - 1) * PAGE_SIZE
        end = min(start + PAGE_SIZE, top.subtree_end)
        rows = list(below.filter(position__gte=start, position__lt=end).order_by("position"))
        more = end < top.subtree_end
    else:
        start = (page - 1) * PAGE_SIZE
        inside = below.filter(position__gt=top.position, position__lt=top.subtree_end)
        found = list(_sorted(inside, sort)[start : start + PAGE_SIZE + 1])
        rows, more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    return People(_named(rows, top=top, viewer=viewer, plan=plan), page=page, has_next=more)


def _sorted(rows: QuerySet[MemberResult], sort: str) -> QuerySet[MemberResult]:
    field, descending = SORTS.get(sort, SORTS[DEFAULT_SORT])
    order = F(field).desc() if descending else F(field).asc()
    return rows.order_by(order, "position")


def search(
    top: MemberResult, *, text: str, page: int, viewer: Representative, plan: Plan
) -> People:
    """Return the people below a member whose name or code matches, by name.

    Only people whom the viewer may see now are searched. In downlines of more than
    SORTED_AT_MOST people a name must begin with the text; in smaller ones it may hold it.
    """
    page = min(max(page, 1), MOST_PAGES)
    key = sort_key(text)
    named = Q(sort_key__startswith=key)
    if size(top) <= SORTED_AT_MOST:
        named = Q(sort_key__contains=key)
    start = (page - 1) * PAGE_SIZE
    found = list(
        Representative.objects.visible_to(viewer)
        .exclude(pk=viewer.pk)
        .filter(named | Q(code=text.strip().upper()) | Q(code=text.strip()))
        .order_by("sort_key", "id")
        .only(*NAMED_FIELDS)[start : start + PAGE_SIZE + 1]
    )
    members = MemberResult.objects.filter(
        run_id=top.run_id,
        representative_id__in=[person.pk for person in found[:PAGE_SIZE]],
        position__gt=top.position,
        position__lt=top.subtree_end,
    )
    by_id = {member.representative_id: member for member in members}
    rows = [
        describe(by_id[person.pk], person, top=top, plan=plan)
        for person in found[:PAGE_SIZE]
        if person.pk in by_id
    ]
    return People(rows, page=page, has_next=len(found) > PAGE_SIZE)


def _named(
    members: list[MemberResult], *, top: MemberResult, viewer: Representative, plan: Plan
) -> list[Person]:
    visible = {
        person.pk: person
        for person in Representative.objects.visible_to(viewer)
        .filter(pk__in=[member.representative_id for member in members])
        .only(*NAMED_FIELDS)
    }
    return [
        describe(member, visible.get(member.representative_id), top=top, plan=plan)
        for member in members
    ]


def describe(
    member: MemberResult, person: Representative | None, *, top: MemberResult, plan: Plan
) -> Person:
    """Return what the viewer may know of a member; without a person all of it is masked."""
    return Person(
        position=member.position,
        level=member.depth - top.depth,
        code=person.code if person else "",
        name=person.name if person else _("Someone who is no longer below you"),
        is_masked=person is None,
        status=person.get_status_display() if person else "",
        enrolled_on=person.enrolled_on if person else None,
        rank=rank_name(plan, member.pay_rank) if person else "",
        active=member.active and person is not None,
        state=activity_state(member, plan) if person else {"kind": "quiet", "text": "–"},
        personal_bv=member.personal_bv if person else 0,
        personal_rsp=member.personal_rsp if person else 0,
        group_bv=member.group_bv if person else 0,
        people=size(member),
    )


def rank_name(plan: Plan, index: int) -> str:
    """Return the name of a rank of the plan's ladder."""
    names = plan.ranks.names
    return names[index] if 0 <= index < len(names) else "–"


def activity_state(member: MemberResult, plan: Plan) -> dict[str, str]:
    """Return a member's activity in words, with how much is missing and the width of its bar."""
    if member.active:
        return {"kind": "ok", "text": _("Active")}
    if member.status == 1:
        return {"kind": "quiet", "text": _("Suspended")}
    if member.status == 2:
        return {"kind": "quiet", "text": _("Terminated")}
    measure, needed = plan.activity.measure, plan.activity.at_least
    if measure != "personal_bv" or needed <= 0:
        return {"kind": "quiet", "text": _("Not active")}
    if member.window_bv <= 0:
        return {"kind": "quiet", "text": _("No sale yet")}
    missing = needed - member.window_bv
    near = member.window_bv * 5 >= needed * 4
    return {
        "kind": "due" if near else "call",
        "text": _("%(volume)s BV short")
        % {"volume": formatting.hundredths(missing, get_language())},
        "width": formatting.width(member.window_bv, needed),
    }


def list_levels(top: MemberResult) -> list[dict[str, Any]]:
    """Return people, active people, BV and RSP by level, the deep ones together, then the sum.

    The result of a run never changes, so large ones are kept in the cache.
    """
    key = f"levels:{top.run_id}:{top.position}"
    levels: list[dict[str, Any]] | None = cache.get(key) if size(top) > SORTED_AT_MOST else None
    if levels is None:
        levels = _read_levels(top)
        if size(top) > SORTED_AT_MOST:
            cache.set(key, levels, timeout=3600)
    return levels


def _read_levels(top: MemberResult) -> list[dict[str, Any]]:
    grouped = (
        MemberResult.objects.filter(
            run_id=top.run_id, position__gt=top.position, position__lt=top.subtree_end
        )
        .values("depth")
        .annotate(
            people=Count("position"),
            active_people=Count("position", filter=Q(active=True)),
            volume=Sum("personal_bv"),
            points=Sum("personal_rsp"),
        )
        .order_by("depth")
    )
    figures = ("people", "active_people", "volume", "points")
    levels: list[dict[str, Any]] = []
    total: dict[str, Any] = dict.fromkeys(figures, 0)
    for row in grouped:
        level = row["depth"] - top.depth
        place = min(level, LEVELS_SHOWN + 1)
        if len(levels) < place:
            levels.append({"level": place, **dict.fromkeys(figures, 0)})
        sums: dict[str, Any] = dict(row)
        for name in figures:
            levels[-1][name] += int(sums[name])
            total[name] += int(sums[name])
    return [*levels, {"level": 0, **total}] if levels else []
