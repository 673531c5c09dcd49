"""The downline of a representative in one run: who a person is, and the front line of one.

Positions of a run are dense and in pre-order, so a subtree is one range and a page of it is one
index range, whatever its size. Only people whom the viewer may see now are named; others of a
past month are masked. Tree, table and picture have modules of their own.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from compensation.engine.plan import Plan
from compensation.models import MemberResult
from representatives import formatting
from representatives.models import Representative

PAGE_SIZE = 50
SORTED_AT_MOST = 20_000


class Known(NamedTuple):
    """Who a person is now, as the list of the visible gives it."""

    pk: int
    code: str
    name: str
    enrolled_on: date


NAMED_FIELDS = ("id", "code", "name", "enrolled_on")
TOLD_FIELDS = (
    "position",
    "subtree_end",
    "representative_id",
    "sponsor_position",
    "depth",
    "status",
    "active",
    "window_bv",
    "personal_bv",
    "personal_rsp",
    "group_bv",
    "direct_count",
    "pay_rank",
)
"""What of a member of a run is told in rows of people."""

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
    directs: int
    parent: int
    branch: "People | None" = None
    is_found: bool = False

    @property
    def can_open(self) -> bool:
        """Whether the tree can be opened below this person."""
        return self.people > 0 and not self.is_masked


@dataclass(frozen=True, slots=True)
class People:
    """People directly below somebody, in the order of the tree.

    `after` is where the next page begins. `others` counts those left out beside the one person
    who is shown of a front line too wide for a page.
    """

    rows: list[Person]
    after: int | None = None
    others: int = 0

    @property
    def has_next(self) -> bool:
        """Whether there are more people in this front line."""
        return self.after is not None


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
    return People(named(members[:PAGE_SIZE], top=top, viewer=viewer, plan=plan), after=following)


def named(
    members: list[MemberResult], *, top: MemberResult, viewer: Representative, plan: Plan
) -> list[Person]:
    """Describe members, each as far as the viewer may know now."""
    found = Representative.objects.visible_to(viewer).filter(
        pk__in=[member.representative_id for member in members]
    )
    visible = {row[0]: Known(*row) for row in found.values_list(*NAMED_FIELDS)}
    words = Words(plan)
    return [
        _describe(member, visible.get(member.representative_id), top, words) for member in members
    ]


class Words:
    """What is said of people of one plan in one language; what comes again is said once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ranks = plan.ranks.names
        self.statuses = [status_name(status) for status in range(3)]
        self.states: dict[tuple[bool, int, int], dict[str, str]] = {}

    def rank(self, index: int) -> str:
        """Return the name of a rank."""
        return self.ranks[index] if 0 <= index < len(self.ranks) else "–"

    def state(self, member: MemberResult) -> dict[str, str]:
        """Return a member's activity in words."""
        key = (member.active, member.status, 0 if member.active else member.window_bv)
        if key not in self.states:
            self.states[key] = activity_state(member, self.plan)
        return self.states[key]


def describe(
    member: MemberResult, person: Representative | Known | None, *, top: MemberResult, plan: Plan
) -> Person:
    """Return what the viewer may know of a member; without a person all of it is masked."""
    return _describe(member, person, top, Words(plan))


def _describe(
    member: MemberResult,
    person: Representative | Known | None,
    top: MemberResult,
    words: Words,
) -> Person:
    if person is None:
        return _masked(member, top)
    return Person(
        position=member.position,
        level=member.depth - top.depth,
        code=person.code,
        name=person.name,
        is_masked=False,
        status=words.statuses[member.status],
        enrolled_on=person.enrolled_on,
        rank=words.rank(member.pay_rank),
        active=member.active,
        state=words.state(member),
        personal_bv=member.personal_bv,
        personal_rsp=member.personal_rsp,
        group_bv=member.group_bv,
        people=size(member),
        directs=member.direct_count,
        parent=member.sponsor_position,
    )


def _masked(member: MemberResult, top: MemberResult) -> Person:
    """Return a place in the tree without anything of the person who stands there."""
    return Person(
        position=member.position,
        level=member.depth - top.depth,
        code="",
        name=masked_name(),
        is_masked=True,
        status="",
        enrolled_on=None,
        rank="",
        active=False,
        state={"kind": "quiet", "text": "–"},
        personal_bv=0,
        personal_rsp=0,
        group_bv=0,
        people=size(member),
        directs=member.direct_count,
        parent=member.sponsor_position,
    )


def masked_name() -> str:
    """Return what stands for the name of a person whom the viewer may not see now."""
    return _("Someone who is no longer below you")


STATUS_NAMES = (gettext_lazy("Enrolled"), gettext_lazy("Suspended"), gettext_lazy("Terminated"))


def status_name(status: int) -> str:
    """Return a membership status of a run in words."""
    return str(STATUS_NAMES[status])


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
        return {"kind": "quiet", "text": _("No sale yet"), "text_when_over": _("No sale")}
    missing = needed - member.window_bv
    near = member.window_bv * 5 >= needed * 4
    return {
        "kind": "due" if near else "call",
        "text": _("%(volume)s BV short")
        % {"volume": formatting.hundredths(missing, get_language())},
        "width": formatting.width(member.window_bv, needed),
    }
