"""C19: a backup of a close under way goes on elsewhere; an old company comes up to date."""

from __future__ import annotations

import gzip
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from compensation import services, verification
from compensation.models import Period, Run
from tests.compensation.town import Town, digest, local
from tests.faults.closing import CLOSE, forget_connections, until_not_busy
from tests.faults.forks import Child
from tests.faults.pointing import databases_in_use, pointed
from tests.faults.servers import PrivateServers
from tests.race.processes import is_stopped, wait_until

# The company before there were chain, payouts and RSP bank: January posted with a return taken
# back since, February approved but not posted, with a return that waits.
OLD_COMPANY = Path(__file__).parent / "dumps" / "before-money.sql.gz"
OLD_DIGEST = "dda4a55582d8e5ddc709e279be9343ccdb92e4bb7a76450672cfb5cb5e6427a6"
OLD_DIGEST_AFTER = "4a5d42685759379d595b0c4c1104af57d4ebfe3147f977a020fec6af44873ee3"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def elsewhere() -> Iterator[Callable[[], PrivateServers]]:
    """Return a function that makes another server, not started yet."""
    made: list[PrivateServers] = []

    def make() -> PrivateServers:
        made.append(PrivateServers())
        return made[-1]

    yield make
    for servers in made:
        servers.close()


def _migrate() -> None:
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def _is_sound_to_the_last_page(servers: PrivateServers, database: str) -> None:
    servers.run("pg_amcheck", "--install-missing", "--heapallindexed", "-d", database)


def test_an_old_company_comes_up_to_date_and_goes_on(private: PrivateServers) -> None:
    name = "perennial_old"
    private.run("createdb", "-O", "perennial_owner", name)
    private.run("psql", "-X", "-q", "-d", name, given=gzip.decompress(OLD_COMPANY.read_bytes()))
    with pointed(private.databases(name)):
        assert digest() == OLD_DIGEST

        _migrate()

        assert digest() == OLD_DIGEST
        assert verification.ledger_faults() == []
        now = local("2017-03-03T09:00")
        services.advance_to_end(run=Run.objects.get(status="approved"), now=now)
        assert services.reverse_waiting_returns(now=now) == 1
        assert digest() == OLD_DIGEST_AFTER
        assert Period.objects.get(label="2017-02").status == "posted"
        assert verification.ledger_faults() == []
    _is_sound_to_the_last_page(private, name)
    private.drop(name)


@pytest.mark.parametrize(
    ("kind", "point"), [("physical", "post.before_commit"), ("logical", "compute.before_commit")]
)
def test_a_backup_of_a_close_under_way_is_resumed_on_another_server(
    private: PrivateServers,
    town: Town,
    fork: Callable[..., Child],
    elsewhere: Callable[[], PrivateServers],
    reference: Callable[..., str],
    tmp_path: Path,
    kind: str,
    point: str,
) -> None:
    name = databases_in_use()["default"]["NAME"]
    working = fork(*CLOSE, env={"FAULT_POINT": point, "FAULT_ACTION": "stop"})
    wait_until(lambda: is_stopped(working.pid), f"stopped at {point}")
    at_backup = digest()
    other = elsewhere()
    if kind == "physical":
        _copy_files(private, other)
    else:
        _copy_rows(private, other, name)
    working.kill(signal.SIGCONT)
    assert working.wait().returncode == 0
    assert digest() == reference()

    with pointed(other.databases(name)):
        assert digest() == at_backup
        _migrate()
        assert verification.ledger_faults() == []
        assert Period.objects.get(label="2017-01").status != "posted"
        resumed = until_not_busy(lambda: fork(*CLOSE).wait())
        assert resumed.returncode == 0, resumed.stderr
        assert digest() == reference()
        assert verification.ledger_faults() == []
        _is_sound_to_the_last_page(other, name)
        forget_connections()


def _copy_files(here: PrivateServers, there: PrivateServers) -> None:
    """As a physical backup and its restore do."""
    here.run("pg_basebackup", "-D", str(there.pgdata), "--checkpoint=fast", "--no-sync")
    here.run("pg_verifybackup", "--exit-on-error", str(there.pgdata))
    there.spec["passwords"] = here.spec["passwords"]
    there.start_postgres()


def _copy_rows(here: PrivateServers, there: PrivateServers, name: str) -> None:
    """As a dump and its restore do; transactions there must bear numbers never given out here."""
    script = here.run("pg_dump", "-d", name)
    there.initialise()
    there.run("pg_resetwal", "--epoch=1", "-D", str(there.pgdata))
    there.start()
    there.run("createdb", "-O", "perennial_owner", name)
    there.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, given=script)
