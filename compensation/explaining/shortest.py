"""The shortest way to a rank: the fewest sales that reach it. Rules: docs/plan/shortest-way.md.

From the member's own row, the front line's rows and stored sums; never a full run. A sale is the
seller's usual one; somebody without any is told the least volume, as one sale. Counts of people
come first (who lacks fewest sales), then the member's own figures, then what is left of group
volume by whoever sells most at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from compensation.engine.components import RspPoints
from compensation.engine.figures import LegMaximum, Windowed, as_ranks_take_them, figure_of
from compensation.engine.plan import Plan
from compensation.engine.types import Status
from compensation.explaining import facts
from compensation.explaining.front_line import FrontLine, Step
from compensation.explaining.rank_card import figures_of, met_before
from compensation.explaining.stored import People, StoredRun
from compensation.explaining.usual_sales import UsualSale, usual_sales
from compensation.explaining.walking import Levels
from compensation.models import Run


@dataclass(frozen=True, slots=True)
class Need:
    """What sales alone can't bring: a figure and how much of it is missing."""

    measure: str
    missing: int


@dataclass(frozen=True, slots=True)
class Way:
    """The fewest sales to a rank, the member's own first."""

    rank: int
    steps: list[Step]
    needs: list[Need] = field(default_factory=list)
    """What is needed besides; empty: the sales reach the rank."""
    periods: int = 1
    """Periods that it takes at least, with this one."""

    @property
    def sales(self) -> int:
        """Number of sales."""
        return sum(step.sales for step in self.steps)

    @property
    def by_sales_alone(self) -> bool:
        """Whether these sales, in this period, reach the rank."""
        return not self.needs and self.periods == 1


def shortest_way(run: Run, plan: Plan, representative_id: int, *, rank: int) -> Way | None:
    """Return the fewest sales with which a member has the rank's title at the period's end.

    None if the member was not in the run, or has the title already.
    """
    stored = StoredRun(run)
    people = stored.members([representative_id])
    if not len(people) or not 0 < rank < len(plan.ranks.ladder):
        return None
    if int(people.fact("title_rank")[0]) >= rank:
        return None
    if int(people.fact("status")[0]) != Status.ENROLLED:
        return Way(rank, [], [Need("enrolled", 1)])
    return _Search(stored, plan, people, rank).way()


@dataclass(frozen=True, slots=True)
class _Own:
    """The own sales that own figures take."""

    count: int
    sale: UsualSale
    needs: dict[str, int]
    """What sales can't bring, by measure."""
    least: int
    """So many even if somebody below brings the points that are missing."""
    points: int
    """Points at the base depth that are missing before any own sale."""


