"""Catalogue, customers and the facts of selling.

Money is in minor units of the company's currency, volumes and points are in hundredths, rates are
in basis points (1/100 of a percent); all of them are integers. Facts are written by
`sales.services` and `sales.importing` alone; the guards of migration 0002 refuse the rest.
"""

from sales.models.catalogue import Product
from sales.models.contacts import Consent, ContactFile, KnownApart, Need, SavedFilter, Talk
from sales.models.figures import MonthFigures
from sales.models.follow_ups import (
    CalendarFeed,
    CarePlan,
    CareStep,
    FollowUp,
    MessageTemplate,
    Occasion,
)
from sales.models.forecast import CustomerPulse, Forecast, ForecastModel
from sales.models.guides import (
    Guide,
    GuideLanguage,
    GuideReading,
    GuideShare,
    GuideText,
    ReadingList,
    ReadingListEntry,
)
from sales.models.import_batches import ImportBatch
from sales.models.orders import LineClass, Order, OrderLine, Payment
from sales.models.people import Customer, CustomerTransfer
from sales.models.referrals import (
    Arrival,
    ReferralDay,
    ReferralEvent,
    ReferralLink,
    ReferralThanks,
)
from sales.models.returns import Return
from sales.models.suggestions import (
    AddOn,
    AddOnLearning,
    ProductPair,
    RefusalReason,
    SuggestionAct,
    SuggestionDecision,
    SuggestionKind,
    WorkDay,
)

__all__ = [
    "AddOn",
    "AddOnLearning",
    "Arrival",
    "CalendarFeed",
    "CarePlan",
    "CareStep",
    "Consent",
    "ContactFile",
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
    "KnownApart",
    "LineClass",
    "MessageTemplate",
    "MonthFigures",
    "Need",
    "Occasion",
    "Order",
    "OrderLine",
    "Payment",
    "Product",
    "ProductPair",
    "ReadingList",
    "ReadingListEntry",
    "ReferralDay",
    "ReferralEvent",
    "ReferralLink",
    "ReferralThanks",
    "RefusalReason",
    "Return",
    "SavedFilter",
    "SuggestionAct",
    "SuggestionDecision",
    "SuggestionKind",
    "Talk",
    "WorkDay",
]
