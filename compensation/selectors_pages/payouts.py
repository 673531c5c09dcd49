"""What the staff's pages of payouts show: a batch, looked through by flag and state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    When,
)

from compensation import selectors_payouts
from compensation.models import (
    FLAGS_TO_NOTE,
    BatchStatus,
    Payee,
    Payout,
    PayoutBatch,
    PayoutFlag,
    PayoutPart,
    PayoutStatus,
)
from representatives.clock import company_zone
from representatives.models import Representative, User

ROWS = 50


@dataclass(frozen=True, slots=True)
class Tally:
    """How many payouts of a batch have a flag, or a state."""

    key: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch as one person looks at it; amounts in minor units."""

    batch: PayoutBatch
    rows: list[Payout]
    page: int
    pages: int
    matching: int
    live_count: int
    live_minor: int
    states: list[Tally]
    flags: list[Tally]
    to_note: list[str]
    stale: list[str]
    stale_count: int
    parts: list[PayoutPart]
    is_own: bool
    day_is_past: bool

    @property
    def may_change(self) -> bool:
        """Whether payouts can still be removed."""
        return self.batch.status in (BatchStatus.DRAFT, BatchStatus.APPROVED)


def read_batch(
    batch: PayoutBatch, *, viewer: User, flag: str, state: str, page: int, now: datetime
) -> BatchPage:
    """Return a page of a batch's payouts, of one flag and one state where asked for."""
    everything = batch.payouts.all()
    live = everything.exclude(status=PayoutStatus.CANCELLED)
    sums = live.aggregate(count=Count("pk"), total=Sum("amount_minor"))
    chosen = _chosen(everything, flag, state)
    matching = chosen.count()
    pages = max(1, -(-matching // ROWS))
    page = min(page, pages)
    rows = chosen.select_related("representative").order_by("pk")[(page - 1) * ROWS : page * ROWS]
    flags = _flags(live, flag)
    is_open = batch.status in (BatchStatus.DRAFT, BatchStatus.APPROVED)
    stale = selectors_payouts.stale_payouts(batch, now=now) if is_open else []
    return BatchPage(
        batch=batch,
        rows=list(rows),
        page=page,
        pages=pages,
        matching=matching,
        live_count=sums["count"],
        live_minor=int(sums["total"] or 0),
        states=_states(everything, state),
        flags=flags,
        to_note=[one.key for one in flags if one.key in FLAGS_TO_NOTE],
        stale=stale,
        stale_count=selectors_payouts.count_stale(batch, now=now) if stale else 0,
        parts=list(batch.parts.order_by("number")),
        is_own=selectors_payouts.has_worked_on(batch, viewer),
        day_is_past=is_open and batch.execution_date < now.astimezone(company_zone()).date(),
    )


def with_totals(batches: QuerySet[PayoutBatch]) -> QuerySet[PayoutBatch]:
    """Add `count` and `sum` of what each batch pays; of a cancelled one there is nothing.

    A batch that was sent is summed up from its files, of which there are a thousandth and less; of
    the payouts themselves only those of drafts are read, which are reserved and so never twice.
    """
    reserved = Payout.objects.filter(batch=OuterRef("pk"), status=PayoutStatus.RESERVED)
    files = PayoutPart.objects.filter(batch=OuterRef("pk"))
    drafts = When(
        status__in=[BatchStatus.DRAFT, BatchStatus.APPROVED], then=_one(reserved, Count("pk"))
    )
    sums = When(
        status__in=[BatchStatus.DRAFT, BatchStatus.APPROVED],
        then=_one(reserved, Sum("amount_minor")),
    )
    return batches.annotate(
        count=Case(drafts, default=_one(files, Sum("payout_count"))),
        sum=Case(sums, default=_one(files, Sum("total_minor"))),
    )


def _one(rows: QuerySet[Any], figure: Count | Sum) -> Subquery:
    """Return one figure over all rows of a batch, as a subquery of the list."""
    figures = rows.order_by().values("batch").annotate(figure=figure).values("figure")
    return Subquery(figures, output_field=DecimalField(max_digits=24, decimal_places=0))


def _chosen(payouts: QuerySet[Payout], flag: str, state: str) -> QuerySet[Payout]:
    if flag in PayoutFlag.values:
        payouts = payouts.filter(flags__contains=[flag])
    if state in PayoutStatus.values:
        return payouts.filter(status=state)
    return payouts.exclude(status=PayoutStatus.CANCELLED)


def _states(payouts: QuerySet[Payout], chosen: str) -> list[Tally]:
    counted = dict(payouts.order_by().values_list("status").annotate(count=Count("pk")))
    return [
        Tally(state, counted[state], state == chosen)
        for state in PayoutStatus.values
        if state in counted
    ]


def _flags(live: QuerySet[Payout], chosen: str) -> list[Tally]:
    counted = {flag: live.filter(flags__contains=[flag]).count() for flag in PayoutFlag.values}
    return [Tally(flag, count, flag == chosen) for flag, count in counted.items() if count]


def sharers(payee: Payee) -> list[Representative]:
    """Return the other representatives who gave the same bank account, in order of their code."""
    if not payee.iban:
        return []
    same = Representative.objects.filter(payee__iban=payee.iban)
    return list(same.exclude(pk=payee.representative_id).order_by("code"))
