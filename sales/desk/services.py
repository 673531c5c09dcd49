"""What a representative does with a row of the desk: later, done, not this, and back again.

A customer's row stands for all that waits for that person, so that "later" is said once and not to
each product. What was done comes back as `Handled`, which `take_back` undoes. Each part checks for
itself whose customer it is (`sales.suggestions.services`, `sales.followups.services`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from representatives.errors import UnableTo
from representatives.models import Representative
from sales.contacts import services as contacts
from sales.followups import services as follow_ups
from sales.followups.selectors import get_follow_up, open_follow_ups
from sales.forecast.selectors import day_of
from sales.models import Customer, FollowUp, SuggestionAct, Talk
from sales.suggestions import services as suggestions
from sales.suggestions.selectors import suggest

HANDLED_AT_MOST = 30
"""Suggestions and follow-ups that one click may move: a person has far fewer."""
NEXT_TRY_DAYS = 1


class UnableToHandle(UnableTo):
    """A click was refused: what it was about is not there any more."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What one click did: suggestions decided, follow-ups moved or closed, and a talk noted."""

    keys: list[str] = field(default_factory=list)
    tasks: list[tuple[int, date]] = field(default_factory=list)
    talk: int | None = None

    def as_fields(self) -> dict[str, str]:
        """Return it as the fields that a form sends back to undo it."""
        return {
            "keys": " ".join(self.keys),
            "tasks": " ".join(f"{task}:{day.isoformat()}" for task, day in self.tasks),
            "talk": str(self.talk or ""),
        }

    @classmethod
    def of_fields(cls, keys: str, tasks: str, talk: str) -> Handled:
        """Return what the fields say; what can't be read is left out."""
        read = []
        for part in tasks.split()[:HANDLED_AT_MOST]:
            number, _colon, day = part.partition(":")
            try:
                read.append((_number(number), date.fromisoformat(day)))
            except ValueError:
                continue
        try:
            noted = _number(talk) if talk else None
        except ValueError:
            noted = None
        return cls(keys.split()[:HANDLED_AT_MOST], read, noted)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValueError("no number of a row")
    return int(text)


@transaction.atomic
def put_off(
    *,
    seller: Representative,
    now: datetime,
    days: int,
    customer: Customer | None = None,
    key: str = "",
    task: FollowUp | None = None,
) -> Handled:
    """Put a suggestion or a follow-up off; with a customer all that waits for that person.

    :raises UnableTo: if it is not there any more, or not the seller's.
    """
    until = day_of(now) + timedelta(days)
    keys = [key] if key else []
    tasks = [task] if task is not None else []
    if customer is not None:
        found = suggest(seller, now=now, customers=[customer.pk])
        keys += [one.key for one in found if one.key not in keys]
        due = open_follow_ups(seller, until=day_of(now)).filter(customer=customer)
        tasks += [one for one in due[:HANDLED_AT_MOST] if task is None or one.pk != task.pk]
    moved = []
    for one in keys[:HANDLED_AT_MOST]:
        suggestions.snooze(seller=seller, key=one, days=days, now=now)
    for row in tasks:
        moved.append((row.pk, row.due_on))
        follow_ups.move_follow_up(follow_up=row, due_on=until, now=now)
    if not keys and not tasks:
        raise UnableToHandle(_("Nothing waits here any more."))
    return Handled(keys[:HANDLED_AT_MOST], moved)


@transaction.atomic
def mark_done(
    *, seller: Representative, now: datetime, key: str = "", task: FollowUp | None = None
) -> Handled:
    """Note that a follow-up is done, or that what was suggested was said.

    :raises UnableTo: if it is not there any more, or not the seller's.
    """
    if task is not None:
        follow_ups.finish_follow_up(follow_up=task, result=FollowUp.Result.DONE, now=now)
        return Handled([], [(task.pk, task.due_on)])
    suggestions.accept(seller=seller, key=key, act=SuggestionAct.MESSAGE.value, now=now)
    return Handled([key])


def refuse(*, seller: Representative, key: str, reason: str, now: datetime) -> Handled:
    """Refuse a suggestion for a reason; suggestions learn from it.

    :raises UnableTo: if it is not there any more, not the seller's, or the reason is none.
    """
    suggestions.refuse(seller=seller, key=key, reason=reason, now=now)
    return Handled([key])


@transaction.atomic
def take_back(*, seller: Representative, handled: Handled, now: datetime) -> None:
    """Undo what one click did. What has changed since stays as it is.

    :raises UnableTo: if a customer may not be contacted any more, or has ordered meanwhile.
    """
    for key in handled.keys:
        suggestions.undo(seller=seller, key=key, now=now)
    for task_id, due_on in handled.tasks:
        task = get_follow_up(seller, task_id)
        if task is not None:
            follow_ups.reopen_follow_up(follow_up=task, now=now, due_on=due_on)
    if handled.talk is not None:
        talk = Talk.objects.filter(representative=seller, pk=handled.talk).first()
        if talk is not None:
            contacts.remove_talk(talk=talk)


@transaction.atomic
def record_call(
    *,
    seller: Representative,
    customer: Customer,
    result: str,
    note: str,
    now: datetime,
    key: str = "",
    task: FollowUp | None = None,
) -> Handled:
    """Note how a call went: on the timeline, at the follow-up, and at what was suggested.

    Who did not answer is tried again tomorrow. An order is entered on the page that follows.

    :raises UnableTo: if the result is none, or what it is about is not the seller's.
    """
    results = FollowUp.Result
    if result not in (
        results.ORDERED,
        results.TALKED,
        results.NO_ANSWER,
        results.NOT_INTERESTED,
    ):
        raise UnableToHandle(_("Choose how it went."), "result")
    went = {results.ORDERED: Talk.Went.WELL, results.NOT_INTERESTED: Talk.Went.NEUTRAL}
    talk = contacts.note_talk(
        customer=customer,
        at=now,
        now=now,
        channel=Customer.Channel.PHONE.value,
        went=str(went.get(results(result), "")),
        text=note or (_("No answer.") if result == results.NO_ANSWER else ""),
    )
    if result == results.NO_ANSWER:
        if not key and task is None:
            return Handled(talk=talk.pk)
        tried = put_off(seller=seller, now=now, days=NEXT_TRY_DAYS, key=key, task=task)
        return Handled(tried.keys, tried.tasks, talk.pk)
    if key:
        if result == results.NOT_INTERESTED:
            suggestions.refuse(seller=seller, key=key, reason="no_interest", now=now)
        else:
            act = SuggestionAct.ORDER if result == results.ORDERED else SuggestionAct.MESSAGE
            suggestions.accept(seller=seller, key=key, act=act.value, now=now)
    tasks = []
    if task is not None:
        tasks.append((task.pk, task.due_on))
        follow_ups.finish_follow_up(follow_up=task, result=result, note=note, now=now)
    return Handled([key] if key else [], tasks, talk.pk)
