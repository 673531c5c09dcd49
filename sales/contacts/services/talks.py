"""Talks and notes, the seller's part of a person's timeline."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from representatives.errors import UnableTo
from sales.contacts.services.people import alive, keep_contact
from sales.models import Customer, Talk

TALK_LENGTH = 5000


class UnableToNote(UnableTo):
    """A talk was refused; `field` names the part at fault."""


@transaction.atomic
def note_talk(
    *,
    customer: Customer,
    at: datetime,
    now: datetime,
    channel: str = "",
    went: str = "",
    text: str = "",
    is_work: bool = True,
) -> Talk:
    """Note a talk with somebody, or only a note (neither channel nor how it went).

    It counts as work with the person, unless it is not the representative who notes it.

    :raises UnableToNote: if it says nothing, lies in the future, or a choice is unknown.
    :raises UnableToSaveContact: if the person is erased or merged.
    """
    person = alive(customer)
    text = text.replace("\x00", "").strip()
    if channel not in ("", *Customer.Channel.values):
        raise UnableToNote(gettext("This is none of the choices."), "channel")
    if went not in ("", *Talk.Went.values):
        raise UnableToNote(gettext("This is none of the choices."), "went")
    if not (text or channel or went):
        raise UnableToNote(gettext("Write what you want to remember."), "text")
    if len(text) > TALK_LENGTH:
        raise UnableToNote(gettext("Keep it within 5,000 characters."), "text")
    if at > now:
        raise UnableToNote(gettext("A talk can’t lie in the future."), "at")
    talk = Talk.objects.create(
        customer=person,
        representative_id=person.representative_id,
        at=at,
        channel=channel,
        went=went,
        text=text,
    )
    if is_work:
        keep_contact(customer=person, now=now)
    return talk


def remove_talk(*, talk: Talk) -> None:
    """Remove a talk from the timeline."""
    talk.delete()
