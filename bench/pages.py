"""Page times through gunicorn against a bare page of the same site.

``python -m bench.pages REQUESTS PERIOD`` starts gunicorn with one worker, logs the member on top
in, and asks for each page in turn, so that all of them meet the same moments of the machine. The
bare page goes through the same middleware and base template, has no content, and makes one query
by key.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.views.decorators.http import require_safe

from bench.timing import median, percentile

WARM_UP = 30
BARE = (
    '{% extends "base.html" %}{% block title %}Bare{% endblock %}'
    "{% block heading %}{{ member.name }}{% endblock %}"
)


@require_safe
def bare(request: HttpRequest) -> HttpResponse:
    """Show the base template with the viewer's name and nothing else."""
    from representatives.models import Representative

    member = Representative.objects.get(pk=request.user.representative.pk)
    template = engines["django"].from_string(BARE)
    return HttpResponse(template.render({"member": member}, request))


def measure(requests: int, period: str) -> dict[str, float]:
    """Return the times of the pages in milliseconds and their ratios to the bare page."""
    cookie = session_of_the_top()
    pages = {
        "bare": "/bench/bare/",
        "dashboard": f"/?month={period}",
        "downline": f"/downline/?month={period}",
        "statement": f"/earnings/{period}/",
    }
    times: dict[str, list[float]] = {name: [] for name in pages}
    with served() as port:
        for turn in range(WARM_UP + requests):
            for name, address in pages.items():
                started = time.perf_counter()
                get_page(port, address, cookie)
                if turn >= WARM_UP:
                    times[name].append((time.perf_counter() - started) * 1000)
    found = {}
    for name, values in times.items():
        found[f"page_{name}_p95_ms"] = percentile(values, 95)
        found[f"page_{name}_median_ms"] = median(values)
    for name in pages:
        if name != "bare":
            found[f"page_{name}_over_bare_p95"] = (
                found[f"page_{name}_p95_ms"] / found["page_bare_p95_ms"]
            )
    return found


def session_of_the_top() -> str:
    """Give the member on top a log-in and return the cookie of an open session."""
    from django.test import Client

    from representatives.models import Representative, User

    top = Representative.objects.get(sponsor=None)
    if top.user is None:
        top.user = User.objects.create(email="top@bench.example", password="!")
        top.save(update_fields=["user"])
    client = Client()
    client.force_login(top.user)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


@contextmanager
def served() -> Iterator[int]:
    """Serve the site with one worker on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--log-level", "error"],
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def get_page(port: int, address: str, cookie: str) -> str:
    """Return a page's text.

    :raises RuntimeError: if the answer is not a page.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address, headers={"Cookie": cookie, "Host": "127.0.0.1"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200 or b"<h1>" not in body:
        raise RuntimeError(f"{address} answered {response.status}: {body[:300]!r}")
    return body.decode()


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), sys.argv[2])) + "\n")
