"""Turn an example's parameters into a plan document of ours.

Nothing is decided here: each parameter becomes the key of the plan document that means the same,
and what the document leaves open stays open. The format is docs/plan/format.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from compensation import engine
from compensation.calendar import CalendarPeriod
from compensation.examples.cast import Person
from compensation.examples.fields import Fields, from_hundredths
from compensation.examples.reading import Example, ExampleError

CURRENCY = "EUR"
NUMERIC_TESTS = {
    "pbv": ("personal_bv", "window_bv"),
    "pv": ("personal_bv", "window_bv"),
    "personal_rsp": ("personal_rsp", "window_rsp"),
    "monthly_points": ("personal_rsp", "window_rsp"),
}
"""Field of a member -> measure of our activity test, and the figure stated for it."""
ACTIVE_FIELDS = ("active", "active_by_period")
ROUNDING = "half_away_from_zero"


@dataclass(slots=True)
class Setup:
    """A plan document in the making, and which fields of a member it goes by."""

    document: dict[str, Any]
    test_field: str | None = None
    ranks: list[str] = field(default_factory=list)
    """The ladder where each member states his pay rank."""
    rank_field: str = "rank"
    """The field in which he states it."""
    percent_field: str | None = None
    """The field in which he states his own percentage; it is looked up as a figure."""

    def plan(self, example: Example) -> engine.Plan:
        """Return the plan.

        :raises ExampleError: if it is not a valid plan.
        """
        try:
            return engine.parse_plan(self.document)
        except engine.PlanError as fault:
            raise ExampleError(f"{example.id}: parameters: {fault}", example.line) from None

    def stated_of(
        self, person: Person, period: CalendarPeriod | None, where: str, *, has_sales: bool
    ) -> dict[str, int]:
        """Return the figures of our engine that a member of the example states.

        In a period without sales nobody need state his activity.

        :raises ExampleError: if the plan goes by something that the member does not state.
        """
        stated: dict[str, int] = {}
        if self.test_field in ACTIVE_FIELDS:
            active = person.is_active(period)
            if active is None and has_sales:
                raise self._not_stated(person, self.test_field, where)
            stated["active"] = int(active is True)
        elif self.test_field is not None:
            if self.test_field not in person.numbers:
                raise self._not_stated(person, self.test_field, where)
            stated[NUMERIC_TESTS[self.test_field][1]] = person.numbers[self.test_field]
        if self.percent_field is not None:
            stated["personal_rsp"] = person.numbers.get(self.percent_field, 0)
        if self.ranks:
            rank = person.words.get(self.rank_field)
            if rank is None:
                raise self._not_stated(person, self.rank_field, where)
            if rank not in self.ranks:
                raise ExampleError(
                    f"{where}: member {person.name}: {rank!r} is no rank of the plan", person.line
                )
            stated["pay_rank"] = self.ranks.index(rank)
        return stated

    @staticmethod
    def _not_stated(person: Person, key: str | None, where: str) -> ExampleError:
        return ExampleError(
            f"{where}: the plan goes by {key}, which member {person.name} does not state",
            person.line,
        )


def empty_setup() -> Setup:
    """Return a plan in which everybody is active and nothing is paid."""
    document: dict[str, Any] = {
        "format": 1,
        "name": "example",
        "currency": CURRENCY,
        "activity": {"test": {"measure": "always"}, "window": "period"},
        "components": [],
    }
    return Setup(document)


def rsp_upline(parameters: Fields) -> Setup:
    """Set up points for uplines."""
    setup = empty_setup()
    _take_test(parameters, "active_test", setup)
    component: dict[str, Any] = {"id": "rsp", "kind": "rsp_points"}
    if "depth" in parameters:
        component["depth"] = parameters.whole("depth")
    _take_depth_by_rank(parameters, setup, component)
    for key in ("compression", "points_from"):
        if key in parameters:
            component[key] = parameters.text(key)
    if "own_points" in parameters:
        component["own_points"] = parameters.flag("own_points")
    setup.document["components"].append(component)
    return setup


def unilevel_percent(parameters: Fields) -> Setup:
    """Set up percentages by level."""
    setup = empty_setup()
    _take_test(parameters, "qualified_test", setup)
    _take_rounding(parameters, setup)
    rates = [str(rate) for rate in parameters.values("rates")]
    component: dict[str, Any] = {"id": "levels", "kind": "level_percent", "rates": rates}
    if "seller_rate" in parameters:
        component["seller_rate"] = parameters.number("seller_rate")
    _take_depth_by_rank(parameters, setup, component)
    for name, depth in component.get("depth_by_rank", {}).items():
        component["depth_by_rank"][name] = min(depth, len(rates))
    if "compression" in parameters:
        component["compression"] = parameters.text("compression")
    if "unqualified_volume_pays" in parameters:
        component["unqualified_volume_pays"] = parameters.flag("unqualified_volume_pays")
    if "window_days_from_enrolment" in parameters:
        component["window_days_from_enrolment"] = parameters.whole("window_days_from_enrolment")
    setup.document["components"].append(component)
    return setup


TITLE_COMPRESSIONS = {"none": "none", "generous": "dynamic"}
"""How the examples call a compression -> how a plan document does."""


def level_by_title(parameters: Fields) -> Setup:
    """Set up one per cent on each level, down to a depth by the title that each member states."""
    setup = empty_setup()
    _take_test(parameters, "qualified_test", setup)
    levels = parameters.whole("levels")
    compression = parameters.choice("compression", tuple(TITLE_COMPRESSIONS), "none")
    component: dict[str, Any] = {
        "id": "levels",
        "kind": "level_percent",
        "rates": ["1"] * levels,
        "compression": TITLE_COMPRESSIONS[compression],
    }
    _take_depth_by_rank(parameters, setup, component, "depth_by_title")
    setup.rank_field = "title"
    for name, depth in component.get("depth_by_rank", {}).items():
        component["depth_by_rank"][name] = min(depth, levels)
    setup.document["components"].append(component)
    return setup


def volume_bracket(parameters: Fields) -> tuple[Setup, tuple[str, str]]:
    """Set up a percentage chosen by one volume and paid on another, and a percentage of own.

    Gives besides the example's fields for the two. What chooses goes in as BV and what is paid on
    as net sales, so that the two can differ.
    """
    setup = empty_setup()
    _take_test(parameters, "qualified_test", setup)
    _take_rounding(parameters, setup)
    chosen_by, paid_on = (_volume(parameters, key) for key in ("chosen_by", "paid_on"))
    component = {
        "id": "bonus",
        "kind": "volume_bracket",
        "chosen_by": {"own": "personal_bv", "group": "group_bv"}[chosen_by[1]],
        "paid_on": {"base": "net", "scope": paid_on[1]},
        "brackets": _brackets(parameters),
    }
    setup.document["components"].append(component)
    _take_retail(parameters, setup)
    return setup, (chosen_by[0], paid_on[0])


def differential(parameters: Fields, people: Iterable[Person]) -> Setup:
    """Set up the difference to the highest percentage below; each member states his own."""
    setup = empty_setup()
    _take_test(parameters, "qualified_test", setup)
    _take_rounding(parameters, setup)
    component = {"id": "steps", "kind": "differential", **_own_percents(people, "base")}
    if "from_level" in parameters:
        component["from_level"] = parameters.whole("from_level")
    setup.percent_field = "base"
    setup.document["components"].append(component)
    return setup


def check_match(parameters: Fields) -> Setup:
    """Set up percentages of what members below have earned: of an order of so much, all of it."""
    setup = empty_setup()
    _take_test(parameters, "qualified_test", setup)
    _take_rounding(parameters, setup)
    rates = [str(rate) for rate in parameters.values("rates")]
    match: dict[str, Any] = {"id": "match", "kind": "match", "of": ["earned"], "rates": rates}
    _take_depth_by_rank(parameters, setup, match)
    if "compression" in parameters:
        match["compression"] = parameters.text("compression")
    earned = {
        "id": "earned",
        "kind": "level_percent",
        "on": "net",
        "rates": [],
        "seller_rate": "100",
        "qualification": [{"measure": "active", "at_least": 0}],
    }
    setup.document["components"] = [earned, match]
    return setup


def stairstep(parameters: Fields, people: Iterable[Person]) -> Setup:
    """Set up own percentages by group points or as stated, and what else the answer tells of.

    Points go in as BV and what is paid on as net sales. Besides the steps themselves there are
    components for what the whole group brings at one's own percentage, for the group's volume
    (at 100 %), and for the percentage of own volume.
    """
    setup = empty_setup()
    _take_rounding(parameters, setup)
    if parameters.flag("percent_is_given_per_member", False):
        table = _own_percents(people, "percent")
        setup.percent_field = "percent"
    else:
        table = {"chosen_by": "group_bv", "brackets": _brackets(parameters)}
    group = {"base": "net", "scope": "group"}
    setup.document["components"] = [
        {"id": "gross", "kind": "volume_bracket", "paid_on": group, **table},
        {"id": "steps", "kind": "differential", "on": "net", **table},
        {
            "id": "volume",
            "kind": "volume_bracket",
            "method": "marginal",
            "paid_on": group,
            "brackets": [{"from": "0", "percent": "100"}],
        },
    ]
    _take_retail(parameters, setup)
    return setup


def _own_percents(people: Iterable[Person], key: str) -> dict[str, Any]:
    """Give a table in which each stated percentage, as a figure, chooses itself."""
    stated = sorted({person.numbers.get(key, 0) for person in people} - {0})
    rows = [str(from_hundredths(one)) for one in stated] or ["100"]
    return {
        "chosen_by": "personal_rsp",
        "brackets": [{"from": row, "percent": row} for row in rows],
    }


def bracket_lookup(parameters: Fields) -> Setup:
    """Set up a percentage chosen by a volume."""
    setup = empty_setup()
    component = {
        "id": "bonus",
        "kind": "volume_bracket",
        "chosen_by": "personal_bv",
        "brackets": _brackets(parameters),
    }
    setup.document["components"].append(component)
    return setup


def _volume(parameters: Fields, key: str) -> tuple[str, str]:
    """Take the field and the scope of a volume."""
    volume = parameters.inner(key)
    found = (volume.choice("field", ("pv", "bv")), volume.choice("scope", ("own", "group"), "own"))
    volume.close()
    return found


def _brackets(parameters: Fields) -> list[dict[str, str]]:
    rows = []
    for row in parameters.rows("brackets"):
        rows.append({"from": row.number("from"), "percent": row.number("percent")})
        row.close()
    return rows


def _take_retail(parameters: Fields, setup: Setup) -> None:
    """Add a percentage of own volume, a line of its own."""
    if "retail_percent" in parameters:
        percent = parameters.number("retail_percent")
        setup.document["components"].append(
            {
                "id": "retail",
                "kind": "level_percent",
                "on": "net",
                "rates": [],
                "seller_rate": percent,
            }
        )


def flat_bonus_with_return(parameters: Fields) -> Setup:
    """Set up a fixed amount to the sponsor for a customer's first order, and ranks by volume."""
    setup = empty_setup()
    setup.document["components"].append(
        {
            "id": "bonus",
            "kind": "flat_bonus",
            "amount": parameters.number("flat_bonus_to_sponsor"),
            "trigger": "first_order",
            "to": "sponsor",
        }
    )
    steps = []
    for row in parameters.rows("month_rank_by_group_volume"):
        steps.append((row.text("rank"), row.number("from")))
        row.close()
    if steps:
        _set_ladder(parameters, "month_rank_by_group_volume", setup, steps, "group_bv")
    return setup


