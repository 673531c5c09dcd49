"""What a representative decides about a suggestion: accept, put off, refuse, take back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from representatives.clock import company_zone
from representatives.errors import UnableTo
from representatives.models import Representative
from sales.followups import services as follow_ups
from sales.models import (
    Customer,
    FollowUp,
    Guide,
    Product,
    RefusalReason,
    SuggestionAct,
    SuggestionDecision,
    SuggestionKind,
    WorkDay,
)
from sales.models.suggestions import ASK_AGAIN_DAYS, NOTE_LENGTH
from sales.suggestions.kinds import OCCASIONS, Key

QUIET_DAYS = {
    SuggestionKind.REPEAT: 7,
    SuggestionKind.ADD_ON: 30,
    SuggestionKind.UPGRADE: 30,
    SuggestionKind.REFERRAL_ASK: ASK_AGAIN_DAYS,
    SuggestionKind.WIN_BACK: 90,
    SuggestionKind.EDUCATION: 365,
}
"""So long an accepted suggestion stays away if nothing comes of it."""
REFUSED_ASK_DAYS = 365
SNOOZE_DAYS = 7
MOST_SNOOZE_DAYS = 365
ENOUGH_DAYS = 30
"""Who has enough at home is left alone so long, or as long as a pack lasts."""

FOLLOW_UP_KINDS = {
    SuggestionKind.REPEAT: FollowUp.Kind.REORDER,
    SuggestionKind.ADD_ON: FollowUp.Kind.OWN,
    SuggestionKind.UPGRADE: FollowUp.Kind.REORDER,
    SuggestionKind.REFERRAL_ASK: FollowUp.Kind.REFERRAL_ASK,
    SuggestionKind.WIN_BACK: FollowUp.Kind.WIN_BACK,
    SuggestionKind.EDUCATION: FollowUp.Kind.GUIDE,
}


class UnableToDecide(UnableTo):
    """A decision was refused; `field` names the part at fault."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, what it is about, and the follow-up it became, if it became one."""

    decision: SuggestionDecision
    key: Key
    follow_up: FollowUp | None = None


@transaction.atomic
def accept(
    *,
    seller: Representative,
    key: str,
    act: str,
    due_on: date | None = None,
    now: datetime,
) -> Decided:
    """Accept a suggestion: it becomes an order, a message, or a follow-up on a day (tomorrow).

    The order and the message are the pages that follow; the suggestion stays away meanwhile.
    Accepted twice on a day is accepted once.

    :raises UnableToDecide: if the customer is not the seller's or may not be contacted, or was
        asked for a referral within sixty days.
    """
    if act not in SuggestionAct.values:
        raise UnableToDecide(gettext("Choose what to do."), "act")
    read, customer = _locked(seller, key)
    if customer.no_contact_at is not None:
        raise UnableToDecide(gettext("This person asked not to be contacted."))
    today = _day(now)
    state = SuggestionDecision.State.ACCEPTED
    decision = _same_today(read, seller, state, act, today)
    if decision is None:
        until = today + timedelta(QUIET_DAYS[read.kind])
        decision = _decide(
            read, seller, state, today=today, now=now, until=until, act=act, reason="", note=""
        )
    if act != SuggestionAct.TASK:
        return Decided(decision, read)
    return Decided(decision, read, _planned(read, seller, customer, due_on, decision, now))


@transaction.atomic
def snooze(*, seller: Representative, key: str, days: int = SNOOZE_DAYS, now: datetime) -> Decided:
    """Put a suggestion off for some days.

    :raises UnableToDecide: if the customer is not the seller's, or the days are out of bounds.
    """
    if not 1 <= days <= MOST_SNOOZE_DAYS:
        raise UnableToDecide(gettext("Choose a day within a year."), "days")
    read, _customer = _locked(seller, key)
    today = _day(now)
    state = SuggestionDecision.State.SNOOZED
    until = today + timedelta(days)
    return Decided(
        _decide(read, seller, state, today=today, now=now, until=until, act="", reason="", note=""),
        read,
    )


@transaction.atomic
def refuse(
    *, seller: Representative, key: str, reason: str, note: str = "", now: datetime
) -> Decided:
    """Refuse a suggestion, and learn from the reason.

    Who has enough is asked again when a pack is used up; a refused referral ask rests for a year;
    all else is not suggested again: a product bought all the same begins anew.

    :raises UnableToDecide: if the customer is not the seller's, or no reason is given.
    """
    if reason not in RefusalReason.values:
        raise UnableToDecide(gettext("Choose a reason: suggestions learn from it."), "reason")
    note = note.replace("\x00", "").strip()
    if len(note) > NOTE_LENGTH:
        raise UnableToDecide(gettext("This is too long."), "note")
    read, _customer = _locked(seller, key)
    today = _day(now)
    decision = _decide(
        read,
        seller,
        SuggestionDecision.State.REFUSED,
        today=today,
        now=now,
        until=_back_on(read, reason, today),
        act="",
        reason=reason,
        note=note,
    )
    return Decided(decision, read)


