"""Pages of orders: list, entry, one order with cancel and return request."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sales import selectors, services
from sales.amounts import Amounts
from sales.forms import MYSELF, DraftLine, OrderForm, ReturnForm
from sales.models import Order
from sales.references import new_reference
from sales.tax_lines import tax_lines
from sales.usual_pieces import usual_pieces
from sales.views_shared import REFUSED, Desk, open_desk, page_number


@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    """Show the representative's orders, 50 a page."""
    desk = open_desk(request)
    status = request.GET.get("status", "")
    if status not in Order.Status.values:
        status = ""
    orders = selectors.list_orders(desk.seller, status=status)
    partial = bool(request.htmx)  # type: ignore[attr-defined]
    today = desk.now.astimezone(desk.company.zone)
    month = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return render(
        request,
        "sales/_orders.html" if partial else "sales/orders.html",
        desk.context(
            page=selectors.page_of(orders, page_number(request)),
            month=month,
            sums={} if partial else selectors.sum_of_orders(desk.seller, since=month),
            status=status,
            statuses=Order.Status.choices,
        ),
    )


# -- Entry -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def order_new(request: HttpRequest) -> HttpResponse:
    """Write an order line by line and place it.

    Each step posts the whole draft; with htmx only lines and totals come back.
    """
    desk = open_desk(request)
    draft = request.POST if request.method == "POST" else _draft_of_link(request, desk)
    chosen = draft.get("customer", "") if draft is not None else ""
    buyers, are_all = selectors.list_buyers(desk.seller, chosen=str(chosen))
    form = OrderForm(draft, customers=buyers, products=selectors.list_products(), are_all=are_all)
    lines = form.draft_lines()
    action = request.POST.get("action", "")
    if action == "add":
        lines = _with_added(form, lines)
    elif action.startswith("remove-"):
        place = action.removeprefix("remove-")
        lines = [line for number, line in enumerate(lines) if str(number) != place]
    elif action == "place" and not form.problems:
        placed = _place(request, desk, form, lines)
        if placed:
            messages.success(request, _("The order is placed. It counts once it is paid."))
            return redirect("sales:order", placed.reference)
    if action != "place":
        form.forget_errors()
    refused = bool(form.problems) or (action == "place")
    return _draft_page(request, desk, form, lines, refused=refused)


def _draft_of_link(request: HttpRequest, desk: Desk) -> QueryDict | None:
    """Return a draft begun by a link: for this customer, with these products.

    Of each the pieces that the customer usually takes, which is what a suggestion counts on.
    """
    customer = request.GET.get("customer", "")
    products = [key for key in request.GET.getlist("product") if key][: services.LINE_LIMIT]
    if not customer and not products:
        return None
    draft = QueryDict(mutable=True)
    draft["customer"], draft["quantity"] = customer, "1"
    if products:
        draft.setlist("line_product", products)
        draft.setlist("line_quantity", _usual_quantities(desk, customer, products))
    return draft


def _usual_quantities(desk: Desk, customer: str, products: list[str]) -> list[str]:
    if not _is_id(customer):
        return ["1"] * len(products)
    usual = usual_pieces(
        desk.seller,
        customer_id=int(customer),
        product_ids=[int(key) for key in products if _is_id(key)],
    )
    return [str(usual.get(int(key), 1)) if _is_id(key) else "1" for key in products]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _with_added(form: OrderForm, lines: list[DraftLine]) -> list[DraftLine]:
    product = form.data.get("product", "")
    if not product:
        form.problems.append(_("Choose a product to add."))
        return lines
    if len(lines) >= services.LINE_LIMIT:
        limit = {"limit": services.LINE_LIMIT}
        form.problems.append(_("An order has at most %(limit)s lines.") % limit)
        return lines
    added = form.draft_line(product, form.data.get("quantity", "") or "1")
    return [*lines, added] if added else lines


