"""What the page of one customer shows beside the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from representatives.models import Representative
from sales.contacts.selectors import account_status
from sales.desk import ranges, words
from sales.desk.acts import Act, link
from sales.desk.ranges import Bar
from sales.desk.rows import Facts, prefers_call
from sales.desk.suggested import SuggestedRow, suggested_rows
from sales.desk.wording import Said, of_follow_up
from sales.desk.words import Light
from sales.followups.selectors import open_follow_ups
from sales.forecast.selectors import forecasts_by_customer, pulses_by_customer, status_of
from sales.models import Consent, Customer, CustomerPulse, FollowUp, Forecast, Need, Product
from sales.suggestions.selectors import suggest

USED_SHOWN = 6
PLANNED_SHOWN = 3
BIGINT = 2**63 - 1
SUGGESTED = 5
"""More suggestions than that for one person at once help nobody."""


@dataclass(frozen=True, slots=True)
class Used:
    """A product that somebody uses: how regularly, and when it runs out."""

    product: Product
    light: Light
    bought: str
    rhythm: str
    bar: Bar | None
    span: str
    order: Act


@dataclass(frozen=True, slots=True)
class Planned:
    """A follow-up that is open, in words."""

    task: FollowUp
    said: Said
    is_late: bool


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a customer today."""

    customer: Customer
    account: str
    light: Light | None
    pulse: CustomerPulse | None
    alive: str
    used: list[Used]
    suggested: list[SuggestedRow]
    planned: list[Planned]
    planned_more: int
    needs: list[Need]
    consents: list[Consent]
    referred: list[Customer]
    may_contact: bool
    acts: list[Act]

    @property
    def used_first(self) -> list[Used]:
        """Return the products shown at once."""
        return self.used[:USED_SHOWN]

    @property
    def used_more(self) -> list[Used]:
        """Return the products that are shown when asked for."""
        return self.used[USED_SHOWN:]


def get_person(seller: Representative, customer: Customer, *, now: datetime, today: date) -> Person:
    """Return all of one customer's page; a fixed number of queries."""
    forecasts = _forecasts(customer, today)
    pulse = pulses_by_customer([customer.pk]).get(customer.pk)
    may_contact = customer.no_contact_at is None
    suggestions = suggest(seller, now=now, customers=[customer.pk]) if may_contact else []
    planned = list(open_follow_ups(seller).filter(customer=customer))
    facts = Facts(customer, today, forecasts[0] if forecasts else None, pulse, suggestions)
    account = account_status(Customer.objects.filter(pk=customer.pk), now=now)
    return Person(
        customer=customer,
        account=str(account.values_list("account", flat=True).get()),
        light=_light(facts),
        pulse=pulse,
        alive=_alive(pulse) if may_contact else "",
        used=[_used(customer, one, today) for one in forecasts],
        suggested=suggested_rows(suggestions[:SUGGESTED], today=today),
        planned=[
            Planned(one, of_follow_up(one, today=today), one.due_on < today)
            for one in planned[:PLANNED_SHOWN]
        ],
        planned_more=max(len(planned) - PLANNED_SHOWN, 0),
        needs=list(
            Need.objects.filter(customer=customer)
            .prefetch_related(Prefetch("products", Product.objects.order_by("name", "pk")))
            .order_by("kind", "-created_at", "pk")
        ),
        consents=list(Consent.objects.standing().filter(customer=customer).order_by("kind", "pk")),
        referred=list(Customer.objects.of(seller).filter(referred_by=customer).order_by("pk")[:6]),
        may_contact=may_contact,
        acts=_acts(facts) if may_contact else [],
    )


def merged_into(seller: Representative, customer_id: int) -> int | None:
    """Return the seller's row into which another row of the seller was merged, or None."""
    gone = Customer.objects.filter(
        pk=min(customer_id, BIGINT), representative=seller, merged_into__isnull=False
    )
    kept = Customer.objects.of(seller).filter(pk__in=gone.values("merged_into"))
    return kept.values_list("pk", flat=True).first()