@transaction.atomic
def undo(*, seller: Representative, key: str, now: datetime) -> Decided:
    """Take the latest decision on a suggestion back, with the follow-up it became.

    :raises UnableToDecide: if there is none to take back.
    """
    read, _customer = _locked(seller, key)
    decision = (
        _decisions(read)
        .filter(representative=seller, withdrawn_at__isnull=True)
        .order_by("-decided_at", "-id")
        .first()
    )
    if decision is None:
        raise UnableToDecide(gettext("There is nothing to take back."))
    decision.withdrawn_at = max(now, decision.decided_at)
    decision.save(update_fields=["withdrawn_at"])
    for row in FollowUp.objects.filter(
        representative=seller, suggestion_key=key, state=FollowUp.State.OPEN
    ):
        follow_ups.cancel_follow_up(follow_up=row, now=now)
    return Decided(decision, read)


@transaction.atomic
def set_capacity(*, seller: Representative, jobs: int) -> WorkDay:
    """Say how many jobs fill a representative's day.

    :raises UnableToDecide: if the number is out of bounds.
    """
    if not 1 <= jobs <= WorkDay.MOST_JOBS:
        raise UnableToDecide(
            gettext("Choose a number from 1 to %(most)s.") % {"most": WorkDay.MOST_JOBS}, "jobs"
        )
    day, _made = WorkDay.objects.update_or_create(representative=seller, defaults={"jobs": jobs})
    return day


def _locked(seller: Representative, key: str) -> tuple[Key, Customer]:
    """Return what a key is about; the customer's row is locked until the transaction ends."""
    unknown = gettext("This suggestion is not there any more.")
    try:
        read = Key.read(key)
    except ValueError as error:
        raise UnableToDecide(unknown, "key") from error
    people = Customer.objects.of(seller).filter(pk=read.customer_id)
    customer = people.select_for_update(of=("self",), no_key=True).first()
    wanted = {pk for pk in (read.product_id, read.with_product_id) if pk}
    sells = read.kind in (
        SuggestionKind.REPEAT,
        SuggestionKind.ADD_ON,
        SuggestionKind.UPGRADE,
    )
    if (
        customer is None
        or Product.objects.filter(pk__in=wanted).count() != len(wanted)
        or (sells and read.product_id is None)
        or (read.guide_id and not Guide.objects.filter(pk=read.guide_id).exists())
    ):
        raise UnableToDecide(unknown, "key")
    return read, customer


def _decisions(read: Key) -> QuerySet[SuggestionDecision]:
    parts: dict[str, Any] = {
        "product_id": read.product_id,
        "with_product_id": read.with_product_id,
        "guide_id": read.guide_id,
    }
    return SuggestionDecision.objects.filter(customer_id=read.customer_id, kind=read.kind, **parts)


def _same_today(
    read: Key, seller: Representative, state: str, act: str, today: date
) -> SuggestionDecision | None:
    rows = _decisions(read).filter(
        representative=seller, state=state, act=act, decided_on=today, withdrawn_at__isnull=True
    )
    return rows.order_by("-id").first()


def _decide(
    read: Key,
    seller: Representative,
    state: str,
    *,
    today: date,
    now: datetime,
    until: date | None,
    act: str,
    reason: str,
    note: str,
) -> SuggestionDecision:
    try:
        with transaction.atomic():
            return SuggestionDecision.objects.create(
                representative=seller,
                customer_id=read.customer_id,
                kind=read.kind,
                product_id=read.product_id,
                with_product_id=read.with_product_id,
                guide_id=read.guide_id,
                state=state,
                act=act,
                reason=reason,
                note=note,
                decided_on=today,
                decided_at=now,
                until=until,
            )
    except IntegrityError as error:
        if "decision_no_second_ask" in str(error):
            raise UnableToDecide(
                gettext("This person was asked for a referral within the last %(days)s days.")
                % {"days": ASK_AGAIN_DAYS}
            ) from error
        raise


def _back_on(read: Key, reason: str, today: date) -> date | None:
    """Return when a refused suggestion may come back; None: only after another purchase."""
    if read.kind == SuggestionKind.REFERRAL_ASK:
        return today + timedelta(REFUSED_ASK_DAYS)
    if reason != RefusalReason.ENOUGH:
        return None
    packs = Product.objects.filter(pk__in=[read.product_id]).values_list("pack_days", flat=True)
    pack = packs.first()
    return today + timedelta(pack or ENOUGH_DAYS)


def _planned(
    read: Key,
    seller: Representative,
    customer: Customer,
    due_on: date | None,
    decision: SuggestionDecision,
    now: datetime,
) -> FollowUp:
    """Plan the follow-up of an accepted suggestion, once."""
    product = Product.objects.filter(pk=read.product_id).first() if read.product_id else None
    text = ""
    if read.kind == SuggestionKind.ADD_ON and product is not None:
        text = gettext("Suggest %(product)s.") % {"product": product.name}
    return follow_ups.plan_follow_up(
        representative=seller,
        kind=FOLLOW_UP_KINDS[read.kind],
        due_on=due_on or decision.decided_on + timedelta(1),
        now=now,
        customer=customer,
        text=text,
        product=product,
        source_key=f"suggestion-{decision.pk}",
        occasion=OCCASIONS[read.kind],
        suggestion_key=str(read),
    )


def _day(now: datetime) -> date:
    return now.astimezone(company_zone()).date()
