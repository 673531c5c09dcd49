"""Compare what the engine and its second implementation make of the same world."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from compensation import engine
from compensation.engine.types import NOT_STATED, Carried, PeriodPlace, Stated, Status
from compensation.engine.volumes import FACTS, QUANTITIES
from tests.engine import oracle, strategies
from tests.engine.oracle.requirements import COUNTS as ASKED_COUNTS
from tests.engine.oracle.requirements import leg_limit, requirements_of
from tests.engine.strategies import World

VOLUMES = (
    "sold_bv",
    "personal_bv",
    "own_bv",
    "window_bv",
    "window_own_bv",
    "group_bv",
    "personal_rsp",
    "window_rsp",
    "rsp_own",
    "rsp_total",
    "rsp_base",
    "points",
)
COUNTS = (
    "active",
    "active_directs",
    "direct_count",
    "title_rank",
    "pay_rank",
    "commission_minor",
    "order_count",
    "retail_customers",
    "grace_used",
)
QUALIFYING_VOLUMES = (
    "bv",
    "own_bv",
    "rsp",
    "rsp_all",
    "rsp_repeat",
    "own_rsp",
    "own_rsp_all",
    "own_rsp_repeat",
)


def compute(world: World, before: engine.Results | None = None) -> engine.Results:
    """Give a world to the engine; with the results ``before``, what these left behind."""
    row_of = {person.id: row for row, person in enumerate(world.people)}
    sides = {None: -1, "left": 0, "right": 1}

    def column(rows: list[Any], name: str) -> list[Any]:
        return [getattr(row, name) for row in rows]

    def above(name: str) -> list[int]:
        return [-1 if one is None else row_of[one] for one in column(world.people, name)]

    members = engine.Members.of(
        column(world.people, "id"),
        above("sponsor"),
        status=[Status[person.status.upper()] for person in world.people],
        opening_title=column(world.people, "opening_title"),
        enrolled=column(world.people, "enrolled"),
        placement=above("placement"),
        side=[sides[person.side] for person in world.people],
        bought_bv=column(world.people, "bought_bv"),
    )
    facts = {name: column(world.sales, name) for name in ("order", *QUANTITIES, *FACTS)}
    facts["customer"] = [-1 if one is None else one for one in facts["customer"]]
    sales = engine.Sales.of([row_of[sale.seller] for sale in world.sales], **facts)
    qualifying = engine.Qualifying.of(
        [row_of[volume.member] for volume in world.qualifying],
        **{name: column(world.qualifying, name) for name in ("periods_ago", *QUALIFYING_VOLUMES)},
    )
    return engine.compute(
        engine.parse_plan(world.plan),
        members,
        sales,
        qualifying=qualifying,
        stated=stated_of(world),
        carried=carried_of(world, row_of) if before is None else handed_on(before, row_of),
        calendar=PeriodPlace(world.month_of_quarter),
    )


def stated_of(world: World) -> Stated:
    """What is stated, as the engine takes it."""
    figures = {
        name: [world.stated.get(person.id, {}).get(name, NOT_STATED) for person in world.people]
        for name in strategies.STATED
    }
    return Stated.of(len(world.people), **figures)


def carried_of(world: World, row_of: dict[int, int]) -> Carried:
    """What the period before left behind, as the engine takes it."""
    keys = sorted({key for _, key in world.carried})
    return Carried.of(
        [row_of[member_id] for member_id, _ in world.carried],
        [keys.index(key) for _, key in world.carried],
        list(world.carried.values()),
        keys=keys,
    )


def handed_on(before: engine.Results, row_of: dict[int, int]) -> Carried:
    """What the engine itself left behind."""
    left, ids = before.carried, before.members.ids.tolist()
    rows = [row_of[ids[position]] for position in left.position.tolist()]
    return Carried.of(rows, left.key, left.value, keys=left.keys)


def second_of(world: World) -> oracle.Oracle:
    """The oracle for a world."""
    return oracle.Oracle(
        world.plan,
        world.people,
        world.sales,
        world.qualifying,
        world.stated,
        world.carried,
        world.month_of_quarter,
    )


def answer(world: World) -> oracle.Answer:
    """Give a world to the oracle."""
    return second_of(world).answer()


def differences(world: World, results: engine.Results, expected: oracle.Answer) -> list[str]:
    """Name every figure on which the two do not agree."""
    return [
        *member_differences(world, results, expected),
        *line_differences(results, expected),
        *figure_differences(world, results, expected),
        *carried_differences(results, expected),
        *ranking_differences(results, expected),
    ]


def member_differences(world: World, results: engine.Results, expected: oracle.Answer) -> list[str]:
    """Name every member and figure on which the two do not agree."""
    found = []
    members = results.members
    columns = {name: getattr(members, name).tolist() for name in (*VOLUMES, *COUNTS)}
    reasons = [engine.Reason(code).code for code in members.inactive_reason.tolist()]
    if sorted(members.ids.tolist()) != sorted(expected.members):
        found.append("the members are not the same")
    for position, member_id in enumerate(members.ids.tolist()):
        member = expected.members[member_id]
        said = world.stated.get(member_id, {})
        wanted = {name: getattr(member, name) * 100 for name in VOLUMES}
        wanted |= {name: getattr(member, name) for name in COUNTS}
        wanted |= {name: value for name, value in said.items() if name in VOLUMES}
        for name, value in wanted.items():
            got = columns[name][position]
            if got != value:
                found.append(f"member {member_id} {name}: engine {got}, oracle {value}")
        if reasons[position] != member.inactive_reason:
            found.append(
                f"member {member_id} reason: {reasons[position]}, oracle {member.inactive_reason}"
            )
    return found


def figure_differences(world: World, results: engine.Results, expected: oracle.Answer) -> list[str]:
    """Name every further figure of the plan on which the two do not agree."""
    members = results.members
    ids = members.ids.tolist()
    got = {
        (name, member_id): figure
        for name, column in zip(members.figure_names, members.figures, strict=True)
        for member_id, figure in zip(ids, column.tolist(), strict=True)
    }
    wanted = {
        (name, member_id): figure * (1 if "count" in requirement else 100)
        for name, requirement in further_figures(world.plan).items()
        for member_id, figure in expected.figures(requirement, False).items()
    } | bought_figures(world, expected)
    for identifier, (remaining, broken) in expected.breakaways.items():
        for member_id in ids:
            said = world.stated.get(member_id, {})
            chosen_by = said.get("group_bv", remaining[member_id] * 100)
            wanted[f"group_bv:breakaway:{identifier}", member_id] = chosen_by
            wanted[f"broken_away:breakaway:{identifier}", member_id] = member_id in broken
    return differing("figure", got, wanted)


def bought_figures(world: World, expected: oracle.Answer) -> dict[tuple[str, int], Decimal]:
    """The figures of ranks with BV bought with points, where anybody has bought any."""
    asked = {
        figure_name(world.plan, requirement) or requirement["measure"]: requirement
        for rank in world.plan.get("ranks", {}).get("ladder", [])
        for requirement in (*rank.get("requires", []), *rank.get("maintains", []))
        if "group_bv" in (requirement.get("measure"), requirement.get("who", {}).get("measure"))
    }
    if not asked or not any(person.bought_bv for person in world.people):
        return {}
    found = {
        (f"{name}:with-bought", member_id): figure * (1 if "count" in requirement else 100)
        for name, requirement in asked.items()
        if name != "group_bv"
        for member_id, figure in expected.figures(requirement, True).items()
    }
    for member_id, member in expected.members.items():
        found["group_bv:bought", member_id] = member.bought_in_group * 100
    return found


def further_figures(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The plan's further figures: canonical name -> a requirement that asks for it."""
    found = {}
    for requirement in requirements_of(plan):
        name = figure_name(plan, requirement)
        if name is not None:
            found[name] = requirement
    return found


