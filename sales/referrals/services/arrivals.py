"""Somebody leaves a contact on a link's page: who it is, what it changes, what it does not.

Whatever is refused here looks the same outside: nobody finds out by this page who is a customer or
a representative. Self-referral, loops and robots change nothing and are logged for staff.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from representatives import invitations
from representatives.errors import UnableTo
from representatives.mail import Place
from representatives.models import Company, Representative, User
from sales.contacts import services as contacts
from sales.followups.services import plan_follow_up
from sales.models import (
    Arrival,
    Consent,
    Customer,
    FollowUp,
    Need,
    Order,
    ReferralEvent,
    ReferralLink,
    Talk,
)
from sales.models.follow_ups import LETTER_KEY
from sales.referrals import selectors
from sales.referrals.services.links import log_event
from sales.referrals.services.sameness import is_same_person, same_customers
from sales.selectors import referrers_above

ARRIVALS_PER_DAY = 200
LETTERS_PER_DAY = 20
"""With so many entries of a day in somebody's timeline no further letter is put there."""
MESSAGE_LENGTH = 1000
Kind = ReferralEvent.Kind


class UnableToReceive(UnableTo):
    """The contact can't be taken; `field` names the part at fault."""


class UnableToInviteArrival(UnableTo):
    """An invitation to somebody who came by a link was refused."""


