"""The tax within a line's amount, as the database checks it. Rule: docs/decisions/0017."""

from __future__ import annotations

from django.db.models import DecimalField, F, Q, Value
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, LessThanOrEqual

EXACT = DecimalField(max_digits=40, decimal_places=0)
WHOLE = Value(10_000, output_field=EXACT)  # basis points


def tax_is_of_its_rate() -> Q:
    """Hold tax = gross × rate ÷ (100 % + rate), rounded half away from zero, without a division.

    That is 2·d·tax ≤ 2·gross·rate + d < 2·d·(tax + 1) with d = 10,000 + rate in basis points, in
    numeric, which no amount can overflow.
    """
    rate = Cast(F("tax_rate_bp"), EXACT)
    divisor = _of(WHOLE, "+", rate)
    twice = _of(Value(2, output_field=EXACT), "*", divisor)
    gross = _of(_of(Value(2, output_field=EXACT), "*", Cast(F("gross_minor"), EXACT)), "*", rate)
    found = _of(gross, "+", divisor)
    tax = Cast(F("tax_minor"), EXACT)
    next_tax = _of(tax, "+", Value(1, output_field=EXACT))
    return Q(LessThanOrEqual(_of(twice, "*", tax), found)) & Q(
        GreaterThan(_of(twice, "*", next_tax), found)
    )


def _of(left: Combinable, sign: str, right: Combinable) -> CombinedExpression:
    return CombinedExpression(left, sign, right, output_field=EXACT)
