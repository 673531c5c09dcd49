"""Integer arithmetic of order lines: money in minor units, volumes in hundredths.

One rounding each, half away from zero; amounts here are never negative.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from representatives.formatting import MINOR_DIGITS

BASIS_POINTS = 10_000
# Far below 2^63 and far above any real order: sums over a company's life stay within bigint.
AMOUNT_LIMIT = 10**14
QUANTITY_LIMIT = 100_000
_DECIMAL = re.compile(r"(\d{1,16})(?:\.(\d{1,16}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a line, an order or a return is worth: money in minor units, volumes in hundredths."""

    gross_minor: int = 0
    tax_minor: int = 0
    bv: int = 0
    rsp: int = 0
    margin_minor: int = 0
    """What was paid over the IR price, without tax; of lines invoiced to a customer only."""


def rounded_quotient(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded half away from zero, for a non-negative numerator."""
    return (2 * numerator + denominator) // (2 * denominator)


def included_tax(gross_minor: int, tax_rate_bp: int) -> int:
    """Return the tax within a gross amount in minor units, at a rate in basis points."""
    return rounded_quotient(gross_minor * tax_rate_bp, BASIS_POINTS + tax_rate_bp)


def line_amounts(
    *,
    quantity: int,
    unit_price_minor: int,
    tax_rate_bp: int,
    unit_bv: int,
    unit_rsp: int,
    ir_price_minor: int | None = None,
) -> Amounts:
    """Return what a line of `quantity` pieces is worth; the tax is rounded once a line.

    With `ir_price_minor`, which is for lines that the company invoices to a customer, also what
    is over the IR price: both without tax, and never below nought.
    """
    gross_minor = quantity * unit_price_minor
    tax_minor = included_tax(gross_minor, tax_rate_bp)
    margin_minor = 0
    if ir_price_minor is not None:
        ir_gross = quantity * ir_price_minor
        ir_net = ir_gross - included_tax(ir_gross, tax_rate_bp)
        margin_minor = max(0, gross_minor - tax_minor - ir_net)
    return Amounts(
        gross_minor=gross_minor,
        tax_minor=tax_minor,
        bv=quantity * unit_bv,
        rsp=quantity * unit_rsp,
        margin_minor=margin_minor,
    )


def returned_amounts(line: Amounts, *, pieces: int, before: int, quantity: int) -> Amounts:
    """Return what `quantity` pieces of a line are worth, `before` of `pieces` being back already.

    Pro rata of the line, counted from the first piece on, so that the last return takes what
    the others left and all of them add up to the line.
    """
    assert 0 <= before < before + quantity <= pieces

    def part(amount: int) -> int:
        upto = rounded_quotient(amount * (before + quantity), pieces)
        return upto - rounded_quotient(amount * before, pieces)

    return Amounts(
        gross_minor=part(line.gross_minor),
        tax_minor=part(line.tax_minor),
        bv=part(line.bv),
        rsp=part(line.rsp),
        margin_minor=part(line.margin_minor),
    )


def parse_money(text: str, currency: str) -> int:
    """Return an amount such as `12.90` in minor units of `currency`.

    :raises ValueError: if it is not a plain decimal, has too many places, or is too large.
    """
    return parse_scaled(text, MINOR_DIGITS.get(currency, 2))


def parse_scaled(text: str, places: int) -> int:
    """Return a plain decimal times 10**places, exactly.

    :raises ValueError: if it is not a plain decimal, has too many places, or is too large.
    """
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise ValueError("is not an amount such as 12.90")
    whole, fraction = found[1], found[2] or ""
    if len(fraction) > places and fraction[places:].strip("0"):
        raise ValueError(f"has more than {places} decimal places")
    scaled = int(whole + fraction[:places].ljust(places, "0"))
    if scaled > AMOUNT_LIMIT:
        raise ValueError("is too large")
    return scaled


def spell_scaled(value: int, places: int) -> str:
    """Return value / 10**places as a plain decimal, as `parse_scaled` reads it."""
    whole, fraction = divmod(value, 10**places)
    return f"{whole}.{fraction:0{places}}" if places else str(whole)


def parse_quantity(text: str) -> int:
    """Return a number of pieces.

    :raises ValueError: if it is not a whole number from 1 to QUANTITY_LIMIT.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise ValueError(f"is not a whole number from 1 to {QUANTITY_LIMIT}")
    quantity = int(text)
    if not 1 <= quantity <= QUANTITY_LIMIT:
        raise ValueError(f"is not a whole number from 1 to {QUANTITY_LIMIT}")
    return quantity
