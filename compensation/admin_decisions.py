"""Staff's pages of what is decided about single people: pay ranks, and coupons of rankings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from compensation import services
from compensation.models import CouponEntry, CouponKind, RankOverride
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import User

LABEL_LENGTH = 7
OF_OVERRIDES = ("representative", "kind", "rank", "reason")
OF_COUPONS = ("representative", "period", "ranking", "kind", "amount", "reason")


class DecisionForm(forms.ModelForm):
    """A form whose service says what is wrong, beside the field at fault.

    The page gives the person who is logged in. A valid form has done what it is for: whatever the
    service may refuse, up to a lock that others hold, is said before the page has answered.
    """

    person: User
    made: Any

    def serve(self) -> Any:
        """Call the service with what was typed; returns the row."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Call the service in the page's transaction; a refusal takes back what it did."""
        found: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                with transaction.atomic():
                    self.made = self.serve()
            except UnableTo as fault:
                self.add_error(fault.field if fault.field in self.fields else None, fault.message)
        return found

    def _post_clean(self) -> None:
        """Leave the row alone: the service makes it."""


class GrantForm(DecisionForm):
    """A bound of a person's pay rank."""

    first_period = forms.CharField(
        label=_("First period"), max_length=LABEL_LENGTH, help_text=_("Such as 2017-03.")
    )
    last_period = forms.CharField(
        label=_("Last period"),
        max_length=LABEL_LENGTH,
        required=False,
        help_text=_("Empty: until it is ended."),
    )

    class Meta:
        model = RankOverride
        fields = OF_OVERRIDES

    def serve(self) -> RankOverride:
        """Grant it."""
        stated = {name: self.cleaned_data[name] for name in OF_OVERRIDES}
        return services.grant_rank_override(
            **stated,
            first_period=self.cleaned_data["first_period"],
            last_period=self.cleaned_data["last_period"] or None,
            by=self.person,
            now=company_now(),
        )


class EndForm(DecisionForm):
    """The end of a decision."""

    last_period = forms.CharField(
        label=_("Last period"), max_length=LABEL_LENGTH, help_text=_("Such as 2017-03.")
    )
    why_ended = forms.CharField(label=_("Why it ends"), max_length=500)

    class Meta:
        model = RankOverride
        fields = ()

    def serve(self) -> RankOverride:
        """End it."""
        return services.end_rank_override(
            override=self.instance,
            last_period=self.cleaned_data["last_period"],
            reason=self.cleaned_data["why_ended"],
            by=self.person,
            now=company_now(),
        )


class CouponForm(DecisionForm):
    """Coupons granted, or to be used."""

    class Meta:
        model = CouponEntry
        fields = OF_COUPONS

    def serve(self) -> CouponEntry:
        """Enter them."""
        stated = {name: self.cleaned_data[name] for name in OF_COUPONS}
        reason, kind = stated.pop("reason"), stated.pop("kind")
        stated |= {"by": self.person, "now": company_now()}
        if kind == CouponKind.GRANTED:
            return services.grant_coupons(reason=reason, **stated)
        return services.wish_coupons(**stated)


class DecisionAdmin(admin.ModelAdmin):
    """Decisions are made by a service and never taken away: the rows are their history."""

    list_per_page = 50
    show_full_result_count = False
    autocomplete_fields = ("representative",)
    search_fields = ("representative__code", "representative__sort_key")
    search_help_text = _("Code or name of the representative")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Give the form the person who is logged in."""
        kwargs["form"] = self.form_for(obj)
        made: Any = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (made,), {"person": request.user})

    def form_for(self, obj: Any) -> type[DecisionForm]:
        """Return the form for a new row, or for one that is there."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: DecisionForm, change: bool) -> None:
        """Show what was made."""
        made = form.made
        for field in obj._meta.concrete_fields:
            setattr(obj, field.attname, getattr(made, field.attname))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep the history."""
        return False


@admin.register(RankOverride)
class RankOverrideAdmin(DecisionAdmin):
    """Bounds of pay ranks, the latest first, ended ones included."""

    list_display = (
        *("representative", "kind", "rank", "first_day", "last_day", "reason"),
        *("decided_by", "decided_at", "ended_by", "ended_at", "end_reason"),
    )
    list_filter = ("kind", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("representative", "decided_by", "ended_by")
    ordering = ("-decided_at", "-id")

    def form_for(self, obj: RankOverride | None) -> type[DecisionForm]:
        """Ask for the decision, or for its end."""
        return GrantForm if obj is None else EndForm

    def get_fields(self, request: HttpRequest, obj: RankOverride | None = None) -> Any:
        """Show what was decided above what is asked for."""
        if obj is None:
            return (*OF_OVERRIDES, "first_period", "last_period")
        asked = (
            ()
            if obj.ended_at or not self.has_change_permission(request, obj)
            else (
                "last_period",
                "why_ended",
            )
        )
        return (*self.list_display, *asked)

    def get_readonly_fields(self, request: HttpRequest, obj: RankOverride | None = None) -> Any:
        """A decision stands but for its end."""
        return () if obj is None else self.list_display

    def has_change_permission(self, request: HttpRequest, obj: RankOverride | None = None) -> bool:
        """Tell who may end it; what was ended stays so."""
        if obj is not None and obj.ended_at:
            return False
        return bool(super().has_change_permission(request, obj))


@admin.register(CouponEntry)
class CouponEntryAdmin(DecisionAdmin):
    """Coupons granted and to be used, the latest first."""

    list_display = (
        *("representative", "period", "ranking", "kind", "amount", "reason"),
        *("entered_by", "entered_at"),
    )
    list_filter = ("kind", "period", "ranking")
    list_select_related = ("representative", "period", "entered_by")
    ordering = ("-id",)

    def form_for(self, obj: CouponEntry | None) -> type[DecisionForm]:
        """Ask for what is granted, or to be used."""
        return CouponForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries stand; another one corrects them."""
        return False
