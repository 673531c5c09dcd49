"""Reads of suggestions and of the day's work. All take the seller first; queries are constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import get_language

from representatives.models import Company, Representative
from sales.guides.selectors import in_language
from sales.models import (
    AddOnLearning,
    Customer,
    Forecast,
    Guide,
    Product,
    ProductPair,
    SuggestionAct,
    SuggestionDecision,
    SuggestionKind,
    WorkDay,
)
from sales.suggestions import today
from sales.suggestions.finding import Found, Rates, find
from sales.suggestions.kinds import Day, Key, Suggestion
from sales.suggestions.reasons import reason_of

MOST = 500
"""So many suggestions at most are read for one answer."""

ACTS = {
    SuggestionKind.REPEAT: SuggestionAct.ORDER,
    SuggestionKind.ADD_ON: SuggestionAct.ORDER,
    SuggestionKind.UPGRADE: SuggestionAct.ORDER,
    SuggestionKind.REFERRAL_ASK: SuggestionAct.MESSAGE,
    SuggestionKind.WIN_BACK: SuggestionAct.MESSAGE,
    SuggestionKind.EDUCATION: SuggestionAct.MESSAGE,
}
"""What accepting a suggestion of a kind usually means; a page may offer the others beside it."""


def suggest(
    seller: Representative,
    *,
    now: datetime,
    customers: Sequence[int] | None = None,
    limit: int | None = None,
) -> list[Suggestion]:
    """Return what is worth doing for a seller's customers, what brings most first.

    Of `customers` only those of the seller count; without it all of them do.
    """
    company = Company.objects.get(pk=Company.ONLY_ID)
    most = MOST if limit is None else min(limit, MOST)
    found = _find(seller, company=company, now=now, customers=customers, limit=most)
    return _dressed(found, company=company, now=now)


def _find(
    seller: Representative,
    *,
    company: Company,
    now: datetime,
    customers: Sequence[int] | None = None,
    limit: int,
) -> list[Found]:
    rates = newest_rates()
    return find(seller, company=company, rates=rates, now=now, customers=customers, limit=limit)


def _dressed(found: list[Found], *, company: Company, now: datetime) -> list[Suggestion]:
    """Put people, products, pairs, guides and reasons to what was found; five queries."""
    people = Customer.objects.in_bulk({row.customer_id for row in found})
    products = Product.objects.in_bulk(
        {pk for row in found for pk in (row.product_id, row.with_product_id) if pk}
    )
    forecasts = Forecast.objects.in_bulk({row.forecast_id for row in found if row.forecast_id})
    for one in forecasts.values():
        one.product = products[one.product_id]
    pairs = _pairs_of(found)
    guides = _guides_of(found)
    day = now.astimezone(company.zone).date()
    suggestions = []
    for row in found:
        kind = SuggestionKind(row.kind)
        product = products.get(row.product_id or 0)
        with_product = products.get(row.with_product_id or 0)
        forecast = forecasts.get(row.forecast_id or 0)
        guide = guides.get(row.guide_id or 0)
        if _is_gone(row, forecast, guide, people):
            continue
        suggestions.append(
            Suggestion(
                key=row.key,
                kind=kind,
                customer=people[row.customer_id],
                product=product,
                with_product=with_product,
                guide=guide,
                forecast=forecast,
                reason=reason_of(
                    row,
                    product=product,
                    with_product=with_product,
                    forecast=forecast,
                    pair=pairs.get((row.with_product_id or 0, row.product_id or 0)),
                    guide_title=getattr(guide, "title", ""),
                    today=day,
                    currency=company.currency,
                ),
                bv=row.bv,
                rsp=row.rsp,
                chance_permille=row.chance,
                act=ACTS[kind].value,
                quantity=row.pieces,
            )
        )
    return suggestions


def _pairs_of(found: list[Found]) -> dict[tuple[int, int], ProductPair]:
    """Return the pairs of products on which the add-ons rest."""
    wanted = sorted(
        {
            (row.with_product_id, row.product_id)
            for row in found
            if row.kind == SuggestionKind.ADD_ON and row.with_product_id and row.product_id
        }
    )
    if not wanted:
        return {}
    rows = ProductPair.objects.raw(
        "SELECT p.* FROM sales_productpair p"
        " JOIN unnest(%s::bigint[], %s::bigint[]) AS wanted (one, other)"
        " ON p.product_id = wanted.one AND p.companion_id = wanted.other",
        [[one for one, _other in wanted], [other for _one, other in wanted]],
    )
    return {(row.product_id, row.companion_id): row for row in rows}


def _guides_of(found: list[Found]) -> dict[int, Guide]:
    """Return the guides in the reader's language."""
    wanted = {row.guide_id for row in found if row.guide_id}
    if not wanted:
        return {}
    return in_language(Guide.objects.filter(pk__in=wanted), get_language() or "en").in_bulk()


