"""Staff's page of the placement tree: who stands where, and placing somebody."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from representatives import placement
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import Placement

LEFT, RIGHT = "left", "right"
NAMED_SIDES = {LEFT: Placement.Side.LEFT, RIGHT: Placement.Side.RIGHT}


class PlacementForm(forms.ModelForm):
    """Whom to place, and where: at a named place, or as an order of placement finds one."""

    where = forms.ChoiceField(
        label=_("Place"),
        choices=[
            (LEFT, _("Directly under the person named, on the left")),
            (RIGHT, _("Directly under the person named, on the right")),
            (placement.Order.OUTERMOST_LEFT.value, _("Outermost place on the left")),
            (placement.Order.OUTERMOST_RIGHT.value, _("Outermost place on the right")),
            (
                placement.Order.FEWER_PEOPLE.value,
                _("Outermost place of the leg with fewer people"),
            ),
        ],
    )

    class Meta:
        model = Placement
        fields = ("representative", "parent")
        labels = {"parent": _("Under")}
        help_texts = {
            "parent": _("Empty for an order of placement: it begins at the nearest sponsor."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "parent" in self.fields:  # a place that is only shown has no fields
            self.fields["parent"].required = False

    def clean(self) -> dict[str, Any]:
        """Refuse what the service would refuse."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        person, where, above = (cleaned[name] for name in ("representative", "where", "parent"))
        try:
            if where not in NAMED_SIDES:
                order = placement.Order(where)
                place = placement.found_place(representative=person, order=order, start=above)
                self.instance.parent, self.instance.side = place.parent, place.side
            elif above is None:
                self.add_error("parent", _("Name the person to be placed under."))
            else:
                side = NAMED_SIDES[where]
                placement.named_place(representative=person, parent=above, side=side)
                self.instance.side = side
        except UnableTo as refusal:
            known = refusal.field if refusal.field in self.fields else "where"
            self.add_error(known, refusal.message)
        return cleaned

    def _post_clean(self) -> None:
        """Leave the row alone: the service makes it."""


@admin.register(Placement)
class PlacementAdmin(admin.ModelAdmin):
    """Places: added through the service, never changed or taken away."""

    form = PlacementForm
    list_display = ("representative", "parent", "side", "depth", "placed_at", "placed_by")
    list_filter = ("side",)
    list_select_related = ("representative", "parent", "placed_by")
    search_fields = (
        *("representative__code", "representative__sort_key"),
        *("parent__code", "parent__sort_key"),
    )
    search_help_text = _("Code or name of the person, or of the one above")
    autocomplete_fields = ("representative", "parent")
    fields = ("representative", "where", "parent")
    ordering = ("-placed_at", "-id")
    date_hierarchy = "placed_at"
    list_per_page = 50
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Placement | None = None) -> Any:
        """Show a place as it is kept; ask for a new one as staff think of it."""
        if obj is None:
            return self.fields
        return ("representative", "parent", "side", "depth", "placed_at", "placed_by")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a place once given is kept."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a place once given is kept."""
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Tell in a message what somebody else has changed since the form was checked."""
        try:
            return super().add_view(request, form_url, extra_context)
        except UnableTo as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(
        self, request: HttpRequest, obj: Placement, form: PlacementForm, change: bool
    ) -> None:
        """Place the person by the service."""
        chosen = form.cleaned_data
        person, above, where = chosen["representative"], chosen["parent"], chosen["where"]
        act: dict[str, Any] = {"representative": person, "placed_by": request.user}
        act["now"] = company_now()
        if where in NAMED_SIDES:
            side = NAMED_SIDES[where]
            made = placement.place_representative(parent=above, side=side, **act)
        else:
            order = placement.Order(where)
            made = placement.place_automatically(order=order, start=above, **act)
        for field in Placement._meta.concrete_fields:
            setattr(obj, field.attname, getattr(made, field.attname))
