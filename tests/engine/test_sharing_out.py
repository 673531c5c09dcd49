"""Case L12: shares add up to the pool, each next to its exact share, whatever the order."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation.engine.parts import allot
from compensation.engine.shares import share_out

POOL = 10**9 * 100
"""1,000,000,000.00 in cents."""


def weights_of(count: int, largest: int, seed: int) -> list[int]:
    """Weights, nought among them, of which at least one is above it."""
    chance = random.Random(seed)
    found = [chance.choice((0, 1, chance.randint(0, largest))) for _ in range(count)]
    found[chance.randrange(count)] = chance.randint(1, largest)
    return found


drawn = st.tuples(
    st.integers(1, 10_000), st.sampled_from((1, 7, 10**6, 10**12)), st.integers(0, 2**32)
)


def check(pool: int, weights: list[int], shares: list[int]) -> None:
    total = sum(weights)
    assert sum(shares) == pool
    assert all(
        abs(share * total - pool * weight) < total
        for share, weight in zip(shares, weights, strict=True)
    ), "a share is a whole cent or more from the exact one"


@settings(max_examples=60, deadline=None)
@given(pool=st.integers(1, POOL), of=drawn)
def test_shares_of_a_pool_add_up_in_any_order(pool: int, of: tuple[int, int, int]) -> None:
    weights = weights_of(*of)
    people = np.arange(len(weights))
    order = np.array(random.Random(of[2]).sample(range(len(weights)), len(weights)))

    shares = share_out(pool, np.array(weights), people)
    mixed = share_out(pool, np.array(weights)[order], people[order])

    check(pool, weights, shares.tolist())
    assert mixed.tolist() == shares[order].tolist()


@settings(max_examples=60, deadline=None)
@given(pool=st.integers(1, POOL), of=drawn)
def test_parts_of_a_line_add_up_in_any_order(pool: int, of: tuple[int, int, int]) -> None:
    weights = weights_of(*of)
    names = np.array([f"O{number % 7}" for number in range(len(weights))])
    places = np.arange(len(weights))
    order = np.array(random.Random(of[2]).sample(range(len(weights)), len(weights)))

    parts = allot(pool, np.array(weights), names, places)
    mixed = allot(pool, np.array(weights)[order], names[order], places[order])

    check(pool, weights, parts.tolist())
    assert mixed.tolist() == parts[order].tolist()
    assert (-allot(-pool, np.array(weights), names, places)).tolist() == parts.tolist()


def by_command(*arguments: str, monkeypatch: pytest.MonkeyPatch, text: str = "") -> Any:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    out = io.StringIO()
    call_command("share_out", *arguments, stdout=out)
    return out.getvalue()


def cents(share: str) -> int:
    whole, _, rest = share.partition(".")
    assert len(rest) == 2
    return int(whole) * 100 + int(rest)


@pytest.mark.parametrize("count", [1, 3, 10_000])
@pytest.mark.parametrize("amount", ["0.01", "100.00", "1000000000.00"])
def test_the_command_shares_out(monkeypatch: pytest.MonkeyPatch, amount: str, count: int) -> None:
    weights = weights_of(count, 10**9, seed=count)
    lines = [f"{number} {weight}\n" for number, weight in enumerate(weights)]

    found = json.loads(by_command(amount, "--json", monkeypatch=monkeypatch, text="".join(lines)))
    random.Random(1).shuffle(lines)
    mixed = json.loads(by_command(amount, "--json", monkeypatch=monkeypatch, text="".join(lines)))

    check(cents(amount), weights, [cents(found[str(n)]) for n in range(count)])
    assert mixed == found


def test_the_command_shares_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_command("1.00", "--even", "3", monkeypatch=monkeypatch) == (
        "1 0.34\n2 0.33\n3 0.33\n"
    )


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.001", "1 1"),
        ("-1", "1 1"),
        ("NaN", "1 1"),
        ("much", "1 1"),
        ("1", "1"),
        ("1", "1 -1"),
        ("1", "1 0.5"),
        ("1", "1 1\n1 2"),
        ("1", "1 0"),
        ("1", ""),
        ("1", f"1 {2**63}"),
        ("99999999999999999999", "1 1"),
        ("1e999999999", "1 1"),
        ("1", "1 " + "9" * 5000),
    ],
)
def test_the_command_refuses(monkeypatch: pytest.MonkeyPatch, amount: str, text: str) -> None:
    with pytest.raises(CommandError) as refusal:
        by_command("--", amount, monkeypatch=monkeypatch, text=text)

    assert refusal.value.returncode == 2
