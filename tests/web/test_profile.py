"""The own profile: what one changes alone, what only staff change, who sees what, sessions."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client

from representatives.models import Representative, User
from tests.web import company
from tests.web.company import PASSWORD, Town
from tests.web.test_pages import text_of, visit


@pytest.fixture
def town(db: None) -> Town:
    """A top with two people below, who have sold nothing yet: no page here is about sales."""
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    company.enrol(town, "Ana Silva", "Marta Wrona", log_in=True)
    company.enrol(town, "Bruno Costa", "Marta Wrona", log_in=True)
    return town


def log_in(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def posted(client: Client, address: str, **given: Any) -> Any:
    return client.post(address, given, follow=True)


def test_profile_says_what_one_changes_and_what_staff_change(town: Town) -> None:
    text = text_of(visit(town, "Ana Silva").get("/profile/"))

    assert "You change this yourself" in text
    assert "Only staff change this" in text
    assert "Sponsor Marta Wrona" in text
    assert "We don’t know where to pay to yet" in text
    assert "Off. A stolen password would be enough." in text


def test_profile_of_staff_without_membership_holds_no_member_parts(town: Town) -> None:
    client = Client()
    client.force_login(town.staff, backend="allauth.account.auth_backends.AuthenticationBackend")

    text = text_of(client.get("/profile/"))

    assert "Logging in" in text
    assert "Who sees what of you" not in text
    assert client.post("/profile/contact/", {"email": "x@example.org"}).status_code == 404
    assert client.post("/profile/sharing/", {"contact_shared_with": "upline"}).status_code == 404


def test_contact_is_changed_by_oneself_and_nothing_else_with_it(town: Town) -> None:
    ana = town.people["Ana Silva"]
    client = visit(town, "Ana Silva")

    answer = posted(
        client,
        "/profile/contact/",
        email=" Ana@New.example ",
        phone="+48  600 100 200",
        name="Somebody Else",
        status="terminated",
        code="X",
        sponsor="",
    )

    assert "Your contact is saved" in text_of(answer)
    now = Representative.objects.get(pk=ana.pk)
    assert (now.email, now.phone) == ("ana@new.example", "+48 600 100 200")
    assert (now.name, now.status, now.code, now.sponsor_id, now.user.email) == (
        *(ana.name, ana.status, ana.code, ana.sponsor_id),
        "ana@example.org",
    )


def test_wrong_contact_keeps_what_was_typed(town: Town) -> None:
    answer = visit(town, "Ana Silva").post("/profile/contact/", {"email": "no", "phone": "12"})

    assert answer.status_code == 422
    assert 'value="no"' in answer.content.decode()
    assert 'value="12"' in answer.content.decode()
    assert Representative.objects.get(pk=town.people["Ana Silva"].pk).email == "ana@example.org"


def test_language_of_the_profile_wins_over_the_browser_on_every_device(town: Town) -> None:
    client = visit(town, "Ana Silva")

    posted(client, "/profile/language/", language="pl")

    other = visit(town, "Ana Silva")
    page = other.get("/profile/", headers={"accept-language": "en"})
    assert '<html lang="pl"' in page.content.decode()
    assert page.headers["Content-Language"] == "pl"


def test_switch_in_the_menu_changes_the_profile_too(town: Town) -> None:
    user = town.user("Ana Silva")
    client = visit(town, "Ana Silva")
    posted(client, "/profile/language/", language="pl")

    client.post("/language/", {"language": "en", "next": "/"})

    user.refresh_from_db()
    assert user.language == "en"
    assert '<html lang="en"' in client.get("/profile/").content.decode()


def test_unknown_language_is_refused(town: Town) -> None:
    client = visit(town, "Ana Silva")

    assert client.post("/profile/language/", {"language": "xx"}).status_code == 422
    assert client.post("/language/", {"language": "xx"}).status_code == 302
    assert User.objects.get(email="ana@example.org").language == ""


def test_first_log_in_takes_the_browsers_language(town: Town) -> None:
    user = town.user("Ana Silva")

    log_in(user, **{"accept-language": "pl"})
    user.refresh_from_db()
    assert user.language == "pl"

    log_in(user, **{"accept-language": "en"})
    user.refresh_from_db()
    assert user.language == "pl"


def test_notices_are_chosen_by_kind_and_time(town: Town) -> None:
    client = visit(town, "Ana Silva")

    posted(client, "/profile/notices/", email_notices="daily", kinds=["statement", "rank"])

    user = town.user("Ana Silva")
    user.refresh_from_db()
    assert user.email_notices == "daily"
    assert "statement" not in user.muted_notices
    assert {"member", "payout_sent"} <= set(user.muted_notices)
    assert "bank_details" not in user.muted_notices
    assert client.post("/profile/notices/", {"email_notices": "hourly"}).status_code == 422
    page = client.post("/profile/notices/", {"email_notices": "never", "kinds": ["bank_details"]})
    assert page.status_code == 422


def test_contact_shows_to_those_above_whom_the_person_chose(town: Town) -> None:
    client = visit(town, "Ana Silva")
    before = client.get("/profile/").content.decode()

    after = posted(client, "/profile/sharing/", contact_shared_with="sponsor").content.decode()

    assert after.count("bi-eye-slash") == before.count("bi-eye-slash") - 1
    member = Representative.objects.get(pk=town.people["Ana Silva"].pk)
    assert member.contact_shared_with == "sponsor"


# -- Sessions --------------------------------------------------------------------------------------

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"


def test_sessions_are_listed_and_one_is_ended(town: Town) -> None:
    user = town.user("Ana Silva")
    here, there = log_in(user, **{"user-agent": FIREFOX}), log_in(user, **{"user-agent": PHONE})

    text = text_of(here.get("/profile/sessions/"))
    assert "Firefox, Linux This browser" in text
    assert "Safari, iPhone" in text

    other = UserSession.objects.get(user=user, user_agent=PHONE)
    here.post(f"/profile/sessions/{other.pk}/end/")

    assert there.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200


def test_all_other_sessions_are_ended(town: Town) -> None:
    user = town.user("Ana Silva")
    here, *others = (log_in(user) for _ in range(3))

    here.post("/profile/sessions/end-others/")

    assert here.get("/profile/").status_code == 200
    assert [one.get("/profile/").status_code for one in others] == [302, 302]


def test_sessions_of_others_do_not_exist(town: Town) -> None:
    bruno = log_in(town.user("Bruno Costa"))
    theirs = UserSession.objects.get(user=town.user("Bruno Costa"))

    answer = log_in(town.user("Ana Silva")).post(f"/profile/sessions/{theirs.pk}/end/")

    assert answer.status_code == 404
    assert bruno.get("/profile/").status_code == 200


def test_ending_the_own_session_logs_out(town: Town) -> None:
    client = log_in(town.user("Ana Silva"))
    own = UserSession.objects.get(user=town.user("Ana Silva"))

    answer = client.post(f"/profile/sessions/{own.pk}/end/")

    assert answer.headers["Location"] == "/accounts/login/"
    assert client.get("/profile/").status_code == 302
    assert settings.SESSION_COOKIE_AGE == 8 * 3600


def test_new_password_ends_all_sessions_and_is_told_by_e_mail(town: Town) -> None:
    from representatives.models import OutboxEvent

    user = town.user("Ana Silva")
    here, there = log_in(user), log_in(user)
    new = "an altogether different phrase"

    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert there.get("/profile/").status_code == 302
    event = OutboxEvent.objects.get(key__startswith="account:password_changed:")
    assert event.payload["to"] == "ana@example.org"
    assert "was changed" in event.payload["text"]
