"""As much of a branch as a statement line needs: the engine finds the same people in it."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine import MemberResults
from compensation.engine.components.base import Standing
from compensation.engine.explain import Branch, branch_of, contributors
from compensation.engine.types import Int
from compensation.explaining.walking import Rule, rule_for
from tests.engine.explained import COMPONENTS, world


def only(standing: Standing, places: Int) -> Standing:
    """Give the standing of some people."""
    assert standing.pay_rank is not None
    return Standing(
        enrolled=standing.enrolled[places],
        qualified=standing.qualified[places],
        enrolled_day=standing.enrolled_day[places],
        pay_rank=standing.pay_rank[places],
        figures={name: figures[places] for name, figures in standing.figures.items()},
    )


def walked(rule: Rule, branch: Branch) -> Int:
    """Give the places that are read when a rule is followed from sponsor to sponsored."""
    read = [0]
    state = {0: rule.first(only(branch.standing, np.zeros(1, dtype=np.int64)))}
    for place in range(1, len(branch)):
        above = int(branch.sponsor[place]) - branch.start
        if above in state and bool(rule.goes_on(state[above])[0]):
            person = only(branch.standing, np.array([place]))
            state[place] = rule.following(state[above], person)
            read.append(place)
    return np.array(read)


def part_of(branch: Branch, places: Int) -> Branch:
    """Give some people of a branch as one of their own, from position 0."""
    sponsor = np.searchsorted(places, branch.sponsor[places] - branch.start)
    sponsor[0] = -1
    return Branch(
        start=0,
        sponsor=sponsor,
        end=np.searchsorted(places, branch.end[places] - branch.start),
        depth=branch.depth[places],
        standing=only(branch.standing, places),
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", COMPONENTS)
def test_all_behind_a_line_are_among_those_who_are_read(name: str, seed: int) -> None:
    plan, members, _, results = world(name, seed)
    component = plan.components[0]
    enrolled_day = members.enrolled[results.members.row]
    earnings = results.earnings

    for receiver, level in zip(
        earnings.receiver.tolist(), earnings.paid_level.tolist(), strict=True
    ):
        branch = branch_of(results.members, receiver, enrolled_day)
        rule = rule_for(component, level, only(branch.standing, np.zeros(1, dtype=np.int64)))
        places = walked(rule, branch)

        found = places[contributors(component, level, part_of(branch, places))]

        wanted = contributors(component, level, branch) - branch.start
        assert _selling(results.members, branch, found) == _selling(results.members, branch, wanted)


def _selling(members: MemberResults, branch: Branch, places: Int) -> list[int]:
    chosen = places[members.order_count[places + branch.start] > 0]
    return sorted(chosen.tolist())
