"""What every answer of the portal carries, whoever asks."""

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from django.db import DatabaseError, OperationalError, connections
from django.test import Client
from redis.exceptions import ConnectionError as RedisConnectionError

pytestmark = pytest.mark.django_db


def test_healthz_is_open_and_names_what_answers(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "cache": "ok"}


def test_healthz_names_what_does_not_answer(client, monkeypatch):
    def broken(*arguments: object) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(cache, "get", broken)
    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json()["cache"] == "unavailable"
    assert response.json()["database"] == "ok"


def test_healthz_without_a_database(client, monkeypatch):
    def broken(*arguments: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(connections["default"], "cursor", broken)
    response = client.get("/healthz")

    assert (response.status_code, response.json()["database"]) == (503, "unavailable")


@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/no-such-page/"])
def test_every_answer_carries_the_strict_policy(client, path: str):
    policy = client.get(path).headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy


def test_pages_need_a_login_by_default(client):
    response = client.get("/accounts/password/change/")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


def test_the_admin_login_goes_through_the_same_door(client):
    response = client.get("/admin/login/")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


def test_pages_of_logged_in_people_are_not_stored(client, django_user_model):
    user = django_user_model.objects.create(email="staff@example.com", is_staff=True)
    client.force_login(user)

    assert "no-store" in client.get("/admin/").headers["Cache-Control"]


def test_nobody_signs_up_alone(client):
    response = client.post(
        "/accounts/signup/",
        {"email": "new@example.com", "password1": "x9-Kqv!27pLm", "password2": "x9-Kqv!27pLm"},
    )

    assert response.status_code in {200, 403, 404}
    from django.contrib.auth import get_user_model

    assert not get_user_model().objects.filter(email="new@example.com").exists()


def test_the_language_can_be_chosen_before_the_login(client):
    response = client.post("/language/", {"language": "pl", "next": "//evil.example/"})

    assert response.status_code == 302
    assert "evil" not in response.headers["Location"]
    assert client.cookies["django_language"].value == "pl"
    assert client.get("/language/").status_code == 405


def test_without_redis_a_login_is_refused_for_now(monkeypatch, django_user_model):
    django_user_model.objects.create_user("member@example.com", "correct horse battery")

    def away(*arguments: object, **options: object) -> None:
        raise RedisConnectionError("secret address")

    monkeypatch.setattr(RedisCacheClient, "get_client", away)
    client = Client(raise_request_exception=False)
    response = client.post(
        "/accounts/login/", {"login": "member@example.com", "password": "correct horse battery"}
    )

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "secret address" not in response.text
    assert "_auth_user_id" not in client.session


def test_without_a_database_pages_say_so_plainly(monkeypatch, django_user_model):
    client = Client(raise_request_exception=False)
    client.force_login(django_user_model.objects.create(email="member@example.com"))

    def away(*arguments: object) -> None:
        raise OperationalError("secret address")

    with monkeypatch.context() as patch:
        patch.setattr(connections["default"], "cursor", away)
        response = client.get("/accounts/password/change/")

    assert response.status_code == 503
    assert "secret address" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_fault_of_ours_shows_no_details(monkeypatch):
    def broken(*arguments: object, **options: object) -> None:
        raise ValueError("a detail of ours")

    monkeypatch.setattr("allauth.account.forms.LoginForm.__init__", broken)
    response = Client(raise_request_exception=False).get("/accounts/login/")

    assert response.status_code == 500
    assert "a detail of ours" not in response.text
