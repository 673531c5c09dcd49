"""The own profile: what one may change of oneself, and the way to what only staff change."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from compensation import own_data, payout_words
from compensation.models import Payee
from compensation.views_shared import representative_of
from representatives import privacy, profiles
from representatives.browsers import browser_name
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.forms_profile import ContactForm, LanguageForm, NoticesForm, SharingForm
from representatives.looking_middleware import only_oneself
from representatives.models import Representative, User
from representatives.notice_kinds import CHOOSABLE
from representatives.views_shared import in_company_time


def _member(request: HttpRequest) -> Representative:
    member = representative_of(request)
    if member is None:
        raise Http404("no representative")
    return member


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


# -- The page --------------------------------------------------------------------------------------


@require_safe
@in_company_time
def profile(request: HttpRequest) -> HttpResponse:
    """Show what is kept of the person who is logged in, with what may be changed."""
    return _page(request)


def _page(request: HttpRequest, **refused: Any) -> HttpResponse:
    """Show the page with its forms; those given were refused and keep what was typed."""
    user, member = _user(request), representative_of(request)
    factors = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context: dict[str, Any] = {
        "member": member,
        "language_form": LanguageForm(
            initial={"language": user.language or get_language()},
            action=reverse("profile:language"),
        ),
        "notices_form": NoticesForm(
            initial={
                "email_notices": user.email_notices,
                "kinds": [kind.value for kind in CHOOSABLE if kind not in user.muted_notices],
            },
            action=reverse("profile:notices"),
        ),
        "passkey_count": factors.count(Authenticator.Type.WEBAUTHN),
        "has_app": Authenticator.Type.TOTP in factors,
        "session_count": UserSession.objects.filter(user=user).count(),
    }
    if member is not None:
        context |= _of_member(member)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "profile/profile.html", {**context, **refused}, status=status)


def _of_member(member: Representative) -> dict[str, Any]:
    payee = Payee.objects.filter(representative=member).first()
    return {
        "contact_form": ContactForm(
            initial={"email": member.email, "phone": member.phone},
            action=reverse("profile:contact"),
        ),
        "sharing_form": SharingForm(
            initial={"contact_shared_with": member.contact_shared_with},
            action=reverse("profile:sharing"),
        ),
        "seen": privacy.table(member),
        "payee": payee,
        "account": payout_words.masked(payee.iban) if payee and payee.iban else "",
        "checks": [
            (name, payout_words.CHECKS[status])
            for name, status in (
                (_("Identity"), payee.kyc_status if payee else "none"),
                (_("Tax form"), payee.tax_form_status if payee else "none"),
            )
        ],
    }


def _save(
    request: HttpRequest, name: str, form: Any, act: Callable[[dict[str, Any]], object], done: str
) -> HttpResponse:
    """Do what a form asks and say so, or show the page with what is wrong."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, done)
            return redirect("profile:page")
    return _page(request, **{name: form})


@require_POST
@in_company_time
def change_contact(request: HttpRequest) -> HttpResponse:
    """Change the own contact."""
    member = _member(request)
    return _save(
        request,
        "contact_form",
        ContactForm(request.POST, action=request.path),
        lambda given: profiles.change_contact(representative=member, **given),
        _("Your contact is saved."),
    )


@require_POST
@in_company_time
def choose_sharing(request: HttpRequest) -> HttpResponse:
    """Choose who of those above may read the contact."""
    member = _member(request)
    return _save(
        request,
        "sharing_form",
        SharingForm(request.POST, action=request.path),
        lambda given: profiles.choose_contact_sharing(
            representative=member, shared_with=given["contact_shared_with"]
        ),
        _("Your choice is saved."),
    )


@require_POST
@in_company_time
def choose_notices(request: HttpRequest) -> HttpResponse:
    """Choose when notices are e-mailed, and of which kinds."""
    form = NoticesForm(request.POST, action=request.path)
    return _save(
        request,
        "notices_form",
        form,
        lambda given: profiles.choose_notices(
            user=_user(request), email_notices=given["email_notices"], muted=form.muted()
        ),
        _("Your choice is saved."),
    )


@require_POST
@in_company_time
def choose_language(request: HttpRequest) -> HttpResponse:
    """Choose the language of pages and e-mails."""
    return _save(
        request,
        "language_form",
        LanguageForm(request.POST, action=request.path),
        lambda given: profiles.choose_language(user=_user(request), language=given["language"]),
        _("Your choice is saved."),
    )


# -- Sessions --------------------------------------------------------------------------------------


@only_oneself
@require_safe
@in_company_time
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where the person is logged in."""
    user = _user(request)
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    found = UserSession.objects.purge_and_list(user)
    rows = [
        {
            "session": one,
            "browser": browser_name(one.user_agent) or _("Unknown browser"),
            "is_current": one.session_key == request.session.session_key,
        }
        for one in sorted(found, key=lambda one: (one.created_at, one.pk), reverse=True)
    ]
    rows.sort(key=lambda row: not row["is_current"])
    return render(request, "profile/sessions.html", {"rows": rows})


@require_POST
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """End one session; the one that asks goes back to the log-in."""
    session = get_object_or_404(UserSession, pk=number, user=_user(request))
    if session.session_key == request.session.session_key:
        session.delete()
        logout(request)
        return redirect("account_login")
    session.end()
    messages.success(request, _("The session is ended: that browser is logged out."))
    return redirect("profile:sessions")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all sessions but the one that asks."""
    others = UserSession.objects.filter(user=_user(request)).exclude(
        session_key=request.session.session_key
    )
    for session in others:
        session.end()
    messages.success(request, _("All other sessions are ended."))
    return redirect("profile:sessions")


# -- Own data --------------------------------------------------------------------------------------


@only_oneself
@require_safe
@in_company_time
def export(request: HttpRequest) -> HttpResponse:
    """Show what the export holds, after the password was typed once more."""
    if not did_recently_reauthenticate(request):
        return _ask_who_it_is(request)
    subject = own_data.Subject(_user(request), representative_of(request))
    return render(request, "profile/export.html", {"parts": own_data.parts_for(subject)})


@only_oneself
@require_safe
def export_file(request: HttpRequest) -> HttpResponseBase:
    """Send everything that is kept about the person who asks."""
    if not did_recently_reauthenticate(request):
        return _ask_who_it_is(request)
    subject = own_data.Subject(_user(request), representative_of(request))
    # Closed by the response; large ones go to a file.
    out = SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115
    own_data.write_archive(subject, out, language=get_language() or "en", now=company_now())
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename="own-data.zip")


def _ask_who_it_is(request: HttpRequest) -> HttpResponse:
    address = reverse("account_reauthenticate")
    following = urlencode({REDIRECT_FIELD_NAME: reverse("profile:export")})
    return redirect(f"{address}?{following}")
