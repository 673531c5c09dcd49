"""As a member sees it: read-only, with a reason, logged, over after half an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from config.urls import urlpatterns as portal_urls
from representatives import looking, looking_middleware
from representatives.models import MemberLook, Notice, User
from sales.models import Customer
from tests.web import company, samples
from tests.web.company import Town
from tests.web.routes import Route, all_routes

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _write(label: str) -> None:
    User.objects.update(language=label)


def writing(request: HttpRequest) -> HttpResponse:
    """A page that writes on being shown."""
    _write("xx")
    return HttpResponse("written")


def writing_late(request: HttpRequest) -> StreamingHttpResponse:
    """An export that writes while it is sent."""

    def rows() -> Iterator[bytes]:
        yield b"first\n"
        _write("yy")
        yield b"second\n"

    return StreamingHttpResponse(rows())


def hinting(request: HttpRequest) -> HttpResponse:
    """A page that wants something done once its transaction is committed."""
    transaction.on_commit(lambda: told.append("hint"))
    return HttpResponse("hinted")


told: list[str] = []
urlpatterns = [
    path("rsp/writing/", writing, name="writing"),
    path("rsp/late/", writing_late, name="late"),
    path("rsp/hint/", hinting, name="hint"),
    *portal_urls,
]
handler500 = "config.errors.server_error"


@pytest.fixture
def pages_that_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages above count as a member's."""
    shown = looking_middleware.SHOWN_APPS | {"writing", "late", "hint"}
    monkeypatch.setattr(looking_middleware, "SHOWN_APPS", shown)


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


@pytest.fixture
def desk(town: Town) -> Client:
    """A client of staff who may look, as Marta."""
    town.staff.user_permissions.add(Permission.objects.get(codename="look_as_member"))
    client = Client()
    client.force_login(town.staff, backend=BACKEND)
    return client


def begin(client: Client, town: Town, name: str = "Marta Wrona", reason: str = "A call") -> Any:
    return client.post(f"/staff/people/{town.people[name].code}/look/", {"reason": reason})


def counts() -> dict[str, int]:
    """How many rows each table has, and the state of what could be touched."""
    with connection.cursor() as cursor:
        tables = [
            name
            for name in connection.introspection.table_names(cursor)
            if name not in ("django_session", "representatives_memberlook")
        ]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*), coalesce(sum(hashtext(t::text)), 0) FROM {table} t")
            found[table] = cursor.fetchone()
    return found


def test_staff_see_what_a_member_sees_and_end_it(town: Town, desk: Client) -> None:
    assert begin(desk, town).status_code == 302

    page = desk.get("/").content.decode()
    assert "You see what Marta Wrona" in page
    assert town.people["Marta Wrona"].code in page
    own = Client()
    own.force_login(town.user("Marta Wrona"), backend=BACKEND)
    assert "look-banner" not in own.get("/").content.decode()
    for address in ("/downline/", "/orders/", "/customers/", "/rsp/", "/notifications/"):
        assert desk.get(address).status_code == 200, address

    after = desk.post("/staff/look/end/", follow=True)
    assert after.redirect_chain[-1][0].endswith(f"/{town.people['Marta Wrona'].code}/")
    assert "look-banner" not in after.content.decode()
    look = MemberLook.objects.get()
    assert look.staff == town.staff
    assert look.representative == town.people["Marta Wrona"]
    assert look.reason == "A call"
    assert look.ended_at is not None
    assert look.ends_at - look.began_at == timedelta(minutes=30)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_look_needs_a_reason(town: Town, desk: Client, reason: str) -> None:
    assert begin(desk, town, reason=reason).status_code == 422

    assert not MemberLook.objects.exists()


def test_only_staff_with_the_right_look_and_only_at_members(town: Town, desk: Client) -> None:
    member = Client()
    member.force_login(town.user("Ana Silva"), backend=BACKEND)
    assert begin(member, town).status_code == 404
    other = User.objects.create_user("other@example.org", company.PASSWORD, is_staff=True)
    without = Client()
    without.force_login(other, backend=BACKEND)
    assert begin(without, town).status_code == 403
    assert begin(desk, town, "Celine Petit").status_code == 422, "she has no log-in"
    User.objects.filter(pk=town.user("Ana Silva").pk).update(is_staff=True)
    assert begin(desk, town, "Ana Silva").status_code == 422, "she is staff"

    assert not MemberLook.objects.exists()


def test_a_look_ends_when_the_right_is_gone_or_the_member_joins_staff(
    town: Town, desk: Client
) -> None:
    begin(desk, town)
    town.staff.user_permissions.clear()
    assert "look-banner" not in desk.get("/").content.decode()

    town.staff.user_permissions.add(Permission.objects.get(codename="look_as_member"))
    begin(desk, town)
    assert "look-banner" in desk.get("/").content.decode()
    User.objects.filter(pk=town.user("Marta Wrona").pk).update(is_staff=True)
    assert "look-banner" not in desk.get("/").content.decode()


def test_a_look_is_over_after_half_an_hour_and_one_ends_the_other(town: Town, desk: Client) -> None:
    begin(desk, town)
    begin_again = desk.post("/staff/look/end/")
    assert begin_again.status_code == 302
    begin(desk, town, "Ana Silva")
    now = timezone.now()
    look = MemberLook.objects.get(ended_at=None)
    assert looking.find_look(number=look.pk, by=town.staff, now=now) == look
    late = look.ends_at
    assert looking.find_look(number=look.pk, by=town.staff, now=late) is None
    assert looking.find_look(number=look.pk, by=User.objects.get(is_system=True), now=now) is None
    again = looking.begin_look(
        representative=town.people["Marta Wrona"], reason="Again", by=town.staff, now=now
    )
    look.refresh_from_db()
    assert look.ended_at == now
    looking.end_look(look=again, now=again.ends_at + timedelta(hours=1))
    again.refresh_from_db()
    assert again.ended_at is None, "it ended by itself, at its time"


