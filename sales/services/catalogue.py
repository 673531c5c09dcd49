"""Writes of the catalogue. A change reaches later orders only: lines keep what they copied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from representatives.errors import UnableTo
from sales.amounts import AMOUNT_LIMIT, BASIS_POINTS
from sales.models import Product

# A piece may be worth this much at most, so that sums of any order stay far within bigint.
UNIT_LIMIT = 10**10
PACK_LIMIT = 2**15  # days, more than the column holds


class UnableToSaveProduct(UnableTo):
    """A product was refused; `field` names the part at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """A product as staff state it: money in minor units, BV and RSP in hundredths, tax in bp."""

    sku: str
    name: str
    retail_price_minor: int
    ir_price_minor: int
    bv: int = 0
    rsp: int = 0
    repeat: bool = False
    tax_rate_bp: int = 0
    category: str = ""
    pack_days: int | None = None
    uses: str = ""
    is_active: bool = True
    larger_size: Product | None = None
    companions: Iterable[Product] = field(default=())

    def check(self) -> None:
        """:raises UnableToSaveProduct: if a part is missing, negative or too large."""
        for name in ("sku", "name"):
            if not getattr(self, name).strip():
                raise UnableToSaveProduct(gettext("This is needed."), name)
        for name in ("retail_price_minor", "ir_price_minor", "bv", "rsp"):
            if not 0 <= getattr(self, name) <= UNIT_LIMIT:
                raise UnableToSaveProduct(
                    gettext("This must be 0 or more, and of sensible size."), name
                )
        if self.ir_price_minor > self.retail_price_minor:
            raise UnableToSaveProduct(
                gettext("The IR price is above the retail price."), "ir_price_minor"
            )
        if not 0 <= self.tax_rate_bp <= BASIS_POINTS:
            raise UnableToSaveProduct(
                gettext("The tax rate lies between 0 and 100 %."), "tax_rate_bp"
            )
        if self.pack_days is not None and self.pack_days < 1:
            raise UnableToSaveProduct(gettext("A pack lasts a day at least."), "pack_days")
        if self.larger_size is not None and (self.larger_size.pack_days or 0) <= (
            self.pack_days or PACK_LIMIT
        ):
            raise UnableToSaveProduct(
                gettext("A larger size lasts longer: state how many days each pack lasts."),
                "larger_size",
            )


assert UNIT_LIMIT < AMOUNT_LIMIT


@transaction.atomic
def add_product(*, facts: ProductFacts) -> Product:
    """Add a product to the catalogue.

    :raises UnableToSaveProduct: if a part is wrong or the SKU is taken.
    """
    return _saved(Product(), facts)


@transaction.atomic
def edit_product(*, product_id: int, facts: ProductFacts) -> Product:
    """Change a product; orders already placed keep what they were placed with.

    :raises UnableToSaveProduct: if a part is wrong or the SKU is another product's.
    """
    return _saved(Product.objects.select_for_update().get(pk=product_id), facts)


def _saved(product: Product, facts: ProductFacts) -> Product:
    facts.check()
    companions = [other.pk for other in facts.companions]
    smaller = Product.objects.filter(larger_size=product.pk) if product.pk else None
    if smaller is not None and smaller.filter(pack_days__gte=facts.pack_days or 0).exists():
        raise UnableToSaveProduct(
            gettext("This is the larger size of a pack that lasts as long or longer."), "pack_days"
        )
    for part in fields(facts):
        if part.name != "companions":
            value = getattr(facts, part.name)
            setattr(product, part.name, value.strip() if isinstance(value, str) else value)
    try:
        with transaction.atomic():
            product.save()
    except IntegrityError as error:
        if Product.objects.filter(sku=product.sku).exclude(pk=product.pk).exists():
            raise UnableToSaveProduct(gettext("Another product has this SKU."), "sku") from error
        raise
    if product.pk in companions:
        raise UnableToSaveProduct(gettext("A product is not its own companion."), "companions")
    product.companions.set(companions)
    return product
