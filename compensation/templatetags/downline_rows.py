"""Rows of people, written straight: fifty rows through the template engine take most of a page.

The frame around the rows is in templates. Every text that is not made here is escaped.
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.models import Period, PeriodStatus
from compensation.selectors_pages.downline import People, Person
from representatives import formatting
from representatives.templatetags.perennial import initials, rounded_points

register = template.Library()

TICK = '<i class="bi bi-check2" aria-hidden="true"></i> '


class Writer:
    """Writes people of one page: addresses, words and days that come again are made once."""

    def __init__(self, period: Period) -> None:
        self.base = reverse("compensation:downline")
        self.chart = reverse("compensation:downline_chart")
        self.month = f"?month={quote(period.label)}"
        self.is_over = period.status != PeriodStatus.OPEN
        self.language = get_language()
        self.days: dict[date, str] = {}

    def day(self, when: date) -> str:
        """Return a day as the language writes it."""
        if when not in self.days:
            self.days[when] = date_format(when, formatting.day_format("j M Y", get_language()))
        return self.days[when]

    def volume(self, hundredths: int) -> str:
        """Return a volume or points."""
        return formatting.hundredths(hundredths, self.language)

    def whole(self, number: int) -> str:
        """Return a number of people."""
        return formatting.whole(number, self.language)

    def state_text(self, person: Person) -> str:
        """Return the activity of a person in words; of a month that is over nothing is to come."""
        state = person.state
        return state.get("text_when_over", state["text"]) if self.is_over else state["text"]

    def state(self, person: Person) -> str:
        """Return the activity of a person, as `components/_member_state.html` has it."""
        state = person.state
        kind = state["kind"]
        text = escape(self.state_text(person))
        word = f'<span class="light-word is-{kind}">{TICK if kind == "ok" else ""}{text}</span>'
        if not state.get("width"):
            return word
        return (
            f'{word}<svg class="bar" aria-hidden="true" focusable="false">'
            f'<rect class="f-bv" width="{state["width"]}" height="100%" rx="4"/></svg>'
        )


@register.simple_tag(takes_context=True)
def table_heads(context: dict[str, Any], sort: str) -> SafeString:
    """Return the heads of the table; each sorts by its column and keeps what else was asked for."""
    kept = context["request"].GET.copy()
    for name in ("sort", "after", "before"):
        kept.pop(name, None)
    rest = kept.urlencode()
    before = escape(f"?{rest}&" if rest else "?")
    columns = (
        ("name", _("Name"), ""),
        ("level", _("Level"), "opt n"),
        ("rank", _("Rank"), "opt"),
        ("", _("Activity"), ""),
        ("bv", _("BV"), "n opt"),
        ("rsp", _("RSP"), "n opt"),
        ("group", _("Group BV"), "n"),
        ("people", _("People"), "n opt"),
        ("joined", _("Joined"), "n opt"),
    )
    heads = "".join(_head(key, escape(label), css, sort, before) for key, label, css in columns)
    return mark_safe(heads)  # noqa: S308 - labels and the query are escaped


def _head(key: str, label: str, css: str, sort: str, before: str) -> str:
    if not key:
        return f'<th scope="col" class="{css}">{label}</th>'
    if key != sort:
        address = f"{before}sort={key}"
        return (
            f'<th scope="col" class="{css}"><a href="{address}" hx-get="{address}"'
            f' hx-target="#people" hx-push-url="true">{label}</a></th>'
        )
    way, icon = ("ascending", "up") if key in ("name", "level") else ("descending", "down")
    return (
        f'<th scope="col" class="{css}" aria-sort="{way}">{label}'
        f' <i class="bi bi-chevron-{icon}" aria-hidden="true"></i></th>'
    )


@register.simple_tag
def table_rows(people: list[Person], period: Period) -> SafeString:
    """Return the rows of the table."""
    writer = Writer(period)
    rows = "".join(_table_row(person, writer) for person in people)
    return mark_safe(rows)  # noqa: S308 - what people wrote is escaped in _table_row


def _table_row(person: Person, writer: Writer) -> str:
    level = f'<td class="n opt">{person.level}</td>'
    if person.is_masked:
        empty = '<td class="n opt"></td>'
        return (
            f'<tr><td><span class="muted">{escape(person.name)}</span></td>{level}'
            f'<td class="opt"></td><td></td>{empty * 2}<td class="n"></td>{empty * 2}</tr>\n'
        )
    address = f"{writer.base}{writer.month}&amp;at={quote(person.code)}"
    return (
        f'<tr><td><a class="strong" href="{address}">{escape(person.name)}</a>'
        f' <small class="muted num">{escape(person.code)}</small></td>{level}'
        f'<td class="opt">{escape(person.rank)}</td><td>{writer.state(person)}</td>'
        f'<td class="n bv opt">{writer.volume(person.personal_bv)}</td>'
        f'<td class="n rsp opt">{writer.volume(person.personal_rsp)}</td>'
        f'<td class="n bv">{writer.volume(person.group_bv)}</td>'
        f'<td class="n opt">{writer.whole(person.people)}</td>'
        f'<td class="n opt">{writer.day(person.enrolled_on)}</td></tr>\n'
    )


@register.simple_tag
def tree_rows(people: People, period: Period, parent_code: str) -> SafeString:
    """Return a branch of the tree: its people, open branches in them, and what shows the rest."""
    return mark_safe(_branch(people, Writer(period), parent_code))  # noqa: S308 - escaped below


@register.simple_tag
def tree_row(person: Person, period: Period) -> SafeString:
    """Return one person of the tree with the branch below."""
    return mark_safe(_tree_row(person, Writer(period)))  # noqa: S308 - escaped below


def _branch(people: People, writer: Writer, parent_code: str, parent_name: str = "") -> str:
    rows = [_tree_row(person, writer) for person in people.rows]
    address = f"{writer.base}{quote(parent_code)}/people/{writer.month}"
    if people.has_next:
        text = escape(_("Show the next 50"))
        rows.append(
            '<li class="more"><button class="btn btn-quiet" type="button"'
            f' hx-get="{address}&amp;after={people.after}" hx-target="closest li"'
            f' hx-swap="outerHTML">{text}</button></li>\n'
        )
    if people.others and parent_code:
        text = _rest_of(people, writer, parent_name)
        rows.append(
            '<li class="more is-rest"><button class="btn btn-quiet" type="button"'
            f' hx-get="{address}" hx-target="closest ul">{escape(text)}</button></li>\n'
        )
    return "".join(rows)


def _rest_of(people: People, writer: Writer, parent_name: str) -> str:
    """Return the words on the button that shows those left out, told by the one above them."""
    words = {"count": writer.whole(people.others), "name": parent_name}
    if not parent_name:
        text = ngettext(
            "Show the other %(count)s person of your front line",
            "Show the other %(count)s people of your front line",
            people.others,
        )
    else:
        text = ngettext(
            "Show the other %(count)s person directly below %(name)s",
            "Show the other %(count)s people directly below %(name)s",
            people.others,
        )
    return text % words


def _tree_row(person: Person, writer: Writer) -> str:
    found = ' is-open" id="found' if person.is_found else ""
    inside = _masked(person) if person.is_masked else _named(person, writer)
    return (
        f'<li><div class="member{found}">{_twist(person, writer)}{inside}</div>'
        f"{_below(person, writer)}</li>\n"
    )


def _twist(person: Person, writer: Writer) -> str:
    """Return the button that opens and closes the branch, or a dot where there is none."""
    if not person.can_open:
        return '<span class="leafdot"></span>'
    words = {"name": person.name, "count": writer.whole(person.people)}
    show = escape(_("%(name)s: show the people below, %(count)s") % words)
    hide = escape(_("%(name)s: hide the people below, %(count)s") % words)
    is_open = person.branch is not None
    load = (
        ""
        if is_open
        else (
            f' data-load-once hx-get="{writer.base}{quote(person.code)}/people/{writer.month}"'
            f' hx-trigger="click" hx-target="#branch-{person.position}"'
        )
    )
    return (
        f'<button class="twist" type="button" aria-expanded="{"true" if is_open else "false"}"'
        f' aria-controls="branch-{person.position}" data-disclosure data-label-show="{show}"'
        f' data-label-hide="{hide}" aria-label="{hide if is_open else show}"{load}>'
        '<i class="bi bi-chevron-right" aria-hidden="true"></i></button>'
    )


def _masked(person: Person) -> str:
    return (
        '<span class="avatar is-off" aria-hidden="true">·</span>'
        f'<span class="who"><span class="muted">{escape(person.name)}</span></span>'
        '<span class="state"></span><span></span><span></span>'
    )


def _named(person: Person, writer: Writer) -> str:
    address = f"{writer.base}{quote(person.code)}/{writer.month}"
    here = ' aria-current="true"' if person.is_found else ""
    return (
        f'<span class="avatar{"" if person.active else " is-off"}" aria-hidden="true">'
        f"{escape(initials(person.name))}</span>"
        f'<span class="who"><a href="{address}" hx-get="{address}" hx-target="#person"{here}>'
        f"{escape(person.name)}</a><small>{escape(_place(person, writer))}</small></span>"
        f'<span class="state">{writer.state(person)}</span>'
        f'<span class="n n-rsp rsp">{rounded_points(person.personal_rsp)}</span>'
        f'<span class="n bv">{rounded_points(person.group_bv)}'
        f'<span class="unit d-sm-none">{escape(_("group BV"))}</span></span>'
    )


def _place(person: Person, writer: Writer) -> str:
    """Return rank, level and people below, or the join date of somebody without people."""
    parts = [person.rank, _("Level %(level)s") % {"level": person.level}]
    if person.people:
        figure = writer.whole(person.people)
        text = ngettext("%(count)s person", "%(count)s people", person.people)
        parts.append(text % {"count": figure})
    else:
        parts.append(_("joined %(day)s") % {"day": writer.day(person.enrolled_on)})
    return " · ".join(parts)


def _below(person: Person, writer: Writer) -> str:
    name = f"branch-{person.position}"
    if person.branch is not None:
        return f'<ul id="{name}">{_branch(person.branch, writer, person.code, person.name)}</ul>'
    if person.can_open:
        wait = escape(_("Loading…"))
        return f'<ul id="{name}" hidden><li class="why" role="status">{wait}</li></ul>'
    return ""


@register.simple_tag
def chart_items(root: Person, period: Period) -> SafeString:
    """Return the list that the picture is drawn from; people inside each other as in the tree."""
    return mark_safe(_chart_item(root, Writer(period)))  # noqa: S308 - escaped in _chart_item


def _chart_item(person: Person, writer: Writer) -> str:
    branch = person.branch
    others = branch.others if branch is not None and not person.is_masked else 0
    note = "" if person.is_masked else f"{rounded_points(person.group_bv)} BV"
    letters = "·" if person.is_masked else initials(person.name)
    active = " data-active" if person.active else ""
    rest = f' data-others="{others}"' if others else ""
    name = escape(person.name)
    head = (
        f'<li data-name="{name}" data-note="{note}" data-initials="{escape(letters)}"'
        f"{active}{rest}>"
    )
    if person.is_masked:
        text = f'<span class="muted">{name}</span>'
    else:
        words = " · ".join((person.rank, writer.state_text(person), note))
        address = f"{writer.chart}{writer.month}&amp;root={quote(person.code)}"
        text = f'<a href="{address}">{name}</a> <small>{escape(words)}</small>'
    inside = "".join(_chart_item(one, writer) for one in (branch.rows if branch else []))
    return f"{head}{text}{f'<ul>{inside}</ul>' if inside else ''}{_others(others, writer)}</li>\n"


def _others(others: int, writer: Writer) -> str:
    if not others:
        return ""
    text = ngettext(
        "and %(count)s more person directly below",
        "and %(count)s more people directly below",
        others,
    ) % {"count": writer.whole(others)}
    return f'<small class="chart-others">{escape(text)}</small>'
