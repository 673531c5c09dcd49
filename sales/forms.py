"""Forms of orders, and what forms of the portal share; views hand over what is cleaned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout, Submit
from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from representatives.forms_shared import ServiceForm
from sales.amounts import Amounts, line_amounts, parse_quantity
from sales.models import Customer, Product

MYSELF = "me"
INVOICE_CUSTOMER, INVOICE_SELLER = "customer", "seller"


class PortalForm(ServiceForm):
    """A form of the portal, laid out by crispy."""

    button: Any = _("Save")

    def __init__(self, *args: Any, action: str = "", back: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_action = action
        buttons: list[Any] = [Submit("send", self.button)]
        if back:
            buttons.append(HTML(f'<a class="text-act" href="{back}">{_("Cancel")}</a>'))
        self.helper.layout = Layout(*self.fields, Div(*buttons, css_class="form-actions"))


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line of an order that is being written."""

    product: Product
    quantity: int
    unit_price_minor: int
    worth: Amounts


class OrderForm(forms.Form):
    """A representative writes an order: who buys, and one product to add at a time.

    The lines so far travel in the fields `line_product` and `line_quantity`, one value a line.
    """

    customer = forms.ChoiceField(label=_("Who buys"))
    invoiced_to = forms.ChoiceField(
        label=_("Who is invoiced"),
        required=False,
        initial=INVOICE_CUSTOMER,
        choices=[(INVOICE_CUSTOMER, _("The customer")), (INVOICE_SELLER, _("Me"))],
        help_text=_("What a customer pays the company over the IR price is your retail profit."),
    )
    product = forms.ChoiceField(label=_("Product"), required=False)
    quantity = forms.CharField(label=_("Pieces"), required=False, initial="1", max_length=6)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        customers: Iterable[Customer],
        products: Iterable[Product],
        are_all: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        if not are_all:
            self.fields["customer"].help_text = _(
                "Those who ordered last. For anybody else begin the order on the customer’s page."
            )
        self.products = {str(product.pk): product for product in products}
        self.customers = {str(customer.pk): customer for customer in customers}
        choices = [(key, customer.name) for key, customer in self.customers.items()]
        self.fields["customer"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a customer")),
            (MYSELF, _("Myself, at the IR price")),
            *choices,
        ]
        self.fields["product"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a product")),
            *_by_category(self.products),
        ]
        self.fields["quantity"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}
        # Who buys decides the prices, so a choice asks for them anew.
        self.fields["customer"].widget.attrs |= {
            "hx-post": "",
            "hx-target": "#order-lines",
            "hx-swap": "outerHTML",
            "hx-trigger": "change",
            "hx-vals": '{"action": "price"}',
        }
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.problems: list[Any] = []

    @property
    def is_own(self) -> bool:
        """Return whether the seller buys for himself."""
        return self["customer"].value() == MYSELF

    @property
    def is_invoiced_to_customer(self) -> bool:
        """Return whether the company invoices the customer."""
        return not self.is_own and self["invoiced_to"].value() != INVOICE_SELLER

    def forget_errors(self) -> None:
        """Show no field as wrong: the order is still being written, not placed."""
        self._errors = ErrorDict()

    def draft_lines(self) -> list[DraftLine]:
        """Return the lines so far, priced for who buys; what can't be read is left out, named."""
        if not isinstance(self.data, QueryDict):
            return []
        pairs = zip(
            self.data.getlist("line_product"), self.data.getlist("line_quantity"), strict=False
        )
        lines = [self.draft_line(product, quantity) for product, quantity in pairs]
        return [line for line in lines if line is not None]

    def draft_line(self, product_key: str, quantity_text: str) -> DraftLine | None:
        """Return a line, or None with the reason in `problems`."""
        product = self.products.get(product_key)
        if product is None:
            self.problems.append(_("A product is not on sale any more."))
            return None
        try:
            quantity = parse_quantity(quantity_text.strip())
        except ValueError:
            self.problems.append(
                _("%(name)s: pieces must be a whole number from 1 on.") % {"name": product.name}
            )
            return None
        price = product.ir_price_minor if self.is_own else product.retail_price_minor
        worth = line_amounts(
            quantity=quantity,
            unit_price_minor=price,
            tax_rate_bp=product.tax_rate_bp,
            unit_bv=product.bv,
            unit_rsp=product.rsp if product.repeat else 0,
            ir_price_minor=product.ir_price_minor if self.is_invoiced_to_customer else None,
        )
        return DraftLine(product, quantity, price, worth)


class ReturnForm(forms.Form):
    """A representative asks to take pieces of a paid order back; one number a line."""

    reason = forms.CharField(
        label=_("Why it comes back"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, lines: Iterable[tuple[int, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = []
        for number, left in lines:
            self.numbers.append(number)
            self.fields[f"pieces-{number}"] = forms.IntegerField(
                label=_("Pieces"),
                min_value=0,
                max_value=left,
                required=False,
                widget=forms.NumberInput(attrs={"class": "form-control form-control-sm"}),
                error_messages={
                    "min_value": _("A number below nought can’t come back."),
                    "max_value": ngettext_lazy(
                        "At most %(limit_value)s piece can come back.",
                        "At most %(limit_value)s pieces can come back.",
                        "limit_value",
                    ),
                },
            )

    def pieces(self) -> dict[int, int]:
        """Return how many pieces of which line are asked for."""
        asked = {number: self.cleaned_data.get(f"pieces-{number}") for number in self.numbers}
        return {number: pieces for number, pieces in asked.items() if pieces}


def _by_category(products: dict[str, Product]) -> list[tuple[Any, Any]]:
    """Return choices in groups; products come sorted by category and name."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, product in products.items():
        groups.setdefault(product.category, []).append((key, product.name))
    if len(groups) == 1:
        return next(iter(groups.values()))
    return [(category or _("Other products"), options) for category, options in groups.items()]
