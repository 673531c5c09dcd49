"""Changes are made of whole functions, put into the running ones, and kept by their content."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compensation.engine import percent_of
from compensation.engine.reading import Fault, PlanError
from tests.mutation.changes import Change, changes_of, function_of
from tests.mutation.typing_check import with_changes


@pytest.fixture(scope="module")
def changes():
    return changes_of("money.py")


def test_changes_speak_of_one_line_each(changes):
    found = {change.lines for change in changes if change.function == "percent_of"}

    assert ("exact = amount * percent / 100", "exact = amount * percent / 101") in found
    assert ("exact = amount * percent / 100", "exact = None") in found


def test_words_of_refusals_are_left_alone(changes):
    assert not [change for change in changes if "raise" in change.lines[0]]


def test_every_change_has_its_own_key(changes):
    assert len({change.key for change in changes}) == len(changes)


def swapped(module, function, before, after):
    original = next(change.original for change in changes_of(module) if change.function == function)
    return Change(module, function, original, original.replace(before, after))


def test_a_change_takes_hold_of_what_others_have_imported():
    running = function_of("money.py", "percent_of")
    code = running.__code__
    try:
        swapped("money.py", "percent_of", "/ 100", "/ 10").apply()
        assert percent_of(200, Fraction(5)) == 100
    finally:
        running.__code__ = code
    assert percent_of(200, Fraction(5)) == 10


def test_a_change_of_a_method_that_calls_super():
    running = function_of("reading.py", "PlanError.__init__")
    code = running.__code__
    try:
        swapped("reading.py", "PlanError.__init__", '"; "', '" and "').apply()
        assert str(PlanError([Fault("a", "bad"), Fault("b", "worse")])) == "a: bad and b: worse"
    finally:
        running.__code__ = code


def test_survivors_are_given_to_mypy_as_further_functions():
    source = "class A:\n    def one(self) -> int:\n        return 1\n\n\nB = 2\n"
    method = "def one(self) -> int:\n    return 1"
    change = Change("a.py", "A.one", method, method.replace("1", "None"))

    text, keys = with_changes(source, [change])

    assert text.splitlines()[3:6] == [
        "",
        "    def one_changed_0(self) -> int:",
        "        return None",
    ]
    assert keys == {5: change.key, 6: change.key}
