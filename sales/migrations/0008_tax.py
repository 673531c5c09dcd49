"""The tax of a line is what its rate says, rounded once, half away from zero.

New lines are held to it at once; 0010 looks at those that there are, while others work.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import DecimalField, F, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, LessThanOrEqual

EXACT = DecimalField(max_digits=40, decimal_places=0)


def of(left, sign, right):
    return CombinedExpression(left, sign, right, output_field=EXACT)


def number(value):
    return Value(value, output_field=EXACT)


RATE = Cast(F("tax_rate_bp"), EXACT)
TAX = Cast(F("tax_minor"), EXACT)
DIVISOR = of(number(10_000), "+", RATE)
TWICE = of(number(2), "*", DIVISOR)
FOUND = of(of(of(number(2), "*", Cast(F("gross_minor"), EXACT)), "*", RATE), "+", DIVISOR)


class Migration(migrations.Migration):
    dependencies = [("sales", "0007_placed_orders")]

    operations = [
        AddConstraintNotValid(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=Q(LessThanOrEqual(of(TWICE, "*", TAX), FOUND))
                & Q(GreaterThan(of(TWICE, "*", of(TAX, "+", number(1))), FOUND)),
                name="orderline_tax_of_its_rate",
            ),
        ),
    ]
