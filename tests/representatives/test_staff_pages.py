"""The staff's desk, the admin, and who is let in where."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from representatives import checks, services
from representatives.clock import company_now, company_zone
from representatives.models import Company, Representative, SponsorChange, StatusChange, User
from representatives.sponsor_seen import seen_mark
from tests.representatives.people import NOW, PASSWORD, enrol, make_staff, send_what_waits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE representatives_company SET clock_frozen_at = %s", [NOW])


@pytest.fixture
def root() -> Representative:
    return enrol(name="Root", code="ROOT")


@pytest.fixture
def staff() -> User:
    """Somebody of staff who may read statements, and so decides on sponsors."""
    return may_read_statements(make_staff())


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", PASSWORD))
    return client


def may_read_statements(user: User) -> User:
    user.user_permissions.add(Permission.objects.get(codename="view_statement"))
    return user


def page_of(member: Representative, act: str = "") -> str:
    return f"/staff/people/{member.code}/{act}"


# -- Enrolment and acts ----------------------------------------------------------------------------


def test_staff_enrol_a_person_who_sets_a_password_by_mail(
    desk: Client, root: Representative
) -> None:
    form = {"sponsor_code": " root ", "name": "Ann", "email": "Ann@Example.com", "phone": ""}

    page = desk.post("/staff/enrol/", form, follow=True)

    member = Representative.objects.get(email="ann@example.com")
    assert page.redirect_chain == [(page_of(member), 302)]
    assert member.sponsor == root
    assert member.enrolled_on == NOW.date()
    assert not member.user.has_usable_password()
    send_what_waits()
    assert mail.outbox[-1].to == ["ann@example.com"]
    assert f"http://testserver{reverse('account_reset_password')}" in mail.outbox[-1].body
    Client().post(reverse("account_reset_password"), {"email": "ann@example.com"})
    send_what_waits()
    assert len(mail.outbox) == 2
    assert mail.outbox[-1].to == ["ann@example.com"]


def test_first_person_founds_the_tree(desk: Client) -> None:
    form = {"sponsor_code": "", "name": "Ann", "email": "ann@example.com", "phone": ""}

    desk.post("/staff/enrol/", form)
    again = desk.post("/staff/enrol/", {**form, "email": "b@example.com"})

    assert Representative.objects.get().sponsor is None
    assert again.status_code == 422
    assert "A sponsor is needed" in again.content.decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sponsor_code": "NOBODY"}, "Nobody has this code"),
        ({"email": "no address"}, "valid email"),
        ({"email": "staff@example.com"}, "has a log-in already"),
        ({"name": ""}, "required"),
        ({"name": "x" * 151}, "150"),
    ],
)
def test_bad_enrolment_is_refused(
    desk: Client, root: Representative, change: dict[str, str], message: str
) -> None:
    form = {"sponsor_code": "ROOT", "name": "Ann", "email": "ann@example.com", "phone": ""}

    page = desk.post("/staff/enrol/", {**form, **change})

    assert page.status_code == 422
    assert message in page.content.decode()
    assert Representative.objects.count() == 1
    assert send_what_waits().sent == 0
    assert mail.outbox == []


def looked_at(member: Representative, form: dict[str, str]) -> dict[str, str]:
    """Return a decision on another sponsor with the mark that its effect was looked at."""
    code = form["sponsor_code"].upper()
    target = Representative.objects.filter(code=code).first()
    return form | {"seen": mark_of(member, target) if target is not None else ""}


def mark_of(member: Representative, target: Representative, *, by: str = "staff") -> str:
    """Return what the page with the effect hands out to a person of staff now."""
    user = User.objects.get(email=f"{by}@example.com")
    return seen_mark(member, target, by=user, now=company_now(), zone=company_zone())


def test_staff_change_a_sponsor_and_take_it_back(
    desk: Client, root: Representative, staff: User
) -> None:
    old, new = enrol(root), enrol(root, code="NEW")
    member = enrol(old)

    form = looked_at(member, {"sponsor_code": "new", "reason": "moved"})
    page = desk.post(page_of(member, "sponsor/"), form, follow=True)
    change = SponsorChange.objects.get()
    assert (change.new_sponsor, change.decided_by, change.reason) == (new, staff, "moved")
    assert change.effective_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert "Decided" in page.content.decode()

    page = desk.post(page_of(member, f"sponsor/{change.pk}/cancel/"), follow=True)
    change.refresh_from_db()
    assert change.cancelled_at == NOW
    assert "Cancelled" in page.content.decode()
    assert desk.post(page_of(old, f"sponsor/{change.pk}/cancel/")).status_code == 404


@pytest.mark.parametrize("since", ["somebody else", "month", "sponsor", "decided"])
def test_an_effect_that_is_another_by_now_is_looked_at_again(
    desk: Client, root: Representative, staff: User, since: str
) -> None:
    old, new, other = enrol(root), enrol(root, code="NEW"), enrol(root)
    member = enrol(old)
    make_staff("other@example.com")
    by = "other" if since == "somebody else" else "staff"
    form = {"sponsor_code": "NEW", "reason": "moved", "seen": mark_of(member, new, by=by)}
    if since == "month":
        Company.objects.update(clock_frozen_at=datetime(2026, 4, 2, tzinfo=UTC))
    elif since in ("sponsor", "decided"):
        services.change_sponsor(
            representative=member,
            new_sponsor=other,
            reason="meanwhile",
            decided_by=staff,
            now=NOW,
            zone=company_zone(),
        )
    if since == "sponsor":
        Company.objects.update(clock_frozen_at=datetime(2026, 4, 2, tzinfo=UTC))
        services.apply_sponsor_changes(now=company_now())
    known = SponsorChange.objects.count()

    refused = desk.post(page_of(member, "sponsor/"), form)

    assert refused.status_code == 422
    assert "Look first at who gains and who loses" in refused.content.decode()
    assert SponsorChange.objects.count() == known

    # Looked at again, it is decided.
    assert desk.post(page_of(member, "sponsor/"), looked_at(member, form)).status_code == 302
    assert SponsorChange.objects.count() == known + 1


def test_staff_who_may_not_read_statements_are_not_shown_the_form(root: Representative) -> None:
    client = Client()
    client.force_login(make_staff("desk@example.com"))

    page = client.get(page_of(enrol(root))).content.decode()

    assert "Another sponsor" not in page
    assert "/staff/what-if/" not in page


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"sponsor_code": "NOBODY", "reason": "x"}, "Nobody has this code"),
        ({"sponsor_code": "LOW", "reason": "x"}, "downline"),
        ({"sponsor_code": "ROOT", "reason": "x"}, "is the sponsor already"),
        ({"sponsor_code": "ROOT", "reason": " "}, "required"),
    ],
)
def test_bad_sponsor_change_is_refused(
    desk: Client, root: Representative, form: dict[str, str], message: str
) -> None:
    member = enrol(root)
    enrol(member, code="LOW")

    page = desk.post(page_of(member, "sponsor/"), looked_at(member, form))

    assert page.status_code == 422
    assert message in page.content.decode()
    assert not SponsorChange.objects.exists()


def test_staff_suspend_reinstate_and_terminate(desk: Client, root: Representative) -> None:
    member = enrol(root, with_login=True)

    for act, status in (
        ("suspend", "suspended"),
        ("reinstate", "enrolled"),
        ("terminate", "terminated"),
    ):
        desk.post(page_of(member, "status/"), {"act": act, "reason": "because"})
        member.refresh_from_db()
        assert member.status == status

    assert StatusChange.objects.count() == 3
    refused = desk.post(page_of(member, "status/"), {"act": "reinstate", "reason": "sorry"})
    assert refused.status_code == 422
    assert desk.get(page_of(member)).status_code == 200


def test_staff_give_a_log_in_to_a_member_without(desk: Client, root: Representative) -> None:
    page = desk.post(page_of(root, "login/"), {"email": "Root@Example.com"}, follow=True)

    root.refresh_from_db()
    assert root.user is not None
    assert (root.user.email, root.user.has_usable_password()) == ("root@example.com", False)
    send_what_waits()
    assert mail.outbox[-1].to == ["root@example.com"]
    assert "Give a log-in" not in page.content.decode()
    again = desk.post(page_of(root, "login/"), {"email": "other@example.com"})
    assert again.status_code == 422
    known = desk.post(page_of(enrol(root), "login/"), {"email": "root@example.com"})
    assert known.status_code == 422
    assert "has a log-in already" in known.content.decode()


def test_dates_are_the_company_s(desk: Client, root: Representative, staff: User) -> None:
    Company.objects.update(time_zone="Europe/Warsaw")
    member = enrol(enrol(root))
    form = looked_at(member, {"sponsor_code": "ROOT", "reason": "moved"})
    desk.post(page_of(member, "sponsor/"), form)

    assert "1 Apr 2026" in desk.get(page_of(member)).content.decode()


def test_page_of_a_person_has_no_id_twice(desk: Client, root: Representative) -> None:
    page = desk.get(page_of(enrol(root))).content.decode()

    ids = re.findall(r'\sid="([^"]+)"', page)

    assert len(ids) > 10
    assert sorted(ids) == sorted(set(ids))


def test_staff_find_people(desk: Client, root: Representative) -> None:
    enrol(root, name="Łucja Żak")

    assert "Łucja" in desk.get("/staff/people/", {"q": "lucja"}).content.decode()
    assert "Nobody found" in desk.get("/staff/people/", {"q": "nobody"}).content.decode()
    assert "Łucja" not in desk.get("/staff/people/").content.decode()


# -- Access ----------------------------------------------------------------------------------------


def test_desk_does_not_exist_for_others(root: Representative) -> None:
    member = enrol(root, with_login=True)
    client = Client()
    paths = ["/staff/enrol/", "/staff/people/", page_of(root)]
    acts = [
        page_of(root, "login/"),
        page_of(root, "sponsor/"),
        page_of(root, "status/"),
        page_of(root, "sponsor/1/cancel/"),
    ]

    for path in [*paths, *acts]:
        answer = client.get(path)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
    client.force_login(member.user)
    assert {client.get(path).status_code for path in paths} == {404}
    assert {client.post(path, {"reason": "x"}).status_code for path in [*paths, *acts]} <= {
        404,
        405,
    }
    member.refresh_from_db()
    assert member.status == root.status == "enrolled"


def test_staff_without_membership_have_no_invitations(desk: Client) -> None:
    assert desk.get("/invitations/").status_code == 404


@pytest.mark.parametrize("act", ["suspend", "terminate"])
def test_member_who_loses_membership_is_logged_out_at_once(
    desk: Client, root: Representative, act: str
) -> None:
    member = enrol(root, with_login=True)
    client = Client()
    client.force_login(member.user)
    assert client.get("/invitations/").status_code == 200

    desk.post(page_of(member, "status/"), {"act": act, "reason": "because"})

    assert client.get("/invitations/").status_code == 302


def test_visible_to_is_self_and_downline(root: Representative) -> None:
    left, right = enrol(root), enrol(root)
    low = enrol(enrol(left))
    people = Representative.objects

    assert set(people.visible_to(left)) == {left, low.sponsor, low}
    assert set(people.downline_of(left)) == {low.sponsor, low}
    assert list(people.visible_to(right)) == [right]
    assert people.visible_to(root).count() == 5
    assert not people.visible_to(low).filter(pk=left.pk).exists()
    assert list(people.visible_to(None)) == []
    assert list(people.enrolled().visible_to(left).filter(level=2)) == [low.sponsor]


def test_move_of_a_line_hides_it_from_the_old_sponsor_at_once(
    root: Representative, staff: User
) -> None:
    left, right = enrol(root), enrol(root)
    member = enrol(left)
    services.change_sponsor(
        representative=member, new_sponsor=right, reason="moved", decided_by=staff, now=NOW,
        zone=Company.objects.get().zone,
    )  # fmt: skip
    services.apply_sponsor_changes(now=datetime(2026, 4, 1, tzinfo=UTC))

    assert list(Representative.objects.downline_of(left)) == []
    assert list(Representative.objects.downline_of(right)) == [member]


def test_log_in_is_by_address_in_any_case_and_limited(root: Representative) -> None:
    member = enrol(root, email="me@example.com", with_login=True, password=PASSWORD)
    url = reverse("account_login")

    def attempt(password: str) -> int:
        return Client().post(url, {"login": "ME@example.com", "password": password}).status_code

    assert attempt(PASSWORD) == 302
    answers = [attempt("wrong") for _ in range(12)]
    assert 200 in answers
    assert attempt(PASSWORD) != 302
    assert member.user.is_active


def _plain(answer: Any) -> str:
    """Return a page without the address typed and the form's own secret."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return text.replace("known@", "nobody@")


