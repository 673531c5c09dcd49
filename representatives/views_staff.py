"""The staff's desk: enrolment, people, their sponsor and status."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives import services
from representatives.clock import company_now, company_zone
from representatives.errors import UnableTo
from representatives.forms import (
    EnrolForm,
    LoginForm,
    SponsorForm,
    SponsorSearchForm,
    StatusForm,
)
from representatives.models import Representative, SponsorChange, User
from representatives.newcomers import enrol_newcomer
from representatives.sponsor_seen import was_seen
from representatives.views_shared import REFUSED, place_of_links, posted, staff_only

PEOPLE_SHOWN = 50


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def staff_enrol(request: HttpRequest) -> HttpResponse:
    """Enrol a person under a sponsor by hand."""
    initial = {"sponsor_code": request.GET.get("sponsor", "")[:32]}
    form = EnrolForm(
        posted(request), initial=initial, action=reverse("representatives:staff_enrol")
    )
    if request.method == "POST" and form.is_valid():
        sponsor = _find_sponsor(form, form.cleaned_data["sponsor_code"])
        member = None if form.errors else _enrol(request, form, sponsor)
        if member is not None:
            text = _("%(name)s is enrolled with the code %(code)s.")
            messages.success(request, text % {"name": member.name, "code": member.code})
            return redirect("representatives:staff_person", code=member.code)
    return render(
        request,
        "representatives/staff_enrol.html",
        {"form": form},
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


def _enrol(
    request: HttpRequest, form: EnrolForm, sponsor: Representative | None
) -> Representative | None:
    now = company_now()
    try:
        return enrol_newcomer(
            sponsor=sponsor,
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
            phone=form.cleaned_data["phone"],
            enrolled_on=now.astimezone(company_zone()).date(),
            now=now,
            welcome=place_of_links(request),
        )
    except UnableTo as refusal:
        field = "sponsor_code" if refusal.field == "sponsor" else refusal.field
        form.add_refusal(field, refusal.message)
        return None


def _find_sponsor(form: Any, code: str) -> Representative | None:
    """Return the person of a code; an unknown one is the form's error, an empty one nobody."""
    code = code.strip()
    if not code:
        return None
    found = Representative.objects.filter(code__in={code, code.upper()}).first()
    if found is None:
        form.add_error("sponsor_code", _("Nobody has this code."))
    return found


@staff_only
@require_safe
def staff_people(request: HttpRequest) -> HttpResponse:
    """Find people by name or code."""
    query = request.GET.get("q", "").strip()[:150]
    found = Representative.objects.search(query).select_related("sponsor")
    people = found.order_by("sort_key", "id")[:PEOPLE_SHOWN] if query else []
    return render(
        request, "representatives/staff_people.html", {"q": query, "people": list(people)}
    )


@staff_only
@require_safe
def staff_person(request: HttpRequest, code: str) -> HttpResponse:
    """Show a person to staff, with sponsor, status and their histories."""
    return _person_page(request, _person(code))


@staff_only
@require_POST
def staff_give_login(request: HttpRequest, code: str) -> HttpResponse:
    """Give a log-in to a member who has none."""
    member = _person(code)
    form = LoginForm(request.POST, action=request.path)
    if form.is_valid():
        try:
            member = services.give_login(
                representative=member,
                email=form.cleaned_data["email"],
                now=company_now(),
                welcome=place_of_links(request),
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("The log-in is open."))
            return redirect("representatives:staff_person", code=member.code)
    return _person_page(request, member, login_form=form)


@staff_only
@require_POST
def staff_change_sponsor(request: HttpRequest, code: str) -> HttpResponse:
    """Decide on another sponsor, from the start of next month on."""
    member = _person(code)
    form = SponsorForm(request.POST, action=request.path)
    if form.is_valid():
        target = _find_sponsor(form, form.cleaned_data["sponsor_code"])
        if target is not None and not _has_seen(request, form, member, target):
            form.add_error(None, _("Look first at who gains and who loses; then decide."))
        elif target is not None and _change_sponsor(request, form, member, target):
            return redirect("representatives:staff_person", code=member.code)
    return _person_page(request, member, sponsor_form=form)


def _has_seen(
    request: HttpRequest, form: SponsorForm, member: Representative, target: Representative
) -> bool:
    assert isinstance(request.user, User)
    seen = form.cleaned_data["seen"]
    zone = company_zone()
    return was_seen(seen, member, target, by=request.user, now=company_now(), zone=zone)


