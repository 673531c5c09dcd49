"""Why a balance is held and what became of a payout, in words for the person it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from compensation.models import BatchStatus, CheckStatus, Payout, PayoutFlag, PayoutStatus
from compensation.selectors_payouts import Hold, HoldCode
from representatives.formatting import money


@dataclass(frozen=True, slots=True)
class HoldWords:
    """A reason as a page says it: a few words, why, and what to do (empty: nothing)."""

    code: str
    short: str
    why: str
    to_do: str


SHORT: dict[HoldCode, Any] = {
    HoldCode.KYC: gettext_lazy("Identity not checked"),
    HoldCode.TAX_FORM: gettext_lazy("Tax form missing"),
    HoldCode.BANK_ACCOUNT: gettext_lazy("No bank account"),
    HoldCode.COOLING: gettext_lazy("New bank account"),
    HoldCode.BELOW_MINIMUM: gettext_lazy("Below the minimum"),
    HoldCode.HELD: gettext_lazy("Held by the company"),
    HoldCode.NEGATIVE_BALANCE: gettext_lazy("Negative balance"),
    HoldCode.SUSPENDED: gettext_lazy("Membership suspended"),
}
FLAGS: dict[str, Any] = {
    PayoutFlag.SHARED_ACCOUNT: gettext_lazy("Account of several representatives"),
    PayoutFlag.FIRST_PAYOUT: gettext_lazy("First payout to this account"),
    PayoutFlag.OTHER_NAME: gettext_lazy("Holder has another name"),
    PayoutFlag.LARGE: gettext_lazy("Large amount"),
}
STATES: dict[str, Any] = {
    PayoutStatus.RESERVED: gettext_lazy("Being prepared"),
    PayoutStatus.SENT: gettext_lazy("With the bank"),
    PayoutStatus.UNKNOWN: gettext_lazy("Being asked at the bank"),
    PayoutStatus.SETTLED: gettext_lazy("Paid"),
    PayoutStatus.FAILED: gettext_lazy("Came back"),
    PayoutStatus.CANCELLED: gettext_lazy("Withdrawn"),
}
BATCH_STATES: dict[str, Any] = {
    BatchStatus.DRAFT: gettext_lazy("Draft"),
    BatchStatus.APPROVED: gettext_lazy("Approved"),
    BatchStatus.SENT: gettext_lazy("Sent"),
    BatchStatus.CLOSED: gettext_lazy("Ended"),
    BatchStatus.CANCELLED: gettext_lazy("Cancelled"),
}
CHECKS: dict[str, Any] = {
    CheckStatus.NONE: gettext_lazy("Not begun"),
    CheckStatus.SUBMITTED: gettext_lazy("We are looking at it"),
    CheckStatus.APPROVED: gettext_lazy("In order"),
    CheckStatus.REFUSED: gettext_lazy("Not accepted"),
}


def hold_words(hold: Hold, currency: str) -> HoldWords:
    """Return what a page says of one reason, with amounts and days of the reader's language."""
    why, to_do = _of_code(hold, currency)
    return HoldWords(hold.code.value, str(SHORT[hold.code]), why, to_do)


def _of_code(hold: Hold, currency: str) -> tuple[str, str]:
    missing = money(hold.missing_minor, currency, get_language())
    if hold.code is HoldCode.NEGATIVE_BALANCE:
        return (
            _("More was taken back than you had: %(amount)s.") % {"amount": missing},
            _("Nothing to do: it is set off against what you earn next."),
        )
    if hold.code is HoldCode.BELOW_MINIMUM:
        least = money(settings.PAYOUT_MINIMUM_MINOR, currency, get_language())
        return (
            _("We pay from %(least)s on; %(amount)s is missing.")
            % {"least": least, "amount": missing},
            _("Nothing to do: it stays yours and is paid with what you earn next."),
        )
    if hold.code is HoldCode.COOLING and hold.until is not None:
        day = date_format(localtime(hold.until), "j E Y")
        return (
            _("A new bank account is paid to from %(day)s on, so that a stranger gains nothing.")
            % {"day": day},
            _("Nothing to do, unless it was not you who changed it: then tell us at once."),
        )
    if hold.code is HoldCode.BANK_ACCOUNT:
        return _of_account(hold.detail)
    if hold.code in (HoldCode.KYC, HoldCode.TAX_FORM):
        return _of_check(hold)
    if hold.code is HoldCode.HELD:
        return hold.detail, _("Write to us if you have a question about it.")
    return _("While a membership is suspended nothing is paid."), _("Write to us.")


def _of_account(detail: str) -> tuple[str, str]:
    if detail == "refused":
        return (
            _("The bank sent the last payout back: it knows no such account."),
            _("Enter your bank details again."),
        )
    return _("We don’t know where to pay to."), _("Enter your bank details.")


def _of_check(hold: Hold) -> tuple[str, str]:
    is_kyc = hold.code is HoldCode.KYC
    if hold.detail == CheckStatus.SUBMITTED:
        return _("Your papers are with us and being looked at."), _("Nothing to do.")
    if hold.detail == CheckStatus.REFUSED:
        return (
            _("We could not accept the papers that you sent."),
            _sent(_("Send them again.")),
        )
    if is_kyc:
        return (
            _("The law asks us to know whom we pay."),
            _sent(_("Send us a copy of your identity card.")),
        )
    return (
        _("The tax office asks us for a form of everybody whom we pay."),
        _sent(_("Send us the form, filled in and signed.")),
    )


def _sent(what: str) -> str:
    """Say where papers go, where the installation tells it, and what to press then."""
    then = _("Then press “I have sent it” beside it under Papers.")
    if not settings.CONTACT_EMAIL:
        return f"{what} {then}"
    where = _("The address is %(address)s.") % {"address": settings.CONTACT_EMAIL}
    return f"{what} {where} {then}"


def payout_state(payout: Payout) -> str:
    """Return the state of a payout in two or three words."""
    return str(STATES[payout.status])


def masked(iban: str) -> str:
    """Return the last four digits of an account, which is all that most people may see."""
    return f"•••• {iban[-4:]}" if iban else ""
