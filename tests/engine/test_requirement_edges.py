"""How many requirements a list may have."""

from __future__ import annotations

from tests.engine.refusals import faults_of
from tests.engine.worlds import percentages

ASKED = {"measure": "own_bv", "at_least": "1"}


def test_a_list_has_twenty_requirements_at_most() -> None:
    assert faults_of(percentages("1", qualification=[ASKED] * 20)) == []
    assert faults_of(percentages("1", qualification=[ASKED] * 21)) == [
        "components[0].qualification: 21 elements; 0 to 20 are allowed"
    ]