def _change_sponsor(
    request: HttpRequest, form: SponsorForm, member: Representative, target: Representative
) -> bool:
    zone = company_zone()
    try:
        change = services.change_sponsor(
            representative=member,
            new_sponsor=target,
            reason=form.cleaned_data["reason"],
            decided_by=request.user,  # type: ignore[arg-type]  # staff_only lets no one else in
            now=company_now(),
            zone=zone,
        )
    except UnableTo as refusal:
        field = "sponsor_code" if refusal.field == "new_sponsor" else refusal.field
        form.add_refusal(field, refusal.message)
        return False
    text = _("%(name)s will be sponsored by %(sponsor)s from %(day)s on.")
    day = change.effective_at.astimezone(zone).date().isoformat()
    messages.success(request, text % {"name": member.name, "sponsor": target.name, "day": day})
    return True


@staff_only
@require_POST
def staff_cancel_sponsor_change(request: HttpRequest, code: str, change_id: int) -> HttpResponse:
    """Take back a sponsor change that has not taken effect."""
    member = _person(code)
    change = get_object_or_404(SponsorChange, pk=change_id, representative=member)
    try:
        services.cancel_sponsor_change(change=change, now=company_now())
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The sponsor change is cancelled."))
    return redirect("representatives:staff_person", code=member.code)


_ACTS = {
    "suspend": services.suspend_representative,
    "reinstate": services.reinstate_representative,
    "terminate": services.terminate_representative,
}


@staff_only
@require_POST
def staff_change_status(request: HttpRequest, code: str) -> HttpResponse:
    """Suspend, reinstate or terminate a member."""
    member = _person(code)
    form = StatusForm(request.POST, choices=_acts_on(member), action=request.path)
    if form.is_valid():
        try:
            _ACTS[form.cleaned_data["act"]](
                representative=member,
                reason=form.cleaned_data["reason"],
                decided_by=request.user,  # type: ignore[arg-type]  # staff, as above
                now=company_now(),
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("The status is changed."))
            return redirect("representatives:staff_person", code=member.code)
    return _person_page(request, member, status_form=form)


def _acts_on(member: Representative) -> list[tuple[str, str]]:
    if member.status == Representative.Status.ENROLLED:
        return [("suspend", _("Suspend")), ("terminate", _("Terminate for good"))]
    if member.status == Representative.Status.SUSPENDED:
        return [("reinstate", _("Reinstate")), ("terminate", _("Terminate for good"))]
    return []


def _person(code: str) -> Representative:
    return get_object_or_404(Representative.objects.select_related("sponsor", "user"), code=code)


def _person_page(
    request: HttpRequest,
    member: Representative,
    *,
    sponsor_form: SponsorForm | None = None,
    status_form: StatusForm | None = None,
    login_form: LoginForm | None = None,
) -> HttpResponse:
    refused = sponsor_form is not None or status_form is not None or login_form is not None
    acts = _acts_on(member)
    if login_form is None and not member.user_id and member.status == "enrolled":
        login_form = LoginForm(
            initial={"email": member.email},
            action=reverse("representatives:staff_give_login", args=[member.code]),
        )
    sponsor_search = None
    # Who gains and who loses is told to those who may read statements; only they decide.
    if member.sponsor_id and acts and request.user.has_perm("compensation.view_statement"):
        sponsor_search = SponsorSearchForm(
            initial={"member": member.code}, action=reverse("compensation:what_if_sponsor")
        )
    if status_form is None and acts:
        status_form = StatusForm(
            choices=acts, action=reverse("representatives:staff_change_status", args=[member.code])
        )
    return render(
        request,
        "representatives/staff_person.html",
        {
            "member": member,
            "sponsor_form": sponsor_form,
            "sponsor_search": sponsor_search,
            "status_form": status_form,
            "login_form": login_form,
            "sponsor_changes": member.sponsor_changes.select_related(
                "old_sponsor", "new_sponsor", "decided_by"
            ).order_by("-effective_at", "-id"),
            "status_changes": member.status_changes.select_related("decided_by").order_by(
                "-effective_at", "-id"
            ),
            "now": company_now(),
        },
        status=REFUSED if refused else HTTPStatus.OK,
    )
