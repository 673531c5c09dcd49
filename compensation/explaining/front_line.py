"""What sales of the front line could do for a member's rank: whom to help, by how little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compensation.engine.figures import Counted, as_ranks_take_them, figure_of
from compensation.engine.plan import Plan
from compensation.engine.types import Bool, Int
from compensation.explaining.stored import People, StoredRun
from compensation.explaining.usual_sales import UsualSale, usual_sales

MOST_DIRECTS = 2_000
"""Directs looked at, in the order of the tree."""
WITH_OWN_SALES = {
    "personal_bv": "bv",
    "window_bv": "bv",
    "group_bv": "bv",
    "personal_rsp": "rsp",
}
"""What a sale to a customer of one's own adds to, of the measures that people are counted by."""


@dataclass(frozen=True, slots=True)
class Step:
    """So many sales by one seller to customers of his own."""

    seller_id: int
    sales: int
    bv: int
    """Of one sale, hundredths."""
    rsp: int
    is_usual: bool
    """Whether it is the seller's usual sale; else the least that is needed, as one sale."""
    enough: int = 0
    """BV of a smaller sale that would do instead of the usual one, where that is known; else 0."""


class FrontLine:
    """The directs of a member, and the sales that they are asked for."""

    def __init__(self, stored: StoredRun, plan: Plan, member: People) -> None:
        self.plan = plan
        self.people = stored.directs(member, most=MOST_DIRECTS)
        self.ids: list[int] = self.people.fact("representative_id").tolist()
        self.figures = as_ranks_take_them(self.people.standing.figures)
        """Everybody's figures as ranks take them."""
        self._stored = stored
        self._usual: dict[int, UsualSale] | None = None
        self.helped: dict[int, tuple[int, UsualSale]] = {}
        """Number of sales and one sale of directs, by place."""

    @property
    def usual(self) -> dict[int, UsualSale]:
        """Usual sales of the directs, by id."""
        if self._usual is None:
            self._usual = usual_sales(self._stored.run, self.plan.points_from, self.ids)
        return self._usual

    def steps(self) -> list[Step]:
        """Give the sales asked for, by person in the order of the tree."""
        return [
            Step(self.ids[place], sales, sale.bv, sale.rsp, self.ids[place] in self.usual)
            for place, (sales, sale) in sorted(self.helped.items())
            if sales
        ]

    def added_bv(self, *, most: int | None = None) -> int:
        """Give the BV of the sales asked for; ``most`` is all that a leg counts for."""
        group = self.figures["group_bv"]
        total = 0
        for place, (sales, sale) in self.helped.items():
            before, after = int(group[place]), int(group[place]) + sales * sale.bv
            total += after - before if most is None else min(after, most) - min(before, most)
        return total

    def added_rsp(self) -> int:
        """Give the points of the sales asked for."""
        return sum(sales * sale.rsp for sales, sale in self.helped.values())

    def helped_ids(self) -> list[int]:
        """Give the ids of those who are active once they have sold what is asked for."""
        return [self.ids[place] for place in self.helped if self._is_active_after(place)]

    def help_with(self, measure: str, missing: int) -> int:
        """Ask as few sales as possible so that so many more directs count; give how many lack.

        Nothing happens, and nobody lacks, for measures that count nobody.
        """
        if measure == "active_directs":
            return self._ask(self._inactive(), self._activity_gaps(), missing)
        figure = figure_of(measure)
        if not isinstance(figure, Counted):
            return 0
        if figure.measure == "active":
            return self._ask(self._inactive(), self._activity_gaps(), missing)
        kind = WITH_OWN_SALES.get(figure.measure)
        # Somebody else in a leg may have what a direct lacks, unless the leg's own sum is below.
        if kind is None or (figure.what == "legs" and figure.measure != "group_bv"):
            return missing
        figures = self.figures[figure.measure]
        gaps = np.zeros((len(figures), 2), dtype=np.int64)
        gaps[:, 0 if kind == "bv" else 1] = figure.at_least - figures
        below = self.people.standing.enrolled & (figures < figure.at_least)
        return self._ask(below, gaps, missing)

    def best_seller(self, *, better_than: int) -> int | None:
        """Give the place of the active direct who sells most BV at once; None if none is better.

        Nobody is chosen whom the sales would make active: that would count levels anew.
        """
        active = self.people.active | np.isin(np.array(self.ids), self.helped_ids())
        best = max(
            (
                (self.usual[number].bv, -number, place)
                for place, number in enumerate(self.ids)
                if active[place] and number in self.usual
            ),
            default=(0, 0, 0),
        )
        return best[2] if best[0] > better_than else None

    def usual_of(self, place: int) -> UsualSale:
        """Give the usual sale of a direct who has one."""
        return self.usual[self.ids[place]]

    def ask(self, place: int, further: int) -> None:
        """Ask a direct for further usual sales."""
        before = self.helped.get(place, (0, self.usual_of(place)))[0]
        if further:
            self.helped[place] = (before + further, self.usual_of(place))

    def _ask(self, candidates: Bool, gaps: Int, missing: int) -> int:
        """Ask the candidates who need fewest further sales; give how many are lacking."""
        costs = []
        for place in np.flatnonzero(candidates).tolist():
            wanted = self._sales_for(place, int(gaps[place, 0]), int(gaps[place, 1]))
            if wanted is not None:
                before = self.helped.get(place, (0, None))[0]
                costs.append((max(wanted[0] - before, 0), -wanted[1].bv, place, wanted))
        costs.sort(key=lambda one: one[:3])
        for _, _, place, (sales, sale) in costs[:missing]:
            before, known = self.helped.get(place, (0, sale))
            if self.ids[place] not in self.usual:
                sale = UsualSale(max(sale.bv, known.bv), max(sale.rsp, known.rsp))
            self.helped[place] = (max(sales, before), sale)
        return max(missing - len(costs), 0)

    def _sales_for(self, place: int, bv: int, rsp: int) -> tuple[int, UsualSale] | None:
        """Give the sales that bring somebody BV and points; None if his usual ones can't."""
        usual = self.usual.get(self.ids[place])
        if usual is None:
            return 1, UsualSale(max(bv, 0), max(rsp, 0))
        if rsp > 0 and usual.rsp <= 0:
            return None
        sales = max(-(-bv // usual.bv) if bv > 0 else 0, -(-rsp // usual.rsp) if rsp > 0 else 0)
        return sales, usual

    def _inactive(self) -> Bool:
        """Tell who is enrolled, not active, and could be by selling."""
        activity = self.plan.activity
        known = activity.measure == "personal_bv" or (
            activity.measure == "personal_rsp" and activity.window == "period"
        )
        open_to: Bool = self.people.standing.enrolled & ~self.people.active
        return open_to if known else np.zeros(len(open_to), dtype=np.bool_)

    def _activity_gaps(self) -> Int:
        """Give the BV and points that everybody lacks to be active."""
        figures, activity = self.people.standing.figures, self.plan.activity
        gaps = np.zeros((len(self.people), 2), dtype=np.int64)
        if activity.measure == "personal_bv":
            gaps[:, 0] = activity.at_least - figures["window_bv"]
        elif activity.measure == "personal_rsp":
            gaps[:, 1] = activity.at_least - figures["personal_rsp"]
        return gaps

    def _is_active_after(self, place: int) -> bool:
        if self.people.active[place]:
            return True
        sales, sale = self.helped[place]
        gap = self._activity_gaps()[place]
        return bool(
            self._inactive()[place] and sales * sale.bv >= gap[0] and sales * sale.rsp >= gap[1]
        )