def _is_gone(
    row: Found, forecast: Forecast | None, guide: Guide | None, people: dict[int, Customer]
) -> bool:
    """Return whether something a suggestion is about was taken away between two queries."""
    return (
        row.customer_id not in people
        or (row.forecast_id is not None and forecast is None)
        or (row.guide_id is not None and guide is None)
    )


def newest_rates() -> Rates:
    """Return the company's own rates of the last night, careful ones before anything is learnt."""
    newest = AddOnLearning.objects.order_by("-learnt_at", "-id").values_list("figures__rates")
    found = newest.first()
    return Rates(**found[0]) if found else Rates()


def capacity_of(seller: Representative) -> int:
    """Return how many jobs a representative means to do in a day."""
    found = WorkDay.objects.filter(representative=seller).values_list("jobs", flat=True).first()
    return WorkDay.USUAL_JOBS if found is None else found


def day_of_work(
    seller: Representative, *, company: Company, now: datetime, most: int | None = None
) -> Day:
    """Return what a seller does best today, how much is done, and what waits for another day.

    Of the jobs the first `most`, or all: only those are put into words.
    """
    day = now.astimezone(company.zone).date()
    found = _find(seller, company=company, now=now, limit=today.LOOKED_AT)
    plan = today.plan_day(seller, found=found, today=day, zone=company.zone)
    shown = [row for job in plan.jobs[:most] for row in job.found]
    said = {one.key: one for one in _dressed(shown, company=company, now=now)}
    jobs = today.put_into_words(plan, said, today=day, most=most)
    more = 0 if most is None else max(len(plan.jobs) - most, 0)
    return Day(day, jobs, more, plan.capacity, plan.done, plan.waiting)


def list_decisions(seller: Representative) -> QuerySet[SuggestionDecision]:
    """Return what a seller put off or refused for the people of today, the latest first."""
    rows = SuggestionDecision.objects.filter(
        representative=seller,
        customer__representative=seller,
        customer__erased_at__isnull=True,
        customer__merged_into__isnull=True,
        withdrawn_at__isnull=True,
        state__in=[SuggestionDecision.State.SNOOZED, SuggestionDecision.State.REFUSED],
    )
    return rows.select_related("customer", "product").order_by("-decided_at", "-id")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what a suggestion is about."""

    key: Key
    customer: Customer
    product: Product | None

    @property
    def kind(self) -> str:
        """Return the name of the kind."""
        return str(self.key.kind.label)


def subject_of(seller: Representative, key: str) -> Subject | None:
    """Return what a key is about, or None as for one of somebody else's customer."""
    try:
        read = Key.read(key)
    except ValueError:
        return None
    customer = Customer.objects.of(seller).filter(pk=read.customer_id).first()
    if customer is None:
        return None
    product = Product.objects.filter(pk=read.product_id).first() if read.product_id else None
    return Subject(read, customer, product)
