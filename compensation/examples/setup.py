"""A plan document in the making: what all kinds of example have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from compensation import engine
from compensation.calendar import CalendarPeriod
from compensation.examples.cast import Person
from compensation.examples.fields import Fields
from compensation.examples.reading import Example, ExampleError, LinedDict

CURRENCY = "EUR"
NUMERIC_TESTS = {
    "pbv": ("personal_bv", "window_bv"),
    "pv": ("personal_bv", "window_bv"),
    "personal_rsp": ("personal_rsp", "window_rsp"),
    "monthly_points": ("personal_rsp", "window_rsp"),
    **dict.fromkeys(("base", "percent", "earned"), ("personal_bv", "window_bv")),
}
"""Field of a member -> measure of our activity test, and the figure stated for it."""
FLAG_TESTS = ("active", "active_by_period", "payout_qualified")
STATED_TESTS = (*FLAG_TESTS, "rank", "title", "title_rank")
ROUNDING = "half_away_from_zero"
MOST_LEVELS = 100
COMPRESSIONS = {"generous": "dynamic", "amount_roll_up": "roll_up"}
"""How the examples call a compression -> how a plan document does, where they differ."""


@dataclass(slots=True)
class Setup:
    """A plan document in the making, and which fields of a member it goes by."""

    document: dict[str, Any]
    test_field: str | None = None
    test_is: bool | str = True
    """What a word or flag must be."""
    sellers_matter: bool = False
    """A sale may pay its own seller, or pay nobody, by what the seller states."""
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
        self, person: Person, period: CalendarPeriod | None, where: str, *, matters: bool
    ) -> dict[str, int]:
        """Return the figures of our engine that a member of the example states.

        Who can't be paid in the period need not state what the plan goes by.

        :raises ExampleError: if the plan goes by something that the member does not state.
        """
        stated: dict[str, int] = {}
        if self.test_field in STATED_TESTS:
            said = self._said(person, period)
            if said is None and matters:
                raise self._not_stated(person, self.test_field, where)
            stated["active"] = int(said == self.test_is)
        elif self.test_field is not None:
            if self.test_field in person.numbers:
                figure = NUMERIC_TESTS[self.test_field][1]
                stated[figure] = person.numbers[self.test_field]
            elif matters:
                raise self._not_stated(person, self.test_field, where)
        if self.percent_field is not None:
            stated["personal_rsp"] = person.numbers.get(self.percent_field, 0)
        if self.ranks:
            rank = person.words.get(self.rank_field)
            if rank is None and matters:
                raise self._not_stated(person, self.rank_field, where)
            if rank is not None and rank not in self.ranks:
                raise ExampleError(
                    f"{where}: member {person.name}: {rank!r} is no rank of the plan", person.line
                )
            stated["pay_rank"] = 0 if rank is None else self.ranks.index(rank)
        return stated

    def _said(self, person: Person, period: CalendarPeriod | None) -> bool | str | None:
        if self.test_field in ("active", "active_by_period"):
            return person.is_active(period)
        if self.test_field == "payout_qualified":
            return person.flags.get("payout_qualified")
        return person.words.get(str(self.test_field))

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


def take_compression(parameters: Fields, component: dict[str, Any]) -> None:
    """Take a compression by the name that the examples or a plan document give it."""
    if "compression" in parameters:
        named = parameters.text("compression")
        component["compression"] = COMPRESSIONS.get(named, named)


def take_rates(parameters: Fields) -> list[str]:
    """Take rates by level: a list, or a table from level to rate; a level left out has none."""
    if not isinstance(parameters.take("rates"), LinedDict):
        return [str(rate) for rate in parameters.values("rates")]
    table = parameters.inner("rates")
    given = {}
    for label in table.mapping:
        if not label.isdecimal() or not 1 <= int(label) <= MOST_LEVELS:
            raise table.fault(label, f"is not a level from 1 to {MOST_LEVELS}")
        given[int(label)] = table.number(label)
    return [given.get(level, "0") for level in range(1, max(given, default=0) + 1)]


def take_test(parameters: Fields, key: str, setup: Setup) -> None:
    """Take who is active: a figure that is stated, or a word or flag that must be as named."""
    if key not in parameters:
        return
    test = parameters.inner(key)
    name = test.choice("field", (*NUMERIC_TESTS, *STATED_TESTS))
    activity = setup.document["activity"]
    if name in NUMERIC_TESTS:
        measure = NUMERIC_TESTS[name][0]
        activity["test"] = {"measure": measure, "at_least": test.number("at_least")}
    else:
        setup.test_is = test.take("is", True)
        if not isinstance(setup.test_is, bool if name in FLAG_TESTS else str):
            raise test.fault("is", f"can't be {setup.test_is!r} for {name}")
        activity["test"] = {"measure": "stated"}
    test.close()
    setup.test_field = name


def take_depth_by_rank(
    parameters: Fields, setup: Setup, component: dict[str, Any], key: str = "depth_by_rank"
) -> None:
    """Take the deepest level by rank; the ranks become the ladder and each member states his."""
    if key not in parameters:
        return
    table = parameters.inner(key)
    component["depth_by_rank"] = {name: table.whole(name) for name in table.mapping}
    setup.ranks = list(table.mapping)
    setup.document["ranks"] = {"ladder": [{"name": name} for name in setup.ranks]}


def take_rounding(parameters: Fields, setup: Setup) -> None:
    """Take the rounding of money, as a mode and the decimals of the currency."""
    if "rounding" not in parameters:
        return
    rounding = parameters.inner("rounding")
    setup.document["rounding"] = rounding.text("mode", ROUNDING)
    setup.document["currency_digits"] = rounding.whole("places", 2)
    rounding.close()
