"""C16: whoever is killed, and however many drain, each event has one effect.

The receiver is a real mail server that drops a second e-mail with the same ``Message-ID``.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import transaction

from representatives import outbox
from representatives.models import Alert, OutboxEvent
from representatives.tasks import drain_outbox_task
from tests.race.mail_server import MailServer
from tests.race.processes import start_act, wait_until

MODULE = "tests.race.acts_outbox"
DRAINERS = 5
EVENTS = 30


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def environment(subprocess_env: dict[str, str], server: MailServer) -> dict[str, str]:
    return {**subprocess_env, **server.environment}


def act(name: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return start_act(name, environment, module=MODULE)


def die_in(name: str, environment: Mapping[str, str]) -> None:
    process = act(name, environment)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors


def drain_by_command(run_command: Callable[..., Any], environment: Mapping[str, str]) -> Any:
    """Drain as a person would; again while the server still notices that a drainer is dead."""
    found: Any = None

    def done() -> bool:
        nonlocal found
        found = run_command("drain_outbox", "--json", env=environment)
        return bool(found.returncode != 3)

    wait_until(done, "the dead drainer's lock is free")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def let_time_pass() -> None:
    """Make what waits for its next attempt due at once."""
    OutboxEvent.objects.filter(sent_at__isnull=True).update(not_before=datetime.now(UTC))


def write_events(count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            outbox.send_mail(key=f"race:{number}", to="ann@example.com", subject="s", text="t")


@pytest.mark.django_db(transaction=True)
def test_killed_between_the_commit_and_the_broker_an_effect_still_happens_once(
    environment: dict[str, str],
    server: MailServer,
    run_command: Callable[..., Any],
    redis_client: redis.Redis,
) -> None:
    die_in("commit-and-die", environment)

    assert Alert.objects.filter(key="act").exists()
    assert list(redis_client.scan_iter(match=f"{settings.REDIS_KEY_PREFIX}:*default*")) == []
    assert server.effects == 0
    assert drain_by_command(run_command, environment) == {
        "sent": 1, "failed": 0, "waiting": 0, "busy": False,
    }  # fmt: skip
    assert list(server.arrivals.values()) == [1]


@pytest.mark.django_db(transaction=True)
def test_control_without_an_outbox_an_effect_is_lost_or_happens_for_nothing(
    environment: dict[str, str], server: MailServer
) -> None:
    die_in("send-and-roll-back-unguarded", environment)
    assert (Alert.objects.count(), server.effects) == (0, 1)

    die_in("commit-and-die-unguarded", environment)
    assert (Alert.objects.count(), server.effects) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_killed_before_it_is_marked_an_effect_is_repeated_under_its_own_number(
    environment: dict[str, str], server: MailServer, run_command: Callable[..., Any]
) -> None:
    write_events(3)

    die_in("hand-over-and-die", environment)

    assert server.effects == 1
    wait_until(lambda: drain_by_command(run_command, environment)["waiting"] == 1, "the others")
    dead = OutboxEvent.objects.get(sent_at__isnull=True)
    assert (dead.key, dead.attempts) == ("race:0", 1)
    assert server.effects == 3, "the one that killed its drainer holds nobody up"
    let_time_pass()
    assert drain_by_command(run_command, environment)["sent"] == 1
    assert server.effects == 3
    assert sorted(server.arrivals.values()) == [1, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_control_under_another_number_the_repeat_is_a_second_effect(
    environment: dict[str, str], server: MailServer
) -> None:
    write_events(1)

    for _ in range(2):
        die_in("hand-over-unkeyed-unguarded", environment)
        let_time_pass()

    assert (OutboxEvent.objects.count(), server.effects) == (1, 2)


def race(name: str, environment: Mapping[str, str]) -> None:
    """Let drainers loose at the same moment and wait for all of them."""
    started = [act(name, environment) for _ in range(DRAINERS)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors


@pytest.mark.django_db(transaction=True)
def test_five_drainers_at_once_twice_over_send_each_event_once(
    environment: dict[str, str], server: MailServer
) -> None:
    write_events(EVENTS)
    server.seconds_each = 0.005

    race("drain", environment)
    race("drain", environment)

    assert server.effects == EVENTS
    assert set(server.arrivals.values()) == {1}
    assert OutboxEvent.objects.filter(sent_at__isnull=True).count() == 0
    assert set(OutboxEvent.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_five_drainers_send_an_event_again(
    environment: dict[str, str], server: MailServer
) -> None:
    write_events(EVENTS)

    race("drain-unguarded", environment)

    assert max(server.arrivals.values()) > 1
    assert sum(server.arrivals.values()) > EVENTS


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_told_by_the_commit(
    start_celery_worker: Callable[..., Any], server: MailServer
) -> None:
    start_celery_worker(env=server.environment)

    write_events(3)

    wait_until(lambda: server.effects == 3, "three e-mails by the worker")
    wait_until(lambda: outbox.count_waiting() == 0, "marked")
    assert set(server.arrivals.values()) == {1}


def test_beat_looks_in_the_outbox_every_ten_seconds() -> None:
    entries = settings.CELERY_BEAT_SCHEDULE.values()

    assert [one["schedule"] for one in entries if one["task"] == drain_outbox_task.name] == [10.0]