def test_known_and_unknown_addresses_get_the_same_answer(root: Representative) -> None:
    enrol(root, email="known@example.com", with_login=True, password=PASSWORD)

    for path, form in (
        (reverse("account_login"), {"password": "wrong"}),
        (reverse("account_reset_password"), {}),
    ):
        name = "login" if form else "email"
        known = Client().post(path, {name: "known@example.com", **form})
        unknown = Client().post(path, {name: "nobody@example.com", **form})
        assert known.status_code == unknown.status_code
        assert _plain(known) == _plain(unknown)


# -- Admin -----------------------------------------------------------------------------------------


def test_admin_log_in_goes_through_the_same_door() -> None:
    answer = Client().get("/admin/login/", follow=True)

    assert answer.redirect_chain[0][0].startswith(reverse("account_login"))


MODELS = ["user", "company", "representative", "sponsorchange", "statuschange", "invitation"]


@pytest.mark.parametrize("model", MODELS)
def test_admin_lists_and_shows_but_never_deletes(
    boss: Client, root: Representative, staff: User, model: str
) -> None:
    member, other = enrol(root, with_login=True), enrol(root)
    low = enrol(member)
    services.change_sponsor(
        representative=low, new_sponsor=other, reason="moved", decided_by=staff, now=NOW,
        zone=Company.objects.get().zone,
    )  # fmt: skip
    services.suspend_representative(representative=member, reason="late", decided_by=staff, now=NOW)
    listing = f"/admin/representatives/{model}/"

    assert boss.get(listing).status_code == 200
    assert boss.get(listing, {"q": "x"}).status_code == 200
    classes = {"user": User, "company": Company, "representative": Representative,
               "sponsorchange": SponsorChange, "statuschange": StatusChange}  # fmt: skip
    if model in classes:
        pk = classes[model].objects.order_by("pk")[0].pk
        assert boss.get(f"{listing}{pk}/change/").status_code == 200
        assert boss.get(f"{listing}{pk}/delete/").status_code == 403
        assert boss.post(f"{listing}{pk}/delete/", {"post": "yes"}).status_code == 403
    if model != "user":
        assert boss.get(f"{listing}add/").status_code == 403
    answer = boss.post(listing, {"action": "delete_selected", "_selected_action": [1]})
    assert answer.status_code in {200, 302, 403}
    assert Representative.objects.count() == 4


