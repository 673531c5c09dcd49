"""Page times through gunicorn against a bare page of the same site, for the member on top.

``python -m bench.pages REQUESTS PERIOD`` starts gunicorn with two workers and asks for each page
in turn, so that all of them meet the same moments of the machine. The bare page goes through the
same middleware and base template, has no content, and makes one query by key. A browser's request
is imitated: a new connection, the session's cookie, a compressed answer.
"""

import gzip
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
WORKERS = 2
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


def addresses_of_the_top(period: str) -> dict[str, str]:
    """Return the measured pages: first those of the running month, then those of a posted one."""
    return {
        "dashboard": "/",
        "downline_table": "/downline/?view=table",
        "downline_tree": "/downline/",
        "statement": f"/earnings/{period}/",
        "explain": f"/earnings/{period}/{largest_line(period)}/",
    }


def largest_line(period: str) -> str:
    """Return the address of the top's statement line that is made of the most."""
    from compensation.models import Earning, Period
    from compensation.selectors_pages.statement import line_key
    from representatives.models import Representative

    line = (
        Earning.objects.filter(
            run_id=Period.objects.get(label=period).visible_run_id,
            receiver=Representative.objects.get(sponsor=None),
        )
        .order_by("-members", "-base")
        .first()
    )
    if line is None:
        raise RuntimeError(f"the member on top earned nothing in {period}")
    return line_key(line)


def measure(requests: int, period: str) -> dict[str, float]:
    """Return the times of the pages in milliseconds and their ratios to the bare page."""
    cookie = session_of_the_top()
    pages = {"bare": "/bench/bare/", **addresses_of_the_top(period)}
    times: dict[str, list[float]] = {name: [] for name in pages}
    with served(workers=WORKERS) as port:
        for turn in range(WARM_UP + requests):
            for name, address in pages.items():
                started = time.perf_counter()
                answer = ask(port, address, cookie)
                seconds = time.perf_counter() - started
                text_of(answer, address)
                if turn >= WARM_UP:
                    times[name].append(seconds * 1000)
    return figures_of(times)


def figures_of(times: dict[str, list[float]]) -> dict[str, float]:
    """Return median and 95th percentile of each page, and the latter over the bare page's."""
    found = {}
    for name, values in times.items():
        found[f"page_{name}_p95_ms"] = percentile(values, 95)
        found[f"page_{name}_median_ms"] = median(values)
    for name in times:
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
def served(*, workers: int = 1) -> Iterator[int]:
    """Serve the site on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", str(workers)]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--log-level", "error"],
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if ask(port, "/healthz", "")[0] == 200:
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
    return text_of(ask(port, address, cookie), address)


def ask(port: int, address: str, cookie: str) -> tuple[int, bytes]:
    """Ask for a page as a browser does and return status and body, compressed as they came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": cookie, "Host": "127.0.0.1", "Accept-Encoding": "gzip"}
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def text_of(answer: tuple[int, bytes], address: str) -> str:
    """Return the text of an answer.

    :raises RuntimeError: if it is not a page.
    """
    status, body = answer
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    if status != 200 or b"<h1" not in body:
        raise RuntimeError(f"{address} answered {status}: {body[:300]!r}")
    return body.decode()


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), sys.argv[2])) + "\n")
