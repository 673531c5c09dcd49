"""The first parts of a line that rests on very many, without reading the others.

Sellers come in the order of the tree. What a part's share comes to before the last units are given
out is told; the last units hang on all parts, so a share can be one unit short here. Opened whole
(``Lines.open``) the shares are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from compensation.engine.caps import Cap
from compensation.engine.components import Component, Match, VolumeBracket
from compensation.engine.explain import orders_behind
from compensation.engine.opening import lines_behind, source_of
from compensation.engine.types import Int
from compensation.explaining import facts
from compensation.explaining.opened import Lines, Opened, Part, Someone, statement_line
from compensation.explaining.stored import People, StoredRun
from compensation.explaining.walking import Rule, State, rule_for
from compensation.models import Earning

FEW_ORDERS = 400
"""Lines with so many orders behind them are opened whole at once."""
FEW_PEOPLE = 1_000
"""So are lines of members with so small a downline, matches and cuts too."""
FIRST_STRETCH, LONGEST_STRETCH = 128, 4_096


def glance(lines: Lines, earning: Earning, *, parts: int) -> Opened:
    """Open a line whole if that is quick, else its first parts."""
    if _is_small(lines, earning):
        return lines.opened(earning)
    source = source_of(lines.plan, earning.component)
    if isinstance(source, (Match, Cap)):
        return _glance_through(lines, earning, source, parts)
    if not source.opens_to_orders:
        return lines.opened(earning)
    people = _first_sellers(lines, earning, source, parts)
    return Opened(
        earning=earning,
        people=people,
        base=earning.base,
        amount=earning.amount,
        is_whole=False,
    )


def _is_small(lines: Lines, earning: Earning) -> bool:
    source = source_of(lines.plan, earning.component)
    through = isinstance(source, (Match, Cap))
    if not through and earning.sales <= FEW_ORDERS:
        return True
    top = lines.stored.members([earning.receiver_id])
    size = int((top.fact("subtree_end") - top.fact("position"))[0])
    return size <= FEW_PEOPLE and earning.sales <= FEW_ORDERS


def _first_sellers(
    lines: Lines, earning: Earning, component: Component, parts: int
) -> list[Someone]:
    """Give the first people who sold, with their parts, until there are enough."""
    found: list[Someone] = []
    count = 0
    total = _total(lines, earning, component)
    for people, places in first_behind(lines.stored, earning, component):
        ids = people.fact("representative_id")
        selling = places[people.fact("order_count")[places] > 0][: parts - count]
        sellers = {int(ids[at]): int(at) for at in selling.tolist()}
        sold = facts.lines_of_sellers(lines.run, sellers)
        if sold is not None:
            orders = sold.bundle.orders
            level = earning.paid_level
            sold = sold.only(orders_behind(component, level, people.branch(), orders))
        if sold is None:
            continue
        base = component.quantity(sold.bundle.orders, people.standing).tolist()
        by_seller: dict[int, list[Part]] = {}
        for line, of_base in zip(sold.lines, base, strict=True):
            if of_base:
                part = Part(line, of_base, share_of(earning, of_base, total))
                by_seller.setdefault(line.seller_id, []).append(part)
        for number, own in by_seller.items():
            found.append(_someone(people, sellers[number], number, own))
            count += len(own)
        if count >= parts:
            break
    return found


def _someone(people: People, place: int, number: int, own: list[Part]) -> Someone:
    depth = people.fact("depth")
    return Someone(
        representative_id=number,
        level=int(depth[place] - depth[0]),
        active=bool(people.active[place]),
        base=sum(part.base for part in own),
        amount=sum(part.amount for part in own),
        parts=own,
    )


def share_of(
    earning: Earning, base: int, total: int | None = None, *, nearest: bool = False
) -> int:
    """Give the share of a part of the base; ``total`` if it is not the line's.

    Towards nought, as it is before the last units are given out, or the ``nearest`` unit.
    """
    whole = earning.base if total is None else total
    if not whole:
        return 0
    doubled = 2 * abs(earning.amount * base) + (abs(whole) if nearest else 0)
    share = doubled // (2 * abs(whole))
    negative = (earning.amount < 0) ^ (base < 0) ^ (whole < 0)
    return -share if negative else share


def is_sliced(component: Component) -> bool:
    """Tell whether an order has its part of a line by the volume of all brackets together."""
    return isinstance(component, VolumeBracket) and component.method == "marginal"


def _total(lines: Lines, earning: Earning, component: Component) -> int:
    """Give what the bases of all parts of a line add up to."""
    if not is_sliced(component):
        return earning.base
    brackets = Earning.objects.filter(
        run_id=lines.run.pk, receiver_id=earning.receiver_id, component=earning.component
    )
    return sum(brackets.values_list("base", flat=True))


def _glance_through(lines: Lines, earning: Earning, source: Match | Cap, parts: int) -> Opened:
    """Give the first lines behind a match or a cut, and through them the first parts."""
    people: list[Someone] = []
    count = 0
    for someone, behind in _first_lines(lines, earning, source, parts):
        for one in behind:
            share = share_of(earning, one.amount)
            someone.through.append((statement_line(one), share))
            if count >= parts:
                continue
            opened = glance(lines, one, parts=parts - count)
            for below in opened.people:
                for part in below.parts[: parts - count]:
                    someone.parts.append(
                        Part(part.line, part.amount, share_of(earning, part.amount))
                    )
                    count += 1
        people.append(someone)
    return Opened(earning, people, earning.base, earning.amount, is_whole=False)


def _first_lines(
    lines: Lines, earning: Earning, source: Match | Cap, most: int
) -> Iterator[tuple[Someone, list[Earning]]]:
    """Give the first people behind a match with their matched lines; of a cut the member."""
    indexes = lines_behind(lines.plan, source)
    left = most
    top = lines.stored.members([earning.receiver_id])
    stretches = (
        iter([(top, np.zeros(1, dtype=np.int64))])
        if isinstance(source, Cap)
        else first_behind(lines.stored, earning, source)
    )
    for people, places in stretches:
        ids = people.fact("representative_id")
        wanted = {int(ids[at]): int(at) for at in places[: left * 4].tolist()}
        by_person: dict[int, list[Earning]] = {}
        for one in Earning.objects.filter(
            run_id=lines.run.pk, receiver_id__in=list(wanted), component__in=indexes
        ).order_by("receiver_id", "component", "paid_level"):
            if one.amount:
                by_person.setdefault(one.receiver_id, []).append(one)
        for number in [one for one in wanted if one in by_person]:
            someone = _someone(people, wanted[number], number, [])
            behind = by_person[number]
            base = sum(one.amount for one in behind)
            yield (
                Someone(
                    someone.representative_id,
                    someone.level,
                    someone.active,
                    base=base,
                    amount=share_of(earning, base),
                ),
                behind,
            )
            left -= len(behind)
            if left <= 0:
                return


@dataclass(slots=True)
class _Known:
    """People read so far that belong to the walk, and where it may go on."""

    stretches: list[Int]
    states: dict[int, State]
    """By position, of those below whom the walk goes on."""


def first_behind(
    stored: StoredRun, earning: Earning, component: Component
) -> Iterator[tuple[People, Int]]:
    """Give those behind a line in the order of the tree, a stretch at a time.

    Each time everybody who was read so far, and the places of those who are new behind the line.
    """
    top = stored.members([earning.receiver_id])
    rule = rule_for(component, earning.paid_level, top.standing)
    seen = 0
    for people in _in_order(stored, top, rule):
        places = component.behind(earning.paid_level, people.branch())
        yield people, places[places >= seen]
        seen = len(people)


def _in_order(stored: StoredRun, top: People, rule: Rule) -> Iterator[People]:
    """Walk down in pre-order, past every branch that the rule leaves out."""
    state = rule.first(top.standing)
    start, end = int(top.fact("position")[0]), int(top.fact("subtree_end")[0])
    known = _Known([top.rows()], {})
    if rule.goes_on(state)[0]:
        known.states[start] = state[0]
    following, length = start + 1, FIRST_STRETCH
    yield top
    while known.states and following < end:
        stop = min(following + length, end)
        stretch = stored.stretch(following, stop)
        kept, following = _keep(stretch, rule, known, stop)
        length = min(length * 2, LONGEST_STRETCH)
        if len(kept):
            known.stretches.append(stretch.rows()[kept])
            yield stored.people(np.concatenate(known.stretches))


def _keep(stretch: People, rule: Rule, known: _Known, stop: int) -> tuple[Int, int]:
    """Give the places that belong to the walk, and the position where it goes on."""
    position, sponsor = stretch.fact("position"), stretch.fact("sponsor_position")
    depth = stretch.fact("depth")
    belongs = np.zeros(len(stretch), dtype=np.bool_)
    on = np.zeros(len(stretch), dtype=np.bool_)
    for level in np.unique(depth).tolist():
        here = np.flatnonzero(depth == level)
        parents = [known.states.get(one) for one in sponsor[here].tolist()]
        places = here[[one is not None for one in parents]]
        if not len(places):
            continue
        state = np.stack([one for one in parents if one is not None])
        following = rule.following(state, stretch.only(places).standing)
        goes_on = rule.goes_on(following)
        belongs[places] = True
        on[places] = goes_on
        for place, its, goes in zip(places.tolist(), following, goes_on.tolist(), strict=True):
            if goes:
                known.states[int(position[place])] = its
    ends = stretch.fact("subtree_end")
    passed = ends[~on & (ends > stop)]
    return np.flatnonzero(belongs), int(passed.max()) if len(passed) else stop