def test_admin_edits_the_profile_by_the_service_and_nothing_else(
    boss: Client, root: Representative
) -> None:
    member = enrol(root)
    url = f"/admin/representatives/representative/{member.pk}/change/"
    before = (member.lft, member.rght, member.code, member.sponsor_id)
    form = {"name": " Zoë  New ", "email": "Z@example.com", "phone": "1"}

    boss.post(url, {**form, "sponsor": "", "lft": "5", "code": "MINE", "status": "terminated"})

    member.refresh_from_db()
    assert (member.name, member.sort_key, member.email) == ("Zoë New", "zoe new", "z@example.com")
    assert (member.lft, member.rght, member.code, member.sponsor_id) == before
    assert member.status == "enrolled"
    assert checks.check_tree().faults == []
    refused = boss.post(url, {**form, "name": "a\x01b"})
    assert refused.status_code == 200
    assert Representative.objects.get(pk=member.pk).name == "Zoë New"


def test_admin_makes_staff_log_ins(boss: Client) -> None:
    form = {"email": "New.Staff@Example.com", "password1": PASSWORD, "password2": PASSWORD}

    boss.post("/admin/representatives/user/add/", form)

    user = User.objects.get(email="new.staff@example.com")
    assert user.check_password(PASSWORD)
    assert not user.is_staff
    url = f"/admin/representatives/user/{user.pk}/change/"
    boss.post(url, {"email": "New.Staff@Example.com", "is_active": "on", "is_staff": "on"})
    user.refresh_from_db()
    assert user.is_staff
    again = boss.post("/admin/representatives/user/add/", form)
    assert again.status_code == 200
    assert "already exists" in again.content.decode()


