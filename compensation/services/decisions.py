"""What staff decide about single people: bounds of pay ranks, and coupons of rankings.

A decision holds for whole periods that are open or yet to come: what a frozen period was computed
from never changes.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext

from compensation import calendar
from compensation.engine import Plan
from compensation.models import (
    CouponEntry,
    CouponKind,
    OverrideKind,
    Period,
    PeriodStatus,
    PlanVersion,
    RankOverride,
)
from compensation.plans import load_plan
from compensation.services.errors import UnableToDecide
from representatives.models import Representative, User

REASON_LIMIT = 500
COUPON_LIMIT = 10**9
LOWER = (OverrideKind.AT_LEAST, OverrideKind.EXACTLY)
UPPER = (OverrideKind.AT_MOST, OverrideKind.EXACTLY)


@transaction.atomic
def grant_rank_override(
    *,
    representative: Representative,
    kind: OverrideKind | str,
    rank: str,
    reason: str,
    first_period: str,
    last_period: str | None,
    by: User,
    now: datetime,
) -> RankOverride:
    """Decide that a person's pay rank is at least, at most or exactly a rank of the plan.

    From `first_period` to `last_period`, both included (labels such as 2017-03); None: until it is
    ended. The title stays what was earned. Locks the representative.

    :raises UnableToDecide: naming the field, if the first period is not open any more, the rank is
        not in every plan in force, another decision bounds the rank from the same side, or the two
        bounds would leave no rank.
    """
    _require_staff(by)
    kind = _kind(kind)
    reason = _reason(reason)
    first, last = _month(first_period, "first_period"), None
    if last_period:
        last = _month(last_period, "last_period")
        if last.first_day < first.first_day:
            raise UnableToDecide(gettext("The last period comes before the first."), "last_period")
    last_day = last.last_day if last else None
    Representative.objects.select_for_update(of=("self",), no_key=True).get(pk=representative.pk)
    _require_open_from(first.first_day, "first_period")
    for version in _plans_between(first.first_day, last_day):
        if rank not in load_plan(version.document).ranks.names:
            raise UnableToDecide(
                gettext("%(rank)s is not a rank of the plan %(version)s.")
                % {"rank": rank, "version": version},
                "rank",
            )
    _require_room(representative, kind, rank, first.first_day, last_day)
    try:
        with transaction.atomic():
            return RankOverride.objects.create(
                representative=representative,
                kind=kind,
                rank=rank,
                reason=reason,
                first_day=first.first_day,
                last_day=last_day,
                decided_by=by,
                decided_at=now,
            )
    except IntegrityError as fault:
        raise UnableToDecide(gettext("Another decision holds at the same time."), "kind") from fault


@transaction.atomic
def end_rank_override(
    *, override: RankOverride, last_period: str, reason: str, by: User, now: datetime
) -> RankOverride:
    """End a decision with a period; the row stays as history.

    With a period before its first one it never comes into force.

    :raises UnableToDecide: naming the field, if it was ended before, holds no longer than that
        anyway, or a period that it held in is not open any more.
    """
    _require_staff(by)
    reason = _reason(reason)
    last_day = _month(last_period, "last_period").last_day
    override = RankOverride.objects.select_for_update(of=("self",), no_key=True).get(pk=override.pk)
    if override.ended_at is not None:
        raise UnableToDecide(gettext("This decision was ended before."))
    last_day = max(last_day, override.first_day - calendar.ONE_DAY)
    if override.last_day is not None and override.last_day <= last_day:
        raise UnableToDecide(
            gettext("It ends on %(last_day)s anyway.") % {"last_day": override.last_day},
            "last_period",
        )
    _require_open_from(last_day + calendar.ONE_DAY, "last_period")
    override.last_day = last_day
    override.ended_by = by
    override.ended_at = now
    override.end_reason = reason
    override.save(update_fields=["last_day", "ended_by", "ended_at", "end_reason"])
    return override


@transaction.atomic
def grant_coupons(
    *,
    representative: Representative,
    period: Period,
    ranking: str,
    amount: int,
    reason: str,
    by: User,
    now: datetime,
) -> CouponEntry:
    """Grant coupons of a ranking from a period on, or take granted ones back (a negative amount).

    :raises UnableToDecide: naming the field, if the period is not open or its plan has no such
        ranking that counts coupons.
    """
    _require_staff(by)
    if not amount or abs(amount) > COUPON_LIMIT:
        raise UnableToDecide(
            gettext("Grant a number up to %(coupon_limit)s, not nought.")
            % {"coupon_limit": COUPON_LIMIT},
            "amount",
        )
    _require_ranking(period, ranking)
    return CouponEntry.objects.create(
        representative=representative,
        period=period,
        ranking=ranking,
        kind=CouponKind.GRANTED,
        amount=amount,
        reason=_reason(reason),
        entered_by=by,
        entered_at=now,
    )


@transaction.atomic
def wish_coupons(
    *,
    representative: Representative,
    period: Period,
    ranking: str,
    amount: int,
    by: User,
    now: datetime,
) -> CouponEntry:
    """Say how many coupons a person wishes to use in a period's ranking; the last word counts.

    More than are held or allowed may be wished: what can be used is used.

    :raises UnableToDecide: naming the field, if it is neither the person's own wish nor entered
        by staff, the period is not open, or its plan has no such ranking that counts coupons.
    """
    if not by.is_staff and representative.user_id != by.pk:
        raise UnableToDecide(gettext("Only the representative or staff can say so."))
    if not 0 <= amount <= COUPON_LIMIT:
        raise UnableToDecide(
            gettext("Wish for 0 to %(coupon_limit)s coupons.") % {"coupon_limit": COUPON_LIMIT},
            "amount",
        )
    _require_ranking(period, ranking)
    return CouponEntry.objects.create(
        representative=representative,
        period=period,
        ranking=ranking,
        kind=CouponKind.WISH,
        amount=amount,
        entered_by=by,
        entered_at=now,
    )


def lost_ranks(plan: Plan, effective_from: date) -> list[RankOverride]:
    """Return the decisions that name a rank which a plan would lose from a day on."""
    held = RankOverride.objects.filter(Q(last_day__isnull=True) | Q(last_day__gte=effective_from))
    following = (
        PlanVersion.objects.filter(effective_from__gt=effective_from)
        .order_by("effective_from")
        .first()
    )
    if following is not None:
        held = held.filter(first_day__lt=following.effective_from)
    return list(
        held.exclude(rank__in=plan.ranks.names).select_related("representative").order_by("id")
    )


def _require_staff(by: User) -> None:
    if not (by.is_active and by.is_staff):
        raise UnableToDecide(gettext("%(by)s is not a member of staff.") % {"by": by})


def _kind(kind: OverrideKind | str) -> OverrideKind:
    try:
        return OverrideKind(kind)
    except ValueError as fault:
        raise UnableToDecide(
            gettext("%(kind)s is not a kind of decision.") % {"kind": kind}, "kind"
        ) from fault


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise UnableToDecide(gettext("Give a reason."), "reason")
    if len(reason) > REASON_LIMIT:
        raise UnableToDecide(
            gettext("The reason has more than %(limit)s letters.") % {"limit": REASON_LIMIT},
            "reason",
        )
    return reason


def _month(label: str, field: str) -> calendar.CalendarPeriod:
    try:
        return calendar.month(label)
    except calendar.CalendarError as fault:
        raise UnableToDecide(
            gettext("%(label)s is not a period such as 2017-03.") % {"label": label}, field
        ) from fault


def _require_open_from(day: date, field: str) -> None:
    """Refuse where a period from this day on is not open; a freeze waits for this transaction."""
    periods = Period.objects.select_for_update(of=("self",), no_key=True).filter(first_day__gte=day)
    closed = [one for one in periods.order_by("first_day") if one.status != PeriodStatus.OPEN]
    if closed:
        raise UnableToDecide(
            gettext("%(label)s is not open any more: what it was computed from stands.")
            % {"label": closed[-1].label},
            field,
        )


def _plans_between(first_day: date, last_day: date | None) -> list[PlanVersion]:
    """Return the plans in force on any day of the span.

    :raises UnableToDecide: if none is when it begins.
    """
    begins = PlanVersion.objects.filter(effective_from__lte=first_day)
    at_first = begins.order_by("-effective_from").first()
    if at_first is None:
        raise UnableToDecide(
            gettext("No plan is in force on %(first_day)s.") % {"first_day": first_day},
            "first_period",
        )
    later = PlanVersion.objects.filter(effective_from__gt=first_day)
    if last_day is not None:
        later = later.filter(effective_from__lte=last_day)
    return [at_first, *later.order_by("effective_from")]


def _require_room(
    representative: Representative,
    kind: OverrideKind,
    rank: str,
    first_day: date,
    last_day: date | None,
) -> None:
    """Refuse a second bound from the same side, and two that leave no rank between them."""
    others = RankOverride.objects.filter(representative=representative).filter(
        Q(last_day__isnull=True) | Q(last_day__gte=first_day)
    )
    if last_day is not None:
        others = others.filter(first_day__lte=last_day)
    for other in others.order_by("first_day", "id"):
        if other.last_day is not None and other.last_day < other.first_day:
            continue
        if any(kind in side and other.kind in side for side in (LOWER, UPPER)):
            raise UnableToDecide(
                gettext("There is a decision already: %(other)s from %(first_day)s. End it first.")
                % {"other": other, "first_day": other.first_day},
                "kind",
            )
        lower, upper = (rank, other.rank) if kind in LOWER else (other.rank, rank)
        begins = max(first_day, other.first_day)
        ends = min((day for day in (last_day, other.last_day) if day), default=None)
        for version in _plans_between(begins, ends):
            names = load_plan(version.document).ranks.names
            if names.index(lower) > names.index(upper):
                raise UnableToDecide(
                    gettext("At least %(lower)s and at most %(upper)s leave no rank.")
                    % {"lower": lower, "upper": upper},
                    "rank",
                )


def _require_ranking(period: Period, ranking: str) -> None:
    """Lock the period, and refuse one that is not open or has no such ranking with coupons."""
    held = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=period.pk)
    if held.status != PeriodStatus.OPEN:
        raise UnableToDecide(
            gettext("%(label)s is not open any more.") % {"label": held.label}, "period"
        )
    plan = load_plan(_plans_between(held.first_day, held.last_day)[0].document)
    counting = [one.id for one in plan.rankings if one.value != "units"]
    if ranking not in counting:
        raise UnableToDecide(
            gettext("The plan %(name)s has no ranking %(ranking)s that counts coupons.")
            % {"name": plan.name, "ranking": ranking},
            "ranking",
        )
