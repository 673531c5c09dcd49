"""How often the measured pages ask the database: ``python -m bench.page_queries PERIOD``.

Each page is asked for twice in this process; the second time counts, with templates and plans
read and permanent connections open, as in a server that has been up for a while.
"""

import json
import sys

import django

from bench.pages import addresses_of_the_top, session_of_the_top


def count(period: str) -> dict[str, int]:
    """Return the number of queries of each page.

    :raises RuntimeError: if an answer is not a page.
    """
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Cookie": session_of_the_top()}, SERVER_NAME="127.0.0.1")
    counts = {}
    for name, address in addresses_of_the_top(period).items():
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            status = client.get(address).status_code
        if status != 200:
            raise RuntimeError(f"{address} answered {status}")
        counts[name] = len(queries)
    return counts


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(count(sys.argv[1])) + "\n")
