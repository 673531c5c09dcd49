"""Begin and end a look at the portal as a member sees it."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from representatives import looking
from representatives.errors import UnableTo
from representatives.forms import LookForm
from representatives.looking_middleware import SESSION_KEY
from representatives.models import MemberLook, Representative, User
from representatives.views_shared import staff_only


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@permission_required(looking.PERMISSION, raise_exception=True)
def start_look(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the reason, and begin."""
    assert isinstance(request.user, User)
    member = get_object_or_404(Representative.objects.select_related("user"), code=code)
    form = LookForm(request.POST if request.method == "POST" else None, action=request.path)
    if request.method == "POST" and form.is_valid():
        try:
            look = looking.begin_look(
                representative=member,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            request.session[SESSION_KEY] = look.pk
            return redirect("compensation:dashboard")
    return render(
        request,
        "representatives/staff_look.html",
        {"form": form, "member": member, "minutes": int(looking.LASTS.total_seconds() // 60)},
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


@require_POST
@staff_only
def end_look(request: HttpRequest) -> HttpResponse:
    """End the look of this session, and lead back to the member's page for staff."""
    number = request.session.pop(SESSION_KEY, None)
    look = (
        MemberLook.objects.select_related("representative")
        .filter(pk=number, staff_id=request.user.pk)
        .first()
    )
    if look is None:
        return redirect("representatives:staff_people")
    looking.end_look(look=look, now=timezone.now())
    messages.info(request, _("You see the portal with your own eyes again."))
    return redirect("representatives:staff_person", look.representative.code)
