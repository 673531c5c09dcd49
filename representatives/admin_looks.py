"""The log of looks as a member sees it: who looked at whom, why, from when and until when."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from representatives.admin_tables import ReadOnlyAdmin
from representatives.models import MemberLook


@admin.register(MemberLook)
class MemberLookAdmin(ReadOnlyAdmin):
    """Looks, the latest first; nobody writes here by hand."""

    list_display = ("staff", "representative", "reason", "began_at", "until")
    list_select_related = ("staff", "representative")
    search_fields = ("staff__email", "representative__code__startswith")
    fields = list_display
    readonly_fields = list_display
    ordering = ("-id",)

    @admin.display(description=_("until"))
    def until(self, look: MemberLook) -> datetime:
        """Return when it was ended, or ended by itself."""
        return look.ended_at or look.ends_at
