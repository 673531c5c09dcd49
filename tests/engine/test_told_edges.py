"""How every kind of plan is read, told, bounded and refused, word for word.

The files beside this one hold it for the documents of ``documents.py``. After a change that is
meant, write them anew with ``UPDATE_TOLD=1`` and read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from compensation.engine import PlanError, parse_plan
from compensation.engine.digests import content_of
from compensation.engine.prose import plan_prose
from compensation.engine.worst_case import check_plan, worst_case
from tests.engine.documents import KINDS, broken, document, documents

HERE = Path(__file__).parent
TOLD, REFUSED = HERE / "told.json", HERE / "refused.json"
PROSE = plan_prose(parse_plan(document()))
"""What any of the documents tells."""
SUBJECTS = (*KINDS, "ranks", "activity", "plan", "rankings", "caps", "bounds")


def told(subject: str, document: Any) -> dict[str, Any]:
    """Give what is read of a subject, and what of prose, bounds and faults is not every plan's."""
    plan = parse_plan(document)
    case = worst_case(plan)
    content = content_of(plan)
    read = {"plan": list(content), "bounds": ["bv_value"]}.get(subject, [subject])
    if subject in KINDS:
        content["component"] = content["components"][-1]
        read = ["component"]
    bounds = [" ".join(map(str, content_of(share).values())) for share in case.shares]
    return {
        "read": {name: str(content[name]) for name in read},
        "prose": [line for line in plan_prose(plan) if line not in PROSE],
        "bounds": bounds[1:],
        "together": f"{case.of_bv} of BV, {case.of_net} of net",
        "faults": [str(fault) for fault in check_plan(plan)],
        "ids": [plan.statement_id(one) for one in range(len(plan.components) + len(plan.caps))],
        "figures": list(plan.figure_names),
        "points": plan.points_from,
    }


def refused(document: Any) -> list[str]:
    """Give the faults of a document; none if it is valid."""
    try:
        parse_plan(document)
    except PlanError as error:
        return [str(fault) for fault in error.faults]
    return []


def expected(path: Path, found: dict[str, Any], subject: str) -> dict[str, Any]:
    """Give what a file holds of a subject, after writing it anew where that is asked for."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if os.environ.get("UPDATE_TOLD"):
        known[subject] = found
        known = {name: known[name] for name in SUBJECTS if name in known}
        path.write_text(written(known), encoding="utf-8")
    of_subject: dict[str, Any] = known[subject]
    return of_subject


def written(known: dict[str, dict[str, Any]]) -> str:
    """Give JSON with a line for each document."""
    subjects = (
        f"{json.dumps(subject)}: {{\n"
        + ",\n".join(
            f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(one, ensure_ascii=False)}"
            for name, one in of_subject.items()
        )
        + "\n}"
        for subject, of_subject in known.items()
    )
    return "{\n" + ",\n".join(subjects) + "\n}\n"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_plans_are_read_told_and_bounded_as_written_down(subject):
    found = {name: told(subject, one) for of, name, one in documents() if of == subject}

    assert found == expected(TOLD, found, subject)


@pytest.mark.parametrize(
    "subject", [one for one in SUBJECTS if one not in ("activity", "rankings", "bounds")]
)
def test_broken_plans_are_refused_as_written_down(subject):
    found = {name: refused(one) for of, name, one in broken() if of == subject}

    assert found == expected(REFUSED, found, subject)
