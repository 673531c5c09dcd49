"""Reads of guides, reading lists and shares. What was shared takes the seller first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from representatives.models import Representative
from representatives.text import folded
from sales.models import (
    Consent,
    Customer,
    Guide,
    GuideReading,
    GuideShare,
    GuideText,
    Order,
    OrderLine,
    Product,
    ReadingList,
    ReadingListEntry,
)
from sales.models.guides import ConsentSource

BUYERS_AT_MOST = 8
LINES_LOOKED_AT = 100
"""Order lines of the last months among which buyers without a link are looked for."""


@dataclass(frozen=True, slots=True)
class ListView:
    """A reading list with its guides in order, and how many of them are read."""

    title: str
    is_for_new: bool
    guides: list[Guide]

    @property
    def read(self) -> int:
        """Return how many are read."""
        return sum(bool(guide.is_read) for guide in self.guides)  # type: ignore[attr-defined]

    @property
    def is_done(self) -> bool:
        """Return whether all are read."""
        return self.read == len(self.guides)

    @property
    def next_guide(self) -> Guide | None:
        """Return the first guide that is not read yet."""
        return next((one for one in self.guides if not one.is_read), None)  # type: ignore[attr-defined]


def in_language(guides: QuerySet[Guide], language: str) -> QuerySet[Any]:
    """Return guides with `title`, `summary` and `spoken`, in a language or the nearest there is."""
    texts = GuideText.objects.filter(guide=OuterRef("pk")).order_by(_nearness(language), "language")
    return guides.annotate(
        title=Subquery(texts.values("title")[:1]),
        summary=Subquery(texts.values("summary")[:1]),
        spoken=Subquery(texts.values("language")[:1]),
    ).filter(title__isnull=False)


def list_guides(
    reader: Representative, *, language: str, search: str = "", product: Product | None = None
) -> QuerySet[Guide]:
    """Return the published guides by title, with `is_read` and their products."""
    guides = _with_reading(_published(language), reader)
    if product is not None:
        guides = guides.filter(products=product)
    if search:
        found = GuideText.objects.filter(guide=OuterRef("pk")).filter(
            Q(title__icontains=search) | Q(summary__icontains=search) | Q(body_md__icontains=search)
        )
        guides = guides.filter(Exists(found) | Exists(_product_named(search)))
    return guides.prefetch_related(_products()).order_by("title", "pk")


def get_guide(reader: Representative, slug: str, *, language: str) -> Guide | None:
    """Return a published guide with `is_read` and its products, or None."""
    guides = _with_reading(_published(language), reader).filter(slug=slug)
    return guides.prefetch_related(_products()).first()


def get_text(guide: Guide, *, language: str) -> GuideText:
    """Return the text of a guide in a language, or in the nearest there is."""
    texts = GuideText.objects.filter(guide=guide)
    return texts.order_by(_nearness(language), "language")[:1].get()


def list_languages(guide: Guide) -> list[str]:
    """Return the languages that a guide is written in."""
    return list(guide.texts.order_by("language").values_list("language", flat=True))


def list_reading_lists(reader: Representative, *, language: str, today: date) -> list[ListView]:
    """Return the reading lists with guides in them; those for a new member's first days first."""
    guides = _with_reading(_published(language), reader)
    entries = ReadingListEntry.objects.order_by("position", "pk")
    lists = (
        ReadingList.objects.filter(is_active=True)
        .prefetch_related(
            Prefetch("entries", entries), Prefetch("entries__guide", guides, to_attr="shown")
        )
        .order_by("position", "pk")
    )
    joined_since = today - reader.enrolled_on
    views = []
    for one in lists:
        # A guide that is not published leaves its entry without one.
        shown = [found for entry in one.entries.all() if (found := getattr(entry, "shown", None))]
        if shown:
            is_new = one.first_days is not None and joined_since <= timedelta(one.first_days)
            title = one.title_pl if language == "pl" and one.title_pl else one.title_en
            views.append(ListView(title, is_new, shown))
    return sorted(views, key=lambda view: not (view.is_for_new and not view.is_done))


def list_to_go_on(reader: Representative, *, language: str, today: date) -> ListView | None:
    """Return the reading list of a new member that is not read to its end, or None."""
    lists = list_reading_lists(reader, language=language, today=today)
    return next((one for one in lists if one.is_for_new and not one.is_done), None)


def guides_of_products(product_ids: Iterable[int], *, language: str) -> dict[int, Guide]:
    """Return for each product the guide to share with who bought it, in one query.

    Of several the one about the fewest products: it is the most to the point.
    """
    links: QuerySet[Any] = Guide.products.through.objects.all()
    shared: dict[int, Guide] = {}
    ids = list(product_ids)
    guides = _published(language).filter(audience=Guide.Audience.EVERYBODY, products__in=ids)
    breadth = links.filter(guide=OuterRef("pk")).order_by().values("guide").annotate(n=Count("pk"))
    rows = guides.annotate(
        about=F("products"), breadth=Subquery(breadth.values("n"), output_field=IntegerField())
    ).order_by("breadth", "pk")
    for guide in rows:
        shared.setdefault(guide.about, guide)
    return shared