def rank_month(parameters: Fields) -> Setup:
    """Set up a ladder over points that are stated."""
    setup = empty_setup()
    needed = parameters.inner("monthly_points_needed")
    steps = [(str(name), needed.number(str(name))) for name in parameters.values("ladder")]
    needed.close()
    _set_ladder(parameters, "monthly_points_needed", setup, steps, "stated_points")
    ranks = setup.document["ranks"]
    if "title_steps_per_month" in parameters:
        ranks["steps_per_period"] = parameters.whole("title_steps_per_month")
    if "pay_rank_floor" in parameters:
        floor = parameters.inner("pay_rank_floor")
        ranks["pay_rank_floor"] = {key: floor.text(key) for key in ("for_titles_from", "floor")}
        floor.close()
    # A plan needs one way to earn; this one credits nobody.
    setup.document["components"].append(
        {"id": "none", "kind": "rsp_points", "depth": 0, "own_points": False}
    )
    return setup


def _set_ladder(
    where: Fields, key: str, setup: Setup, steps: list[tuple[str, str]], measure: str
) -> None:
    """Write a ladder with one threshold for each rank; the lowest needs nothing."""
    if not steps:
        raise where.fault(key, "names no rank")
    if steps[0][1].strip("0.+-"):
        raise where.fault(key, f"must start with a rank that needs nothing, not {steps[0][1]}")
    ladder: list[dict[str, Any]] = [{"name": steps[0][0]}]
    for name, threshold in steps[1:]:
        ladder.append({"name": name, "requires": [{"measure": measure, "at_least": threshold}]})
    # Unless the plan counts steps, a month's figures alone decide.
    setup.document["ranks"] = {"ladder": ladder, "steps_per_period": len(ladder)}


