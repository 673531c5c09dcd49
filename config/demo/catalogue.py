"""The catalogue of the demo company: product types of the receipts and the rule behind them.

Prices are integer cents, BV and RSP integer hundredths; docs/demo.md tells the rule in prose.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

#: Department of the receipts → category of the catalogue, tax rate in basis points.
DEPARTMENTS: dict[str, tuple[str, int]] = {
    "AUTOMOTIVE": ("Household", 2300),
    "CHEF SHOPPE": ("Fresh meals", 500),
    "CNTRL/STORE SUP": ("Household", 2300),
    "COSMETICS": ("Cosmetics", 2300),
    "COUPON": ("Seasonal", 2300),
    "DELI": ("Delicatessen", 500),
    "DRUG GM": ("Home and health", 2300),
    "ELECT &PLUMBING": ("Household", 2300),
    "FLORAL": ("Flowers", 800),
    "FROZEN GROCERY": ("Grocery", 500),
    "GARDEN CENTER": ("Garden", 2300),
    "GM MERCH EXP": ("Household", 2300),
    "GROCERY": ("Grocery", 500),
    "MEAT": ("Meat", 500),
    "MEAT-PCKGD": ("Packaged meat", 500),
    "MISCELLANEOUS": ("Seasonal", 2300),
    "NUTRITION": ("Nutrition", 500),
    "PASTRY": ("Bakery", 500),
    "PHOTO & VIDEO": ("Household", 2300),
    "POSTAL CENTER": ("Household", 2300),
    "PROD-WHS SALES": ("Fruit and vegetables", 500),
    "PRODUCE": ("Fruit and vegetables", 500),
    "RESTAURANT": ("Fresh meals", 800),
    "SALAD BAR": ("Fresh meals", 500),
    "SEAFOOD": ("Fish", 500),
    "SEAFOOD-PCKGD": ("Fish", 500),
    "SPIRITS": ("Wine and spirits", 2300),
    "TOYS": ("Household", 2300),
    "TRAVEL & LEISURE": ("Seasonal", 2300),
}
OTHER_DEPARTMENT = ("Other goods", 2300)

#: A product type is a repeat product when at least so many households bought it ...
REPEAT_BUYERS_AT_LEAST = 20
#: ... and at least so many per cent of them bought it again on another day.
REPEAT_SHARE_PERCENT = 40
PACK_DAYS_FROM, PACK_DAYS_TO = 7, 90
#: The published eGuard: 95 of price carry 60 BV, and 60 BV carry 20 RSP.
BV_PER_PRICE = (60, 95)
RSP_PER_BV = (20, 60)
#: A representative pays nine tenths of the retail price.
IR_PRICE_PERCENT = 90


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One product type as the company sells it; prices in cents, BV and RSP in hundredths."""

    sku: str
    name: str
    category: str
    repeat: bool
    bv: int
    rsp: int
    retail_price: int
    ir_price: int
    tax_rate_bp: int
    pack_days: int | None


def sku_of(product_type: str) -> str:
    """Return the stable SKU of a product type: readable letters and four hash digits."""
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in product_type.upper())
    slug = "-".join(part for part in letters.split("-") if part)[:24].rstrip("-")
    return f"{slug}-{hashlib.sha256(product_type.encode()).hexdigest()[:4].upper()}"


def build_catalogue(
    names: list[str],
    departments: dict[str, str],
    product: np.ndarray,
    quantity: np.ndarray,
    unit_price: np.ndarray,
    household: np.ndarray,
    day: np.ndarray,
) -> tuple[CatalogueItem, ...]:
    """Derive price, repeat flag, pack length, BV and RSP of every product type."""
    retail = _lower_medians(product, unit_price, len(names))
    units = np.zeros(len(names), dtype=np.int64)
    value = np.zeros(len(names), dtype=np.int64)
    np.add.at(units, product, quantity)
    np.add.at(value, product, quantity * unit_price)
    repeat, pack_days = _repeat_rule(product, household, day, len(names))
    items = []
    for at, name in enumerate(names):
        category, tax_rate_bp = DEPARTMENTS.get(departments[name], OTHER_DEPARTMENT)
        # BV follows the mean price really paid, so a changed price changes the volume.
        bv = int(value[at]) * BV_PER_PRICE[0] // (int(units[at]) * BV_PER_PRICE[1])
        items.append(
            CatalogueItem(
                sku=sku_of(name),
                name=_title(name),
                category=category,
                repeat=bool(repeat[at]),
                bv=bv,
                rsp=bv * RSP_PER_BV[0] // RSP_PER_BV[1] if repeat[at] else 0,
                retail_price=int(retail[at]),
                ir_price=max(1, int(retail[at]) * IR_PRICE_PERCENT // 100),
                tax_rate_bp=tax_rate_bp,
                pack_days=int(pack_days[at]) if repeat[at] else None,
            )
        )
    return tuple(items)


def _repeat_rule(
    product: np.ndarray, household: np.ndarray, day: np.ndarray, kinds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the repeat flag and the median days between two purchases, per product type."""
    order = np.lexsort((day, household, product))
    product, household, day = product[order], household[order], day[order]
    same_pair = np.zeros(len(product), dtype=bool)
    same_pair[1:] = (product[1:] == product[:-1]) & (household[1:] == household[:-1])
    gap = np.zeros(len(product), dtype=np.int64)
    gap[1:] = day[1:] - day[:-1]
    again = same_pair & (gap > 0)
    buyers = np.zeros(kinds, dtype=np.int64)
    np.add.at(buyers, product[~same_pair], 1)
    pair = np.cumsum(~same_pair) - 1
    came_back = np.unique(pair[again])
    returning = np.zeros(kinds, dtype=np.int64)
    np.add.at(returning, product[~same_pair][came_back], 1)
    repeat = (buyers >= REPEAT_BUYERS_AT_LEAST) & (returning * 100 >= buyers * REPEAT_SHARE_PERCENT)
    pack = _lower_medians(product[again], gap[again], kinds)
    return repeat, np.clip(pack, PACK_DAYS_FROM, PACK_DAYS_TO)


def _lower_medians(group: np.ndarray, value: np.ndarray, groups: int) -> np.ndarray:
    """Return the lower median of ``value`` per group, 0 for a group without values."""
    order = np.lexsort((value, group))
    group, value = group[order], value[order]
    starts = np.searchsorted(group, np.arange(groups))
    ends = np.searchsorted(group, np.arange(groups), side="right")
    medians = np.zeros(groups, dtype=np.int64)
    filled = ends > starts
    medians[filled] = value[(starts + (ends - starts - 1) // 2)[filled]]
    return medians


def _title(product_type: str) -> str:
    """Return a product type of the receipts as a person would write it."""
    words = product_type.replace(":", ": ").replace("/", " / ").split()
    text = " ".join(words).lower().replace(" / ", "/")
    return text[:1].upper() + text[1:]
