"""The parts of a statement line: who sold, in which orders, and what each part pays.

Derived when asked by ``compensation.explaining``; so they add up to the line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.cache import cache
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from compensation.engine.plan import Plan
from compensation.explaining import words
from compensation.explaining.glance import glance
from compensation.explaining.opened import Lines, Opened, Part, Someone
from compensation.explaining.qualifying import Fact, qualifying_facts
from compensation.models import Earning, Run, RunStatus
from compensation.selectors_pages import plans
from compensation.selectors_pages.numbered import Numbered
from compensation.selectors_pages.statement import line_key
from representatives import formatting
from representatives.models import Representative

PAGE_SIZE = 50
WHOLE_ORDERS = 20_000
"""Lines with more orders behind them show their first parts, in the order of the tree."""
KEPT_SECONDS = 24 * 3600
KEPT_AHEAD = 10
"""Pages that are kept when one is opened: the others are mostly asked for next."""
KEPT_FORMAT = 1
"""Counts up when what is kept in the cache changes its form."""


@dataclass(frozen=True, slots=True)
class Page(Numbered):
    """A page of parts and the sums of all of them."""

    rows: list[dict[str, Any]]
    page: int
    has_next: bool
    count: int
    base: int
    amount: int
    adds_up: bool
    name: str = ""
    is_whole: bool = True
    """Whether the rows are all there is; else the first ones of very many."""
    unopened: int = 0
    """What of the amount hangs on no order."""
    facts: list[dict[str, str]] = field(default_factory=list)
    """What the line rests on where it hangs on no order: name and figure."""
    through: list[dict[str, Any]] = field(default_factory=list)
    """The lines of one person that a match matched."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A page of the people behind a line, without names and orders, and the sums of all."""

    people: list[Someone]
    opened_count: int
    base: int
    amount: int
    unopened: int
    is_whole: bool
    adds_up: bool
    facts: list[Fact]


def list_sellers(
    run: Run, earning: Earning, plan: Plan, *, viewer: Representative, page: int
) -> Page:
    """Return who stands behind a line, the largest part first, with the sums of all.

    Of a match they are the people who earned; of a limit's cut the viewer's own lines.
    """
    if earning.component >= len(plan.components):
        return _cut_lines(_open(run, earning, plan), plan)
    page = max(page, 1)
    shown = _shown(run, earning, plan, page)
    visible = {
        person.pk: person
        for person in Representative.objects.visible_to(viewer)
        .filter(pk__in=[one.representative_id for one in shown.people])
        .only("id", "code", "name")
    }
    return Page(
        rows=[_seller(one, visible.get(one.representative_id), earning) for one in shown.people],
        page=page,
        has_next=page * PAGE_SIZE < shown.opened_count,
        count=shown.opened_count if shown.is_whole else earning.members,
        base=shown.base,
        amount=shown.amount,
        adds_up=shown.adds_up,
        is_whole=shown.is_whole,
        unopened=shown.unopened,
        facts=[_fact(fact, plan) for fact in shown.facts],
    )


def _shown(run: Run, earning: Earning, plan: Plan, page: int) -> _Shown:
    """Return a page of a line's people and its sums.

    What a posted run paid never changes, nor do the orders that it rests on: once opened, a page
    of a line is kept in the cache. A preview's orders may be newer than its figures.
    """
    if run.status != RunStatus.POSTED:
        return _read(run, earning, plan, [page])[page]
    name = f"{run.result_digest[:32]}:{earning.receiver_id}:{line_key(earning)}"
    key = f"opened:{KEPT_FORMAT}:{name}:{{}}".format
    shown: _Shown | None = cache.get(key(page))
    if shown is not None:
        return shown
    read = _read(run, earning, plan, range(page, page + KEPT_AHEAD))
    kept = {key(number): one for number, one in read.items() if one.people}
    cache.set_many(kept, timeout=KEPT_SECONDS)
    return read[page]