def figure_name(plan: dict[str, Any], requirement: dict[str, Any]) -> str | None:
    """The name of a figure that is no plain measure."""
    if "count" in requirement:
        who, what = requirement["who"], requirement["count"]
        if "rank" in who:
            ladder = [
                rank["name"] for rank in plan.get("ranks", {}).get("ladder", [{"name": "Member"}])
            ]
            return f"{what}:rank:{ladder.index(who['rank'])}"
        return f"{what}:{who['measure']}:{scaled(who['measure'], who['at_least'])}"
    if "per_leg_at_most" in requirement:
        return f"group_bv:leg-at-most-{int(leg_limit(requirement) * 100)}"
    buyers, window = requirement.get("from", "both"), requirement.get("window", "period")
    if window == {"trailing": 1}:
        window = "period"
    if buyers == "both" and window == "period":
        return None
    if isinstance(window, dict):
        window = f"trailing-{window['trailing']}"
    return f"{requirement['measure']}:{buyers}:{window}"


def scaled(measure: str, figure: Any) -> int:
    """A figure of a requirement as the engine has it."""
    return int(Decimal(str(figure)) * (1 if measure in ASKED_COUNTS else 100))


def carried_differences(results: engine.Results, expected: oracle.Answer) -> list[str]:
    """Name everything left behind on which the two do not agree."""
    left, ids = results.carried, results.members.ids.tolist()
    got = {
        (ids[position], left.keys[key]): value
        for position, key, value in zip(
            left.position.tolist(), left.key.tolist(), left.value.tolist(), strict=True
        )
    }
    return differing("carried", got, expected.carried)


def ranking_differences(results: engine.Results, expected: oracle.Answer) -> list[str]:
    """Name everybody's value and position in a ranking on which the two do not agree."""
    ids = results.members.ids.tolist()
    got = {
        (name, member_id): (value, position)
        for name, ranked in results.rankings.items()
        for member_id, value, position in zip(
            ids, ranked.value.tolist(), ranked.position.tolist(), strict=True
        )
    }
    wanted = {
        (name, member_id): (one.value, one.position)
        for name, placings in expected.rankings.items()
        for member_id, one in placings.items()
    }
    return differing("ranking", got, wanted)


def differing(what: str, got: dict[Any, Any], wanted: dict[Any, Any]) -> list[str]:
    """Name every key under which two tables do not hold the same."""
    return [
        f"{what} {key}: engine {got.get(key)}, oracle {wanted.get(key)}"
        for key in sorted(got.keys() | wanted.keys())
        if got.get(key) != wanted.get(key)
    ]


def line_differences(results: engine.Results, expected: oracle.Answer) -> list[str]:
    """Name every statement line on which the two do not agree."""
    earnings = results.earnings
    got = {}
    for index in range(len(earnings)):
        key = (
            int(results.members.ids[earnings.receiver[index]]),
            int(earnings.component[index]),
            int(earnings.paid_level[index]),
            Fraction(int(earnings.rate_num[index]), int(earnings.rate_den[index])),
        )
        assert key not in got, f"the line {key} is there twice"
        got[key] = (
            int(earnings.base[index]),
            int(earnings.amount[index]),
            engine.Unit(int(earnings.unit[index])).name.lower(),
            int(earnings.members[index]),
            int(earnings.sales[index]),
        )
    wanted = {
        (line.receiver, line.component, line.level, Fraction(line.rate)): (
            line.base,
            line.amount,
            line.unit,
            len(line.sellers),
            line.sales,
        )
        for line in expected.lines
    }
    return differing("line", got, wanted)
