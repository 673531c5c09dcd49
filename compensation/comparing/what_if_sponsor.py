"""Who would gain and who would lose by a sponsor change, on the open month's figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.utils.translation import gettext

from compensation.comparing.chain import Side
from compensation.comparing.effects import Effect, Tally
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.inputs import Input, rows_of
from compensation.comparing.moves import MOST_LARGEST
from compensation.comparing.what_if_order import FAULTS, computed, open_month
from compensation.models import Period, PlanVersion
from compensation.plans import load_plan
from representatives.models import Company, Representative
from representatives.services import UnableToChangeSponsor, check_sponsor_change


@dataclass(frozen=True, slots=True)
class SponsorEffect:
    """A sponsor change that is not decided, and what it would have done in the open month."""

    period: Period
    plan: PlanVersion
    member: Representative
    new_sponsor: Representative
    effective_at: datetime
    """From when on it would hold."""
    moved: int
    """How many people would move: the member and the whole downline."""
    effect: Effect


def sponsor_effect(
    *,
    member: Representative,
    new_sponsor: Representative,
    now: datetime,
    most: int | None = MOST_LARGEST,
) -> SponsorEffect:
    """Say what the open month would pay if a sponsor change held in it already.

    It would be decided now and hold from the next month on; the facts are this month's.

    :raises UnableToCompare: if no month is open, the change would be refused, or the month can't
        be computed.
    """
    period, version = open_month(now)
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    try:
        effective_at = check_sponsor_change(
            representative=member, new_sponsor=new_sponsor, now=now, zone=zone
        )
    except UnableToChangeSponsor as fault:
        raise UnableToCompare(fault.message, fault.field) from fault
    tally = Tally()
    try:
        before = computed(period, load_plan(version.document))
        given = _moved(before.given, member, new_sponsor)
        tally.add(before, replace(before, given=given, results=given.compute(before.plan)))
    except FAULTS as fault:
        raise UnableToCompare(str(fault)) from fault
    return SponsorEffect(
        period=period,
        plan=version,
        member=member,
        new_sponsor=new_sponsor,
        effective_at=effective_at,
        moved=_downline(before, member) + 1,
        effect=tally.effect(most),
    )


def _moved(given: Input, member: Representative, new_sponsor: Representative) -> Input:
    """Hang the member, with everybody below, under the new sponsor."""
    rows = rows_of(given.members.ids, np.array([member.pk, new_sponsor.pk]))
    for person, row in zip((member, new_sponsor), rows.tolist(), strict=True):
        if row < 0:
            raise UnableToCompare(
                gettext("%(person)s is not among the month’s members") % {"person": person}
            )
    sponsor = given.members.sponsor.copy()
    sponsor[rows[0]] = rows[1]
    return replace(given, members=replace(given.members, sponsor=sponsor))


def _downline(side: Side, member: Representative) -> int:
    found = side.results.members
    position = int(np.flatnonzero(found.ids == member.pk)[0])
    return int(found.subtree_end[position]) - position - 1
