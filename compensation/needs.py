"""What a plan needs to know: only that is loaded, so that a plain plan pays for no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Self

from compensation.engine import Plan
from compensation.engine.figures import Counted, Windowed, figure_of, rests_on_group
from compensation.engine.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Needs:
    """Which columns and rows a plan asks for, beside those that every plan does."""

    rsp_all: bool
    """Points of all products."""
    rsp_repeat: bool
    """Points of repeat sales."""
    first_order: bool
    day: bool
    customer: bool
    margin: bool
    units: bool
    """Pieces, and when they were paid."""
    placement: bool
    coupons: tuple[str, ...]
    """Ids of the rankings in which coupons count."""
    window_points: bool
    """Points of earlier periods too."""
    own_points: bool
    """Points of own purchases by themselves."""
    windows: tuple[Windowed, ...]
    """Figures over more than the period, beside the activity window."""
    bought: bool
    """BV bought with points: a rank asks for group BV in some way."""

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Look through the plan."""
        parts = plan.components
        kinds = {part.kind for part in parts}
        points = {getattr(part, "points_from", None) for part in parts}
        measures = set(_measures(plan))
        figures = [figure for figure in map(figure_of, measures) if isinstance(figure, Windowed)]
        by_points = [figure for figure in figures if figure.measure == "personal_rsp"]
        return cls(
            rsp_all="all_products" in points,
            rsp_repeat="repeat_sales" in points,
            first_order=any(getattr(part, "trigger", None) == "first_order" for part in parts),
            day=any(
                getattr(part, name, None) is not None
                for part in parts
                for name in ("window_days", "days")
            ),
            customer="retail_customers" in measures,
            margin="retail_profit" in kinds,
            units=bool(plan.rankings),
            placement="binary_cycles" in kinds,
            coupons=tuple(one.id for one in plan.rankings if one.value != "units"),
            window_points=plan.activity.measure == "personal_rsp" or bool(by_points),
            own_points=any(figure.source != "both" for figure in by_points),
            windows=tuple(figure for figure in figures if figure.window != "period"),
            bought=any(rests_on_group(name) for name in plan.ranks.figures),
        )

    def reach(self, month_of_quarter: int) -> int:
        """Give how many earlier periods the figures reach back over, by period; often none."""
        return max((figure.reach(month_of_quarter) for figure in self.windows), default=0)


def _measures(plan: Plan) -> Iterator[str]:
    """Give the names of all figures that a requirement of the plan, or a part of it, asks for."""
    for name in _names(plan):
        yield name
        figure = figure_of(name)
        if isinstance(figure, Counted):
            yield figure.measure


def _names(value: object) -> Iterator[str]:
    """Find requirements wherever they stand, and measures by which something is shared or chosen.

    Plans are a few levels deep, so walking them by calls is safe.
    """
    if isinstance(value, Requirement):
        yield value.measure
    elif is_dataclass(value):
        for field in fields(value):
            found = getattr(value, field.name)
            if field.name in ("measure", "chosen_by") and isinstance(found, str):
                yield found
            else:
                yield from _names(found)
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _names(one)
