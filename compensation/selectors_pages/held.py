"""Where a representative's money stands, in words: what is paid next, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from compensation import payout_words, selectors_payouts
from representatives.models import Representative


@dataclass(frozen=True, slots=True)
class Standing:
    """Amounts in minor units, and a sentence for each reason that holds a balance."""

    balance: int
    payable: int
    in_transit: int
    currency: str
    reasons: list[str]


def get_standing(representative: Representative, now: datetime) -> Standing:
    """Return where a representative's money stands now, in the words of the page of payouts."""
    found = selectors_payouts.standing(representative, now)
    shows = found.balance_minor != 0
    return Standing(
        balance=found.balance_minor,
        payable=found.payable_minor,
        in_transit=found.in_transit_minor,
        currency=found.currency,
        reasons=[payout_words.hold_words(one, found.currency).why for one in found.reasons]
        if shows
        else [],
    )
