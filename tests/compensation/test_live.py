"""Live figures of the open month: how far behind, one at a time, and never in a reader's way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.cache import caches
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from compensation import selectors, services, tasks
from compensation.models import Earning, MemberResult, Period, Run
from config.celery import app
from representatives.models import User
from tests.compensation.town import CLOSER, Town, local

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.mark.parametrize("taken", [0.1, 1, 3, 8, 11, 14, 18, 21])
def test_an_order_is_in_within_a_minute(taken: float) -> None:
    one = timedelta(seconds=taken)
    distance = services.live_distance(one)

    assert distance >= one, "one at a time"
    assert distance >= timedelta(seconds=10)
    noticed = timedelta(seconds=18)
    assert noticed + distance + one <= timedelta(seconds=60)


def test_small_companies_leave_the_machine_alone() -> None:
    assert services.live_distance(timedelta(seconds=8)) == timedelta(seconds=24)


def _lines(run: Run) -> list[tuple[Any, ...]]:
    lines = Earning.objects.filter(run_id=run.pk).order_by("receiver_id", "component", "paid_level")
    return list(
        lines.values_list("receiver_id", "component", "paid_level", "base", "rate_num", "amount")
    )


def _members(run: Run) -> list[tuple[Any, ...]]:
    fields = [
        field.name
        for field in MemberResult._meta.concrete_fields
        if field.name not in ("pk", "run")
    ]
    found = MemberResult.objects.filter(run_id=run.pk).order_by("position")
    return list(found.values_list(*fields))


def test_live_figures_are_the_close_to_the_cent(town: Town) -> None:
    town.close("2017-01")
    live = services.refresh_live_figures(now=town.set_clock("2017-02-27T12:00"), by=town.closer)
    assert live is not None
    shown = _lines(live), _members(live)
    assert selectors.visible_run(live.period) == live

    closed = town.close("2017-02")

    assert shown[0]
    assert (_lines(closed), _members(closed)) == shown
    assert closed.result_digest == live.result_digest
    assert closed.input_digest == live.input_digest


def test_a_run_keeps_what_it_was_made_of(town: Town) -> None:
    now = town.set_clock("2017-02-27T12:00")
    period = Period.objects.get(label="2017-02")
    runs = [services.preview_period(period=period, by=town.closer, now=now) for _ in range(3)]

    for run in runs:
        assert run.plan_version.name == "town"
        assert run.plan_digest == run.plan_version.digest
        assert run.input_digest
        assert run.engine_version
        assert set(run.timings) == {"load", "engine", "write"}
        assert list(run.steps.order_by("ordinal").values_list("name", flat=True)) == [
            "compute",
            "verify",
            "publish",
        ]
    period.refresh_from_db()
    assert period.visible_run_id == runs[-1].pk
    assert len({run.input_digest for run in runs}) == 1


def test_the_command_previews_any_number_of_times(
    town: Town, run_command: Callable[..., Any]
) -> None:
    town.set_clock("2017-02-27T12:00")
    call = ("close_period", "2017-02", "--preview", "--by", CLOSER, "--json")
    first, second = (json.loads(run_command(*call).stdout.splitlines()[-1]) for _ in range(2))

    assert (first["exit"], second["exit"]) == (0, 0)
    assert (first["run"]["attempt"], second["run"]["attempt"]) == (1, 2)
    assert first["run"]["input_digest"] == second["run"]["input_digest"]
    assert second["run"]["is_visible"]
    assert not Run.objects.filter(kind="close").exists()


def test_staff_see_which_run_is_shown(town: Town, client: Client) -> None:
    now = town.set_clock("2017-02-27T12:00")
    period = Period.objects.get(label="2017-02")
    for _ in range(2):
        services.preview_period(period=period, by=town.closer, now=now)
    User.objects.filter(pk=town.closer.pk).update(is_superuser=True)
    client.force_login(town.closer, backend=BACKEND)

    listed = client.get(reverse("admin:compensation_run_changelist")).content.decode()

    assert listed.count("icon-yes") == 1


# -- Hints -----------------------------------------------------------------------------------------


@pytest.fixture
def sent() -> Iterator[Callable[[], int]]:
    """The number of messages that wait for a worker, none to begin with."""
    caches["default"].clear()
    with app.connection_for_read() as broker:
        channel = broker.default_channel
        channel.queue_purge("close")
        yield lambda: channel.client.llen("close")
        channel.queue_purge("close")


def test_many_orders_are_one_hint(town: Town, sent: Callable[[], int]) -> None:
    for _ in range(20):
        tasks.hint_live()
    with transaction.atomic():
        tasks.hint_live()

    assert sent() == 1


def test_an_order_that_is_taken_back_gives_no_hint(town: Town, sent: Callable[[], int]) -> None:
    with transaction.atomic():
        tasks.hint_live()
        transaction.set_rollback(True)

    assert sent() == 0


# -- Readers ---------------------------------------------------------------------------------------


def test_nobody_waits_while_superseded_figures_go(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    """A long reader keeps old tables from being dropped, and other readers notice nothing."""
    now = town.set_clock("2017-02-27T12:00")
    period = Period.objects.get(label="2017-02")
    runs = [services.preview_period(period=period, by=town.closer, now=now) for _ in range(2)]
    services.drop_run(run=runs[0])
    waits: list[float] = []
    ended = threading.Event()

    def read_again_and_again() -> None:
        try:
            while not ended.is_set():
                began = time.monotonic()
                assert MemberResult.objects.filter(run_id=runs[1].pk).count() == 9
                waits.append(time.monotonic() - began)
                time.sleep(0.01)
        finally:
            connections.close_all()

    with owner_connection.transaction():
        owner_connection.execute("SELECT count(*) FROM compensation_memberresult")
        reader = threading.Thread(target=read_again_and_again)
        reader.start()
        dropped = services.drop_results_of_dead_runs()
        ended.set()
        reader.join(30)

    assert dropped == 0
    assert len(waits) > 20
    assert max(waits) < 0.2
    assert services.drop_results_of_dead_runs() == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname ~ %s",
            [f"^compensation_(memberresult|earning|carried)_{runs[0].pk}_"],
        )
        assert cursor.fetchone() == (0,)


def test_a_visible_run_is_never_dropped(town: Town) -> None:
    now = local("2017-02-27T12:00")
    period = Period.objects.get(label="2017-02")
    run = services.preview_period(period=period, by=town.closer, now=now)

    assert services.drop_old_previews(period=period) == 0
    assert MemberResult.objects.filter(run_id=run.pk).count() == 9
