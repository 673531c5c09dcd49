"""Commands and workers of the tests are real processes on the test's own database and queue."""

import time
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.celery import app
from tests.databases import TestDatabases


def test_a_command_works_on_the_database_of_the_test(
    run_command, test_databases: TestDatabases, django_user_model
):
    done = run_command(
        "shell",
        "--no-imports",
        "-c",
        "from django.db import connection as c; c.ensure_connection(); "
        "print(c.settings_dict['NAME'], c.settings_dict['USER'])",
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [test_databases.in_use, settings.DATABASE_APP_ROLE]
    assert test_databases.in_use != test_databases.shared


def test_each_committing_test_gets_a_fresh_database(fresh_database, django_user_model):
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('a', 'b', now())")

    fresh_database()

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), (SELECT count(*) FROM django_session)")
        assert cursor.fetchone() == (connection.settings_dict["NAME"], 0)
    assert connection.settings_dict["NAME"] != name


def test_a_worker_is_a_real_process_and_takes_messages(celery_worker_process):
    app.send_task("perennial.no_such_task", queue="close")

    deadline = time.monotonic() + 20
    while "perennial.no_such_task" not in celery_worker_process.log():
        assert time.monotonic() < deadline, celery_worker_process.log()
        time.sleep(0.1)

    assert celery_worker_process.children()


def test_a_killed_worker_leaves_no_child(celery_worker_process):
    children = celery_worker_process.children()

    celery_worker_process.kill()

    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
