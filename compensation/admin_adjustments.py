"""Staff's pages of adjustments: one person asks, another one grants or refuses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from compensation import services
from compensation.admin_decisions import DecisionAdmin, DecisionForm
from compensation.forms_disputes import AMOUNT_LENGTH, amount_of
from compensation.models import Adjustment, AdjustmentStatus
from representatives.clock import company_now
from representatives.models import Company
from representatives.templatetags.perennial import money as money_text
from representatives.templatetags.perennial import points

GRANT, REFUSE = "grant", "refuse"
DECIDE = "compensation.approve_adjustment"
OF_REQUESTS = ("representative", "reason", "related_period")


def _currency() -> str:
    return Company.objects.get(pk=Company.ONLY_ID).currency


class RequestForm(DecisionForm):
    """What is asked for, and for whom."""

    money_minor = forms.CharField(
        label=_("Money"),
        max_length=AMOUNT_LENGTH,
        required=False,
        help_text=_("What the representative gains, such as 24.30; negative takes back."),
    )
    rsp = forms.CharField(
        label=_("RSP"),
        max_length=AMOUNT_LENGTH,
        required=False,
        help_text=_("Such as 120; negative takes back."),
    )
    line = forms.CharField(
        label=_("Statement line"),
        max_length=80,
        required=False,
        help_text=_("Month and line as in the line's address, such as 2017-03:0-1-5-100."),
    )

    class Meta:
        model = Adjustment
        fields = OF_REQUESTS

    def clean_money_minor(self) -> int:
        """Return minor units; nothing is nought."""
        text = self.cleaned_data["money_minor"]
        return amount_of(text, _currency(), is_money=True) if text else 0

    def clean_rsp(self) -> int:
        """Return hundredths; nothing is nought."""
        text = self.cleaned_data["rsp"]
        return amount_of(text, _currency(), is_money=False) if text else 0

    def serve(self) -> Adjustment:
        """Ask for it."""
        found = self.cleaned_data
        line = None
        if found["line"]:
            line = services.statement_line(
                representative=found["representative"], text=found["line"]
            )
        return services.request_adjustment(
            representative=found["representative"],
            money_minor=found["money_minor"],
            rsp=found["rsp"],
            reason=found["reason"],
            line=line,
            related_period=found["related_period"],
            by=self.person,
            now=company_now(),
        )


class DecideForm(DecisionForm):
    """The other person's word."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=((GRANT, _("Grant it and post it")), (REFUSE, _("Refuse it"))),
        widget=forms.RadioSelect,
    )
    why_refused = forms.CharField(label=_("Why it is refused"), max_length=500, required=False)

    class Meta:
        model = Adjustment
        fields = ()

    def serve(self) -> Adjustment:
        """Decide."""
        if self.cleaned_data["decision"] == GRANT:
            return services.approve_adjustment(
                adjustment=self.instance, by=self.person, now=company_now()
            )
        return services.refuse_adjustment(
            adjustment=self.instance,
            by=self.person,
            reason=self.cleaned_data["why_refused"],
            now=company_now(),
        )


@admin.register(Adjustment)
class AdjustmentAdmin(DecisionAdmin):
    """Adjustments, the latest first; what is asked for waits for another person."""

    list_display = (
        *("id", "representative", "money", "points", "reason", "status", "requested_by"),
        *("requested_at", "decided_by", "decided_at"),
    )
    list_filter = ("status", "related_period")
    list_select_related = ("representative", "requested_by", "decided_by")
    ordering = ("-id",)
    shown = (
        *("representative", "money", "points", "reason", "statement_line", "related_period"),
        *("status", "requested_by", "requested_at", "decided_by", "decided_at"),
        *("decision_reason", "journal"),
    )

    @admin.display(description=_("Money"), ordering="money_minor")
    def money(self, adjustment: Adjustment) -> str:
        """In the company's currency."""
        return money_text(adjustment.money_minor, _currency()) if adjustment.money_minor else "-"

    @admin.display(description=_("RSP"), ordering="rsp")
    def points(self, adjustment: Adjustment) -> str:
        """RSP as people read it."""
        return points(adjustment.rsp) if adjustment.rsp else "-"

    @admin.display(description=_("Statement line"))
    def statement_line(self, adjustment: Adjustment) -> str:
        """The line that it is about."""
        line = adjustment.line
        if line is None or adjustment.run is None:
            return "-"
        key = f"{line.component}-{line.paid_level}-{line.rate_num}-{line.rate_den}"
        return f"{adjustment.run.period.label}:{key}"

    def form_for(self, obj: Adjustment | None) -> type[DecisionForm]:
        """Ask for the request, or for the decision."""
        return RequestForm if obj is None else DecideForm

    def get_fields(self, request: HttpRequest, obj: Adjustment | None = None) -> Any:
        """Show what was asked for above what is to be decided."""
        if obj is None:
            return ("representative", "money_minor", "rsp", "reason", "line", "related_period")
        asked = ("decision", "why_refused") if self.has_change_permission(request, obj) else ()
        return (*self.shown, *asked)

    def get_readonly_fields(self, request: HttpRequest, obj: Adjustment | None = None) -> Any:
        """What was asked for stands."""
        return () if obj is None else self.shown

    def has_change_permission(self, request: HttpRequest, obj: Adjustment | None = None) -> bool:
        """Tell who may decide: another person than the one who asked, and once."""
        if not request.user.has_perm(DECIDE):
            return False
        return obj is None or (
            obj.status == AdjustmentStatus.REQUESTED and obj.requested_by_id != request.user.pk
        )
