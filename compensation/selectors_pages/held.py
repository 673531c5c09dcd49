"""Where a representative's money stands, in words: what is paid next, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from compensation import selectors_payouts
from compensation.selectors_payouts import Hold, HoldCode
from representatives import formatting
from representatives.models import Representative


@dataclass(frozen=True, slots=True)
class Standing:
    """Amounts in minor units, and each reason for which a balance is held."""

    balance: int
    payable: int
    in_transit: int
    currency: str
    reasons: list[str]


def get_standing(representative: Representative, now: datetime) -> Standing:
    """Return where a representative's money stands now."""
    found = selectors_payouts.standing(representative, now)
    shows = found.balance_minor != 0
    return Standing(
        balance=found.balance_minor,
        payable=found.payable_minor,
        in_transit=found.in_transit_minor,
        currency=found.currency,
        reasons=[reason_text(one, found.currency) for one in found.reasons] if shows else [],
    )


def reason_text(hold: Hold, currency: str) -> str:
    """Return a reason for which a balance is held, in a sentence."""
    missing = formatting.money(hold.missing_minor, currency, get_language())
    until = date_format(localtime(hold.until), "DATE_FORMAT") if hold.until else ""
    return {
        HoldCode.KYC: _("Your identity is not confirmed yet."),
        HoldCode.TAX_FORM: _("Your tax form is not approved yet."),
        HoldCode.BANK_ACCOUNT: _("There is no bank account to pay to."),
        HoldCode.COOLING: _("New bank details are used from %(day)s on.") % {"day": until},
        HoldCode.BELOW_MINIMUM: _("%(amount)s are missing to the smallest payout.")
        % {"amount": missing},
        HoldCode.HELD: _("Payouts are held by staff: %(reason)s") % {"reason": hold.detail},
        HoldCode.NEGATIVE_BALANCE: _("%(amount)s are carried to the next month.")
        % {"amount": formatting.money(-hold.missing_minor, currency, get_language())},
        HoldCode.SUSPENDED: _("Your membership is suspended."),
    }[hold.code]