def _place(
    request: HttpRequest, desk: Desk, form: OrderForm, lines: list[DraftLine]
) -> Order | None:
    form.fields["product"].required = False
    if not form.is_valid():
        return None
    try:
        return services.place_order(
            seller=desk.seller,
            customer=form.customers.get(form.cleaned_data["customer"]),
            lines=[services.LineRequest(line.product.pk, line.quantity) for line in lines],
            now=desk.now,
            reference=_drawn_reference(request, desk),
            invoiced_to_customer=form.is_invoiced_to_customer,
        )
    except services.UnableToPlaceOrder as refusal:
        if refusal.field == "customer":
            form.add_error("customer", refusal.message)
        else:
            form.problems.append(refusal.message)
        return None


def _signer(desk: Desk) -> Signer:
    return Signer(salt=f"sales.draft.{desk.seller.pk}")


def _drawn_reference(request: HttpRequest, desk: Desk) -> str | None:
    """Return the reference drawn with the page: a second click then finds the first order."""
    try:
        return _signer(desk).unsign(request.POST.get("draft", ""))
    except BadSignature:
        return None


def _draft_page(
    request: HttpRequest,
    desk: Desk,
    form: OrderForm,
    lines: list[DraftLine],
    *,
    refused: bool,
) -> HttpResponse:
    draft = _drawn_reference(request, desk) or new_reference()
    total = Amounts(
        gross_minor=sum(line.worth.gross_minor for line in lines),
        tax_minor=sum(line.worth.tax_minor for line in lines),
        bv=sum(line.worth.bv for line in lines),
        rsp=sum(line.worth.rsp for line in lines),
    )
    partial = bool(request.htmx)  # type: ignore[attr-defined]
    return render(
        request,
        "sales/_order_lines.html" if partial else "sales/order_form.html",
        desk.context(
            form=form,
            lines=lines,
            total=total,
            draft=_signer(desk).sign(draft),
            is_own=form.is_own,
        ),
        # htmx puts nothing of a refused answer into the page, so a fragment is always 200.
        status=REFUSED if refused and not partial else HTTPStatus.OK,
    )


# -- One order -------------------------------------------------------------------------------------


@require_safe
def order(request: HttpRequest, reference: str) -> HttpResponse:
    """Show an order with its lines, payment and returns."""
    desk = open_desk(request)
    return _order_page(request, desk, _own_order(desk, reference))


@require_POST
def order_cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Cancel an order that is not paid."""
    desk = open_desk(request)
    shown = _own_order(desk, reference)
    try:
        services.cancel_order(order=shown)
    except services.UnableToCancelOrder as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The order is cancelled."))
    return redirect("sales:order", shown.reference)


@require_POST
def order_return(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask to take pieces of a paid order back."""
    desk = open_desk(request)
    shown = _own_order(desk, reference)
    lines = selectors.list_lines(shown)
    form = ReturnForm(request.POST, lines=[(one.line.number, one.returnable) for one in lines])
    if form.is_valid():
        try:
            services.request_returns(
                order=shown,
                pieces=form.pieces(),
                reason=form.cleaned_data["reason"],
                requested_by=request.user,  # type: ignore[arg-type]
                now=desk.now,
            )
        except services.UnableToReturn as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The return is asked for. Staff decide on it."))
            return redirect("sales:order", shown.reference)
    return _order_page(request, desk, shown, form=form)


def _own_order(desk: Desk, reference: str) -> Order:
    found = selectors.get_order(desk.seller, reference) if reference.isprintable() else None
    if found is None:
        raise Http404("no such order")
    return found


def _order_page(
    request: HttpRequest, desk: Desk, shown: Order, *, form: ReturnForm | None = None
) -> HttpResponse:
    lines = selectors.list_lines(shown)
    left = [(one.line.number, one.returnable) for one in lines if one.returnable > 0]
    refused = form is not None
    if form is None and shown.is_paid and left:
        form = ReturnForm(lines=left)
    fields = [
        (one, form[f"pieces-{one.line.number}"])
        for one in lines
        if form is not None and f"pieces-{one.line.number}" in form.fields
    ]
    return render(
        request,
        "sales/order.html",
        desk.context(
            order=shown,
            lines=lines,
            taxes=tax_lines(one.line for one in lines),
            returns=[(one.line, back) for one in lines for back in one.returns],
            left_after=selectors.left_after_returns(shown, lines),
            return_form=form,
            return_fields=fields,
            myself=MYSELF,
        ),
        status=REFUSED if refused else HTTPStatus.OK,
    )
