"""The admin's view of tables that services write."""

from typing import Any

from django.contrib import admin
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):
    """A table that staff may read.

    `unseen` are columns that no page shows: an address of the list may not filter by them either,
    or whoever may see the list could guess them letter by letter.
    """

    list_per_page = 50
    show_full_result_count = False
    unseen: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters by what is not shown."""
        if lookup.split("__")[0] in self.unseen:
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class NamedFieldsFormSet(BaseInlineFormSet):
    """Rows of a table whose fields say their names: the heads of the columns label nothing."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Give each field that is seen its label for those who hear the page."""
        super().add_fields(form, index)
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                # Around the choice of a row stands a widget with links: the choice is inside.
                shown = getattr(field.widget, "widget", field.widget)
                shown.attrs.setdefault("aria-label", str(field.label or name))


class NamedFieldsInline(admin.TabularInline):
    """A table within a form, usable without sight."""

    formset = NamedFieldsFormSet
