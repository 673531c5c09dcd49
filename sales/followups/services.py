"""Writes of follow-ups: planned, done, moved, cancelled, and taken back.

The guards of migration 0013 hold whoever writes; here their refusals get words. Nothing is written
to a customer by these services: what is sent, the representative sends.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from representatives.errors import UnableTo
from representatives.models import Company, Representative
from sales.contacts import services as contacts
from sales.models import Customer, FollowUp, Product, Talk
from sales.models.follow_ups import NOTE_LENGTH, TEXT_LENGTH

FURTHEST_DAYS = 731
"""How far ahead a follow-up may lie: two years."""


class UnableToFollowUp(UnableTo):
    """A follow-up was refused; `field` names the part at fault."""


@transaction.atomic
def plan_follow_up(
    *,
    representative: Representative,
    kind: str,
    due_on: date,
    now: datetime,
    customer: Customer | None = None,
    member: Representative | None = None,
    text: str = "",
    product: Product | None = None,
    source_key: str | None = None,
    occasion: str = "",
    suggestion_key: str = "",
) -> FollowUp:
    """Plan something for a day; with a `source_key` once, whatever became of it.

    :raises UnableToFollowUp: if the day is past or too far, there is nothing to do, or the customer
        is not one whom this representative may contact.
    """
    if source_key:
        known = FollowUp.objects.filter(source_key=source_key).first()
        if known is not None:
            return known
    text = _clean(text, TEXT_LENGTH, "text")
    _check_day(due_on, now=now)
    if customer is None and member is None and not text:
        raise UnableToFollowUp(_("Say what is to be done."), "text")
    if customer is not None:
        _check_customer(representative, customer)
    if member is not None and not (
        Representative.objects.downline_of(representative).filter(pk=member.pk).exists()
    ):
        raise UnableToFollowUp(_("This person is not in your line."), "member")
    row = FollowUp(
        representative=representative,
        customer=customer,
        member=member,
        kind=kind,
        occasion=occasion,
        due_on=due_on,
        text=text,
        product=product,
        source_key=source_key or None,
        suggestion_key=suggestion_key,
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        planned = FollowUp.objects.filter(source_key=source_key).first() if source_key else None
        if planned is not None:  # by somebody else, a moment ago
            return planned
        raise _refusal(error) from error
    return row


@transaction.atomic
def finish_follow_up(
    *, follow_up: FollowUp, result: str, note: str = "", now: datetime, went_well: bool = False
) -> FollowUp:
    """Note that it was done, and how it went. Done twice keeps the last result and note.

    With `went_well` a good talk with the customer is noted as well.

    :raises UnableToFollowUp: if the result is none, or it was cancelled or answered by an order.
    """
    row = _locked(follow_up)
    if result not in FollowUp.Result.values or not result:
        raise UnableToFollowUp(_("Choose how it went."), "result")
    if row.state == FollowUp.State.CANCELLED:
        raise UnableToFollowUp(_("This follow-up was taken off the list."))
    if row.closing_order_id is not None:
        raise UnableToFollowUp(_("An order has answered this follow-up already."))
    row.state, row.result = FollowUp.State.DONE, result
    row.note = _clean(note, NOTE_LENGTH, "note")
    row.closed_at = max(now, row.created_at)
    row.save(update_fields=["state", "result", "note", "closed_at"])
    if row.customer is not None and row.customer.erased_at is None:
        if went_well:
            contacts.note_talk(customer=row.customer, at=now, now=now, went=Talk.Went.WELL)
        else:
            contacts.keep_contact(customer=row.customer, now=now)
    return row


@transaction.atomic
def move_follow_up(*, follow_up: FollowUp, due_on: date, now: datetime) -> FollowUp:
    """Put an open follow-up off (or forward) to another day.

    :raises UnableToFollowUp: if it is not open, or the day is past or too far.
    """
    row = _locked(follow_up)
    _check_open(row)
    _check_day(due_on, now=now)
    row.due_on = due_on
    row.save(update_fields=["due_on"])
    return row


@transaction.atomic
def cancel_follow_up(*, follow_up: FollowUp, now: datetime) -> FollowUp:
    """Take it off the list without a result. Cancelled twice is cancelled.

    :raises UnableToFollowUp: if it is done.
    """
    row = _locked(follow_up)
    if row.state == FollowUp.State.DONE:
        raise UnableToFollowUp(_("This follow-up is done."))
    if row.is_open:
        row.state, row.closed_at = FollowUp.State.CANCELLED, max(now, row.created_at)
        row.save(update_fields=["state", "closed_at"])
    return row


@transaction.atomic
def reopen_follow_up(*, follow_up: FollowUp, now: datetime, due_on: date | None = None) -> FollowUp:
    """Undo: put it back on the list, on its day or another; an open one is only moved.

    A day more than two years away is none that it was on: then its own stays.

    :raises UnableToFollowUp: if an order has answered it, or the customer may not be contacted.
    """
    row = _locked(follow_up)
    if row.closing_order_id is not None:
        raise UnableToFollowUp(_("An order has answered this follow-up already."))
    if row.customer_id is not None and row.closed_at is not None:
        # The good talk that was noted with it goes as well.
        Talk.objects.filter(
            customer=row.customer_id,
            representative=row.representative_id,
            at=row.closed_at,
            went=Talk.Went.WELL,
            text="",
        ).delete()
    row.state, row.result, row.note, row.closed_at = FollowUp.State.OPEN, "", "", None
    if due_on is not None and abs((due_on - _day(now)).days) <= FURTHEST_DAYS:
        row.due_on = due_on
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "result", "note", "closed_at", "due_on"])
    except IntegrityError as error:
        raise _refusal(error) from error
    return row


def _locked(follow_up: FollowUp) -> FollowUp:
    """Return a follow-up as it is, locked after its customer: the order in which a payment does."""
    _hold_customer(follow_up)
    return FollowUp.objects.select_for_update(of=("self",), no_key=True).get(pk=follow_up.pk)


def _hold_customer(follow_up: FollowUp) -> None:
    if follow_up.customer_id is not None:
        people = Customer.objects.select_for_update(of=("self",), no_key=True)
        people.filter(pk=follow_up.customer_id).first()


def _check_open(row: FollowUp) -> None:
    if not row.is_open:
        raise UnableToFollowUp(_("This follow-up is not open any more."))


def _check_day(due_on: date, *, now: datetime) -> None:
    today = _day(now)
    if due_on < today:
        raise UnableToFollowUp(_("This day is past."), "due_on")
    if (due_on - today).days > FURTHEST_DAYS:
        raise UnableToFollowUp(_("This day is more than two years away."), "due_on")


def _day(now: datetime) -> date:
    return now.astimezone(Company.objects.get(pk=Company.ONLY_ID).zone).date()


def _check_customer(representative: Representative, customer: Customer) -> None:
    """Say in words what the database would refuse.

    :raises UnableToFollowUp: if the representative may not contact the customer.
    """
    found = Customer.objects.alive().filter(pk=customer.pk, representative=representative).first()
    if found is None:
        raise UnableToFollowUp(_("This is not one of your customers."), "customer")
    if found.no_contact_at is not None:
        raise UnableToFollowUp(
            _("%(name)s asked not to be contacted.") % {"name": found.name}, "customer"
        )


def _clean(text: str, length: int, field: str) -> str:
    text = text.replace("\x00", "").strip()
    if len(text) > length:
        raise UnableToFollowUp(
            _("This is longer than %(length)s characters.") % {"length": length}, field
        )
    return text


def _refusal(error: IntegrityError) -> Exception:
    """Return the words for a refusal of the guards; the error itself where it is another's."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    if constraint == "followup_may_be_contacted":
        return UnableToFollowUp(_("This customer may not be contacted."), "customer")
    if constraint == "followup_not_after_an_order":
        return UnableToFollowUp(_("The customer has ordered meanwhile."), "customer")
    return error
