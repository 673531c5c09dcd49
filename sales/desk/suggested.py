"""Suggestions and follow-ups as rows of a list: the page of a customer, and the day's work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from representatives.models import Company, Representative
from sales.desk import words
from sales.desk.acts import Act, accept, link
from sales.desk.rows import Facts, call_act, occasion_for, prefers_call, write_act
from sales.desk.standing import Group
from sales.desk.wording import Said, of_suggestion, title_of
from sales.desk.words import Light
from sales.followups.selectors import told
from sales.followups.words import Row as TaskRow
from sales.forecast.selectors import status_of
from sales.models import FollowUp, Forecast, SuggestionAct, SuggestionKind
from sales.suggestions.kinds import OCCASIONS, Job, Suggestion
from sales.suggestions.selectors import day_of_work

ALSO_SHOWN = 2
"""More for one talk than that nobody keeps in mind."""


@dataclass(frozen=True, slots=True)
class SuggestedRow:
    """A suggestion with its light, its reason and what one can do with it."""

    key: str
    light: Light
    said: Said
    bv: int
    rsp: int
    main: Act
    others: list[Act]


@dataclass(frozen=True, slots=True)
class JobRow:
    """One thing to do today: a suggestion or a follow-up, with everything one needs for it."""

    key: str
    light: Light
    title: str
    why: str
    first: str
    also: list[str]
    bv: int
    rsp: int
    effect: str
    main: Act
    others: list[Act]
    url: str
    name: str
    chance: int = 0
    suggestion_key: str = ""

    @property
    def is_urgent(self) -> bool:
        """Return whether the row may be the one that catches the eye."""
        return self.light.css == "call"


def suggested_rows(suggestions: list[Suggestion], *, today: date) -> list[SuggestedRow]:
    """Return suggestions as rows, in their order."""
    return [
        SuggestedRow(
            key=one.key,
            light=light_of(one, today=today),
            said=of_suggestion(one),
            bv=one.bv if _gains(one) else 0,
            rsp=one.rsp if _gains(one) else 0,
            main=main_act(one, today=today),
            others=[*_order_act(one), _snooze(one)],
        )
        for one in suggestions
    ]


@dataclass(frozen=True, slots=True)
class Briefly:
    """The most pressing things of a day, for a page that shows more than these."""

    rows: list[JobRow]
    more: int


def first_of_today(
    seller: Representative, *, company: Company, now: datetime, most: int
) -> Briefly:
    """Return the first things of the day, and how many more there are."""
    work = day_of_work(seller, company=company, now=now, most=most)
    return Briefly(job_rows(seller, work.jobs, today=work.day), work.more)


def job_rows(seller: Representative, jobs: list[Job], *, today: date) -> list[JobRow]:
    """Return the jobs of a day as rows, in their order; a person in another line is not named."""
    tasks = [job.follow_up for job in jobs if job.follow_up is not None]
    words_of = {row.follow_up.pk: row for row in told(seller, tasks, today=today)}
    return [
        _task_row(job, job.follow_up, words_of[job.follow_up.pk], today=today)
        if job.follow_up is not None
        else _suggestion_row(job, today=today)
        for job in jobs
    ]


def _suggestion_row(job: Job, *, today: date) -> JobRow:
    one = job.suggestion
    assert one is not None
    status = status_of(one.forecast, today) if one.forecast is not None else ""
    return JobRow(
        key=job.key,
        light=light_of(one, today=today),
        title=title_of(one, status=status, today=today),
        why=one.reason,
        first=job.why_first,
        also=_also(job.also),
        bv=one.bv if _gains(one) else 0,
        rsp=one.rsp if _gains(one) else 0,
        effect=str(SuggestionKind(one.kind).label),
        main=main_act(one, today=today),
        others=[*_order_act(one), _tomorrow(one.customer.pk, key=one.key)],
        url=link("customer", one.customer.pk),
        name=one.customer.name,
        chance=(one.chance_permille + 5) // 10,
        suggestion_key=one.key,
    )


def _gains(suggestion: Suggestion) -> bool:
    """Return whether there is a sale in it to be named, and not only a good word."""
    return suggestion.sells and suggestion.kind != SuggestionKind.WIN_BACK


def _task_row(job: Job, task: FollowUp, told_as: TaskRow, *, today: date) -> JobRow:
    others = [] if job.suggestion is None else [job.suggestion]
    others += job.also
    first = others[0] if others and others[0].kind == SuggestionKind.REPEAT else None
    done = Act(_("Done"), reverse("sales:desk_act"), fields={"act": "done", "task": str(task.pk)})
    acts, main = [], done
    if task.customer is not None:
        facts = Facts(customer=task.customer, today=today, follow_up=task)
        acts = [done]
        main = (
            call_act(facts)
            if prefers_call(task.customer)
            else write_act(facts, occasion=occasion_for(facts, Group.CARE, None))
        )
    word_css = told_as.when_css.removeprefix("is-")
    light = Light(told_as.light, told_as.icon, told_as.when, word_css)
    return JobRow(
        key=job.key,
        light=light_of(first, today=today) if first is not None else light,
        title=told_as.title,
        why=told_as.why,
        first=job.why_first,
        also=_also(others),
        bv=first.bv if first is not None else 0,
        rsp=first.rsp if first is not None else 0,
        effect=str(FollowUp.Kind(task.kind).label),
        main=main,
        others=[*acts, _tomorrow(task.customer_id, task=task.pk)],
        url=_url_of(task, told_as),
        name=told_as.title,
        chance=(first.chance_permille + 5) // 10 if first is not None else 0,
    )


def _url_of(task: FollowUp, told_as: TaskRow) -> str:
    """Return the page of the person it is about; none for a member in another line by now."""
    if task.customer_id is not None:
        return link("customer", task.customer_id)
    if task.member is not None and told_as.person:
        return reverse("compensation:downline_member", args=[task.member.code])
    return ""


def _also(suggestions: list[Suggestion]) -> list[str]:
    """Return what else the same talk is good for, in a word each."""
    return [f"{of_suggestion(one).title}." for one in suggestions[:ALSO_SHOWN]]


def light_of(suggestion: Suggestion, *, today: date) -> Light:
    """Return the light of a suggestion."""
    kind = suggestion.kind
    if kind == SuggestionKind.WIN_BACK:
        return Light("quiet", "moon", "", "quiet")
    if kind == SuggestionKind.REPEAT and suggestion.forecast is not None:
        status = status_of(suggestion.forecast, today)
        if status != Forecast.Status.QUIET:
            return words.light_of(status, suggestion.forecast, today=today)
    icons = {
        SuggestionKind.REFERRAL_ASK: "star",
        SuggestionKind.EDUCATION: "journal-text",
        SuggestionKind.ADD_ON: "bag-plus",
        SuggestionKind.UPGRADE: "arrow-up",
    }
    return Light("team", icons.get(SuggestionKind(kind), "heart"), "", "ok")


def main_act(suggestion: Suggestion, *, today: date) -> Act:
    """Return the one button of a suggestion: the talk that it takes."""
    customer, key = suggestion.customer, suggestion.key
    product = suggestion.product.pk if suggestion.product else None
    facts = Facts(customer=customer, today=today)
    if suggestion.kind == SuggestionKind.EDUCATION and suggestion.guide is not None:
        url = link("guide", suggestion.guide.slug, customer=customer.pk)
        return Act(pgettext("act", "Share"), url, icon="share")
    is_late = (
        suggestion.forecast is not None
        and status_of(suggestion.forecast, today) == Forecast.Status.OVERDUE
    )
    likes_calls = customer.channel in ("phone", "visit") and customer.phone
    if likes_calls or (is_late and prefers_call(customer)):
        return call_act(facts, key=key, product=product)
    occasion = str(OCCASIONS[SuggestionKind(suggestion.kind)])
    return write_act(facts, occasion=occasion, key=key, product=product)


def _order_act(suggestion: Suggestion) -> list[Act]:
    if suggestion.product is None or not suggestion.sells:
        return []
    return [accept(pgettext("act", "Order"), suggestion.key, SuggestionAct.ORDER.value)]


def _snooze(suggestion: Suggestion) -> Act:
    fields = {"act": "snooze", "key": suggestion.key}
    return Act(_("Later"), reverse("sales:desk_act"), fields=fields)


def _tomorrow(customer_id: int | None, *, key: str = "", task: int | None = None) -> Act:
    fields = {"act": "tomorrow"}
    if customer_id is not None:
        fields["customer"] = str(customer_id)
    if key:
        fields["key"] = key
    if task is not None:
        fields["task"] = str(task)
    return Act(_("Tomorrow"), reverse("sales:desk_act"), fields=fields)
