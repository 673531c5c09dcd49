"""People who look like one: found, told apart, or merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from representatives.toasts import leave_toast
from sales.contacts import matching, selectors, services
from sales.contacts.services.merging import CHOSEN, drop_claim
from sales.contacts.views import own_person
from sales.models import Customer
from sales.views_shared import open_desk, search_text

PAIRS_SHOWN = 20
LABELS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "channel": gettext_lazy("Best reached by"),
    "language": gettext_lazy("Language"),
    "birthday": gettext_lazy("Birthday"),
    "referred_by": gettext_lazy("Recommended by"),
}
MOVES = {
    "orders": gettext_lazy("Orders"),
    "talks": gettext_lazy("Talks"),
    "needs": gettext_lazy("Needs"),
    "consents": gettext_lazy("Consents"),
    "follow_ups": gettext_lazy("Follow-ups"),
    "brought": gettext_lazy("People recommended"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """What two rows say of one thing; where they differ, one is chosen."""

    name: str
    label: Any
    kept: Any
    other: Any

    @property
    def differs(self) -> bool:
        """Return whether one of two has to be chosen."""
        return bool(self.kept and self.other and self.kept != self.other)


@require_http_methods(["GET", "HEAD", "POST"])
def duplicates(request: HttpRequest) -> HttpResponse:
    """Show people who look like one; remember who are two."""
    desk = open_desk(request)
    if request.method == "POST":
        one, other = (
            own_person(desk, _number(request.POST.get(name))) for name in ("one", "other")
        )
        try:
            services.keep_apart(one=one, other=other, now=desk.now)
        except services.UnableToMerge as refusal:
            messages.error(request, refusal.message)
        else:
            leave_toast(request, _("Remembered as two people"))
        return redirect("sales:customer_duplicates")
    pairs = matching.look_alikes(desk.seller, limit=PAIRS_SHOWN + 1)
    facts = selectors.order_counts({pk for one in pairs for pk in (one.first.pk, one.second.pk)})
    return render(
        request,
        "sales/contacts/duplicates.html",
        desk.context(
            pairs=[
                (pair, facts.get(pair.first.pk, 0), facts.get(pair.second.pk, 0))
                for pair in pairs[:PAIRS_SHOWN]
            ],
            more=len(pairs) > PAIRS_SHOWN,
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Merge another row into this one: who is it, what stays, then yes."""
    desk = open_desk(request)
    kept = own_person(desk, customer_id)
    told = request.POST if request.method == "POST" else request.GET
    if not told.get("with"):
        people = Customer.objects.of(desk.seller).exclude(pk=kept.pk)
        search = search_text(request)
        found = (
            selectors.names_offered(people, search)
            if search
            else selectors.look_alikes_of(
                desk.seller, name=kept.name, email=kept.email, phone=kept.phone
            )
        )
        others = [one for one in found if one.pk != kept.pk]
        return render(
            request,
            "sales/contacts/merge_whom.html",
            desk.context(customer=kept, others=others, q=search),
        )
    other = own_person(desk, _number(told.get("with")))
    drop_claim(kept, other)
    fields = [Field(name, LABELS[name], _shown(kept, name), _shown(other, name)) for name in CHOSEN]
    if request.method == "POST":
        take = {field.name for field in fields if request.POST.get(field.name) == "other"}
        try:
            services.merge_customers(kept=kept, merged=other, take=take, now=desk.now)
        except services.UnableToMerge as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("The two rows are one now."))
        return redirect("sales:customer", kept.pk)
    counts = selectors.order_counts({kept.pk, other.pk})
    return render(
        request,
        "sales/contacts/merge.html",
        desk.context(
            customer=kept,
            other=other,
            fields=[field for field in fields if field.kept or field.other],
            moves=[(MOVES[name], count) for name, count in selectors.what_moves(other).items()],
            orders=(counts.get(kept.pk, 0), counts.get(other.pk, 0)),
        ),
    )


def _number(text: str | None) -> int:
    if text and text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    raise Http404("no such person")


def _shown(person: Customer, name: str) -> Any:
    if name == "channel":
        return person.get_channel_display() if person.channel else ""
    if name == "language":
        return {"en": "English", "pl": "Polski"}.get(person.language, "")
    return getattr(person, name) or ""
