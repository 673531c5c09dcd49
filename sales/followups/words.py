"""What a follow-up says, in the language of the page: what to do, why, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.template import defaultfilters
from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from representatives import formatting
from sales.models import FollowUp, Occasion

Kind = FollowUp.Kind

TEAM_ICONS = {
    Kind.CARE: "heart",
    Kind.REFERRAL_ASK: "person-plus",
    Kind.GUIDE: "journal-text",
    Kind.MEMBER: "diagram-3",
}
"""Kinds that sell nothing: their light is a leaf, whenever they are due."""


@dataclass(frozen=True, slots=True)
class Row:
    """A follow-up as a list shows it. `person` is empty for a member who has left the line."""

    follow_up: FollowUp
    person: str
    title: str
    why: str
    when: str
    when_css: str
    light: str
    icon: str
    result: str


def row_of(follow_up: FollowUp, *, today: date, is_hidden: bool = False) -> Row:
    """Return a follow-up in words; `is_hidden` says that its member is in another line by now."""
    light, icon = _light(follow_up, today)
    when, css = _when(follow_up.due_on, today)
    return Row(
        follow_up=follow_up,
        person="" if is_hidden else person_of(follow_up),
        title=title_of(follow_up, is_hidden=is_hidden),
        why=reason_of(follow_up, today=today),
        when=when,
        when_css=css,
        light=light,
        icon=icon,
        result=result_of(follow_up),
    )


def person_of(follow_up: FollowUp) -> str:
    """Return the name of whom it is about, "" for a task of one's own."""
    person = follow_up.customer or follow_up.member
    return person.name if person else ""


def title_of(follow_up: FollowUp, *, is_hidden: bool = False) -> str:
    """Return what is to be done, with the name of whom it is about."""
    name = _("A person in another line") if is_hidden else person_of(follow_up)
    if not name:
        return follow_up.text
    if follow_up.text:
        return _("%(name)s: %(task)s") % {"name": name, "task": follow_up.text}
    about = follow_up.product
    words = {"name": name, "product": about.name if about else ""}
    occasion = follow_up.occasion or DEFAULT_OCCASIONS[Kind(follow_up.kind)]
    return _titles(has_product=about is not None)[Occasion(occasion)] % words


DEFAULT_OCCASIONS = {
    Kind.CARE: Occasion.FIRST_DAYS,
    Kind.REORDER: Occasion.REORDER,
    Kind.OWN: Occasion.HELLO,
    Kind.REFERRAL_ASK: Occasion.REFERRAL_ASK,
    Kind.WIN_BACK: Occasion.WIN_BACK,
    Kind.GUIDE: Occasion.GUIDE,
    Kind.MEMBER: Occasion.HELLO,
}
"""On which occasion one writes for a follow-up that names none."""


def _titles(*, has_product: bool) -> dict[Occasion, str]:
    if has_product:
        return {
            Occasion.ARRIVED: _("%(name)s: ask whether %(product)s has arrived well"),
            Occasion.FIRST_DAYS: _("%(name)s: ask how the first days with %(product)s were"),
            Occasion.RESULT: _("%(name)s: ask what %(product)s has done so far"),
            Occasion.REORDER: _("%(name)s: ask about the next %(product)s"),
            Occasion.ADD_ON: _("%(name)s: suggest %(product)s"),
            Occasion.UPGRADE: _("%(name)s: suggest %(product)s, the larger size"),
            Occasion.REFERRAL_ASK: _("%(name)s: ask for a referral"),
            Occasion.WIN_BACK: _("%(name)s: ask how things are"),
            Occasion.GUIDE: _("%(name)s: share a guide to %(product)s"),
            Occasion.HELLO: _("%(name)s: get in touch about %(product)s"),
        }
    return {
        Occasion.ARRIVED: _("%(name)s: ask whether the order has arrived well"),
        Occasion.FIRST_DAYS: _("%(name)s: ask how the first days were"),
        Occasion.RESULT: _("%(name)s: ask what it has done so far"),
        Occasion.REORDER: _("%(name)s: ask about the next order"),
        Occasion.ADD_ON: _("%(name)s: suggest what goes with it"),
        Occasion.UPGRADE: _("%(name)s: suggest the larger size"),
        Occasion.REFERRAL_ASK: _("%(name)s: ask for a referral"),
        Occasion.WIN_BACK: _("%(name)s: ask how things are"),
        Occasion.GUIDE: _("%(name)s: share a guide"),
        Occasion.HELLO: _("%(name)s: get in touch"),
    }