def test_every_unsafe_method_is_refused_on_every_page(town: Town, desk: Client) -> None:
    begin(desk, town)
    general = samples.values(town)
    before = counts()
    wrong = []

    for route in all_routes():
        if route.name in looking_middleware.ENDING_ROUTES:
            continue
        address = route.address(samples.of_route(route, general))
        for method in ("POST", "DELETE") if ":" in route.name else ("POST",):
            response = desk.generic(method, address)
            if response.status_code != 403 or "Nothing can be changed" not in _text(response):
                wrong.append(f"{method} {address}: {response.status_code}")

    assert wrong == []
    assert counts() == before
    assert "look-banner" in desk.get("/").content.decode(), "still looking"


def test_no_page_writes_on_being_shown(town: Town, desk: Client) -> None:
    begin(desk, town)
    general = samples.values(town)
    before = counts()
    wrong = []

    for route in all_routes():
        address = route.address(samples.of_route(route, general))
        if address.startswith(looking_middleware.OWN_PREFIXES):
            continue
        response = desk.get(address)
        if response.status_code >= 500:
            wrong.append(f"{address}: {response.status_code}")
        elif getattr(response, "streaming", False):
            b"".join(response.streaming_content)  # type: ignore[attr-defined]

    assert wrong == []
    assert counts() == before


def _shown_routes(town: Town) -> Iterator[tuple[Route, str]]:
    general = samples.values(town)
    for route in all_routes():
        yield route, route.address(samples.of_route(route, general))


def test_pages_on_the_log_in_stay_closed(town: Town, desk: Client) -> None:
    begin(desk, town)

    for route, address in _shown_routes(town):
        if address.startswith(("/accounts/", "/profile/")):
            answer = desk.get(address)
            assert answer.status_code == 403, route.name
            assert "This page stays closed" in _text(answer), route.name


def test_staff_pages_and_the_admin_stay_ones_own(town: Town, desk: Client) -> None:
    town.staff.user_permissions.add(Permission.objects.get(codename="view_representative"))
    begin(desk, town)

    people = desk.get("/staff/people/")
    admin = desk.get("/admin/")

    assert people.status_code == 200
    assert people.wsgi_request.user == town.staff
    assert admin.status_code == 200
    assert admin.wsgi_request.user == town.staff
    assert town.staff.email in admin.content.decode()


@pytest.mark.urls("tests.web.test_looking")
@pytest.mark.usefixtures("pages_that_write")
def test_the_database_refuses_what_a_page_writes(town: Town, desk: Client) -> None:
    begin(desk, town)

    answer = desk.get("/rsp/writing/")

    assert answer.status_code == 403
    assert "Nothing can be changed" in _text(answer)
    assert not User.objects.filter(language="xx").exists()
    Notice.objects.create(user=town.staff, kind="rank", event="after", happened_at=town.now)


@pytest.mark.urls("tests.web.test_looking")
@pytest.mark.usefixtures("pages_that_write")
def test_the_database_refuses_what_an_export_writes_while_it_is_sent(
    town: Town, desk: Client
) -> None:
    begin(desk, town)
    answer: Any = desk.get("/rsp/late/")

    with pytest.raises(Exception, match="read-only"):
        list(answer.streaming_content)

    assert not User.objects.filter(language="yy").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls("tests.web.test_looking")
@pytest.mark.usefixtures("pages_that_write")
def test_nobody_is_told_of_what_was_only_looked_at() -> None:
    town = company.small_town()
    town.staff.user_permissions.add(Permission.objects.get(codename="look_as_member"))
    client = Client()
    client.force_login(town.staff, backend=BACKEND)
    told.clear()
    begin(client, town)

    assert client.get("/rsp/hint/").content == b"hinted"
    assert told == []
    client.post("/staff/look/end/")
    client.get("/rsp/hint/")
    assert told == ["hint"]


@pytest.mark.urls("tests.web.test_looking")
@pytest.mark.usefixtures("pages_that_write")
def test_control_without_the_guard_a_page_writes(
    town: Town, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_middleware, "_nothing_written", transaction.atomic)
    begin(desk, town)

    assert desk.get("/rsp/writing/").content == b"written"
    assert User.objects.filter(language="xx").exists()


def test_the_log_holds_what_a_look_is(town: Town) -> None:
    now = timezone.now()
    row = {
        "staff": town.staff,
        "representative": town.people["Ana Silva"],
        "reason": "A call",
        "began_at": now,
        "ends_at": now + timedelta(minutes=30),
    }

    for wrong in (
        {"reason": ""},
        {"ends_at": now},
        {"ended_at": now - timedelta(seconds=1)},
        {"ended_at": now + timedelta(hours=1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            MemberLook.objects.create(**row | wrong)


def test_what_the_member_does_meanwhile_is_the_members_own(town: Town, desk: Client) -> None:
    begin(desk, town)
    own = Client()
    own.force_login(town.user("Marta Wrona"), backend=BACKEND)
    before = Customer.objects.count()

    answer = own.post("/customers/new/", {"name": "A new one"})

    assert answer.status_code in (302, 404, 422)
    assert Customer.objects.count() >= before
    assert desk.get("/customers/").status_code == 200


def _text(response: Any) -> str:
    return response.content.decode() if not response.streaming else ""
