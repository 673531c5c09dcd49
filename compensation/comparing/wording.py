"""Changes and their causes in words, in the language of the page or of the shell."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from django.utils.translation import get_language, gettext, gettext_lazy

from compensation.comparing.moves import CAUSES, Cause
from compensation.engine import Unit, round_ratio
from representatives.formatting import MINUS, hundredths, money, percent

CAUSE_NAMES = {
    Cause.TREE: gettext_lazy("tree and membership"),
    Cause.SALE: gettext_lazy("sales"),
    Cause.RETURN: gettext_lazy("returns"),
    Cause.QUALIFICATION: gettext_lazy("qualification"),
    Cause.RANK: gettext_lazy("rank"),
    Cause.CARRIED: gettext_lazy("carried over"),
    Cause.PLAN: gettext_lazy("plan rules"),
}


def amount(value: int, unit: Unit, currency: str) -> str:
    """Spell an amount with its unit."""
    language = get_language()
    if unit == Unit.MONEY:
        return money(value, currency, language)
    return f"{hundredths(value, language)}\u00a0RSP"


def change(value: int, unit: Unit, currency: str) -> str:
    """Spell a change, its sign always there."""
    spelled = amount(value, unit, currency)
    return spelled if spelled.startswith(MINUS) or not value else f"+{spelled}"


def ratio(share: Fraction | None) -> str:
    """Spell a share as a percentage of two places; a dash where there is none."""
    if share is None:
        return "–"
    rounded = round_ratio(share.numerator * 10_000, share.denominator, "half_away_from_zero")
    return percent(Fraction(rounded, 10_000), get_language())


def causes(found: Mapping[Cause, int], unit: Unit, currency: str) -> str:
    """List what each cause changed."""
    return ", ".join(
        f"{CAUSE_NAMES[cause]} {change(found[cause], unit, currency)}"
        for cause in CAUSES
        if found.get(cause)
    )


def sentence(
    component: str, before: int, after: int, found: Mapping[Cause, int], unit: Unit, currency: str
) -> str:
    """Say of one component what it pays now, what it paid, and why that differs."""
    said = {
        "component": component,
        "before": amount(before, unit, currency),
        "after": amount(after, unit, currency),
        "causes": causes(found, unit, currency),
    }
    if before == after:
        if not said["causes"]:
            return gettext("%(component)s: %(after)s, as before.") % said
        return gettext("%(component)s: %(after)s, as before; %(causes)s cancel out.") % said
    said["difference"] = amount(abs(after - before), unit, currency)
    if after > before:
        text = gettext("%(component)s: %(after)s, %(difference)s more than %(before)s: %(causes)s.")
    else:
        text = gettext("%(component)s: %(after)s, %(difference)s less than %(before)s: %(causes)s.")
    return text % said
