"""C03 and C08: messages that come ten times, and a broker that forgets everything and is gone."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from compensation import tasks, verification
from compensation.models import Run, RunStep, StepName
from representatives.models import Representative, User
from tests.compensation.town import Town, digest
from tests.faults.closing import (
    SLOWLY,
    Beat,
    approve,
    is_computed,
    is_published,
    start_january,
)
from tests.faults.servers import PrivateServers
from tests.processes import ROOT, end_group
from tests.race.processes import wait_until

OFTEN = {"CLOSE_WATCH_SECONDS": "0.5"}
PUBLISHED = 10
WORKERS = 4


def test_a_task_published_ten_times_is_done_once(
    town: Town,
    start_celery_worker: Callable[..., Any],
    reference: Callable[..., str],
) -> None:
    """Each step takes longer than the broker waits before it gives a message to somebody else."""
    start_celery_worker(concurrency=WORKERS, env={**SLOWLY, "CELERY_VISIBILITY_TIMEOUT": "1"})
    run = start_january(town)
    for _ in range(PUBLISHED):
        tasks.advance_run_task.delay(run_id=run.pk)
    wait_until(is_computed, "computed")
    approve(town)
    for _ in range(PUBLISHED):
        tasks.advance_run_task.delay(run_id=run.pk)
    wait_until(is_published, "posted")

    assert list(RunStep.objects.order_by("ordinal").values_list("name", flat=True)) == list(
        StepName
    )
    assert Run.objects.filter(kind="close").get().failure_count == 0
    assert digest() == reference()


def test_control_a_close_that_lives_by_messages_alone_is_lost_with_them(
    town: Town, start_celery_worker: Callable[..., Any], redis_client: Any
) -> None:
    """Without beat: once the queue is forgotten nobody ever looks at the run again."""
    run = start_january(town)
    tasks.hint(run)
    names = list(redis_client.scan_iter(match=f"{settings.REDIS_KEY_PREFIX}:*"))
    assert names
    redis_client.delete(*names)

    start_celery_worker()
    time.sleep(3)

    assert not RunStep.objects.exists()


@pytest.fixture
def portal(subprocess_env: dict[str, str]) -> Iterator[str]:
    """The portal, served by gunicorn on the test's servers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process: subprocess.Popen[bytes] = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "1", "--threads", "2", "--log-level", "warning"),
        ],
        cwd=ROOT,
        env=subprocess_env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def listens() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(listens, "the portal listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        end_group(process, 3)


def _logged_in(member: Representative) -> str:
    """Return the cookie of a session that was begun while all was well."""
    user = User.objects.create_user(f"{member.code.lower()}@example.org", "a long password of E")
    Representative.objects.filter(pk=member.pk).update(user=user)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _ask(address: str, cookie: str = "", form: bytes | None = None) -> tuple[int, str]:
    request = urllib.request.Request(address, data=form, headers={"Cookie": cookie})
    if form is not None:
        request.add_header("Referer", address)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read().decode()


def test_a_close_ends_while_the_broker_is_flushed_and_gone(
    private: PrivateServers,
    town: Town,
    start_celery_worker: Callable[..., Any],
    subprocess_env: dict[str, str],
    run_command: Callable[..., Any],
    portal: str,
    tmp_path: Path,
    reference: Callable[..., str],
) -> None:
    worker = start_celery_worker(env={**SLOWLY, **OFTEN})
    cookie = _logged_in(town.members["E"])
    beat = Beat({**subprocess_env, **OFTEN}, tmp_path, "beat")
    try:
        wait_until(lambda: RunStep.objects.filter(name="freeze").exists(), "in mid-close")
        private.flush_valkey()
        private.kill_valkey()

        def computed() -> bool:
            assert run_command("watch_closes").returncode in (0, 3)
            return is_computed()

        wait_until(computed, "computed without a broker")
        approve(town)
        posted = run_command("watch_closes")
        assert posted.returncode == 0, posted.stderr
        assert is_published()
        assert digest() == reference()
        assert verification.ledger_faults() == []

        for page in ("/", "/earnings/2017-01/", "/orders/"):
            status, text = _ask(portal + page, cookie)
            assert status in (200, 503), (page, status)
            assert "Traceback" not in text
        status, text = _ask(f"{portal}/accounts/login/")
        assert (status, "Traceback" in text) == (200, False)
        assert _may_not_log_in(portal, text)

        private.start_valkey()
        heard = worker.log().count("watch_closes_task")
        wait_until(
            lambda: worker.log().count("watch_closes_task") > heard + 1,
            "the worker hears the broker again by itself",
        )
    finally:
        beat.stop()


def _may_not_log_in(portal: str, page: str) -> bool:
    """Without the store of its limits a log-in is refused for now, not unlimited."""
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = f"csrfmiddlewaretoken={token}&login=e%40example.org&password=a+long+password+of+E"
    status, text = _ask(
        f"{portal}/accounts/login/", f"{settings.CSRF_COOKIE_NAME}={token}", form.encode()
    )
    assert "Traceback" not in text
    return status == 503
