"""Gather the content of a statement from what is posted and never changes.

That is the run's rows, the plan version it used, the journals of its period (which takes none
after its posting) and what was frozen at the posting: `StatementFrame` and `StatementName`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum

from compensation.engine.opening import source_of
from compensation.engine.plan import Plan
from compensation.models import (
    Account,
    Balance,
    Earning,
    EarningUnit,
    Entry,
    JournalKind,
    MemberResult,
    Run,
    StatementFrame,
    StatementName,
)
from compensation.selectors_pages import plans
from compensation.statements import content
from representatives import company_logo
from representatives.models import Representative

EARNED = (JournalKind.REVERSAL, JournalKind.ADJUSTMENT)
"""Journals beside the commission that change what a month brought; all others only move it on."""
OWN_ACCOUNTS = (Account.COMMISSION_PAYABLE, Account.RSP_BANK)
POINTS = "RSP"
WITH_LOGO = 2
"""The edition from which papers bear the company's logo."""


class StatementDoesNotAddUpError(RuntimeError):
    """The parts of a statement are not its balance: the ledger has been tampered with."""


def find_frame(label: str) -> StatementFrame | None:
    """Return what the statements of a posted month have in common; None before its posting."""
    return (
        StatementFrame.objects.filter(run__period__label=label, run__kind="close")
        .select_related("run__period", "run__plan_version")
        .defer("run__plan_version__document")
        .first()
    )


def list_papers(representative: Representative) -> list[StatementFrame]:
    """Return the months of which a representative has a statement on paper, the latest first."""
    runs = MemberResult.objects.filter(
        run_id__in=StatementFrame.objects.values("run_id"), representative_id=representative.pk
    ).values("run_id")
    found = StatementFrame.objects.filter(run_id__in=runs).select_related("run__period")
    return list(found.order_by("-run__period__starts_at"))


def read_statement(
    frame: StatementFrame, representative: Representative
) -> content.Statement | None:
    """Return a representative's statement of a month, None if he had no part in it.

    :raises StatementDoesNotAddUpError: if it is not what the ledger holds.
    """
    run = frame.run
    member = MemberResult.objects.filter(run_id=run.pk, representative_id=representative.pk).first()
    if member is None:
        return None
    period, version = run.period, run.plan_version
    plan = plans.get_plan(version)
    zone = ZoneInfo(frame.time_zone)
    corrections, movements = _moved(run, representative, zone)
    money, points = _groups(run, representative, plan)
    statement = content.Statement(
        edition=frame.edition,
        number=f"{period.label}-{representative.code}",
        company=frame.company_name,
        addressee=content.Addressee(
            label=frame.representative_label,
            name=_name(run, representative),
            code=representative.code,
        ),
        first_day=period.first_day,
        last_day=period.last_day,
        posted_on=frame.frozen_at.astimezone(zone).date(),
        posted_at=f"{frame.frozen_at.astimezone(UTC):%Y%m%d%H%M%S}",
        plan=content.Plan(version.name, plan.title, version.effective_from, version.digest),
        currency=plan.currency,
        rank=_rank(plan, member.pay_rank),
        title=_rank(plan, member.title_rank),
        active=member.active,
        personal_bv=member.personal_bv,
        group_bv=member.group_bv,
        money=money,
        points=points,
        balance=_balance(run, representative, plan.currency),
        corrections=corrections,
        movements=movements,
        logo=_logo(frame),
    )
    faults = statement.faults()
    if faults:
        raise StatementDoesNotAddUpError("; ".join(faults))
    return statement


def _logo(frame: StatementFrame) -> content.Logo | None:
    """The logo that the company had when the papers were frozen."""
    held = company_logo.logo_before(frame.frozen_at) if frame.edition >= WITH_LOGO else None
    if held is None:
        return None
    return content.Logo(bytes(held.print_content), held.width, held.height)


def _name(run: Run, representative: Representative) -> str:
    """The name as of the posting; empty if it was erased."""
    names = StatementName.objects.filter(
        representative_id=representative.pk, from_month__lte=run.period.first_day
    )
    return names.order_by("-from_month").values_list("name", flat=True).first() or ""


def _rank(plan: Plan, rank: int) -> str:
    names = plan.ranks.names
    return names[rank] if 0 <= rank < len(names) else ""


