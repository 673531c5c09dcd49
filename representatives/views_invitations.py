"""Invitations: those one has sent, and the page on which one is accepted."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from representatives import invitations
from representatives.clock import company_now, company_zone
from representatives.errors import UnableTo
from representatives.forms import (
    AcceptForm,
    InviteForm,
)
from representatives.models import Invitation, Representative
from representatives.views_shared import REFUSED, in_company_time, place_of_links, posted

INVITATIONS_SHOWN = 100


def _own_representative(request: HttpRequest) -> Representative:
    member: Representative | None = getattr(request.user, "representative", None)
    if member is None:
        raise Http404
    return member


@require_http_methods(["GET", "HEAD", "POST"])
@in_company_time
def invitation_list(request: HttpRequest) -> HttpResponse:
    """Show a representative the own invitations, and send one."""
    sponsor = _own_representative(request)
    now = company_now()
    form = InviteForm(posted(request), action=reverse("representatives:invitations"))
    if request.method == "POST" and form.is_valid():
        try:
            sent = invitations.create_invitation(
                sponsor=sponsor,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                place=place_of_links(request),
                now=now,
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            text = _("The invitation to %(email)s is on its way.")
            messages.success(request, text % {"email": sent.email})
            return redirect("representatives:invitations")
    recent = Invitation.objects.filter(sponsor=sponsor).order_by("-created_at", "-id")
    rows = [(one, one.state(now=now)) for one in recent[:INVITATIONS_SHOWN]]
    return render(
        request,
        "representatives/invitations.html",
        {"form": form, "rows": rows, "valid_days": invitations.VALID_FOR.days},
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
@in_company_time
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let the invited person set name and password, and enrol under the inviter."""
    now, zone = company_now(), company_zone()
    try:
        invitation = invitations.find_invitation(token=token, now=now)
        form = AcceptForm(
            posted(request),
            email=invitation.email,
            initial={"name": invitation.name},
            action=request.path,
        )
        if request.method == "POST" and form.is_valid():
            try:
                invitations.accept_invitation(
                    token=token,
                    name=form.cleaned_data["name"],
                    phone=form.cleaned_data["phone"],
                    password=form.cleaned_data["password1"],
                    now=now,
                    zone=zone,
                )
            except invitations.UnableToAccept:
                raise
            except UnableTo as refusal:
                form.add_refusal(refusal.field, refusal.message)
            else:
                messages.success(request, _("You have joined. Log in with your e-mail address."))
                return redirect("account_login")
    except invitations.UnableToAccept as refusal:
        return _closed_invitation(request, refusal)
    response = render(
        request,
        "representatives/accept_invitation.html",
        {"form": form, "invitation": invitation},
        status=REFUSED if form.errors else HTTPStatus.OK,
    )
    return _without_referrer(response)


def _closed_invitation(request: HttpRequest, refusal: invitations.UnableToAccept) -> HttpResponse:
    response = render(
        request,
        "representatives/invitation_closed.html",
        {"reason": refusal.reason},
        status=HTTPStatus.NOT_FOUND if refusal.reason == "unknown" else HTTPStatus.GONE,
    )
    return _without_referrer(response)


def _without_referrer(response: HttpResponse) -> HttpResponse:
    """Keep the link's secret out of the requests that the page makes.

    They name the portal and no page. Without any referrer a browser would send the form from the
    origin "null", which the check of its origin refuses.
    """
    response["Referrer-Policy"] = "strict-origin"
    return response