def used_products(customer: Customer, *, today: date) -> list[Used]:
    """Return what a customer uses, what runs out first on top."""
    return [_used(customer, one, today) for one in _forecasts(customer, today)]


def _forecasts(customer: Customer, today: date) -> list[Forecast]:
    found = forecasts_by_customer([customer.pk], day=today).get(customer.pk, [])
    return sorted(found, key=lambda one: _urgency(one, today))


def _urgency(forecast: Forecast, today: date) -> tuple[int, date, int]:
    order = {
        Forecast.Status.OVERDUE: 0,
        Forecast.Status.DUE: 1,
        Forecast.Status.ON_TIME: 2,
        Forecast.Status.QUIET: 3,
    }
    return order[Forecast.Status(status_of(forecast, today))], forecast.until_on, forecast.pk


def _light(facts: Facts) -> Light | None:
    """Return how things stand with somebody as a whole."""
    if facts.pulse is not None and facts.pulse.quiet_on <= facts.today:
        text = words.quiet_since(facts.pulse.last_on, today=facts.today)
        return Light("quiet", "moon", text, "quiet")
    if facts.forecast is None:
        return None
    status = status_of(facts.forecast, facts.today)
    if status == Forecast.Status.QUIET:
        return None  # of one product only: there is a newer one
    return words.light_of(status, facts.forecast, today=facts.today)


def _alive(pulse: CustomerPulse | None) -> str:
    """Return the odds of another order in words that everybody can check against their own."""
    if pulse is None:
        return ""
    tenths = (pulse.alive_permille + 50) // 100
    if tenths >= 10:
        return _("Nearly everybody who buys like this orders again within 90 days.")
    if tenths <= 0:
        return _("Hardly anybody who buys like this orders again within 90 days.")
    return _("%(tenths)s of 10 people who buy like this order again within 90 days.") % {
        "tenths": tenths
    }


def _used(customer: Customer, forecast: Forecast, today: date) -> Used:
    status = status_of(forecast, today)
    span = words.days(forecast.from_on, forecast.until_on, today=today)
    if status == Forecast.Status.QUIET:
        since = words.day(forecast.quiet_on, today=today)
        span = _("no forecast since %(day)s") % {"day": since}
    bar = ranges.draw(forecast.from_on, forecast.until_on, today=today, status=status, label=span)
    if bar is None:
        span = _("Next about %(day)s") % {"day": words.day(forecast.expected_on, today=today)}
    return Used(
        product=forecast.product,
        light=words.light_of(status, forecast, today=today),
        bought=_("Last %(day)s") % {"day": words.day(forecast.last_on, today=today)},
        rhythm=words.rhythm(forecast),
        bar=bar,
        span=span,
        order=Act(
            pgettext("act", "Order"),
            link("order_new", customer=customer.pk, product=forecast.product_id),
        ),
    )


def _acts(facts: Facts) -> list[Act]:
    """Return what one does most with a customer, each one click away."""
    customer = facts.customer
    product = facts.forecast.product_id if facts.forecast is not None else None
    acts = []
    if customer.phone:
        acts.append(Act(_("Call"), link("customer_call", customer.pk), icon="telephone"))
    occasion = "reorder" if product else "hello"
    acts.append(
        Act(
            _("Write"),
            link("message", customer=customer.pk, occasion=occasion, product=product),
            icon="chat-dots",
        )
    )
    acts.append(
        Act(
            _("Plan a follow-up"),
            link("follow_up_new", customer=customer.pk),
            icon="calendar-check",
        )
    )
    if facts.pulse is not None:
        acts.append(
            Act(
                _("Ask for a referral"),
                link("message", customer=customer.pk, occasion="referral_ask"),
                icon="people",
            )
        )
        acts.append(Act(_("Personal link"), link("customer_link", customer.pk), icon="qr-code"))
    if not prefers_call(customer) and customer.phone:
        acts[0], acts[1] = acts[1], acts[0]
    return acts