def _read(run: Run, earning: Earning, plan: Plan, pages: Iterable[int]) -> dict[int, _Shown]:
    """Open a line and return some pages of it."""
    opened = _open(run, earning, plan)
    facts = list(qualifying_facts(run, plan, earning))
    return {
        page: _Shown(
            people=[
                replace(one, parts=[], through=one.through[:1])
                for one in opened.people[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
            ],
            opened_count=len(opened.people),
            base=opened.base,
            amount=opened.amount,
            unopened=opened.unopened,
            is_whole=opened.is_whole,
            adds_up=opened.is_whole and opened.adds_up,
            facts=facts,
        )
        for page in pages
    }


def _open(run: Run, earning: Earning, plan: Plan) -> Opened:
    lines = Lines(run, plan)
    if earning.sales > WHOLE_ORDERS:
        return glance(lines, earning, parts=PAGE_SIZE)
    return lines.open(earning)


def _seller(one: Someone, person: Representative | None, earning: Earning) -> dict[str, Any]:
    return {
        "name": person.name if person else _("Someone who is no longer below you"),
        "code": person.code if person else "",
        "note": _note(one, earning.paid_level),
        "base": one.base,
        "amount": one.amount,
    }


def _note(one: Someone, paid_level: int) -> str:
    """Say what a reader would wonder about: another place in the tree, or not active."""
    notes = []
    if paid_level and one.level and one.level != paid_level:
        notes.append(_("level %(level)s in the tree") % {"level": one.level})
    if paid_level and not one.active and not one.through:
        notes.append(_("not active, the sales still count"))
    return "; ".join(notes)


def _cut_lines(opened: Opened, plan: Plan) -> Page:
    """Return a person's own lines that a limit cut."""
    rows = [_line(line, share, plan) for one in opened.people for line, share in one.through]
    return Page(
        rows=rows,
        page=1,
        has_next=False,
        count=len(rows),
        base=sum(row["base"] for row in rows),
        amount=sum(row["amount"] for row in rows),
        adds_up=opened.adds_up,
    )


def _line(line: Any, share: int, plan: Plan) -> dict[str, Any]:
    return {
        "name": plans.line_name(plan, line.component, line.paid_level),
        "code": "",
        "note": "",
        "is_line": True,
        "base": line.amount,
        "amount": share,
    }


def list_seller_orders(
    run: Run, earning: Earning, plan: Plan, *, viewer: Representative, code: str, page: int
) -> Page | None:
    """Return the orders of one person behind a line; None if the viewer may not see him.

    Of a match they are the orders of those on whose sales he earned; sellers are not named.
    """
    person = (
        Representative.objects.visible_to(viewer)
        .filter(code=code)
        .only("id", "code", "name")
        .first()
    )
    if person is None:
        return None
    opened = Lines(run, plan).open(earning)
    mine = next((one for one in opened.people if one.representative_id == person.pk), None)
    if mine is None:
        return None
    rows = _orders(mine.parts)
    component = plans.component_of(plan, earning.component)
    if component is not None and component.kind == "flat_bonus":
        rows = [row | {"base": 1} for row in rows]  # the count stands on each of its lines
    start = (max(page, 1) - 1) * PAGE_SIZE
    shown = rows[start : start + PAGE_SIZE]
    sellers = Representative.objects.visible_to(viewer).filter(
        pk__in={row["seller_id"] for row in shown}
    )
    visible = set(sellers.values_list("pk", flat=True))
    return Page(
        rows=[row | {"can_open": row["seller_id"] in visible} for row in shown],
        page=max(page, 1),
        has_next=start + PAGE_SIZE < len(rows),
        count=len(rows),
        base=mine.base,
        amount=mine.amount,
        adds_up=True,
        name=person.name,
        through=[_line(line, share, plan) for line, share in mine.through],
    )


def _orders(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Return the parts by order, the earliest first."""
    orders: dict[int, dict[str, Any]] = {}
    for part in parts:
        line = part.line
        row = orders.setdefault(
            line.order_id,
            {
                "reference": line.reference,
                "day": line.paid_at,
                "seller_id": line.seller_id,
                "bv": 0,
                "rsp": 0,
                "base": 0,
                "amount": 0,
            },
        )
        row["bv"] += line.bv
        row["rsp"] += line.rsp
        row["base"] += part.base
        row["amount"] += part.amount
    return sorted(orders.values(), key=lambda row: (row["day"], row["reference"]))


def _fact(fact: Fact, plan: Plan) -> dict[str, str]:
    names = {
        "rank": _("Rank reached"),
        "company_bv": _("BV of the company"),
        "company_net": _("Net sales of the company"),
        "pool": _("Pool"),
        "shares_own": _("Your shares"),
        "shares_all": _("All shares"),
        "cycles": _("Cycles"),
        "cycle_left": _("Left leg for one cycle"),
        "cycle_right": _("Right leg for one cycle"),
        "carried_left": _("Left leg, carried on"),
        "carried_right": _("Right leg, carried on"),
    }
    name = names.get(fact.measure) or words.measure_name(fact.measure, plan)
    return {"name": name, "figure": _fact_figure(fact, plan)}


def _fact_figure(fact: Fact, plan: Plan) -> str:
    language = get_language()
    if fact.measure == "rank":
        return plan.ranks.names[fact.value]
    if fact.measure in ("company_net", "pool"):
        return formatting.money(fact.value, plan.currency, language)
    if fact.measure in ("shares_own", "shares_all", "cycles"):
        return formatting.whole(fact.value, language)
    if fact.measure.startswith(("company_", "cycle_", "carried_")):
        return f"{formatting.hundredths(fact.value, language)}\u00a0BV"
    text = words.with_unit(fact.measure, fact.value)
    if fact.at_least is None:
        return text
    needed = words.with_unit(fact.measure, fact.at_least)
    return _("%(now)s of %(need)s") % {"now": text, "need": needed}
