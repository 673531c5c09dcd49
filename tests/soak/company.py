"""The company of the soak: the town in a database that is made anew for each round."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connections

from compensation import verification
from tests.compensation.town import Town, build_town, digest
from tests.faults.pointing import point
from tests.faults.servers import PrivateServers

FOUNDED, WORKING = "perennial", "perennial_soak"


@dataclass
class Company:
    """The town, its servers, and the digest of January closed without any fault."""

    servers: PrivateServers
    folder: Path
    town: Town
    reference: str = ""

    def anew(self) -> None:
        """Throw the working database away, whoever is connected, and make it anew."""
        connections.close_all()
        self.servers.drop(WORKING)
        self.servers.copy(FOUNDED, WORKING)
        point(self.servers.databases(WORKING))

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of a process that works for this company."""
        return {
            **os.environ,
            **self.servers.environment(WORKING),
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def faults(self) -> list[str]:
        """Return what is wrong with the ledger now."""
        from compensation import balances

        connections.close_all()
        return [*verification.ledger_faults(), *map(str, balances.differences())]


def found_company(servers: PrivateServers, folder: Path) -> Company:
    """Migrate, found the town, and close January once without any fault."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    company = Company(servers, folder, build_town())
    connections.close_all()
    company.anew()
    company.town.close("2017-01")
    company.reference = digest()
    return company
