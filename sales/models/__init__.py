"""Catalogue, customers and the facts of selling.

Money is in minor units of the company's currency, volumes and points are in hundredths, rates are
in basis points (1/100 of a percent); all of them are integers. Facts are written by
`sales.services` and `sales.importing` alone; the guards of migration 0002 refuse the rest.
"""

from sales.models.catalogue import Customer, CustomerTransfer, Product
from sales.models.follow_ups import (
    CalendarFeed,
    CarePlan,
    CareStep,
    FollowUp,
    MessageTemplate,
    Occasion,
)
from sales.models.guides import (
    Guide,
    GuideLanguage,
    GuideReading,
    GuideShare,
    GuideText,
    ReadingList,
    ReadingListEntry,
)
from sales.models.forecast import CustomerPulse, Forecast, ForecastModel
from sales.models.orders import ImportBatch, LineClass, Order, OrderLine, Payment, Return
from sales.models.referrals import (
    Arrival,
    ReferralDay,
    ReferralEvent,
    ReferralLink,
    ReferralThanks,
)

__all__ = [
    "Arrival",
    "CalendarFeed",
    "CarePlan",
    "CareStep",
    "Customer",
    "CustomerPulse",
    "CustomerTransfer",
    "FollowUp",
    "Forecast",
    "ForecastModel",
    "Guide",
    "GuideLanguage",
    "GuideReading",
    "GuideShare",
    "GuideText",
    "ImportBatch",
    "LineClass",
    "MessageTemplate",
    "Occasion",
    "Order",
    "OrderLine",
    "Payment",
    "Product",
    "ReadingList",
    "ReadingListEntry",
    "ReferralDay",
    "ReferralEvent",
    "ReferralLink",
    "ReferralThanks",
    "Return",
]
