"""Staff's view of catalogue, customers, orders and returns; facts are read-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.forms import Form, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from representatives.admin import ReadOnlyAdmin
from representatives.models import Company
from representatives.templatetags.perennial import money, points
from sales import services, staff_acts
from sales.admin_acts import ActAdmin, company_clock
from sales.admin_columns import AmountColumns
from sales.admin_forms import CustomerForm, DecisionForm, ErasureForm, PaymentForm, ProductForm
from sales.contacts import services as contacts
from sales.followups import admin as follow_ups_admin  # noqa: F401  (registers its tables)
from sales.forecast import admin as forecast_admin  # noqa: F401  (registers its table)
from sales.guides import admin as guides_admin  # noqa: F401  (registers its tables)
from sales.models import (
    Customer,
    CustomerTransfer,
    ImportBatch,
    Order,
    OrderLine,
    Payment,
    Product,
    Return,
)
from sales.referrals import admin as referral_admin  # noqa: F401
from sales.suggestions import admin as suggestions_admin  # noqa: F401  (registers its tables)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """The catalogue; products are taken off sale and never deleted."""

    form = ProductForm
    list_display = (
        *("name", "sku", "category", "repeat", "retail", "ir", "bv_shown", "rsp_shown"),
        "is_active",
    )
    list_filter = ("is_active", "repeat", "category")
    search_fields = ("name", "sku__iexact")
    ordering = ("category", "name", "id")
    list_per_page = 50
    show_full_result_count = False
    autocomplete_fields = ("companions", "larger_size")
    fieldsets = (
        (None, {"fields": ("sku", "name", "category", "is_active")}),
        (_("Price"), {"fields": ("retail_price_minor", "ir_price_minor", "tax_rate_bp")}),
        (_("Volume and points"), {"fields": ("repeat", "bv", "rsp")}),
        (_("Selling"), {"fields": ("pack_days", "larger_size", "uses", "companions")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        self.currency = Company.objects.get(pk=Company.ONLY_ID).currency
        return super().get_queryset(request)

    @admin.display(description=_("Retail price"), ordering="retail_price_minor")
    def retail(self, product: Product) -> str:
        return money(product.retail_price_minor, self.currency)

    @admin.display(description=_("IR price"), ordering="ir_price_minor")
    def ir(self, product: Product) -> str:
        return money(product.ir_price_minor, self.currency)

    @admin.display(description="BV", ordering="bv")
    def bv_shown(self, product: Product) -> str:
        return points(product.bv)

    @admin.display(description="RSP", ordering="rsp")
    def rsp_shown(self, product: Product) -> str:
        return points(product.rsp) if product.repeat else "-"

    def save_model(self, request: HttpRequest, obj: Product, form: ModelForm, change: bool) -> None:
        facts = form.facts()  # type: ignore[attr-defined]
        if change:
            services.edit_product(product_id=obj.pk, facts=facts)
        else:
            obj.pk = services.add_product(facts=facts).pk

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool
    ) -> None:
        """Leave companions alone: the service has set them."""

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(ActAdmin):
    """Customers of all representatives; a representative's own row follows his name.

    Staff erase somebody who asked the company itself.
    """

    form = CustomerForm
    list_display = ("name", "representative", "reference", "email", "is_self", "created_at")
    list_filter = ("is_self",)
    list_select_related = ("representative",)
    search_fields = ("sort_key__contains", "reference__startswith", "representative__code")
    search_help_text = _("Part of a name (without accents), beginning of a reference, or a code")
    ordering = ("sort_key", "id")
    list_per_page = 50
    show_full_result_count = False
    autocomplete_fields = ("representative", "referred_by")
    readonly_fields = (
        *("is_self", "created_at", "stage", "use", "source", "noticed_at", "no_contact_at"),
        *("touched_at", "erased_at", "merged_into", "act"),
    )
    fields = (
        *("representative", "reference", "name", "email", "phone", "note", "referred_by"),
        *("is_self", "created_at", "stage", "use", "source", "noticed_at", "no_contact_at"),
        *("touched_at", "erased_at", "merged_into", "act"),
    )
    act_name = "erase"
    act_title = _("Erase this person's data")
    act_permission = "sales.delete_customer"

    def is_waiting(self, row: Customer) -> bool:
        return row.pk is not None and row.is_alive

    def act_form(self, request: HttpRequest, row: Customer, now: datetime) -> Form:
        return ErasureForm(request.POST or None)

    def buttons(self) -> list[tuple[str, str]]:
        return [("erase", _t("Erase"))]

    def perform(self, request: HttpRequest, row: Customer, form: Form, now: datetime) -> str:
        contacts.erase_customer(customer=row, now=now)
        asked = dict(ErasureForm.REASONS)[form.cleaned_data["reason"]]
        letter = form.cleaned_data["letter"]
        return _t("Erased: %(reason)s") % {"reason": f"{asked} ({letter})" if letter else asked}

    def get_readonly_fields(
        self, request: HttpRequest, obj: Customer | None = None
    ) -> tuple[str, ...]:
        fixed = ("representative", "reference") if obj else ()
        return (*self.readonly_fields, *fixed)

    def save_model(
        self, request: HttpRequest, obj: Customer, form: ModelForm, change: bool
    ) -> None:
        stated = {
            name: form.cleaned_data[name]
            for name in ("name", "email", "phone", "note", "referred_by")
        }
        if change:
            services.edit_customer(customer=obj, **stated)
        else:
            added = services.add_customer(
                representative=form.cleaned_data["representative"],
                reference=form.cleaned_data["reference"] or None,
                now=company_clock()[1],
                **stated,
            )
            obj.pk = added.pk

    def log_addition(self, request: HttpRequest, obj: Customer, message: Any) -> Any:
        """Log without the name: the log is never changed, and a person may be erased."""
        return super().log_addition(request, _nameless(obj), message)

    def log_change(self, request: HttpRequest, obj: Customer, message: Any) -> Any:
        """Log without the name, as an addition."""
        return super().log_change(request, _nameless(obj), message)

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        if obj is not None and not obj.is_alive:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False


def _nameless(customer: Customer) -> Customer:
    """Return a stand-in that the log tells by its number alone."""
    return Customer(pk=customer.pk, name=f"#{customer.pk}")


class LineInline(AmountColumns, admin.TabularInline):
    """The lines of an order."""

    model = OrderLine
    fields = readonly_fields = (
        *("number", "product", "quantity", "total", "bv_shown", "rsp_shown", "margin"),
        *("repeat", "line_class", "within_add_on_days"),
    )
    ordering = ("number",)
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("product", "order")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(ActAdmin, AmountColumns, ReadOnlyAdmin):
    """Orders with their lines; staff record payments here."""

    list_display = (
        *("reference", "external_ref", "seller", "customer", "status", "placed_at", "counted_at"),
        *("total", "bv_shown", "rsp_shown", "margin", "act"),
    )
    list_filter = ("status", "own", "invoiced_to_customer")
    list_select_related = ("seller", "customer")
    search_fields = ("reference__exact", "external_ref__exact", "seller__code__exact")
    search_help_text = _("A reference of the order, or the seller's code, as it is")
    ordering = ("-placed_at", "-id")
    inlines = (LineInline,)
    exclude = ("import_digest",)
    act_name = "payment"
    act_title = _("Record the payment")
    act_permission = "sales.add_payment"

    def is_waiting(self, row: Order) -> bool:
        return row.is_placed and staff_acts.provided.record_payment is not None

    def act_form(self, request: HttpRequest, row: Order, now: datetime) -> Form:
        return PaymentForm(request.POST or None, order=row, now=now)

    def perform(self, request: HttpRequest, row: Order, form: Form, now: datetime) -> str:
        record = staff_acts.provided.record_payment
        assert record is not None
        record(
            order=row,
            payment_reference=form.cleaned_data["reference"],
            amount_minor=form.cleaned_data["amount"],
            paid_at=form.cleaned_data["paid_at"],
            recorded_by=request.user,
            now=now,
        )
        return _t("Order %(order)s is paid and counts.") % {"order": row.reference}


@admin.register(Return)
class ReturnAdmin(ActAdmin, AmountColumns, ReadOnlyAdmin):
    """Returns; staff accept or refuse what was asked for."""

    list_display = (
        *("line", "product", "quantity", "status", "requested_at", "counted_at", "total"),
        *("bv_shown", "rsp_shown", "decided_by", "act"),
    )
    list_filter = ("status",)
    list_select_related = ("line__order", "line__product", "decided_by")
    search_fields = ("reference__exact", "external_ref__exact", "line__order__reference__exact")
    ordering = ("-requested_at", "-id")
    exclude = ("import_digest",)
    act_name = "decide"
    act_title = _("Accept or refuse")
    act_permission = "sales.change_return"

    @admin.display(description=_("Product"))
    def product(self, return_: Return) -> str:
        return return_.line.product.name

    def is_waiting(self, row: Return) -> bool:
        return row.status == Return.Status.REQUESTED and bool(staff_acts.provided.accept_return)

    def act_form(self, request: HttpRequest, row: Return, now: datetime) -> Form:
        return DecisionForm(request.POST or None, return_=row)

    def buttons(self) -> list[tuple[str, str]]:
        return [("accept", _t("Accept")), ("refuse", _t("Refuse"))]

    def perform(self, request: HttpRequest, row: Return, form: Form, now: datetime) -> str:
        said = {"decided_by": request.user, "decision": form.cleaned_data["decision"], "now": now}
        if request.POST.get("act") == "refuse":
            services.refuse_return(return_=row, **said)
            return _t("The return is refused.")
        accept = staff_acts.provided.accept_return
        assert accept is not None
        accept(return_=row, quantity=form.cleaned_data["quantity"], **said)
        return _t("The return is accepted.")


@admin.register(OrderLine)
class OrderLineAdmin(AmountColumns, ReadOnlyAdmin):
    """Single lines, for looking up what was sold as what."""

    list_display = (
        *("order", "number", "product", "quantity", "total", "bv_shown", "rsp_shown"),
        *("repeat", "line_class"),
    )
    list_select_related = ("order", "product")
    search_fields = ("order__reference__exact", "order__external_ref__exact")
    ordering = ("-id",)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments as they were recorded."""

    list_display = ("reference", "order", "amount", "paid_at", "recorded_by", "batch")
    list_select_related = ("order", "recorded_by", "batch")
    search_fields = ("reference__exact", "order__reference__exact")
    ordering = ("-id",)

    @admin.display(description=_("Amount"), ordering="amount_minor")
    def amount(self, payment: Payment) -> str:
        return money(payment.amount_minor, payment.order.currency)


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """What was imported when, and how it went."""

    list_display = (
        *("file_name", "started_at", "finished_at", "line_count", "order_count", "return_count"),
        *("customer_count", "known_count", "rejected_count", "conflict_count"),
    )
    search_fields = ("file_name",)
    ordering = ("-id",)


@admin.register(CustomerTransfer)
class CustomerTransferAdmin(ReadOnlyAdmin):
    """Customers of terminated members: from whom to whom, and when."""

    list_display = ("customer", "old_representative", "new_representative", "passed_at")
    list_select_related = ("customer", "old_representative", "new_representative")
    search_fields = ("=old_representative__code", "=new_representative__code", "old_reference")
    ordering = ("-id",)
