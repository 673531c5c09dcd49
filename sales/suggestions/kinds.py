"""What a suggestion is, and a job of the day: what pages show and services are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from representatives.models import Representative
from sales.models import (
    Customer,
    FollowUp,
    Forecast,
    Guide,
    Occasion,
    Product,
    SuggestionAct,
    SuggestionKind,
)

__all__ = ["OCCASIONS", "Day", "Job", "Key", "Suggestion", "SuggestionAct", "SuggestionKind"]

PERMILLE = 1000
OCCASIONS = {
    SuggestionKind.REPEAT: Occasion.REORDER,
    SuggestionKind.ADD_ON: Occasion.ADD_ON,
    SuggestionKind.UPGRADE: Occasion.UPGRADE,
    SuggestionKind.REFERRAL_ASK: Occasion.REFERRAL_ASK,
    SuggestionKind.WIN_BACK: Occasion.WIN_BACK,
    SuggestionKind.EDUCATION: Occasion.GUIDE,
}
"""Which words a message about a suggestion begins with."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a suggestion is about; its text goes through pages and back.

    The text is `kind-customer-product-with-guide`, with 0 for what there is none of.
    """

    kind: SuggestionKind
    customer_id: int
    product_id: int | None = None
    with_product_id: int | None = None
    guide_id: int | None = None

    def __str__(self) -> str:
        parts = (self.customer_id, self.product_id, self.with_product_id, self.guide_id)
        return "-".join([str(self.kind.value), *(str(part or 0) for part in parts)])

    @classmethod
    def read(cls, text: str) -> Key:
        """Return the key that a text stands for.

        :raises ValueError: if it is none.
        """
        kind, *parts = text.split("-")
        if len(parts) != 4 or not all(p.isascii() and p.isdecimal() and len(p) < 19 for p in parts):
            raise ValueError("no key of a suggestion")
        customer_id, *others = (int(part) for part in parts)
        return cls(SuggestionKind(kind), customer_id, *(other or None for other in others))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One thing worth doing for a customer now, with its reason and what it brings.

    `bv` and `rsp` are what is gained if it works out, in hundredths: of an order the whole order,
    with the pieces that the customer usually takes (`quantity`); of a larger size what the order
    brings above the usual one. `chance_permille` is the chance of
    that within 30 days. `act` is what accepting it usually means.
    """

    key: str
    kind: SuggestionKind
    customer: Customer
    product: Product | None = None
    with_product: Product | None = None
    guide: Guide | None = None
    forecast: Forecast | None = None
    reason: str = ""
    bv: int = 0
    rsp: int = 0
    chance_permille: int = 0
    act: str = SuggestionAct.MESSAGE.value
    quantity: int = 1

    @property
    def sells(self) -> bool:
        """Return whether it is about an order; care, asks and guides sell nothing."""
        return self.product is not None and self.bv + self.rsp > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing to do today for one person: a suggestion, or a follow-up that is due.

    `also` are other suggestions for the same customer, for the same talk. `value` orders the day;
    `why_first` says in one sentence why the job stands where it does.
    """

    suggestion: Suggestion | None = None
    follow_up: FollowUp | None = None
    also: list[Suggestion] = field(default_factory=list)
    value: int = 0
    why_first: str = ""

    @property
    def key(self) -> str:
        """Return what tells the job from all others of the day."""
        if self.follow_up is not None:
            return f"follow-up-{self.follow_up.pk}"
        assert self.suggestion is not None
        return self.suggestion.key

    @property
    def customer(self) -> Customer | None:
        """Return whom it is for, if it is a customer."""
        return self.suggestion.customer if self.suggestion else self.follow_up.customer  # type: ignore[union-attr]

    @property
    def member(self) -> Representative | None:
        """Return the member it is for, if it is one."""
        return self.follow_up.member if self.follow_up else None

    @property
    def bv(self) -> int:
        """Return the BV that it brings if it works out."""
        return self.suggestion.bv if self.suggestion else 0

    @property
    def rsp(self) -> int:
        """Return the RSP that it brings if it works out."""
        return self.suggestion.rsp if self.suggestion else 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day's work: what to do, how much of it was planned, and what waits for another day.

    `more` jobs of the day come after those asked for.
    """

    day: date
    jobs: list[Job]
    more: int
    capacity: int
    done: int
    waiting: int
