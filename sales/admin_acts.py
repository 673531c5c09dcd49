"""Acts of staff on a row of a table, each on a page of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from representatives.errors import UnableTo
from representatives.models import Company


def company_clock() -> tuple[Company, datetime]:
    """Return the company and its instant; dates of the answer are in its zone."""
    company = Company.objects.get(pk=Company.ONLY_ID)
    timezone.activate(company.zone)
    return company, company.now(real_time=datetime.now(UTC))


class ActAdmin(admin.ModelAdmin):
    """A table with one act of staff on a row, on a page of its own."""

    act_name = ""
    act_title: Any = ""
    act_permission = ""

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the act."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_{self.act_name}"
        view = self.admin_site.admin_view(self.act_view)
        return [path(f"<path:object_id>/{self.act_name}/", view, name=name), *super().get_urls()]

    @admin.display(description=_("To do"))
    def act(self, row: Any) -> SafeString | str:
        """Link to the page of the act where a row waits for it."""
        if not self.is_waiting(row):
            return "-"
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{self.act_name}"
        return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), self.act_title)

    def is_waiting(self, row: Any) -> bool:
        """Return whether a row waits for the act."""
        raise NotImplementedError

    def act_form(self, request: HttpRequest, row: Any, now: datetime) -> Form:
        """Return the form of the act."""
        raise NotImplementedError

    def perform(self, request: HttpRequest, row: Any, form: Form, now: datetime) -> str:
        """Do it, and return what to say.

        :raises UnableTo: if it is refused.
        """
        raise NotImplementedError

    def act_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the form of the act and perform it."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.is_waiting(row):
            raise Http404
        if not request.user.has_perm(self.act_permission):
            raise PermissionDenied
        _company, now = company_clock()
        form = self.act_form(request, row, timezone.localtime(now))
        if request.method == "POST" and form.is_valid():
            try:
                done = self.perform(request, row, form, now)
            except UnableTo as refusal:
                form.add_error(
                    refusal.field if refusal.field in form.fields else None, refusal.message
                )
            else:
                self.log_change(request, row, done)
                messages.success(request, done)
                return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": self.act_title,
            "opts": self.opts,
            "row": row,
            "form": form,
            "acts": self.buttons(),
        }
        return TemplateResponse(
            request, "sales/admin_act.html", context, status=422 if form.errors else 200
        )

    def buttons(self) -> list[tuple[str, str]]:
        """Return the values and labels of the form's buttons."""
        return [("done", _t("Save"))]