def test_staff_cannot_raise_themselves(staff: User, desk: Client) -> None:
    from django.contrib.auth.models import Permission

    staff.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    boss = User.objects.create_superuser("boss@example.com", PASSWORD)
    form = {"email": staff.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    desk.post(f"/admin/representatives/user/{staff.pk}/change/", form)
    touched = desk.post(
        f"/admin/representatives/user/{boss.pk}/change/", {"email": "x@example.com"}
    )
    reset = desk.get(f"/admin/representatives/user/{boss.pk}/password/")

    staff.refresh_from_db()
    assert not staff.is_superuser
    assert touched.status_code == 403
    assert reset.status_code == 403
    system = User.objects.system()
    assert desk.get(f"/admin/representatives/user/{system.pk}/password/").status_code == 403


@pytest.mark.parametrize(
    ("field", "value"), [("time_zone", "Europe/Nowhere"), ("currency", "euro"), ("name", "")]
)
def test_company_form_refuses(boss: Client, field: str, value: str) -> None:
    form = {"name": "Quince", "representative_label": "Partner", "time_zone": "Europe/Warsaw",
            "currency": "EUR", "add_on_days": "30", "clock_offset": "0", "new_for_days": "60",
            "past_after_days": "120", "unused_contact_months": "12"}  # fmt: skip
    url = "/admin/representatives/company/1/change/"

    assert boss.post(url, {**form, field: value}).status_code == 200
    assert Company.objects.get().name == "Perennial"
    assert boss.post(url, form).status_code == 302
    assert Company.objects.get().name == "Quince"
