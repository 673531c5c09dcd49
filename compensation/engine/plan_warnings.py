"""What is allowed in a plan and yet deserves a second look. Rules: docs/plan/flat-spots.md."""

from __future__ import annotations

from compensation.engine.components import FlatBonus
from compensation.engine.flat_spots import flat_spots
from compensation.engine.plan import Plan
from compensation.engine.reading import Fault


def warnings(plan: Plan) -> list[Fault]:
    """Find what is allowed and yet deserves a second look, flat spots last."""
    found = [
        Fault(f"ranks.ladder[{index}]", f"{rank.name} requires nothing: everybody advances to it")
        for index, rank in enumerate(plan.ranks.ladder)
        if index and not rank.requires
    ]
    for index, component in enumerate(plan.components):
        if (
            isinstance(component, FlatBonus)
            and component.to == "sponsor"
            and component.buyers != "customers"
        ):
            found.append(
                Fault(
                    f"components[{index}].buyers",
                    "a representative's own purchase pays his sponsor: the kind of bonus that is "
                    "closest to pay for recruiting; consider buyers: customers",
                )
            )
    return [*found, *flat_spots(plan)]
