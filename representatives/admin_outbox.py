"""Staff's pages of what leaves the database: deliveries, and alerts.

What an e-mail says is nobody's business here: payloads are not shown.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from representatives import alerts, outbox
from representatives.admin_tables import ReadOnlyAdmin
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import Alert, OutboxEvent, User

STATES: dict[str, dict[str, Any]] = {
    "waiting": {"sent_at__isnull": True, "failed_at__isnull": True, "attempts": 0},
    "retrying": {"sent_at__isnull": True, "failed_at__isnull": True, "attempts__gt": 0},
    "failed": {"failed_at__isnull": False},
    "sent": {"sent_at__isnull": False},
}
STATE_NAMES = {
    "waiting": _("Waiting"),
    "retrying": _("Failed, is tried again"),
    "failed": _("Given up"),
    "sent": _("Sent"),
}


class StateFilter(admin.SimpleListFilter):
    """Deliveries by what has become of them."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states."""
        return list(STATE_NAMES.items())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OutboxEvent]
    ) -> QuerySet[OutboxEvent]:
        """Return the deliveries in the chosen state."""
        return queryset.filter(**STATES.get(self.value() or "", {}))


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Deliveries; who may change them may have one tried again at once."""

    list_display = ("key", "state", "attempts", "last_error", "created_at", "sent_at")
    list_filter = (StateFilter,)
    search_fields = ("key__startswith",)
    search_help_text = _("Beginning of a key, such as invitation:17")
    ordering = ("-id",)
    exclude = unseen = ("payload", "payload_digest")
    actions = ("try_again",)

    @admin.display(description=_("State"))
    def state(self, event: OutboxEvent) -> Any:
        """Return the state in words."""
        return STATE_NAMES[event.state]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may have a delivery tried again."""
        return request.user.has_perm("representatives.change_outboxevent")

    @admin.action(description=_("Try again now"), permissions=["retry"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[OutboxEvent]) -> None:
        """Let the chosen deliveries be tried again; those sent already stay as they are."""
        count = 0
        for event in chosen.order_by("pk"):
            try:
                outbox.retry(event=event, now=timezone.now())
            except UnableTo as refusal:
                messages.warning(request, f"{event.key}: {refusal.message}")
            else:
                count += 1
        text = ngettext("%(n)s delivery is due now.", "%(n)s deliveries are due now.", count)
        messages.success(request, text % {"n": count})


class SeenFilter(admin.SimpleListFilter):
    """Alerts that somebody has seen, or nobody yet."""

    title = _("seen")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the two states."""
        return [("no", _("Not yet")), ("yes", _("Seen"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        """Return the alerts in the chosen state."""
        if self.value() is None:
            return queryset
        return queryset.filter(seen_at__isnull=self.value() == "no")


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """What staff have to look at; who may see an alert may say so."""

    list_display = ("raised_at", "code", "text", "seen_by", "seen_at")
    list_display_links = ("raised_at", "code")
    list_filter = (SeenFilter, "code")
    list_select_related = ("seen_by",)
    search_fields = ("key__startswith", "text")
    ordering = ("-raised_at", "-id")
    actions = ("mark_seen",)

    @admin.action(description=_("I have seen this"), permissions=["view"])
    def mark_seen(self, request: HttpRequest, chosen: QuerySet[Alert]) -> None:
        """Note that the person has seen the chosen alerts."""
        assert isinstance(request.user, User)
        for alert in chosen.order_by("pk"):
            alerts.mark_seen(alert=alert, by=request.user, now=company_now())
