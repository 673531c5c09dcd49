"""The rows of the customers page: each customer with light, rhythm, range, suggestion and acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from sales.desk import ranges, words
from sales.desk.acts import Act, accept, link
from sales.desk.ranges import Bar
from sales.desk.standing import Group
from sales.desk.wording import Said, also_planned, of_follow_up, of_suggestion
from sales.desk.words import Light
from sales.followups.words import DEFAULT_OCCASIONS, row_of
from sales.forecast.selectors import status_of
from sales.models import (
    Customer,
    CustomerPulse,
    FollowUp,
    Forecast,
    Occasion,
    SuggestionAct,
    SuggestionKind,
)
from sales.suggestions.kinds import OCCASIONS, Suggestion

SELLING = (Group.OVERDUE, Group.DUE, Group.COMING)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one customer when the row is made."""

    customer: Customer
    today: date
    forecast: Forecast | None = None
    pulse: CustomerPulse | None = None
    suggestions: list[Suggestion] = field(default_factory=list)
    follow_up: FollowUp | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A customer on the page."""

    customer: Customer
    group: str
    light: Light
    bought: str
    rhythm: str
    bar: Bar | None
    span: str
    said: Said | None
    plus: str
    bv: int
    rsp: int
    main: Act
    others: list[Act]

    @property
    def sells(self) -> bool:
        """Return whether something is gained if it works out."""
        return self.bv > 0 or self.rsp > 0


def make_row(facts: Facts, group: str) -> Row:
    """Return the row of a customer in a group."""
    first, also = _chosen(facts, group)
    counted = [one for one in (first, also) if one is not None]
    bv, rsp = sum(one.bv for one in counted), sum(one.rsp for one in counted)
    if not counted and facts.forecast is not None:
        product, pieces = facts.forecast.product, facts.forecast.pieces
        bv, rsp = pieces * product.bv, pieces * product.rsp if product.repeat else 0
    sells = group in SELLING and (first is None or first.kind != SuggestionKind.WIN_BACK)
    return Row(
        customer=facts.customer,
        group=group,
        light=_light(facts, group, first),
        bought=_bought(facts),
        rhythm=_rhythm(facts),
        bar=_bar(facts, group),
        span=_span(facts, group),
        said=_said(facts, group, first, also),
        plus=also_planned(facts.follow_up)
        if facts.follow_up is not None and (first is not None or group in SELLING)
        else "",
        bv=bv if sells else 0,
        rsp=rsp if sells else 0,
        main=_main_act(facts, group, first),
        others=_other_acts(facts, group, first, also),
    )


def _said(
    facts: Facts, group: str, first: Suggestion | None, also: Suggestion | None
) -> Said | None:
    if first is not None:
        return of_suggestion(first, also=also)
    if group in SELLING and facts.forecast is not None:
        return Said(_("Repeat:"), f"{facts.forecast.product.name}.", _planned_for(facts))
    if facts.follow_up is not None:
        return of_follow_up(facts.follow_up, today=facts.today)
    if group == Group.QUIET:
        return Said(_("Ask how things are."), "", _("A question works better than an offer now."))
    return None


def _chosen(facts: Facts, group: str) -> tuple[Suggestion | None, Suggestion | None]:
    """Return the suggestion a row is about, and an add-on for the same talk."""
    found = facts.suggestions
    if group in SELLING and facts.forecast is not None:
        product = facts.forecast.product_id
        first = _first(
            found, (SuggestionKind.REPEAT, SuggestionKind.UPGRADE), forecast_of=product
        ) or _first(found, (SuggestionKind.WIN_BACK,))
        if first is not None and first.kind == SuggestionKind.WIN_BACK:
            return first, None
        return first, _first(found, (SuggestionKind.ADD_ON,), goes_with=product)
    wanted = (
        (SuggestionKind.WIN_BACK,)
        if group == Group.QUIET
        else (SuggestionKind.REFERRAL_ASK, SuggestionKind.EDUCATION, SuggestionKind.ADD_ON)
    )
    if facts.follow_up is not None:
        return None, None
    return _first(found, wanted), None


def _first(
    suggestions: list[Suggestion],
    kinds: tuple[SuggestionKind, ...],
    *,
    forecast_of: int | None = None,
    goes_with: int | None = None,
) -> Suggestion | None:
    """Return the first suggestion of some kinds, of a product or going with one where asked."""
    for one in suggestions:
        if one.kind not in kinds:
            continue
        if forecast_of and (one.forecast is None or one.forecast.product_id != forecast_of):
            continue
        if goes_with and (one.with_product is None or one.with_product.pk != goes_with):
            continue
        return one
    return None


def _light(facts: Facts, group: str, first: Suggestion | None) -> Light:
    if group != Group.CARE and facts.forecast is not None:
        status = Forecast.Status.QUIET if group == Group.QUIET else None
        return words.light_of(
            status or status_of(facts.forecast, facts.today),
            facts.forecast,
            today=facts.today,
            pulse=facts.pulse,
        )
    pulse = facts.pulse
    is_ask = first is not None and first.kind == SuggestionKind.REFERRAL_ASK
    if is_ask:
        return Light("team", "star", _("Happy"), "ok")
    if facts.follow_up is not None and facts.follow_up.due_on < facts.today:
        told = row_of(facts.follow_up, today=facts.today)
        return Light(told.light, told.icon, told.when, told.when_css.removeprefix("is-"))
    if pulse is not None and pulse.orders == 1:
        return Light("team", "heart", pgettext("customer", "New"), "ok")
    icon = "journal-text" if first is not None and first.guide is not None else "heart"
    return Light("team", icon, "", "ok")


def _bought(facts: Facts) -> str:
    if facts.forecast is not None:
        return words.bought(facts.forecast, today=facts.today)
    if facts.pulse is not None and facts.follow_up is not None and facts.follow_up.product:
        day = words.day(facts.pulse.last_on, today=facts.today)
        product = facts.follow_up.product.name
        return _("%(product)s, last %(day)s") % {"product": product, "day": day}
    if facts.pulse is not None:
        day = words.day(facts.pulse.last_on, today=facts.today)
        return _("Last order %(day)s") % {"day": day}
    return _("No order yet")


def _rhythm(facts: Facts) -> str:
    """Return how regularly somebody buys; nothing where there is no order to begin with."""
    if facts.forecast is not None:
        return words.rhythm(facts.forecast)
    return _("No rhythm yet") if facts.pulse is not None else ""


def _bar(facts: Facts, group: str) -> Bar | None:
    one = facts.forecast
    if one is None or group == Group.CARE:
        return None
    status = Forecast.Status.QUIET if group == Group.QUIET else status_of(one, facts.today)
    label = _span(facts, group)
    return ranges.draw(one.from_on, one.until_on, today=facts.today, status=status, label=label)


def _span(facts: Facts, group: str) -> str:
    """Return the range in words: under the bar, or instead of it."""
    one = facts.forecast
    if one is None:
        return _("No forecast yet")
    if group == Group.QUIET:
        since = facts.pulse.quiet_on if facts.pulse is not None else one.quiet_on
        return _("no forecast since %(day)s") % {"day": words.day(since, today=facts.today)}
    if group == Group.CARE:
        day = words.day(one.expected_on, today=facts.today)
        return _("Next about %(day)s") % {"day": day}
    return words.days(one.from_on, one.until_on, today=facts.today)


def _planned_for(facts: Facts) -> str:
    assert facts.forecast is not None
    if facts.forecast.from_on <= facts.today:
        span = words.days(facts.forecast.from_on, facts.forecast.until_on, today=facts.today)
        return _("Expected %(days)s.") % {"days": span}
    day = words.weekday(facts.forecast.from_on)
    return _("Due from %(day)s; nothing to do until then.") % {"day": day}


# -- Acts ------------------------------------------------------------------------------------------


def prefers_call(customer: Customer) -> bool:
    """Return whether one calls: there is a number, and nothing else is preferred."""
    channels = Customer.Channel
    return bool(customer.phone) and customer.channel not in (channels.MESSAGE, channels.EMAIL)


def call_act(facts: Facts, *, key: str = "", product: int | None = None) -> Act:
    """Return the way to a talk by phone."""
    task = facts.follow_up.pk if facts.follow_up is not None else None
    url = link("customer_call", facts.customer.pk, key=key, task=task, product=product)
    return Act(_("Call"), url, icon="telephone")


def write_act(facts: Facts, *, occasion: str, key: str = "", product: int | None = None) -> Act:
    """Return the way to a message with a text drafted for the occasion."""
    if key:
        return accept(_("Write"), key, SuggestionAct.MESSAGE.value, icon="chat-dots")
    task = facts.follow_up.pk if facts.follow_up is not None else None
    query = {
        "customer": facts.customer.pk,
        "occasion": occasion,
        "product": product,
        "follow_up": task,
    }
    return Act(_("Write"), link("message", **query), icon="chat-dots")


def _main_act(facts: Facts, group: str, first: Suggestion | None) -> Act:
    key = first.key if first is not None else ""
    product = facts.forecast.product_id if facts.forecast is not None else None
    if group == Group.COMING and facts.forecast is not None:
        query = {"customer": facts.customer.pk, "product": product, "kind": FollowUp.Kind.REORDER}
        day = facts.forecast.from_on.isoformat()
        return Act(
            pgettext("act", "Plan"), link("follow_up_new", **query, due_on=day), icon="calendar3"
        )
    if group == Group.OVERDUE and prefers_call(facts.customer):
        act = call_act(facts, key=key, product=product)
        return Act(act.label, act.url, icon=act.icon, primary=True)
    is_for_phone = facts.customer.channel == Customer.Channel.PHONE and facts.customer.phone
    if is_for_phone:
        return call_act(facts, key=key, product=product)
    if first is not None and first.kind == SuggestionKind.EDUCATION and first.guide is not None:
        url = link("guide", first.guide.slug, customer=facts.customer.pk)
        return Act(pgettext("act", "Share"), url, icon="share")
    return write_act(facts, occasion=occasion_for(facts, group, first), key=key, product=product)


def occasion_for(facts: Facts, group: str, first: Suggestion | None) -> str:
    """Return on which occasion one writes for this row."""
    if facts.follow_up is not None:
        if facts.follow_up.occasion:
            return str(facts.follow_up.occasion)
        return str(DEFAULT_OCCASIONS[FollowUp.Kind(facts.follow_up.kind)])
    if first is not None:
        return str(OCCASIONS[SuggestionKind(first.kind)])
    return str(Occasion.WIN_BACK if group == Group.QUIET else Occasion.REORDER)


def _other_acts(
    facts: Facts, group: str, first: Suggestion | None, also: Suggestion | None
) -> list[Act]:
    acts = []
    if group in SELLING and facts.forecast is not None:
        if first is not None and first.kind == SuggestionKind.REPEAT and also is None:
            acts.append(accept(pgettext("act", "Order"), first.key, SuggestionAct.ORDER.value))
        else:
            url = link("order_new", customer=facts.customer.pk, product=facts.forecast.product_id)
            if also is not None and also.product is not None:
                url += f"&product={also.product.pk}"
            acts.append(Act(pgettext("act", "Order"), url))
    elif facts.follow_up is not None or first is not None:
        acts.append(post_act(facts, _("Done"), "done", first))
    acts.append(post_act(facts, _("Later"), "later", first))
    return acts


def post_act(facts: Facts, label: str, act: str, first: Suggestion | None = None) -> Act:
    """Return a button that does something with all that waits for this customer."""
    fields = {"act": act, "customer": str(facts.customer.pk)}
    if facts.follow_up is not None:
        fields["task"] = str(facts.follow_up.pk)
    if first is not None:
        fields["key"] = first.key
    return Act(label, reverse("sales:desk_act"), fields=fields)
