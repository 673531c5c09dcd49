"""Staff look at referral links and at what was tried with them in vain; all is read-only."""

from __future__ import annotations

from django.contrib import admin

from representatives.admin import ReadOnlyAdmin
from sales.models import Arrival, ReferralEvent, ReferralLink, ReferralThanks


@admin.register(ReferralLink)
class ReferralLinkAdmin(ReadOnlyAdmin):
    """Links of representatives and personal codes of customers."""

    list_display = (
        *("code", "representative", "customer", "product", "campaign", "created_at", "closed_at"),
    )
    list_select_related = ("representative", "customer", "product")
    search_fields = ("code__exact", "representative__code__exact")
    ordering = ("-created_at", "-id")


@admin.register(Arrival)
class ArrivalAdmin(ReadOnlyAdmin):
    """Contacts that were left by links."""

    list_display = (
        *("customer", "representative", "link", "arrived_at", "touched_at", "via"),
        *("wants_to_join", "replaced_at"),
    )
    list_filter = ("via", "wants_to_join")
    list_select_related = ("customer", "representative", "link")
    search_fields = ("link__code__exact", "representative__code__exact")
    ordering = ("-arrived_at", "-id")


@admin.register(ReferralEvent)
class ReferralEventAdmin(ReadOnlyAdmin):
    """Own links used, loops, tampered cookies, robots: logged, and without effect."""

    list_display = ("happened_at", "kind", "link")
    list_filter = ("kind",)
    list_select_related = ("link",)
    search_fields = ("link__code__exact", "link__representative__code__exact")
    ordering = ("-happened_at", "-id")


@admin.register(ReferralThanks)
class ReferralThanksAdmin(ReadOnlyAdmin):
    """First orders that customers brought."""

    list_display = ("order", "referrer", "recorded_at", "thanked_at")
    list_select_related = ("order", "referrer")
    search_fields = ("order__reference__exact",)
    ordering = ("-recorded_at", "-id")
