"""What a small plan is refused for, as text."""

from __future__ import annotations

from typing import Any

from compensation.engine import PlanError
from tests.engine.worlds import plan_of


def faults_of(*components: dict[str, Any], **keys: Any) -> list[str]:
    """Give the faults of a plan with these components and keys; none if it is valid."""
    try:
        plan_of(*components, **keys)
    except PlanError as error:
        return [str(fault) for fault in error.faults]
    return []
