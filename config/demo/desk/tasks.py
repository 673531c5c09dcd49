"""What a seller has planned, done, put off and refused up to the demo company's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.demo.desk import words
from config.demo.year import ZONE
from representatives.models import Representative
from sales.followups import services as follow_ups
from sales.models import Customer, FollowUp, RefusalReason, SuggestionKind
from sales.suggestions import services as suggestions
from sales.suggestions.selectors import suggest

JOBS = 10
BUYERS = (Customer.Stage.BUYS, Customer.Stage.REFERS)
OLD_DAYS = 14
"""What has waited so long was done."""
ANSWERED_DAYS = 5
"""Who wrote through a link so long ago has an answer."""
DECIDED_AMONG = 12
"""So many of the most valuable suggestions are looked through for what is decided."""


def plan_work(seller: Representative, now: datetime) -> None:
    """Plan own tasks and calls, some done and one late, and decide on a few suggestions."""
    if FollowUp.objects.filter(source_key=_key(seller, "task", 0)).exists():
        return
    today = now.astimezone(ZONE).date()
    earlier = now - timedelta(days=9)
    for number, (text, days) in enumerate(words.OWN_TASKS):
        follow_ups.plan_follow_up(
            representative=seller,
            kind=FollowUp.Kind.OWN,
            due_on=today + timedelta(days=days),
            text=text,
            source_key=_key(seller, "task", number),
            now=earlier,
        )
    _finish_old(seller, now)
    _calls(seller, earlier, now)
    _answer_letters(seller, now)
    for member in Representative.objects.filter(sponsor=seller, status="enrolled").order_by("pk")[
        :1
    ]:
        follow_ups.plan_follow_up(
            representative=seller,
            member=member,
            kind=FollowUp.Kind.MEMBER,
            due_on=today + timedelta(days=1),
            text=words.MEMBER_TALK,
            source_key=_key(seller, "member", 0),
            now=earlier,
        )
    suggestions.set_capacity(seller=seller, jobs=JOBS)
    _decide(seller, now)


def _calls(seller: Representative, earlier: datetime, now: datetime) -> None:
    """Plan calls that are late, and some that were made with one result or another."""
    buyers = Customer.objects.of(seller).contactable().filter(stage__in=BUYERS)
    customers = list(buyers.order_by("reference")[:6])
    day = (earlier + timedelta(days=4)).astimezone(ZONE).date()
    planned = [
        follow_ups.plan_follow_up(
            representative=seller,
            customer=customer,
            kind=FollowUp.Kind.OWN,
            due_on=day,
            text=words.CALLS[number % len(words.CALLS)],
            source_key=_key(seller, "call", number),
            now=earlier,
        )
        for number, customer in enumerate(customers)
    ]
    results = (FollowUp.Result.TALKED, FollowUp.Result.NO_ANSWER, FollowUp.Result.NOT_INTERESTED)
    for row, result in zip(planned[2:], results, strict=False):
        follow_ups.finish_follow_up(follow_up=row, result=result, now=now - timedelta(days=3))


def _finish_old(seller: Representative, now: datetime) -> None:
    """What the months before left to do is done: who works through the days has little of it."""
    before = (now - timedelta(days=OLD_DAYS)).astimezone(ZONE).date()
    old = FollowUp.objects.filter(
        representative=seller, state=FollowUp.State.OPEN, due_on__lte=before
    )
    for row in old.order_by("pk"):
        follow_ups.finish_follow_up(
            follow_up=row, result=FollowUp.Result.TALKED, now=now - timedelta(days=OLD_DAYS - 1)
        )


def _answer_letters(seller: Representative, now: datetime) -> None:
    """All who wrote through a link were answered, but for the last one."""
    before = (now - timedelta(days=ANSWERED_DAYS)).astimezone(ZONE).date()
    letters = FollowUp.objects.filter(
        representative=seller, state=FollowUp.State.OPEN, source_key__startswith="referral-letter-"
    )
    for row in letters.filter(due_on__lte=before).order_by("pk"):
        follow_ups.finish_follow_up(
            follow_up=row,
            result=FollowUp.Result.TALKED,
            note=words.ANSWERED,
            now=now - timedelta(days=2),
        )


def _decide(seller: Representative, now: datetime) -> None:
    """Put one suggestion off, refuse an add-on with a reason, and make a task of another."""
    found = suggest(seller, now=now, limit=DECIDED_AMONG)
    add_ons = [one for one in found if one.kind == SuggestionKind.ADD_ON]
    others = [one for one in found if one not in add_ons]
    for one in add_ons[:1]:
        suggestions.refuse(
            seller=seller, key=one.key, reason=RefusalReason.values[0], now=now - timedelta(hours=5)
        )
    for one in others[-1:]:
        suggestions.snooze(seller=seller, key=one.key, now=now - timedelta(hours=4))
    for one in others[-2:-1]:
        suggestions.accept(
            seller=seller,
            key=one.key,
            act="task",
            due_on=(now + timedelta(days=1)).astimezone(ZONE).date(),
            now=now - timedelta(hours=3),
        )


def _key(seller: Representative, what: str, number: int) -> str:
    return f"demo-{seller.code}-{what}-{number}"
