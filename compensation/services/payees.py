"""What is known of payees: bank details, checks of identity and tax form, holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from compensation import event_notices
from compensation.models import CheckStatus, Payee, PayeeEvent, PayeeEventKind
from compensation.models.payees import HOLDER_LENGTH, REASON_LENGTH
from compensation.payment_file import bank_text
from compensation.services.errors import UnableToChangePayee
from representatives import outbox
from representatives.models import Company, Representative, User
from representatives.notice_letters import language_of

CHECKS = {PayeeEventKind.KYC: "kyc_status", PayeeEventKind.TAX_FORM: "tax_form_status"}
DIGITS_SHOWN = 4


@transaction.atomic
def change_bank_account(
    *,
    representative: Representative,
    holder_name: str,
    iban: str,
    bic: str = "",
    by: User,
    now: datetime,
) -> Payee:
    """Enter the bank account that payouts go to; it can be paid to after the cooling time.

    The page asks for the password first. The address on file is told, whoever changed it. The same
    details again change nothing. Locks the payee.

    :raises UnableToChangePayee: naming the field, if the IBAN or BIC is none, lies outside the SEPA
        zone, or somebody else than the representative enters it (staff may for who has no log-in).
    """
    own = representative.user_id == by.pk
    if not own and not (by.is_active and by.is_staff and representative.user_id is None):
        raise UnableToChangePayee(_("Only the representative can change the bank details."))
    holder = " ".join(holder_name.split())
    if not bank_text(holder, HOLDER_LENGTH) or len(holder) > HOLDER_LENGTH:
        raise UnableToChangePayee(_("Write the name as the bank knows it."), "holder_name")
    account, bank = _account(iban, bic)
    payee = _locked_payee(representative)
    if (payee.holder_name, payee.iban, payee.bic) == (holder, account, bank) and (
        payee.refused_version < payee.account_version
    ):
        return payee
    payee.holder_name, payee.iban, payee.bic = holder, account, bank
    payee.account_version += 1
    payee.account_changed_at = now
    payee.usable_from = now + timedelta(days=settings.PAYOUT_COOLING_DAYS)
    payee.save(
        update_fields=[
            *("holder_name", "iban", "bic", "account_version", "account_changed_at"),
            "usable_from",
        ]
    )
    _note(payee, PayeeEventKind.ACCOUNT, f"…{account[-DIGITS_SHOWN:]}", "", by, now)
    _tell_of_change(representative, payee, now)
    return payee


@transaction.atomic
def submit_check(
    *, representative: Representative, kind: PayeeEventKind, by: User, now: datetime
) -> Payee:
    """Say that the papers for a check were sent in, so that staff look at them.

    :raises UnableToChangePayee: if somebody else than the representative says so, or the check
        needs no papers now.
    """
    if representative.user_id != by.pk:
        raise UnableToChangePayee(_("Only the representative can say so."))
    field = CHECKS[kind]
    payee = _locked_payee(representative)
    if getattr(payee, field) not in (CheckStatus.NONE, CheckStatus.REFUSED):
        raise UnableToChangePayee(_("These papers are with us already."))
    setattr(payee, field, CheckStatus.SUBMITTED)
    payee.save(update_fields=[field])
    _note(payee, kind, CheckStatus.SUBMITTED, "", by, now)
    return payee


@transaction.atomic
def decide_check(
    *,
    representative: Representative,
    kind: PayeeEventKind,
    approve: bool,
    reason: str,
    by: User,
    now: datetime,
) -> Payee:
    """Approve or refuse a payee's identity or tax form, with the reason; refusing holds payouts.

    :raises UnableToChangePayee: naming the field, if there is no reason, the person is no staff or
        decides on themselves.
    """
    _require_staff(representative, by)
    field = CHECKS[kind]
    outcome = CheckStatus.APPROVED if approve else CheckStatus.REFUSED
    payee = _locked_payee(representative)
    setattr(payee, field, outcome)
    payee.save(update_fields=[field])
    event = _note(payee, kind, outcome, _reason(reason), by, now)
    if not approve:
        _tell(payee, event, state=kind.value)
    return payee


@transaction.atomic
def hold_payee(*, representative: Representative, reason: str, by: User, now: datetime) -> Payee:
    """Hold all payouts of a representative, who reads the reason on the own page.

    :raises UnableToChangePayee: as `decide_check`.
    """
    _require_staff(representative, by)
    payee = _locked_payee(representative)
    payee.held, payee.held_reason = True, _reason(reason)
    payee.save(update_fields=["held", "held_reason"])
    _tell(
        payee, _note(payee, PayeeEventKind.HOLD, "held", payee.held_reason, by, now), state="held"
    )
    return payee


@transaction.atomic
def release_payee(*, representative: Representative, reason: str, by: User, now: datetime) -> Payee:
    """End a hold.

    :raises UnableToChangePayee: as `decide_check`, or if there is no hold.
    """
    _require_staff(representative, by)
    payee = _locked_payee(representative)
    if not payee.held:
        raise UnableToChangePayee(_("Nothing is held."))
    payee.held, payee.held_reason = False, ""
    payee.save(update_fields=["held", "held_reason"])
    event = _note(payee, PayeeEventKind.HOLD, "released", _reason(reason), by, now)
    _tell(payee, event, state="released")
    return payee


def _account(iban: str, bic: str) -> tuple[str, str]:
    """Return IBAN and BIC as the bank writes them; the message never repeats what was typed."""
    try:
        account = IBAN(iban)
    except SchwiftyException as fault:
        raise UnableToChangePayee(
            _("This is no IBAN: compare it with your bank statement."), "iban"
        ) from fault
    if not account.in_sepa_zone:
        raise UnableToChangePayee(_("We can pay to accounts in the SEPA zone only."), "iban")
    try:
        bank = BIC(bic).compact if bic.strip() else ""
    except SchwiftyException as fault:
        raise UnableToChangePayee(_("This is no BIC; you may leave it empty."), "bic") from fault
    return account.compact, bank


def _locked_payee(representative: Representative) -> Payee:
    Payee.objects.get_or_create(representative=representative)
    return Payee.objects.select_for_update().get(representative=representative)


def _require_staff(representative: Representative, by: User) -> None:
    if not (by.is_active and by.is_staff):
        raise UnableToChangePayee(_("Only staff can decide this."))
    if representative.user_id == by.pk:
        raise UnableToChangePayee(_("Nobody decides on their own payouts."))


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason:
        raise UnableToChangePayee(_("Say why."), "reason")
    if not reason.isprintable():
        raise UnableToChangePayee(_("Say why in a few words."), "reason")
    return reason[:REASON_LENGTH]


def _note(
    payee: Payee, kind: PayeeEventKind, outcome: str, reason: str, by: User, now: datetime
) -> PayeeEvent:
    return PayeeEvent.objects.create(
        payee=payee, kind=kind, outcome=outcome, reason=reason, done_by=by, happened_at=now
    )


def _tell(payee: Payee, event: PayeeEvent, *, state: str) -> None:
    event_notices.tell_payee(
        payee, state=state, reason=event.reason, number=event.pk, now=event.happened_at
    )


def _tell_of_change(representative: Representative, payee: Payee, now: datetime) -> None:
    """Tell every address on file, so that a stranger's change does not stay unseen."""
    assert payee.usable_from is not None
    company = Company.objects.get(pk=Company.ONLY_ID)
    digits, day = payee.iban[-DIGITS_SHOWN:], payee.usable_from.astimezone(company.zone).date()
    event_notices.tell_bank_details(payee, digits=digits, usable_on=day, now=now)
    user, other = representative.user, representative.email
    if not other or (user is not None and other.lower() == user.email):
        return
    with translation.override(language_of(user) if user else None):
        outbox.send_mail(
            key=f"payee:{payee.pk}:bank-changed:{payee.account_version}",
            to=other,
            subject=_("Your bank details at %(company)s were changed") % {"company": company.name},
            text=_(
                "Your payouts from %(company)s now go to the account that ends in %(digits)s.\n\n"
                "The first payout to it is possible from %(day)s on. If this was not you, tell us"
                " before that day: until then nothing is paid to it.\n"
            )
            % {"company": company.name, "digits": digits, "day": day.isoformat()},
        )