class Outcome(StrEnum):
    """What became of a contact that was left."""

    NEW = "new"
    AGAIN = "again"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wrote on the page, with the words agreed to and the page's language."""

    name: str
    email: str
    phone: str
    message: str
    wants_to_join: bool
    consent_text: str
    language: str


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What becomes of a letter: what staff read of it, of whom it is, and what it replaces."""

    outcome: Outcome
    event: str | None = None
    known: Customer | None = None
    earlier: Arrival | None = None


@transaction.atomic
def receive_contact(
    *,
    link: ReferralLink,
    letter: Letter,
    touched_at: datetime,
    via: str,
    now: datetime,
    sender: User | None = None,
) -> Outcome:
    """Take a contact that was left: a new person in the owner's list, or the same one again.

    The last touch wins: a contact without a paid order that came by a link moves to this one. A
    personal link says of a new person alone who recommended it. Locks the owner, so that the same
    letter twice is one person.

    :raises UnableToReceive: if the link is closed meanwhile, or there is no way to answer.
    """
    owner = _locked_owner(link)
    link = _locked(link)
    if owner is None or selectors.owner_of(link) != owner:
        raise UnableToReceive(gettext("This link is not in use any more."))
    if not letter.email and not letter.phone:
        raise UnableToReceive(gettext("Leave an e-mail address or a phone number."), "email")
    verdict = _judged(link, owner, letter, sender, now)
    _take(verdict, link, owner, letter, touched_at, via, now)
    return verdict.outcome


def _judged(
    link: ReferralLink, owner: Representative, letter: Letter, sender: User | None, now: datetime
) -> _Verdict:
    """Return what becomes of a letter; all that may decide is asked, whoever wrote it."""
    fault = _fault(link, owner, letter, sender)
    since = now - timedelta(days=1)
    if selectors.count_recent(owner, since=since) >= ARRIVALS_PER_DAY:
        fault = fault or Kind.FLOOD
    known = same_customers(owner, letter.email, letter.phone)
    key = known[0].pk if known else 0
    letters = Talk.objects.filter(customer=key, at__gt=since, at__lte=now).count()
    came = Arrival.objects.filter(customer=key, replaced_at__isnull=True).first()
    has_ordered = Order.objects.filter(customer=key, status=Order.Status.PAID).exists()
    above = set() if link.customer_id is None else referrers_above(link.customer_id)
    if fault is not None:
        return _Verdict(Outcome.NOTHING, fault)
    if not known:
        return _Verdict(Outcome.NEW)
    if any(one.no_contact_at is not None for one in known):
        return _Verdict(Outcome.NOTHING, Kind.OPTED_OUT)
    if letters >= LETTERS_PER_DAY:
        return _Verdict(Outcome.NOTHING, Kind.FLOOD)
    if has_ordered or came is None:
        return _Verdict(Outcome.AGAIN, Kind.LOOP if key in above else Kind.KNOWN, known[0])
    return _Verdict(Outcome.AGAIN, known=known[0], earlier=came)


def _take(
    verdict: _Verdict,
    link: ReferralLink,
    owner: Representative,
    letter: Letter,
    touched_at: datetime,
    via: str,
    now: datetime,
) -> None:
    """Write what a letter brings; each takes the same steps, and those that are not meant undo.

    Else the time of the answer would tell who is in the list. Nobody proves here who they are: of
    somebody in the list nothing is overwritten or added but the message, nobody can claim to have
    recommended whom the owner knows already, and a wish to be left alone stands.
    """
    moves = verdict.earlier is not None
    with _undone_unless(verdict.event is not None):
        log_event(kind=verdict.event or Kind.KNOWN, link=link, now=now)
    with _undone_unless(verdict.outcome == Outcome.NEW):
        person = _new_contact(link, owner, letter, now)
        if not moves:
            _note_arrival(link, owner, person, letter, touched_at, via, now)
        if verdict.known is None:
            _note_message(link, owner, person, letter, now)
    earlier = 0 if verdict.earlier is None else verdict.earlier.pk
    Arrival.objects.filter(pk=earlier).update(replaced_at=now)
    if verdict.known is not None:
        if moves:
            _note_arrival(link, owner, verdict.known, letter, touched_at, via, now)
        _note_message(link, owner, verdict.known, letter, now, is_known=True)


@contextmanager
def _undone_unless(is_meant: bool) -> Iterator[None]:
    """Undo in the end what is written meanwhile, and what was to follow it, unless it is meant."""
    with transaction.atomic():
        yield
        if not is_meant:
            transaction.set_rollback(True)


def _locked_owner(link: ReferralLink) -> Representative | None:
    """Return whose link it is, locked: letters to one representative are taken in turn."""
    found = selectors.find_link(link.code)
    owner = None if found is None else selectors.owner_of(found)
    if owner is not None:
        _lock(owner)
    return owner


def _lock(owner: Representative) -> None:
    Representative.objects.select_for_update(of=("self",), no_key=True).get(pk=owner.pk)


def _locked(link: ReferralLink) -> ReferralLink:
    """Return a link as it is, which nobody closes until the letter is taken."""
    links = ReferralLink.objects.select_for_update(of=("self",), no_key=True)
    return links.select_related(
        "representative__user", "customer__representative__user", "product"
    ).get(pk=link.pk)


def _fault(
    link: ReferralLink, owner: Representative, letter: Letter, sender: User | None
) -> str | None:
    """Return why somebody is nobody's new contact: the owner, or of the tree anyway."""
    member = getattr(sender, "representative", None)
    above = selectors.people_above(owner)
    members = Representative.objects.filter(user__email=letter.email.lower())
    is_member = letter.email != "" and members.exists()
    if member is not None and member.pk == owner.pk:
        return Kind.OWN
    if is_same_person(owner, letter.email, letter.phone):
        return Kind.OWN
    if link.customer is not None and is_same_person(link.customer, letter.email, letter.phone):
        return Kind.OWN
    if any(one == member or is_same_person(one, letter.email, letter.phone) for one in above):
        return Kind.LOOP
    return Kind.MEMBER if sender is not None or is_member else None


