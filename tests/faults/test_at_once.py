"""C01 and C02: twenty processes and five clicks of staff at once close a month once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.test import Client
from django.urls import reverse

from compensation.models import Run
from representatives.models import User
from tests.compensation.town import Town, digest
from tests.faults.closing import BUSY, CLOSE
from tests.faults.forks import Child

PROCESSES = 20
CLICKS = 5
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _click(boss: User) -> int:
    """Press the button of the month's page."""
    client = Client()
    try:
        client.force_login(boss, backend=BACKEND)
        return client.post(
            reverse("admin:compensation_period_act", args=["2017-01", "start"])
        ).status_code
    finally:
        connections.close_all()


def test_twenty_processes_and_five_clicks_close_a_month_once(
    town: Town, fork: Callable[..., Child], reference: Callable[..., str]
) -> None:
    boss = User.objects.create_superuser("boss@example.com", "a long password of boss")
    with ThreadPoolExecutor(CLICKS) as pool:
        clicks = [pool.submit(_click, boss) for _ in range(CLICKS)]
        started = [fork(*CLOSE) for _ in range(PROCESSES)]
        done = [child.wait() for child in started]

    assert {click.result() for click in clicks} <= {302, 409}
    assert {one.returncode for one in done} <= {0, BUSY}, [one.stderr for one in done]
    assert 0 in {one.returncode for one in done}
    assert Run.objects.get(kind="close").status == "posted"

    again = fork(*CLOSE).wait()
    assert again.returncode == 0
    assert again.stdout.strip() == f"2017-01 already posted run={Run.objects.get().pk}"
    assert digest() == reference()
