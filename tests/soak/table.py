"""What was survived, what was lost, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Row:
    """One kind of fault."""

    times: int = 0
    survived: int = 0
    by_itself: int = 0
    slowest: float = 0.0


@dataclass
class Table:
    """All kinds of faults."""

    rows: dict[str, Row] = field(default_factory=dict)
    losses: list[str] = field(default_factory=list)
    rounds: int = 0

    @property
    def faults(self) -> int:
        """How many faults there were."""
        return sum(row.times for row in self.rows.values())

    def note(
        self, fault: str, *, times: int = 1, lost: bool = False, by_itself: bool, seconds: float
    ) -> None:
        """Note faults of one kind and how the round ended in which they came."""
        row = self.rows.setdefault(fault, Row())
        row.times += times
        row.survived += 0 if lost else times
        row.by_itself += times if by_itself and not lost else 0
        row.slowest = max(row.slowest, seconds)

    def lose(self, what: str) -> None:
        """Note a loss and say it at once."""
        self.losses.append(what)
        print(f"LOST: {what}", flush=True)

    def print(self) -> None:
        """Print a line for each kind of fault."""
        print(f"{'fault':<44}{'times':>7}{'survived':>10}{'by itself':>11}{'slowest s':>11}")
        for fault, row in sorted(self.rows.items()):
            print(
                f"{fault:<44}{row.times:>7}{row.survived:>10}{row.by_itself:>11}"
                f"{row.slowest:>11.1f}"
            )
        for loss in self.losses:
            print(f"LOST: {loss}")