class _Search:
    """One member on the way to one rank."""

    def __init__(self, stored: StoredRun, plan: Plan, people: People, rank: int) -> None:
        self.stored = stored
        self.plan = plan
        self.people = people
        self.rank = rank
        self.id = int(people.fact("representative_id")[0])
        self.figures = as_ranks_take_them(figures_of(people))
        if plan.activity.window == "period":
            self.figures["window_rsp"] = self.figures["personal_rsp"]
        self.opening = int(people.fact("opening_title")[0])
        self.requires = self._requires()
        self.needs: dict[str, int] = {}
        self.least_own = 0
        """Own sales that anything but points of levels asks for."""
        self.points_missing = 0
        """Points at the base depth that are missing before any own sale."""
        self.usual = usual_sales(stored.run, plan.points_from, [self.id])
        self.front: FrontLine

    def _requires(self) -> dict[str, int]:
        """Everything that all ranks from the next one up to the wanted one ask for."""
        found: dict[str, int] = {}
        for rank in self.plan.ranks.ladder[self.opening + 1 : self.rank + 1]:
            for one in rank.requires:
                found[one.measure] = max(found.get(one.measure, 0), one.at_least)
        return found

    def way(self) -> Way:
        """Find the way."""
        self.front = FrontLine(self.stored, self.plan, self.people)
        for measure, required in self.requires.items():
            missing = required - self.figures.get(measure, 0)
            if missing > 0:
                short = self.front.help_with(measure, missing)
                if short:
                    self.needs[measure] = short
        own, sale = self._own_sales()
        own, sale = self._filled(own, sale)
        steps = self.front.steps()
        if own:
            steps.insert(0, Step(self.id, own, sale.bv, sale.rsp, self.id in self.usual))
        needs = [Need(name, missing) for name, missing in self.needs.items()]
        return Way(self.rank, self._with_enough(steps), needs, self._periods())

    def _with_enough(self, steps: list[Step]) -> list[Step]:
        """Say of a single sale how little of it would do: where group volume alone is missing."""
        missing = {
            measure: required - self.figures.get(measure, 0)
            for measure, required in self.requires.items()
            if required > self.figures.get(measure, 0)
        }
        if set(missing) != {"group_bv"} or len(steps) != 1 or steps[0].sales != 1:
            return steps
        only, least = steps[0], missing["group_bv"]
        return [replace(only, enough=least)] if only.is_usual and least < only.bv else steps

    def _filled(self, own: int, sale: UsualSale) -> tuple[int, UsualSale]:
        """Fill what is left of group volume by whoever sells most at once."""
        anywhere, only_own = self._group_gaps(own * sale.bv)
        if max(anywhere, only_own) <= 0:
            return own, sale
        if self.id not in self.usual:
            least = UsualSale(own * sale.bv + max(anywhere, only_own), own * sale.rsp)
            return max(own, 1), least if own <= 1 else replace(sale, bv=-(-least.bv // own))
        if only_own > 0:
            own += -(-only_own // sale.bv)
            anywhere, _ = self._group_gaps(own * sale.bv)
        if anywhere > 0:
            place = self.front.best_seller(better_than=sale.bv)
            if place is None:
                own += -(-anywhere // sale.bv)
            else:
                own = self._split(own, sale, place, missing=anywhere + own * sale.bv)
        return own, sale

    def _split(self, own: int, sale: UsualSale, place: int, *, missing: int) -> int:
        """Split the group volume that is missing between own sales and a direct's; give the own.

        The direct's sales bring points too: own sales that points alone asked for may be fewer.
        """
        seller = self.front.usual_of(place)
        sources = [one for one in self.plan.components if isinstance(one, RspPoints)]
        own_rsp = sale.rsp * sum(one.own_points for one in sources)
        level_rsp = seller.rsp * sum(one.base_depth > 0 for one in sources)
        capped = any(isinstance(figure_of(one), LegMaximum) for one in self.requires)
        least = own if capped or not level_rsp else min(self.least_own, own)
        counts = np.arange(least, own + 1)
        further = np.maximum(-(-(missing - counts * sale.bv) // seller.bv), 0)
        if least < own:
            lacking = self.points_missing - counts * own_rsp
            further = np.maximum(further, -(-lacking // level_rsp))
        best = int(np.argmin(counts + further))
        self.front.ask(place, int(further[best]))
        return int(counts[best])

    def _group_gaps(self, own_bv: int) -> tuple[int, int]:
        """Give what group volume lacks: what any sale fills, and what own sales alone do."""
        anywhere = only_own = 0
        for measure, required in self.requires.items():
            figure = figure_of(measure)
            current = self.figures.get(measure, 0)
            if measure == "group_bv":
                anywhere = required - current - own_bv - self.front.added_bv()
            elif isinstance(figure, LegMaximum):
                added = self.front.added_bv(most=figure.most)
                only_own = max(only_own, required - current - own_bv - added)
        return max(anywhere, 0), only_own

    def _periods(self) -> int:
        """Give how many periods it takes if everything is met from this one on."""
        ladder, run = self.plan.ranks.ladder, self.stored.run
        before = {
            index: met_before(run, self.id, ladder[index].name)
            for index in range(self.opening + 1, self.rank + 1)
            if ladder[index].consecutive_periods > 1
        }
        title, period = self.opening, 0
        while title < self.rank:
            period += 1
            for _ in range(self.plan.ranks.steps_per_period):
                asked = ladder[title + 1].consecutive_periods
                if before.get(title + 1, 0) + period < asked:
                    break
                title += 1
                if title == self.rank:
                    break
        return period

    # -- Own figures ------------------------------------------------------------------------

    def _own_sales(self) -> tuple[int, UsualSale]:
        """Give how many own sales own figures take, and what one of them is."""
        ways = [self._own_sales_for(active=False)]
        if "rsp_total" in self.requires and not self.people.active[0]:
            # Levels are credited to active people alone: activity may be the shorter way.
            ways.append(self._own_sales_for(active=True))
        best = min(ways, key=lambda way: (len(way.needs), way.count, way.sale.bv + way.sale.rsp))
        self.needs |= best.needs
        self.least_own, self.points_missing = best.least, best.points
        return best.count, best.sale

    def _own_sales_for(self, *, active: bool) -> _Own:
        """Do so with the member made active, or not unless something asks for it."""
        needs: dict[str, int] = {}
        gaps = self._own_gaps(needs, active=active)
        bv, customers = gaps["bv"], gaps["customers"]
        own_points = max(self._own_points(), 1)
        rsp = max(gaps["rsp"], -(-gaps["points"] // own_points))
        usual = self.usual.get(self.id)
        if usual is None:
            count = max(int(bv > 0 or rsp > 0), customers)
            return _Own(count, UsualSale(max(bv, int(customers > 0)), rsp), needs, count, 0)
        least = count = max(-(-bv // usual.bv), customers)
        if rsp > 0 and usual.rsp > 0:
            least = max(count, -(-gaps["rsp"] // usual.rsp))
            count = max(count, -(-rsp // usual.rsp))
        elif rsp > 0:
            needs["personal_rsp"] = rsp
        is_active = bool(self.people.active[0]) or self._made_active(gaps)
        return _Own(count, usual, needs, least if is_active else count, gaps["points"])

    def _own_points(self) -> int:
        """Give how many components credit the seller's own points."""
        return sum(isinstance(one, RspPoints) and one.own_points for one in self.plan.components)

    def _own_gaps(self, needs: dict[str, int], *, active: bool) -> dict[str, int]:
        """Give missing BV, points and customers of the member's own figures."""
        gaps = {"bv": 0, "rsp": 0, "customers": 0, "points": 0}
        for measure, required in self.requires.items():
            missing = required - self.figures.get(measure, 0)
            kind = self._own_kind(measure)
            if missing > 0 and kind:
                gaps[kind] = max(gaps[kind], missing)
            elif missing > 0 and self._is_beyond_sales(measure):
                needs[measure] = missing
        if active or self.requires.get("active", 0) > self.figures["active"]:
            self._activity_gap(gaps, needs)
        if "rsp_total" in self.requires:
            missing = self.requires["rsp_total"] - self._points_after(gaps)
            if missing > 0 and self._own_points():
                gaps["points"] = missing
            elif missing > 0:
                needs["rsp_total"] = missing
        return gaps

    def _own_kind(self, measure: str) -> str:
        """Tell which of an own sale's figures a measure counts."""
        figure = figure_of(measure)
        if isinstance(figure, Windowed):
            if figure.source == "own":
                return ""
            return "bv" if figure.measure == "personal_bv" else "rsp"
        return {
            "personal_bv": "bv",
            "window_bv": "bv",
            "personal_rsp": "rsp",
            "window_rsp": "rsp",
            "retail_customers": "customers",
        }.get(measure, "")

    def _is_beyond_sales(self, measure: str) -> bool:
        """Tell whether no sale to a customer can bring a figure."""
        figure = figure_of(measure)
        if isinstance(figure, Windowed):
            return figure.source == "own"
        return measure in ("own_bv", "direct_count", "stated_points")

    def _activity_gap(self, gaps: dict[str, int], needs: dict[str, int]) -> None:
        activity = self.plan.activity
        if activity.measure == "personal_bv":
            gap = activity.at_least - self.figures["window_bv"]
            gaps["bv"] = max(gaps["bv"], gap)
        elif activity.measure == "personal_rsp" and "window_rsp" in self.figures:
            gap = activity.at_least - self.figures["window_rsp"]
            gaps["rsp"] = max(gaps["rsp"], gap)
        else:
            needs["active"] = 1

    # -- Points at the base depth -----------------------------------------------------------

    def _points_after(self, gaps: dict[str, int]) -> int:
        """Give the points at the base depth once helpers, and perhaps the member, are active.

        Own sales are not in it yet. Where nobody's activity changes it is what is stored.
        """
        active = bool(self.people.active[0])
        becomes_active = not active and self._made_active(gaps)
        if not (active or becomes_active):
            return self.figures["rsp_total"]
        if not becomes_active and not self.front.helped:
            return self.figures["rsp_total"]
        points = [one for one in self.plan.components if isinstance(one, RspPoints)]
        extra = self.front.added_rsp() * sum(one.base_depth > 0 for one in points)
        return sum(self._points_of(one) for one in points) + extra

    def _made_active(self, gaps: dict[str, int]) -> bool:
        """Tell whether own sales that fill these gaps make the member active."""
        activity = self.plan.activity
        if "active" in self.requires:
            return True
        if activity.measure == "personal_bv":
            return self.figures["window_bv"] + gaps["bv"] >= activity.at_least
        if activity.measure == "personal_rsp" and "window_rsp" in self.figures:
            return self.figures["window_rsp"] + gaps["rsp"] >= activity.at_least
        return False

    def _points_of(self, component: RspPoints) -> int:
        """Add up own points and levels at the base depth, with the helpers active."""
        rule = Levels(component, component.base_depth)
        people = self.stored.branch(self.id, lambda _receiver: rule)
        qualified = people.active.copy()
        ids = people.fact("representative_id")
        qualified[0] = True
        qualified |= np.isin(ids, self.front.helped_ids())
        standing = replace(people.standing, qualified=qualified)
        branch = replace(people.branch(), standing=standing)
        total = 0
        for level in range(0 if component.own_points else 1, component.base_depth + 1):
            places = component.behind(level, branch)
            selling = places[people.fact("order_count")[places] > 0]
            sold = facts.lines_of_sellers(
                self.stored.run, {int(ids[at]): int(at) for at in selling.tolist()}
            )
            if sold is not None:
                total += int(component.quantity(sold.bundle.orders, standing).sum())
        return total
