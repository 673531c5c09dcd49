"""The page of products."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sales import selectors
from sales.views_shared import open_desk, page_number, search_text


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