def reason_of(follow_up: FollowUp, *, today: date) -> str:
    """Return in one sentence why it stands on the list."""
    product = follow_up.product.name if follow_up.product else ""
    kind = Kind(follow_up.kind)
    if kind == Kind.CARE:
        return _("Good care after the first order is what brings the second.")
    if kind == Kind.REORDER and follow_up.occasion == Occasion.REORDER and product:  # of a plan
        return _("By the length of its pack, %(product)s is used up soon.") % {"product": product}
    if kind == Kind.REFERRAL_ASK:
        return _("Who is content likes to be asked. Once is enough.")
    if kind == Kind.WIN_BACK:
        return _("It has been quiet for a while. A question works better than an offer.")
    if kind == Kind.GUIDE:
        return _("Who knows how to use it enjoys it longer.")
    planned = timezone.localdate(follow_up.created_at)
    return _("Planned on %(day)s.") % {"day": day(planned, today=today)}


def result_of(follow_up: FollowUp) -> str:
    """Return how it went, in a word or two."""
    if follow_up.state == FollowUp.State.CANCELLED:
        return _("Taken off the list")
    results = FollowUp.Result
    return {
        results.NONE: "",
        results.ORDERED: _("Ordered"),
        results.TALKED: _("Talked"),
        results.NO_ANSWER: _("No answer"),
        results.NOT_INTERESTED: _("Not interested"),
        results.DONE: _("Done"),
    }[results(follow_up.result)]


def kinds_of_customers() -> list[tuple[str, str]]:
    """Return what a person can plan for a customer by hand, as choices."""
    return [
        (Kind.OWN, _("Get in touch")),
        (Kind.CARE, _("Ask how it works")),
        (Kind.REORDER, _("Ask about the next order")),
        (Kind.REFERRAL_ASK, _("Ask for a referral")),
        (Kind.WIN_BACK, _("Ask how things are")),
        (Kind.GUIDE, _("Share a guide")),
    ]


def results() -> list[tuple[str, str]]:
    """Return how it can have gone with a person, as choices."""
    found = FollowUp.Result
    return [
        (found.TALKED, _("Talked")),
        (found.ORDERED, _("Ordered")),
        (found.NO_ANSWER, _("No answer")),
        (found.NOT_INTERESTED, _("Not interested")),
    ]


def day(of: date, *, today: date) -> str:
    """Return a day as 9 Nov, with the year where it is another one than today's."""
    form = "j M" if of.year == today.year else "j M Y"
    return str(defaultfilters.date(of, formatting.day_format(form, get_language())))


def weekday(of: date) -> str:
    """Return a day as Saturday 28 November."""
    return str(defaultfilters.date(of, formatting.day_format("l j E", get_language())))


def _when(due_on: date, today: date) -> tuple[str, str]:
    """Return when it is due, and the colour of that word."""
    late = (today - due_on).days
    if late > 0:
        text = ngettext("%(days)s day late", "%(days)s days late", late) % {"days": late}
        return text, "is-call"
    if late == 0:
        return pgettext("due", "today"), "is-due"
    if late == -1:
        return pgettext("due", "tomorrow"), "is-quiet"
    return day(due_on, today=today), "is-quiet"


def _light(follow_up: FollowUp, today: date) -> tuple[str, str]:
    kind = Kind(follow_up.kind)
    if kind in TEAM_ICONS:
        return "team", TEAM_ICONS[kind]
    if kind == Kind.WIN_BACK:
        return "quiet", "moon"
    if follow_up.due_on < today:
        return ("call", "clock-history") if follow_up.customer_id else ("due", "clock-fill")
    if follow_up.due_on == today:
        return "due", "clock-fill"
    return "ok", "check2"
