"""The company's logo: shown to everybody, set by staff."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from representatives import company_logo
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.forms import LogoForm
from representatives.models import Company, User
from representatives.views_shared import staff_only

A_YEAR = 365 * 24 * 3600
REFUSED = HTTPStatus.UNPROCESSABLE_ENTITY


@login_not_required
@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """Send a logo by its digest, which it keeps for ever; the page of the log-in shows it too."""
    found = company_logo.find(digest)
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = 'inline; filename="logo.png"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@permission_required("representatives.set_logo", raise_exception=True)
def staff_logo(request: HttpRequest) -> HttpResponse:
    """Let staff set the company's logo, or take it away."""
    assert isinstance(request.user, User)
    is_posted = request.method == "POST"
    form = LogoForm(request.POST if is_posted else None, request.FILES if is_posted else None)
    if request.method == "POST" and "remove" in request.POST:
        company_logo.set_logo(file=None, by=request.user, now=company_now())
        messages.success(request, _("The logo is taken away."))
        return redirect("representatives:staff_logo")
    if request.method == "POST" and form.is_valid():
        try:
            company_logo.set_logo(
                file=form.cleaned_data["file"], by=request.user, now=company_now()
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("The logo is set."))
            return redirect("representatives:staff_logo")
    return render(
        request,
        "representatives/staff_logo.html",
        {"form": form, "digest": Company.objects.get(pk=Company.ONLY_ID).logo_digest},
        status=REFUSED if form.errors else HTTPStatus.OK,
    )
