"""What a value of a plan document may be, and what is said of one that it may not be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compensation.engine.reading import LARGEST_VOLUME, Fault, Mapping, Node, PlanError, resolve


def asked(method, value, *arguments, **keys):
    """Ask a node at ``a.b`` for its value; gives what it says and what it complains about."""
    node = Node(value, "a.b")
    found = getattr(node, method)(*arguments, **keys)
    assert {fault.path for fault in node.faults} <= {"a.b"}
    return found, [fault.message for fault in node.faults]


def test_faults_are_told_with_their_path():
    assert str(Fault("a.b", "is bad")) == "a.b: is bad"
    assert str(Fault("", "is bad")) == "is bad"
    error = PlanError([Fault("a", "is bad"), Fault("b", "is worse")])
    assert str(error) == "a: is bad; b: is worse"
    assert error.faults == (Fault("a", "is bad"), Fault("b", "is worse"))


def test_what_is_missing_is_complained_about_once():
    node = Node(None, "a")
    node.fault("is missing")
    node.fault("is not a number")
    bad = Node(1, "b", node.faults)
    bad.fault("one")
    bad.fault("two")

    assert [str(fault) for fault in node.faults] == ["a: is missing", "b: one", "b: two"]


def test_a_missing_value_elsewhere_is_another_fault():
    node = Node(None, "a")
    node.fault("is missing")
    Node(None, "b", node.faults).fault("is missing")

    assert [fault.path for fault in node.faults] == ["a", "b"]


def test_given_is_everything_but_null():
    assert [Node(value, "a").given for value in (0, "", [], False, None)] == [True] * 4 + [False]


def test_a_table_has_known_keys():
    node = Node({"a": 1, "c": 2}, "p")

    table = node.mapping(("a", "b"), ("d",))

    assert [str(fault) for fault in node.faults] == [
        "p.c: unknown key; known are a, b, d",
        "p.b: is missing",
    ]
    assert not table.broken
    assert (table["a"].value, table["a"].path) == (1, "p.a")
    assert table["b"].value is None
    assert [table.has(key) for key in "abc"] == [True, False, True]


def test_null_is_missing():
    node = Node({"a": None}, "")

    table = node.mapping(("a",))

    assert [str(fault) for fault in node.faults] == ["a: is missing"]
    assert not table.has("a")


@pytest.mark.parametrize("value", [None, 5, "text", ["a"]])
def test_what_is_no_table_is_a_broken_one(value):
    table, faults = asked("mapping", value, ("a",))

    assert table.broken
    assert table.values == {}
    shown = '"text"' if value == "text" else repr(value)
    assert faults == [f"{shown} is not a table of keys and values"]
    assert list(Node(value, "a.b").entries()) == []
    assert not Mapping({}, Node({}, "")).broken


def test_entries_are_told_with_their_keys():
    node = Node({"Gold": 1, 7: 2}, "rates")

    found = [(key, entry.value, entry.path) for key, entry in node.entries()]

    assert found == [("Gold", 1, "rates.Gold"), ("7", 2, "rates.7")]
    for _, entry in node.entries():
        entry.fault("is bad")
    assert [str(one) for one in node.faults] == ["rates.Gold: is bad", "rates.7: is bad"]
    node = Node(5, "rates")
    assert list(node.entries()) == []
    assert [str(one) for one in node.faults] == ["rates: 5 is not a table of keys and values"]


@pytest.mark.parametrize(
    ("value", "least", "most", "faults"),
    [
        ([1, 2], 2, 2, []),
        ([], 0, 2, []),
        ([1], 2, 3, ["1 elements; 2 to 3 are allowed"]),
        ([1, 2, 3, 4], 2, 3, ["4 elements; 2 to 3 are allowed"]),
        ({"a": 1}, 0, 3, ["{'a': 1} is not a list"]),
        ("text", 0, 9, ['"text" is not a list']),
    ],
)
def test_lists_have_a_length(value, least, most, faults):
    found, told = asked("items", value, least=least, most=most)

    assert told == faults
    elements = value[:most] if isinstance(value, list) else []
    assert [(one.value, one.path) for one in found] == [
        (element, f"a.b[{index}]") for index, element in enumerate(elements)
    ]


def test_a_list_may_be_empty_and_has_at_most_a_thousand_elements():
    assert asked("items", [])[1] == []
    assert asked("items", [0] * 1000)[1] == []
    assert asked("items", [0] * 1001)[1] == ["1001 elements; 0 to 1000 are allowed"]


@pytest.mark.parametrize("value", ["a", "a\nb", "x" * 200])
def test_a_text_is_short(value):
    assert asked("text", value) == (value, [])


@pytest.mark.parametrize("value", ["", "x" * 201, 5, None, True, ["a"]])
def test_anything_else_is_no_short_text(value):
    found, faults = asked("text", value)

    assert found == ""
    assert faults[0].endswith(" is not a short text")


def test_a_text_matches_its_pattern_whole():
    assert asked("text", "ab", pattern="[a-z]+", what="letters") == ("ab", [])
    assert asked("text", "ab1", pattern="[a-z]+", what="letters") == ("", ['"ab1" is not letters'])


def test_long_values_are_shown_shortened():
    sixty = '"' + "x" * 58 + '"'
    assert asked("flag", "x" * 58)[1] == [f"{sixty} is not true or false"]
    assert asked("flag", "x" * 59)[1] == ['"' + "x" * 56 + "... is not true or false"]


def test_a_choice_is_one_of_those_allowed():
    assert asked("choice", "b", ("a", "b")) == ("b", [])
    assert asked("choice", "c", ("a", "b")) == ("a", ['"c" is not one of a, b'])
    assert asked("choice", None, ("a", "b")) == ("a", ["None is not one of a, b"])


def test_a_flag_is_true_or_false():
    assert asked("flag", True) == (True, [])
    assert asked("flag", False) == (False, [])
    assert asked("flag", 1) == (False, ["1 is not true or false"])


@pytest.mark.parametrize(
    ("value", "found", "faults"),
    [
        (2, 2, []),
        (5, 5, []),
        (1, 2, ["1 is outside 2 to 5"]),
        (6, 2, ["6 is outside 2 to 5"]),
        (True, 2, ["True is not a whole number"]),
        ("3", 2, ['"3" is not a whole number']),
        (3.0, 2, ["3.0 is not a whole number"]),
    ],
)
def test_a_count_lies_within_its_bounds(value, found, faults):
    assert asked("count", value, 2, 5) == (found, faults)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (5, 5),
        (-5, -5),
        ("5", 5),
        ("-0.5", Fraction(-1, 2)),
        ("999999999999999", 10**15 - 1),
        ("0.000000000001", Fraction(1, 10**12)),
    ],
)
def test_numbers_are_exact(value, exact):
    assert asked("decimal", value, "a number") == (exact, [])


@pytest.mark.parametrize(
    "value", ["1e3", "1.", ".5", "+1", " 1", "1,5", "1" * 16, "0." + "0" * 13, True, None, [], ""]
)
def test_other_ways_to_write_numbers_are_refused(value):
    found, faults = asked("decimal", value, "a number")

    assert found == 0
    assert len(faults) == 1
    assert faults[0].endswith(" is not a number")


def test_binary_fractions_are_refused():
    assert asked("decimal", 0.5, "a number") == (
        Fraction(0),
        ["0.5 is a binary fraction; write it in quotes so that it is exact"],
    )


@pytest.mark.parametrize(
    ("value", "found", "faults"),
    [
        ("1.25", 125, []),
        ("0", 0, []),
        (str(LARGEST_VOLUME // 100), LARGEST_VOLUME, []),
        (
            str(LARGEST_VOLUME // 100) + ".01",
            LARGEST_VOLUME + 1,
            ['"10000000000000.01" is too small or too large for a volume'],
        ),
        ("-0.01", -1, ['"-0.01" is too small or too large for a volume']),
        ("0.001", 0, ['"0.001" has more than 2 decimals']),
        ("x", 0, ['"x" is not a volume']),
    ],
)
def test_volumes_are_hundredths(value, found, faults):
    assert asked("volume", value) == (found, faults)


def test_scaled_numbers_have_a_least():
    assert asked("scaled", "0.1", "money", 1, least=1) == (1, [])
    assert asked("scaled", "0", "money", 1, least=1)[1] == [
        '"0" is too small or too large for money'
    ]
    assert asked("scaled", "7", "money", 0) == (7, [])
    assert asked("scaled", "x", "money", 2, least=1)[1] == ['"x" is not money']


@pytest.mark.parametrize(
    ("value", "found", "faults"),
    [
        ("0", 0, []),
        (5, Fraction(1, 20), []),
        ("100", 1, []),
        ("100.01", 0, ['"100.01" is outside 0 to 100 per cent']),
        ("-1", 0, ['"-1" is outside 0 to 100 per cent']),
        ("x", 0, ['"x" is not a percentage']),
    ],
)
def test_percentages_are_fractions(value, found, faults):
    assert asked("percentage", value) == (found, faults)


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("ranks.ladder.1.name", True),
        ("ranks.ladder[1].name", True),
        ("ranks.ladder.2", False),
        ("ranks.ladder.x", False),
        ("ranks.floor", False),
        ("ranks.ladder.1.name.x", False),
        ("ranks.none", True),
    ],
)
def test_paths_lead_to_values(path, there):
    document = {"ranks": {"ladder": [{"name": "A"}, {"name": "B"}], "none": None}}

    assert resolve(document, path) is there
