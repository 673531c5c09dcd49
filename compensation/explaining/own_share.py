"""What one person has of many sales below: the engine's verdicts about him, a page at once.

Each component of the plan is asked as `Sale` asks it for one order, with the path cut off at the
person: nobody above changes what he is paid. Matches pay on what others earned and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from compensation.engine.branches import Upline, Verdict
from compensation.engine.components import Match
from compensation.engine.explain import why
from compensation.engine.plan import Plan
from compensation.explaining import facts
from compensation.explaining.stored import People, StoredRun
from compensation.models import Run


@dataclass(frozen=True, slots=True)
class Share:
    """What one order pays one person: a verdict for each component that has a share in it."""

    distance: int
    """Levels between him and the seller in the tree."""
    bv: int
    rsp: int
    """What is left of the order after returns of the month, hundredths."""
    verdicts: tuple[tuple[int, Verdict], ...] = field(default_factory=tuple)
    """Index of the component and what it says."""

    @property
    def pays(self) -> list[tuple[int, Verdict]]:
        """The components that pay him, with their levels."""
        return [(index, one) for index, one in self.verdicts if one.paid_levels]


def own_shares(
    run: Run, plan: Plan, representative_id: int, sellers: Mapping[int, int]
) -> dict[int, Share]:
    """Return what some orders pay a person; ``sellers`` gives the seller of each order by id.

    Orders of people who are not below him in the run, and those that do not count in its period,
    are left out. Three queries, however many orders there are.
    """
    stored = StoredRun(run)
    top = stored.members([representative_id])
    if not len(top) or not sellers:
        return {}
    people = stored.paths(set(sellers.values()), top=top)
    paths = _Paths(people)
    found: dict[int, Share] = {}
    for order_id, sold in facts.lines_of_orders(run, list(sellers)).items():
        place = paths.place_of.get(sellers[order_id])
        if place is None:
            continue
        path = paths.up(place)
        whole = sold.bundle.orders.whole()
        enrolled = int(people.standing.enrolled_day[place])
        told: list[tuple[int, Verdict]] = []
        for index, component in enumerate(plan.components):
            if isinstance(component, Match) or not component.opens_to_orders:
                continue
            verdicts = why(component, whole, path[0], enrolled, path[1:], plan=plan)
            told += [(index, one) for one in verdicts if one.position == path[-1].position]
        found[order_id] = Share(
            distance=len(path) - 1,
            bv=int(whole.bv[0]),
            rsp=int(whole.rsp[0]),
            verdicts=tuple(told),
        )
    return found


class _Paths:
    """Ways up among people who hold everybody between them and the first one."""

    def __init__(self, people: People) -> None:
        self._sponsor = np.searchsorted(
            people.fact("position"), people.fact("sponsor_position")
        ).tolist()
        self._uplines = people.uplines()[::-1]
        ids = people.fact("representative_id").tolist()
        self.place_of: dict[int, int] = {one: place for place, one in enumerate(ids)}

    def up(self, place: int) -> list[Upline]:
        """Give somebody and everybody above, up to the first one."""
        path = [self._uplines[place]]
        while place:
            place = self._sponsor[place]
            path.append(self._uplines[place])
        return path