def _take_test(parameters: Fields, key: str, setup: Setup) -> None:
    if key not in parameters:
        return
    test = parameters.inner(key)
    name = test.choice("field", (*ACTIVE_FIELDS, *NUMERIC_TESTS))
    activity = setup.document["activity"]
    if name in ACTIVE_FIELDS:
        if test.flag("is", True) is not True:
            raise test.fault("is", "must be true")
        activity["test"] = {"measure": "stated"}
    else:
        measure = NUMERIC_TESTS[name][0]
        activity["test"] = {"measure": measure, "at_least": test.number("at_least")}
    test.close()
    setup.test_field = name


def _take_depth_by_rank(
    parameters: Fields, setup: Setup, component: dict[str, Any], key: str = "depth_by_rank"
) -> None:
    if key not in parameters:
        return
    table = parameters.inner(key)
    component["depth_by_rank"] = {name: table.whole(name) for name in table.mapping}
    setup.ranks = list(table.mapping)
    setup.document["ranks"] = {"ladder": [{"name": name} for name in setup.ranks]}


def _take_rounding(parameters: Fields, setup: Setup) -> None:
    if "rounding" not in parameters:
        return
    rounding = parameters.inner("rounding")
    setup.document["rounding"] = rounding.text("mode", ROUNDING)
    setup.document["currency_digits"] = rounding.whole("places", 2)
    rounding.close()
