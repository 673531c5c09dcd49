"""When each customer is expected to buy again, and what that was learnt from.

All of it is derived from paid orders: it may be deleted and made anew at any time. Written by
`sales.forecast` alone, by COPY and set-based statements.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Forecast(models.Model):
    """When one customer is expected to buy one repeat product again.

    The dates follow from past purchases alone and hold until the next one; the status is a
    function of the dates and of the day (`sales.forecast.selectors.status_on`). What stands in
    `status` is the status of the day of `computed_at`. The chance is of that day as well.
    """

    class Basis(models.TextChoices):
        OWN = "own", "The customer's own intervals"
        MIXED = "mixed", "Own intervals and those of others"
        PACK = "pack", "How long a pack lasts, and others' intervals"

    class Status(models.TextChoices):
        ON_TIME = "on_time", "On time"
        DUE = "due", "Due"
        OVERDUE = "overdue", "Overdue"
        QUIET = "quiet", "Gone quiet"

    customer = models.ForeignKey(
        "sales.Customer", on_delete=models.CASCADE, related_name="forecasts", db_index=False
    )
    product = models.ForeignKey(
        "sales.Product", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    purchases = models.PositiveIntegerField(help_text="Days on which it was bought.")
    pieces = models.PositiveIntegerField(
        "usual pieces", db_default=1, help_text="Of an order; the median of the latest ones."
    )
    last_on = models.DateField("last bought")
    interval_days = models.PositiveSmallIntegerField(
        "usual interval", help_text="Days from one purchase to the next."
    )
    basis = models.CharField(max_length=5, choices=Basis.choices)
    from_on = models.DateField("due from")
    expected_on = models.DateField("expected")
    until_on = models.DateField("due until")
    quiet_on = models.DateField("quiet from", help_text="Later than this few come back.")
    status = models.CharField(max_length=7, choices=Status.choices)
    chance_permille = models.PositiveSmallIntegerField(
        "chance", help_text="Per mille, of buying it within the next 30 days."
    )
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "product"], name="forecast_once"),
            models.CheckConstraint(
                condition=Q(
                    last_on__lt=F("from_on"),
                    from_on__lte=F("expected_on"),
                    expected_on__lte=F("until_on"),
                    until_on__lt=F("quiet_on"),
                ),
                name="forecast_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(basis__in=["own", "mixed", "pack"])
                & Q(status__in=["on_time", "due", "overdue", "quiet"]),
                name="forecast_words_known",
            ),
            models.CheckConstraint(
                condition=Q(chance_permille__lte=1000, purchases__gt=0, interval_days__gt=0),
                name="forecast_numbers_in_bounds",
            ),
            models.CheckConstraint(condition=Q(pieces__gt=0), name="forecast_of_some_pieces"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.product_id}: {self.expected_on:%Y-%m-%d}"


class CustomerPulse(models.Model):
    """How a customer's buying goes as a whole: one row for everybody with a paid order."""

    customer = models.OneToOneField(
        "sales.Customer", on_delete=models.CASCADE, related_name="pulse", primary_key=True
    )
    orders = models.PositiveIntegerField(help_text="Days with a purchase.")
    first_on = models.DateField("first bought")
    last_on = models.DateField("last bought")
    interval_days = models.PositiveSmallIntegerField(
        "usual interval", help_text="Days from one purchase to the next, of anything."
    )
    quiet_on = models.DateField("quiet from", help_text="Later than this few come back.")
    alive_permille = models.PositiveSmallIntegerField(
        "still a customer", help_text="Per mille, of buying anything within the next 90 days."
    )
    happy_streak = models.PositiveIntegerField(
        "on time in a row", help_text="The latest orders that came when expected, or before."
    )
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = "customer's pulse"
        verbose_name_plural = "customers' pulses"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    alive_permille__lte=1000,
                    orders__gt=0,
                    happy_streak__lt=F("orders"),
                    interval_days__gt=0,
                    first_on__lte=F("last_on"),
                    last_on__lt=F("quiet_on"),
                ),
                name="customerpulse_numbers_in_bounds",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.alive_permille}"


class ForecastModel(models.Model):
    """What was learnt from the company's own purchases, and how well it did.

    The body is arrays of numbers only (`sales.forecast.stored` checks them when it reads them).
    The newest row is in use. Each night makes one, with what is known of the products by then;
    how chances follow from what is known is learnt anew each week.
    """

    made_at = models.DateTimeField()
    for_everybody = models.BooleanField(
        default=False, help_text="All forecasts were made anew with it."
    )
    learnt_to = models.DateField("learnt from purchases before")
    method = models.CharField(max_length=20, help_text="What did best on the latest 30 days.")
    figures = models.JSONField(help_text="How each method did on purchases it had not seen.")
    body = models.BinaryField()

    class Meta:
        verbose_name = "forecast model"
        indexes = [models.Index(fields=["-made_at", "-id"], name="forecastmodel_newest")]

    def __str__(self) -> str:
        return f"{self.method}, {self.learnt_to:%Y-%m-%d}"