def _source(plan: Plan, index: int) -> content.Source:
    found = source_of(plan, index)
    kind = getattr(found, "kind", "cap")
    return content.Source(
        kind=kind,
        id=found.id,
        on=str(getattr(found, "on", "")),
        every_order=getattr(found, "trigger", "") == "every_order",
        scope=str(getattr(found, "scope", "")) if kind == "cap" else "",
    )


def _groups(
    run: Run, representative: Representative, plan: Plan
) -> tuple[tuple[content.Group, ...], tuple[content.Group, ...]]:
    """The lines of money and of points, by what pays them, in the order of the plan."""
    earnings = Earning.objects.filter(run_id=run.pk, receiver_id=representative.pk).order_by(
        "component", "paid_level", "rate_num", "rate_den"
    )
    found: tuple[list[content.Group], list[content.Group]] = ([], [])
    for (component, unit), rows in groupby(earnings, key=lambda one: (one.component, one.unit)):
        source = _source(plan, component)
        lines = tuple(_line(plan, source, one) for one in rows)
        found[unit == EarningUnit.RSP].append(content.Group(source, lines))
    return tuple(found[0]), tuple(found[1])


def _line(plan: Plan, source: content.Source, one: Earning) -> content.Line:
    return content.Line(
        source=source,
        level=one.paid_level,
        rank=_rank(plan, one.paid_level) if source.kind == "rank_bonus" else "",
        is_money=one.unit == EarningUnit.MONEY,
        base=one.base,
        base_unit=plans.base_unit(plan, one.component),
        rate=(one.rate_num, one.rate_den),
        amount=one.amount,
        members=one.members,
        sales=one.sales,
    )


def _moved(
    run: Run, representative: Representative, zone: ZoneInfo
) -> tuple[tuple[content.Correction, ...], tuple[content.Movement, ...]]:
    """What journals beside the commission moved in the period, the earliest first."""
    entries = (
        Entry.objects.filter(
            representative_id=representative.pk,
            account__in=OWN_ACCOUNTS,
            journal__period_id=run.period_id,
        )
        .exclude(journal__kind=JournalKind.COMMISSION)
        .order_by("journal__effective_at", "journal__source_key", "account", "id")
        .values_list(
            "journal_id",
            "journal__kind",
            "journal__effective_at",
            "account",
            "amount",
            "journal__sales_return__line__order__reference",
            "journal__sales_return__line__order__paid_at",
            "journal__adjustment__reason",
        )
    )
    corrections: list[content.Correction] = []
    movements: dict[int, content.Movement] = {}
    for journal, kind, at, account, amount, reference, sold, reason in entries:
        day, is_money = at.astimezone(zone).date(), account == Account.COMMISSION_PAYABLE
        if kind in EARNED:
            corrections.append(
                content.Correction(
                    kind=kind,
                    is_money=is_money,
                    amount=amount,
                    on=day,
                    reference=reference or "",
                    sold_on=_local(sold, zone),
                    reason=reason or "",
                )
            )
            continue
        before = movements.get(journal, content.Movement(kind, day, 0, 0))
        movements[journal] = content.Movement(
            kind,
            day,
            before.money + amount * is_money,
            before.points + amount * (not is_money),
        )
    return tuple(corrections), tuple(movements.values())


def _local(at: datetime | None, zone: ZoneInfo) -> date | None:
    return None if at is None else at.astimezone(zone).date()


def _balance(run: Run, representative: Representative, currency: str) -> content.Balance:
    """What the ledger held before the period and after it."""
    before = Q(period__starts_at__lt=run.period.starts_at)
    money = Q(account=Account.COMMISSION_PAYABLE, unit=currency)
    points = Q(account=Account.RSP_BANK, unit=POINTS)
    sums = Balance.objects.filter(
        money | points,
        representative_id=representative.pk,
        period__starts_at__lte=run.period.starts_at,
    ).aggregate(
        opening_money=Sum("amount", filter=money & before),
        opening_points=Sum("amount", filter=points & before),
        closing_money=Sum("amount", filter=money),
        closing_points=Sum("amount", filter=points),
    )
    return content.Balance(**{name: int(value or 0) for name, value in sums.items()})
