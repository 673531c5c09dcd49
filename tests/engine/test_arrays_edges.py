"""What counts as whole numbers and truth values, and what is carried from period to period."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine.arrays import EngineError, truths, whole_numbers
from compensation.engine.carried import Carried, CarriedOut

LARGEST = 2**63 - 1


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64])
def test_whole_numbers_of_any_width_become_64_bits(kind):
    found = whole_numbers("bv", np.array([1, 2], dtype=kind), 2)

    assert found.dtype == np.int64
    assert found.tolist() == [1, 2]


def test_the_largest_number_is_taken_and_the_next_refused():
    assert whole_numbers("bv", np.array([LARGEST], dtype=np.uint64), None).tolist() == [LARGEST]

    with pytest.raises(EngineError, match="bv: a number does not fit into 64 bits"):
        whole_numbers("bv", np.array([LARGEST + 1], dtype=np.uint64), None)


@pytest.mark.parametrize("values", [[1.0], [True], [[1]], ["1"], 1])
def test_anything_else_is_refused(values):
    with pytest.raises(EngineError, match="bv: whole numbers in one dimension"):
        whole_numbers("bv", values, None)


def test_nothing_is_an_empty_column_of_its_type():
    assert whole_numbers("bv", [], 0).dtype == np.int64
    assert truths("own", [], 0).dtype == np.bool_


@pytest.mark.parametrize("values", [[True], [False], [True, False]])
def test_truths_stay_as_they_are(values):
    assert truths("own", values, len(values)).tolist() == values


@pytest.mark.parametrize("values", [[1], [[True]], [[1]]])
def test_only_truths_in_one_dimension_are_truths(values):
    with pytest.raises(EngineError, match="own: true/false values in one dimension"):
        truths("own", values, 1)


def test_lengths_are_held_to():
    with pytest.raises(EngineError, match="bv: 2 elements, 1 are needed"):
        whole_numbers("bv", [1, 2], 1)
    with pytest.raises(EngineError, match="own: 1 elements, 2 are needed"):
        truths("own", [True], 2)


KEYS = ("binary:b:left", "binary:b:right", "coupons:c")


def test_carried_values_are_found_by_key_and_place():
    carried = Carried.of([2, 0, 2, 1], [0, 1, 2, 0], [5, 6, 7, 8], keys=KEYS)

    found = carried.by_key(np.array([1, 2, 0]))

    assert len(carried) == 4
    assert {name: values.tolist() for name, values in found.items()} == {
        "binary:b:left": [5, 0, 8],
        "binary:b:right": [0, 6, 0],
        "coupons:c": [7, 0, 0],
    }


def test_nothing_carried_is_nought_for_everybody():
    carried = Carried.none()

    assert len(carried) == 0
    assert carried.member.dtype == carried.key.dtype == carried.value.dtype == np.int64
    assert carried.by_key(np.arange(3)) == {}


@pytest.mark.parametrize(
    ("member", "key", "value", "fault"),
    [
        ([0.5], [0], [1], "carried.member: whole numbers"),
        ([0], [0.5], [1], "carried.key: whole numbers"),
        ([0], [0], [0.5], "carried.value: whole numbers"),
        ([0], [0, 1], [1], "carried.key: 2 elements, 1 are needed"),
        ([0], [0], [1, 2], "carried.value: 2 elements, 1 are needed"),
        ([0], [3], [1], "not an index of a key"),
        ([0], [-1], [1], "not an index of a key"),
        ([1, 0, 1], [2, 2, 2], [1, 2, 3], "two values under one key"),
    ],
)
def test_bad_rows_are_refused(member, key, value, fault):
    with pytest.raises(EngineError, match=fault):
        Carried.of(member, key, value, keys=KEYS)


def test_neighbouring_members_and_keys_do_not_clash():
    assert len(Carried.of([0, 0, 1, 1], [0, 1, 1, 2], [1, 1, 1, 1], keys=KEYS)) == 4


def test_a_key_is_named_once():
    with pytest.raises(EngineError, match="a key stands in it twice"):
        Carried.of([], [], [], keys=("a", "a"))


@pytest.mark.parametrize("row", [-1, 2])
def test_a_member_who_is_not_there_is_refused(row):
    with pytest.raises(EngineError, match="a member row does not exist"):
        Carried.of([row], [0], [1], keys=KEYS).by_key(np.arange(2))


def test_what_is_left_behind_stands_by_place_then_key_without_noughts():
    left = CarriedOut.of({"b": np.array([0, 3, 4]), "a": np.array([1, 0, -2])})

    assert left.keys == ("a", "b")
    assert list(zip(left.position, left.key, left.value, strict=True)) == [
        (0, 0, 1),
        (1, 1, 3),
        (2, 0, -2),
        (2, 1, 4),
    ]


def test_a_plan_that_carries_nothing_leaves_nothing_behind():
    left = CarriedOut.of({})

    assert len(left) == 0
    assert left.keys == ()
    assert left.position.dtype == left.key.dtype == left.value.dtype == np.int64
