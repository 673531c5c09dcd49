"""Pages of products and customers. A representative reaches his own only; the rest is 404."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sales import selectors, services
from sales.forms import CustomerForm
from sales.models import Customer
from sales.views_shared import REFUSED, Desk, open_desk, page_number, search_text

BIGINT = 2**63 - 1


@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    """Show what is on sale, with prices, BV and RSP."""
    desk = open_desk(request)
    search = search_text(request)
    categories = selectors.list_categories()
    category = request.GET.get("category", "")
    if category not in categories:
        category = ""
    products = selectors.list_products(search=search, category=category)
    return render(
        request,
        "sales/_products.html" if request.htmx else "sales/products.html",  # type: ignore[attr-defined]
        desk.context(
            page=selectors.page_of(products, page_number(request)),
            categories=categories,
            category=category,
            q=search,
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def customer_new(request: HttpRequest) -> HttpResponse:
    """Add a customer."""
    desk = open_desk(request)
    form = CustomerForm(
        request.POST or None,
        others=selectors.list_customers(desk.seller),
        action=reverse("sales:customer_new"),
        back=reverse("sales:customers"),
    )
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_customer(
                representative=desk.seller, now=desk.now, **form.cleaned_data
            )
        except services.UnableToSaveCustomer as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": added.name})
            return redirect("sales:customer", added.pk)
    return render(
        request,
        "sales/customer_form.html",
        desk.context(form=form),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def customer_edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Change a customer."""
    desk = open_desk(request)
    edited = _own_customer(desk, customer_id)
    names = ("name", "email", "phone", "note", "referred_by")
    form = CustomerForm(
        request.POST or None,
        initial={name: getattr(edited, name) for name in names},
        others=selectors.list_customers(desk.seller).exclude(pk=edited.pk),
        action=reverse("sales:customer_edit", args=[edited.pk]),
        back=reverse("sales:customer", args=[edited.pk]),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_customer(customer=edited, **form.cleaned_data)
        except services.UnableToSaveCustomer as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("sales:customer", edited.pk)
    return render(
        request,
        "sales/customer_form.html",
        desk.context(form=form, customer=edited),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


def _own_customer(desk: Desk, customer_id: int) -> Customer:
    found = selectors.get_customer(desk.seller, customer_id) if customer_id <= BIGINT else None
    if found is None:
        raise Http404("no such customer")
    return found
