"""Everything that writes catalogue, customers, orders and returns.

Callers import this module and say `services.place_order(...)`. The import of files, which writes
thousands of orders at once by the same rules, is `sales.importing`.
"""

from sales.services.catalogue import ProductFacts, UnableToSaveProduct, add_product, edit_product
from sales.services.customers import (
    UnableToSaveCustomer,
    add_customer,
    edit_customer,
    pass_on_customers,
    pass_on_customers_of_terminated,
    self_customer,
)
from sales.services.orders import (
    LINE_LIMIT,
    LineRequest,
    UnableToCancelOrder,
    UnableToPayOrder,
    UnableToPlaceOrder,
    cancel_order,
    pay_order,
    place_order,
)
from sales.services.returns import (
    UnableToReturn,
    accept_return,
    refuse_return,
    request_return,
    request_returns,
)

__all__ = [
    "LINE_LIMIT",
    "LineRequest",
    "ProductFacts",
    "UnableToCancelOrder",
    "UnableToPayOrder",
    "UnableToPlaceOrder",
    "UnableToReturn",
    "UnableToSaveCustomer",
    "UnableToSaveProduct",
    "accept_return",
    "add_customer",
    "add_product",
    "cancel_order",
    "edit_customer",
    "edit_product",
    "pass_on_customers",
    "pass_on_customers_of_terminated",
    "pay_order",
    "place_order",
    "refuse_return",
    "request_return",
    "request_returns",
    "self_customer",
]
