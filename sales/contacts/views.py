"""Pages of people: everybody by segment, a person added or changed, filters saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives.errors import UnableTo
from representatives.toasts import leave_toast
from sales.contacts import segments, selectors, services
from sales.contacts.forms import ContactForm, FilterForm, SaveFilterForm
from sales.contacts.segments import Choice, Segments
from sales.models import Customer, SavedFilter
from sales.selectors import get_customer, page_of
from sales.views_shared import REFUSED, Desk, open_desk, page_number

BIGINT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the list."""

    person: Customer
    account: str | Promise
    last_paid_at: datetime | None
    leaves_on: datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """How many people, and the list of them."""

    people: int
    url: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of the table of segments."""

    label: str | Promise
    cells: list[Cell]
    total: Cell


def own_person(desk: Desk, customer_id: int) -> Customer:
    """Return one of the seller's people.

    :raises Http404: if there is none of this number, as if nobody had it.
    """
    found = get_customer(desk.seller, customer_id) if customer_id <= BIGINT else None
    if found is None:
        raise Http404("no such person")
    return found


@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Show everybody the representative looks after, by segment."""
    desk = open_desk(request)
    choice = Choice.read(request.GET)
    people = segments.choose(desk.seller, choice, now=desk.now, company=desk.company)
    page = page_of(people, page_number(request))
    rows = [
        PersonRow(
            one,
            segments.ACCOUNT_WORDS[one.account],
            one.last_paid_at,
            segments.leaves_on(one, desk.company) if choice.state == "leaving" else None,
        )
        for one in page.rows
    ]
    parts: dict[str, Any] = {"page": page, "rows": rows, "choice": choice}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "sales/contacts/_people.html", desk.context(**parts))
    counts = segments.count_segments(desk.seller, now=desk.now, company=desk.company)
    shows_filters = choice.is_narrow or "filters" in request.GET
    return render(
        request,
        "sales/contacts/people.html",
        desk.context(
            **parts,
            counts=counts,
            table=_table(counts),
            uses=segments.USES.values(),
            form=_filters(choice) if shows_filters else None,
            saved=segments.list_filters(desk.seller),
            save_form=SaveFilterForm(initial={"query": choice.query()}),
        ),
    )


@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """Offer names of people while one is typed."""
    desk = open_desk(request)
    text = request.GET.get("referred_by", "").replace("\x00", "")[:100]
    found = selectors.names_offered(Customer.objects.of(desk.seller), text)
    return render(request, "sales/contacts/_names.html", {"people": found})


@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """Add a person; somebody who looks like one of the list is asked about once."""
    desk = open_desk(request)
    initial = {"stage": Customer.Stage.AWARE, "use": Customer.Use.PROSPECT}
    form = _contact_form(desk, request.POST or None, is_new=True, initial=initial)
    alike: list[Customer] = []
    if request.method == "POST" and form.is_valid():
        facts = form.facts()
        if not form.cleaned_data["sure"]:
            alike = selectors.look_alikes_of(
                desk.seller, **{name: facts[name] for name in ("name", "email", "phone")}
            )
        if alike:
            form.ask_once_more()
        else:
            answer = _add(request, desk, form, facts)
            if answer is not None:
                return answer
    return render(
        request,
        "sales/contacts/form.html",
        desk.context(form=form, alike=alike),
        status=REFUSED if form.errors or alike else HTTPStatus.OK,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Change what is known of a person."""
    desk = open_desk(request)
    edited = own_person(desk, customer_id)
    kept = ("name", "phone", "email", "note", "channel", "language", "stage", "use")
    initial: dict[str, Any] = {name: getattr(edited, name) for name in kept}
    if edited.birthday:
        initial |= {"birth_day": edited.birthday.day, "birth_month": edited.birthday.month}
    if edited.referred_by:
        initial["referred_by"] = f"{edited.referred_by.name} ({edited.referred_by.reference})"
    form = _contact_form(desk, request.POST or None, of=edited, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_contact(customer=edited, now=desk.now, **form.facts())
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("sales:customer", edited.pk)
    return render(
        request,
        "sales/contacts/form.html",
        desk.context(form=form, customer=edited),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


@require_POST
def filter_save(request: HttpRequest) -> HttpResponse:
    """Keep a choice of people under a name."""
    desk = open_desk(request)
    query = Choice.read(QueryDict(request.POST.get("query", "")[:1000]).dict()).query()
    try:
        services.save_filter(
            representative=desk.seller,
            name=request.POST.get("name", ""),
            query=query,
            now=desk.now,
        )
    except services.UnableToSaveFilter as refusal:
        messages.error(request, refusal.message)
    else:
        leave_toast(request, _("The choice is saved"))
    return redirect(f"{reverse('sales:customers_all')}?{query}")


@require_POST
def filter_remove(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Remove a saved choice."""
    desk = open_desk(request)
    found = SavedFilter.objects.filter(representative=desk.seller)
    saved = found.filter(pk=filter_id).first() if filter_id <= BIGINT else None
    if saved is None:
        raise Http404("no such filter")
    services.remove_filter(saved=saved)
    leave_toast(request, _("The choice is removed"))
    return redirect("sales:customers_all")


def _add(
    request: HttpRequest, desk: Desk, form: ContactForm, facts: dict[str, Any]
) -> HttpResponse | None:
    try:
        added = services.add_contact(
            representative=desk.seller,
            now=desk.now,
            noticed_at=desk.now if form.cleaned_data["told"] else None,
            source=Customer.Source.CUSTOMER if facts["referred_by"] else Customer.Source.MANUAL,
            **facts,
        )
    except UnableTo as refusal:
        form.add_refusal(refusal.field, refusal.message)
        return None
    messages.success(request, _("%(name)s is added.") % {"name": added.name})
    if "another" in request.POST:
        return redirect("sales:customer_new")
    return redirect("sales:customer", added.pk)


def _contact_form(
    desk: Desk, data: QueryDict | None, *, of: Customer | None = None, **kwargs: Any
) -> ContactForm:
    people = Customer.objects.of(desk.seller)
    if of is not None:
        people = people.exclude(pk=of.pk)
    return ContactForm(data, people=people, names_url=reverse("sales:customer_names"), **kwargs)


def _filters(choice: Choice) -> FilterForm:
    chosen = {name: getattr(choice, name) for name in FilterForm.base_fields}
    return FilterForm(chosen, products=segments.products_sold())


def _table(counts: Segments) -> list[TableRow]:
    """Return how many people there are by account (rows) and use (columns), each with a link."""

    def cell(account: str, use: str) -> Cell:
        query = Choice(account=account, use=use).query()
        address = reverse("sales:customers_all")
        return Cell(counts.count(account, use), f"{address}?{query}" if query else address)

    rows: list[tuple[str, Any]] = [*segments.ACCOUNTS.items(), ("", _("All"))]
    return [
        TableRow(label, [cell(account, use) for use in segments.USES], cell(account, ""))
        for account, label in rows
    ]
