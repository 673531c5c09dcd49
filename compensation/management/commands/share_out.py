"""Share an amount out by largest remainder, as the engine does."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from compensation.engine.money import INT64_MAX
from compensation.engine.shares import share_out
from compensation.engine.types import EngineError

MOST_SHARES = 1_000_000
LONGEST_NUMBER = 19


class Command(BaseCommand):
    """``share_out AMOUNT [--even N | --weights FILE]``: exit 0 with shares, 2 if refused."""

    help = (
        "Share an amount out by weights, to the cent: everybody gets the whole part, what is left"
        " goes in single cents to the largest remainders, the lowest number first among equals."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the amount and where the weights are."""
        parser.add_argument("amount", help="such as 1000.00; two decimal places at most")
        weights = parser.add_mutually_exclusive_group()
        weights.add_argument("--even", type=int, metavar="N", help="N equal shares")
        weights.add_argument(
            "--weights",
            metavar="FILE",
            default="-",
            help="lines of NUMBER WEIGHT, both whole; - is standard input (default)",
        )
        parser.add_argument("--json", action="store_true", help="one object: number → share")

    def handle(self, *args: Any, **options: Any) -> None:
        """Share out, then print in the order of the numbers."""
        amount = _minor(options["amount"])
        if options["even"] is not None:
            if not 0 < options["even"] <= MOST_SHARES:
                raise CommandError(f"1 to {MOST_SHARES} shares", returncode=2)
            weights = dict.fromkeys(range(1, options["even"] + 1), 1)
        elif options["weights"] == "-":
            weights = _read(sys.stdin)
        else:
            try:
                with Path(options["weights"]).open(encoding="utf-8") as lines:
                    weights = _read(lines)
            except OSError as fault:
                raise CommandError(str(fault), returncode=2) from None
        numbers = np.array(list(weights), dtype=np.int64)
        try:
            shares = share_out(amount, np.array(list(weights.values()), dtype=np.int64), numbers)
        except EngineError as fault:
            raise CommandError(str(fault), returncode=2) from None
        found = {
            number: f"{share // 100}.{share % 100:02d}"
            for number, share in sorted(zip(numbers.tolist(), shares.tolist(), strict=True))
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write("\n".join(f"{number} {share}" for number, share in found.items()))


def _minor(text: str) -> int:
    try:
        amount = Decimal(text) * 100
    except ArithmeticError:
        raise CommandError(f"{text} is no amount", returncode=2) from None
    if not (amount.is_finite() and 0 <= amount <= INT64_MAX and amount == int(amount)):
        raise CommandError(f"{text} is no amount in whole cents", returncode=2)
    return int(amount)


def _read(lines: Iterable[str]) -> dict[int, int]:
    weights: dict[int, int] = {}
    for place, line in enumerate(lines, start=1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or not all(_is_whole(word) for word in words):
            raise CommandError(f"line {place}: NUMBER WEIGHT, both whole", returncode=2)
        number, weight = map(int, words)
        if number in weights or max(number, weight) > INT64_MAX or place > MOST_SHARES:
            raise CommandError(f"line {place}: named twice, or too much", returncode=2)
        weights[number] = weight
    return weights


def _is_whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= LONGEST_NUMBER