def list_shares(seller: Representative) -> QuerySet[Any]:
    """Return what a seller shared, with whom and whether it was opened, the latest first.

    What was shared with a customer who has passed on to somebody else is not in it.
    """
    mine = Q(customer__isnull=True) | Q(customer__representative=seller)
    return (
        with_opening(GuideShare.objects.filter(mine, representative=seller))
        .select_related("customer")
        .order_by("-shared_at", "-pk")
    )


def shares_of_customer(customer: Customer, *, language: str) -> QuerySet[Any]:
    """Return what was shared with a customer, with `title` and `opened`, the latest first."""
    shares = with_opening(GuideShare.objects.filter(customer=customer))
    return with_titles(shares, language).select_related("guide").order_by("-shared_at", "-pk")


def with_titles(shares: QuerySet[Any], language: str) -> QuerySet[Any]:
    """Return shares with `title`, that of the guide in a language or the nearest there is."""
    texts = GuideText.objects.filter(guide=OuterRef("guide")).order_by(
        _nearness(language), "language"
    )
    return shares.annotate(title=Subquery(texts.values("title")[:1])).select_related("guide")


def get_share(seller: Representative, share_id: int, *, language: str) -> GuideShare | None:
    """Return one of a seller's shares, or None as for one that does not exist."""
    return with_titles(list_shares(seller), language).filter(pk=share_id).first()


def find_shared(token: str) -> GuideShare | None:
    """Return the share of a link that may be read, or None."""
    return (
        GuideShare.objects.filter(
            token=token,
            withdrawn_at__isnull=True,
            guide__published_at__isnull=False,
            guide__audience=Guide.Audience.EVERYBODY,
        )
        .select_related("guide", "representative")
        .first()
    )


def standing_consent(share: GuideShare) -> Consent | None:
    """Return the customer's consent to be told openings, given to whoever shared, if it stands."""
    return (
        Consent.objects.standing()
        .filter(
            customer=share.customer_id,
            kind=Consent.Kind.TRACKING,
            representative=share.representative_id,
        )
        .first()
    )


def is_told(share: GuideShare) -> bool:
    """Return whether the sender is told of the opening, by the reader's consent."""
    if share.opened_at is None:
        return False
    return share.consent == ConsentSource.PAGE or standing_consent(share) is not None


def list_receivers(seller: Representative, guide: Guide, *, search: str = "") -> QuerySet[Customer]:
    """Return whom a guide can be shared with, by name: people who may be contacted.

    `has_it` says that there is a link already, `bought` when one of the guide's products was
    bought last. Both are looked up for the rows of a page alone.
    """
    people = Customer.objects.contactable().filter(representative=seller)
    if search:
        people = people.filter(sort_key__contains=folded(search))
    return _with_link(people, guide).order_by("sort_key", "pk")


def list_buyers(
    seller: Representative, guide: Guide, *, since: datetime, most: int = BUYERS_AT_MOST
) -> list[Customer]:
    """Return who bought one of a guide's products lately and has no link yet, the latest first."""
    lines = OrderLine.objects.filter(
        order__seller=seller,
        order__own=False,
        order__status=Order.Status.PAID,
        order__placed_at__gte=since,
        product__in=guide.products.all(),
    ).order_by("-order__placed_at", "-order_id", "number")
    places: dict[int, int] = {}
    for customer_id in lines.values_list("order__customer", flat=True)[:LINES_LOOKED_AT]:
        places.setdefault(customer_id, len(places))
    people = Customer.objects.contactable().filter(representative=seller, pk__in=[*places, 0])
    found = _with_link(people, guide).filter(has_it=False)
    return sorted(found, key=lambda one: places[one.pk])[:most]


def _with_link(people: QuerySet[Customer], guide: Guide) -> QuerySet[Any]:
    bought = OrderLine.objects.filter(
        order__customer=OuterRef("pk"),
        order__status=Order.Status.PAID,
        product__in=guide.products.all(),
    ).order_by("-order__paid_at")
    link = GuideShare.objects.filter(
        guide=guide, customer=OuterRef("pk"), withdrawn_at__isnull=True
    )
    return people.annotate(
        has_it=Exists(link),
        bought=Subquery(bought.values("order__paid_at")[:1], output_field=DateTimeField()),
    )


def _published(language: str) -> QuerySet[Any]:
    return in_language(Guide.objects.filter(published_at__isnull=False), language)


def _with_reading(guides: QuerySet[Any], reader: Representative) -> QuerySet[Any]:
    readings = GuideReading.objects.filter(guide=OuterRef("pk"), representative=reader)
    return guides.annotate(is_read=Exists(readings))


def with_opening(shares: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `opened`: when, as far as the reader's consent still stands."""
    standing = Consent.objects.standing().filter(
        customer=OuterRef("customer"),
        representative=OuterRef("representative"),
        kind=Consent.Kind.TRACKING,
    )
    return shares.annotate(
        opened=Case(
            When(
                consent=ConsentSource.PAGE,
                representative=F("customer__representative"),
                then=F("opened_at"),
            ),
            When(Exists(standing), then=F("opened_at")),
            default=None,
            output_field=DateTimeField(),
        )
    )


def _nearness(language: str) -> Case:
    return Case(
        When(language=language, then=Value(0)),
        When(language="en", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _products() -> Prefetch[Any]:
    return Prefetch("products", Product.objects.order_by("name", "pk"))


def _product_named(search: str) -> QuerySet[Any]:
    return Guide.products.through.objects.filter(
        guide=OuterRef("pk"), product__name__icontains=search
    )
