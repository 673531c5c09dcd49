"""Statements on paper: one's own, and anybody's for staff with the permission."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from compensation.statements import LANGUAGES
from compensation.statements.content import Statement
from compensation.statements.pdf import as_pdf
from compensation.statements.reading import find_frame, list_papers, read_statement
from compensation.statements.sheet import as_csv
from compensation.views_shared import representative_of
from representatives.models import Representative
from representatives.views_shared import staff_only

FORMS: dict[str, tuple[Callable[[Statement, str], bytes], str]] = {
    "pdf": (as_pdf, "application/pdf"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
}
PERMISSION = "compensation.view_statement"


@require_safe
def own_paper(request: HttpRequest, label: str, form: str) -> HttpResponse:
    """Return the viewer's own statement of a posted month."""
    viewer = representative_of(request)
    if viewer is None:
        raise Http404("no representative")
    return _paper(request, label, viewer, form)


@staff_only
@require_safe
def staff_papers(request: HttpRequest, code: str) -> HttpResponse:
    """List a representative's statements for staff, the latest first."""
    representative = _of_staff(request, code)
    context = {"person": representative, "rows": list_papers(representative)}
    return render(request, "compensation/staff_statements.html", context)


@staff_only
@require_safe
def staff_paper(request: HttpRequest, label: str, code: str, form: str) -> HttpResponse:
    """Return a representative's statement of a posted month to staff."""
    return _paper(request, label, _of_staff(request, code), form)


def _of_staff(request: HttpRequest, code: str) -> Representative:
    """Return a representative whose statements the person logged in may read.

    :raises PermissionDenied: if not.
    :raises Http404: if nobody has the code.
    """
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    representative = Representative.objects.filter(code=code).first()
    if representative is None:
        raise Http404("nobody has this code")
    return representative


def _paper(
    request: HttpRequest, label: str, representative: Representative, form: str
) -> HttpResponse:
    """Write the statement in the language asked for, else in that of the pages."""
    frame = find_frame(label)
    statement = read_statement(frame, representative) if frame is not None else None
    if statement is None:
        raise Http404("no such statement")
    asked = request.GET.get("language", "")
    language = asked if asked in LANGUAGES else get_language() or LANGUAGES[0]
    write, content_type = FORMS[form]
    response = HttpResponse(write(statement, language), content_type=content_type)
    name = f"statement-{statement.number}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