def _new_contact(
    link: ReferralLink, owner: Representative, letter: Letter, now: datetime
) -> Customer:
    personal = link.customer
    person = contacts.add_contact(
        representative=owner,
        name=letter.name,
        email=letter.email,
        phone=letter.phone,
        language=letter.language,
        channel=Customer.Channel.EMAIL if letter.email else Customer.Channel.PHONE,
        source=Customer.Source.LINK if personal is None else Customer.Source.CUSTOMER,
        referred_by=personal,
        noticed_at=now,
        now=now,
    )
    contacts.give_consent(
        customer=person, kind=Consent.Kind.CONTACT, text=letter.consent_text, now=now
    )
    if link.product is not None:
        contacts.add_need(
            customer=person,
            kind=Need.Kind.WOULD_LIKE,
            text=link.product.name,
            products=[link.product],
            now=now,
        )
    return person


def _note_arrival(
    link: ReferralLink,
    owner: Representative,
    person: Customer,
    letter: Letter,
    touched_at: datetime,
    via: str,
    now: datetime,
) -> None:
    Arrival.objects.create(
        link=link,
        representative=owner,
        customer=person,
        touched_at=min(touched_at, now),
        arrived_at=now,
        via=via,
        wants_to_join=letter.wants_to_join,
    )


def _note_message(
    link: ReferralLink,
    owner: Representative,
    person: Customer,
    letter: Letter,
    now: datetime,
    *,
    is_known: bool = False,
) -> None:
    """Put the message into the timeline, and the answer on the list.

    Neither is work with the person: only what the owner makes of it keeps somebody in the list.
    """
    today = now.astimezone(Company.objects.get(pk=Company.ONLY_ID).zone).date()
    with translation.override(_language_of(owner)):
        said = [letter.message] if letter.message else []
        if letter.wants_to_join:
            said.append(gettext("Would like to know how one becomes a representative."))
        if is_known:
            heading = gettext(
                "Written on the page of your link, with this person’s e-mail or phone. Nobody has"
                " checked who wrote it:"
            )
        else:
            heading = gettext("Written on the page of your link:")
        if said:
            contacts.note_talk(
                customer=person, at=now, now=now, text="\n".join([heading, *said]), is_work=False
            )
        plan_follow_up(
            representative=owner,
            customer=person,
            kind=FollowUp.Kind.OWN,
            due_on=today,
            text=gettext("Answer the message that came through your link."),
            product=link.product,
            source_key=f"{LETTER_KEY}{link.pk}-{person.pk}-{today:%Y%m%d}",
            now=now,
        )


def _language_of(representative: Representative) -> str:
    user = representative.user
    return (user.language if user is not None else "") or settings.LANGUAGE_CODE


@transaction.atomic
def invite_arrival(*, arrival: Arrival, place: Place, now: datetime) -> Arrival:
    """Invite somebody who came by a link, and asked how, to become a member under its owner.

    The membership that follows counts for the link.

    :raises UnableToInviteArrival: if the person did not ask, has no address, wants to be left
        alone, or was invited already.
    :raises UnableToInvite: as `create_invitation`.
    """
    # As the invitation does later; before the arrival, in the order in which an enrolment locks.
    Representative.objects.select_for_update(of=("self",)).get(pk=arrival.representative_id)
    row = (
        Arrival.objects.select_for_update(of=("self",), no_key=True)
        .select_related("representative", "customer", "invitation")
        .get(pk=arrival.pk)
    )
    person = row.customer
    if person is None or not person.is_alive or person.representative_id != row.representative_id:
        raise UnableToInviteArrival(gettext("This person is not in your list any more."))
    if not row.wants_to_join or person.no_contact_at is not None:
        raise UnableToInviteArrival(gettext("This person has not asked to join."))
    if not person.email:
        raise UnableToInviteArrival(gettext("An e-mail address is needed."))
    if row.invitation is not None and row.invitation.state(now=now) != "expired":
        raise UnableToInviteArrival(gettext("This person is invited already."))
    row.invitation = invitations.create_invitation(
        sponsor=row.representative, email=person.email, name=person.name, place=place, now=now
    )
    row.save(update_fields=["invitation"])
    return row
