"""Somebody leaves a contact on a link's page: who it is, what it changes, what it does not.

Whatever is refused here looks the same outside: nobody finds out by this page who is a customer or
a representative. Self-referral, loops and robots change nothing and are logged for staff.
"""

from __future__ import annotations

from contextlib import suppress
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
    fault = _fault(link, owner, letter, sender)
    if fault is not None:
        log_event(kind=fault, link=link, now=now)
        return Outcome.NOTHING
    if selectors.count_recent(owner, since=now - timedelta(days=1)) >= ARRIVALS_PER_DAY:
        log_event(kind=Kind.FLOOD, link=link, now=now)
        return Outcome.NOTHING
    known = same_customers(owner, letter.email, letter.phone)
    if known:
        return _receive_known(link, owner, known, letter, touched_at, via, now)
    person = _new_contact(link, owner, letter, now)
    _note_arrival(link, owner, person, letter, touched_at, via, now)
    _note_wish(link, owner, person, letter, now)
    return Outcome.NEW


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
    if member is not None and member.pk == owner.pk:
        return Kind.OWN
    if is_same_person(owner, letter.email, letter.phone):
        return Kind.OWN
    if link.customer is not None and is_same_person(link.customer, letter.email, letter.phone):
        return Kind.OWN
    above = selectors.people_above(owner)
    if any(one == member or is_same_person(one, letter.email, letter.phone) for one in above):
        return Kind.LOOP
    if sender is not None or (
        letter.email and Representative.objects.filter(user__email=letter.email.lower()).exists()
    ):
        return Kind.MEMBER
    return None


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
    return person


def _receive_known(
    link: ReferralLink,
    owner: Representative,
    known: list[Customer],
    letter: Letter,
    touched_at: datetime,
    via: str,
    now: datetime,
) -> Outcome:
    """Take what somebody writes who is in the list already; nobody proves here who they are.

    So nothing that is known is overwritten, nobody can claim to have recommended somebody whom the
    owner knows already, and a wish to be left alone stands.
    """
    person = known[0]
    if any(one.no_contact_at is not None for one in known):
        log_event(kind=Kind.OPTED_OUT, link=link, now=now)
        return Outcome.NOTHING
    lately = Talk.objects.filter(customer=person, at__gt=now - timedelta(days=1), at__lte=now)
    if lately.count() >= LETTERS_PER_DAY:
        log_event(kind=Kind.FLOOD, link=link, now=now)
        return Outcome.NOTHING
    came_by_link = Arrival.objects.filter(customer=person, replaced_at__isnull=True).first()
    has_ordered = Order.objects.filter(customer=person, status=Order.Status.PAID).exists()
    if has_ordered or came_by_link is None:
        is_loop = link.customer_id is not None and person.pk in referrers_above(link.customer_id)
        log_event(kind=Kind.LOOP if is_loop else Kind.KNOWN, link=link, now=now)
    else:
        came_by_link.replaced_at = now
        came_by_link.save(update_fields=["replaced_at"])
        _note_arrival(link, owner, person, letter, touched_at, via, now)
    _note_wish(link, owner, person, letter, now)
    return Outcome.AGAIN


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


def _note_wish(
    link: ReferralLink, owner: Representative, person: Customer, letter: Letter, now: datetime
) -> None:
    """Put the message into the timeline, the product among the needs, the answer on the list."""
    today = now.astimezone(Company.objects.get(pk=Company.ONLY_ID).zone).date()
    with translation.override(_language_of(owner)):
        said = [letter.message] if letter.message else []
        if letter.wants_to_join:
            said.append(gettext("Would like to know how one becomes a representative."))
        if said:
            contacts.note_talk(
                customer=person,
                at=now,
                now=now,
                text="\n".join([gettext("Written on the page of your link:"), *said]),
            )
        if link.product is not None and not person.needs.filter(products=link.product).exists():
            with suppress(contacts.UnableToSaveContact):  # too many are noted already
                contacts.add_need(
                    customer=person,
                    kind=Need.Kind.WOULD_LIKE,
                    text=link.product.name,
                    products=[link.product],
                    now=now,
                )
        plan_follow_up(
            representative=owner,
            customer=person,
            kind=FollowUp.Kind.OWN,
            due_on=today,
            text=gettext("Answer the message that came through your link."),
            product=link.product,
            source_key=f"referral-letter-{link.pk}-{person.pk}-{today:%Y%m%d}",
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
