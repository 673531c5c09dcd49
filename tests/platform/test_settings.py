"""Production's settings, the servers' settings, and the environment's own checks."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection

from config import install
from config.addresses import broker_url, redis_database
from config.embedded_settings import postgres_settings
from config.settings import base

ROOT = Path(__file__).resolve().parent.parent.parent
COMPLETE = {
    "SECRET_KEY": "k" * 10 + "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP",
    "DATABASE_URL": "postgres://perennial_app:word@database.example/perennial",
    "REDIS_URL": "redis://queue.example:6379/0",
    "ALLOWED_HOSTS": "portal.example",
    "EMAIL_URL": "smtp+tls://user:word@mail.example:587",
    "DEFAULT_FROM_EMAIL": "portal@portal.example",
}


def _production(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    system = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**system, "DJANGO_SETTINGS_MODULE": "config.settings.production", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_names_everything_that_is_missing():
    done = _production("check")

    assert done.returncode == 1
    assert all(name in done.stderr for name in COMPLETE)
    assert "Traceback" not in done.stderr


def test_production_names_only_what_is_missing():
    some = {name: value for name, value in COMPLETE.items() if name != "REDIS_URL"}

    done = _production("check", **some)

    assert done.returncode == 1
    assert "REDIS_URL" in done.stderr
    assert "DATABASE_URL" not in done.stderr


def test_passwords_are_kept_so_that_guessing_is_dear(settings):
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS

    kept = make_password("olive and sage")

    assert kept.startswith("argon2$argon2id$")
    assert check_password("olive and sage", kept)


def test_keys_of_before_come_from_the_environment():
    asked = "from django.conf import settings; print(settings.SECRET_KEY_FALLBACKS)"
    keys = {"SECRET_KEY_FALLBACKS": "the-one-of-may, the-one-of-june,"}

    done = _production("shell", "--no-imports", "-c", asked, **COMPLETE, **keys)

    assert done.stdout.strip() == "['the-one-of-may', 'the-one-of-june']", done.stderr


def test_production_refuses_weak_values_by_name():
    done = _production(
        "check",
        **{**COMPLETE, "SECRET_KEY": "short", "ALLOWED_HOSTS": "*", "DATABASE_URL": "sqlite:///x"},
    )

    assert done.returncode == 1
    assert all(name in done.stderr for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"))


def test_the_deployment_check_is_clean_and_the_embedded_wheels_are_not_imported():
    done = _production("check", "--deploy", "--fail-level", "WARNING", **COMPLETE)
    loaded = _production(
        "shell",
        "--no-imports",
        "-c",
        "import sys; print([m for m in sys.modules if 'embedded' in m])",
        **COMPLETE,
    )

    assert done.returncode == 0, done.stderr
    assert loaded.stdout.strip() == "[]"


def test_production_cookies_and_transport_are_locked():
    code = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, "
        "s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_DOMAIN, "
        "s.SECURE_HSTS_SECONDS, s.DEBUG, s.CLOSE_APPROVAL_BY_COMMAND)"
    )

    done = _production("shell", "--no-imports", "-c", code, **COMPLETE)

    assert done.stdout.split() == [
        *("__Host-session", "__Host-csrf", "True", "True", "None"),
        *("31536000", "False", "False"),
    ]


def test_nothing_runs_eagerly_in_memory_or_on_sqlite():
    assert settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert settings.CELERY_BROKER_URL.startswith("redis")
    assert not getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False)
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_VISIBILITY_TIMEOUT > settings.CELERY_TASK_TIME_LIMIT


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("jit", "off"),
        ("client_connection_check_interval", "1s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ],
)
def test_the_server_is_set_up_as_production_should_be(name: str, value: str):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        assert cursor.fetchone() == (value,)


@pytest.mark.parametrize("kind", ["demo", "bench", "faults"])
def test_servers_that_keep_something_outlive_a_power_cut(kind: str):
    values = postgres_settings(kind)

    assert values["fsync"] == values["synchronous_commit"] == values["full_page_writes"] == "on"


@pytest.mark.parametrize(
    ("url", "database", "broker"),
    [
        ("redis://h:6379/0", "redis://h:6379/1", "redis://h:6379/0"),
        ("rediss://u:p@h:6379", "rediss://u:p@h:6379/1", "rediss://u:p@h:6379"),
        (
            "unix:///a/b.sock?db=3",
            "unix:///a/b.sock?db=4",
            "redis+socket:///a/b.sock?virtual_host=3",
        ),
        ("unix:///a/b.sock", "unix:///a/b.sock?db=1", "redis+socket:///a/b.sock?virtual_host=0"),
    ],
)
def test_one_redis_address_serves_queue_and_cache(url: str, database: str, broker: str):
    assert redis_database(url, 1) == database
    assert broker_url(url) == broker


def _install_fault(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["install.py"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(install.__file__, run_name="__main__")
    assert stopped.value.code == 2
    return capsys.readouterr().err


def test_a_python_without_ensurepip_is_told_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ensurepip", None)

    text = _install_fault(monkeypatch, capsys)

    assert "ensurepip" in text
    assert "make PYTHON=" in text


def test_another_python_is_refused_by_name(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 14, 1, "final", 0))
    monkeypatch.setattr("platform.python_version", lambda: "3.14.1")

    assert "Python 3.14.1" in _install_fault(monkeypatch, capsys)


def test_another_machine_is_refused_by_name(monkeypatch, capsys):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")

    assert "Linux aarch64" in _install_fault(monkeypatch, capsys)


def test_production_collects_static_files_with_their_digests(tmp_path: Path):
    done = _production("collectstatic", "--noinput", STATIC_ROOT=str(tmp_path), **COMPLETE)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "staticfiles.json").exists()
