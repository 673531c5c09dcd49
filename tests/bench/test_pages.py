"""The parts that measure pages, on a page and a server of their own."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bench import pages, stages
from bench.page_browser import worst

PAGE = b"<!doctype html><title>Bench</title><h1>Hello</h1>"


class Handler(BaseHTTPRequestHandler):
    """Answers a page, compressed where the client can read that; elsewhere nothing."""

    def do_GET(self) -> None:
        body = PAGE if self.path == "/" else b"<p>gone</p>"
        self.send_response(200 if self.path == "/" else 404)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_page_comes_compressed_and_is_read(port):
    status, body = pages.ask(port, "/", "session=1")

    assert status == 200
    assert body != PAGE
    assert pages.text_of((status, body), "/") == PAGE.decode()
    assert pages.get_page(port, "/", "") == PAGE.decode()


def test_answer_that_is_no_page_is_refused(port):
    with pytest.raises(RuntimeError, match="/missing/ answered 404"):
        pages.get_page(port, "/missing/", "")


def test_pages_are_told_over_the_bare_page():
    found = pages.figures_of({"bare": [4.0, 5.0, 6.0], "dashboard": [9.0, 15.0, 10.0]})

    assert found["page_bare_median_ms"] == 5.0
    assert found["page_dashboard_p95_ms"] == 15.0
    assert found["page_dashboard_over_bare_p95"] == 2.5
    assert "page_bare_over_bare_p95" not in found


def test_queries_may_grow_on_no_page():
    found = stages.page_queries({"dashboard": 10, "explain": 12}, {"dashboard": 10, "explain": 14})

    assert found["page_explain_queries"] == 14
    assert found["page_explain_queries_at_10"] == 12
    assert found["pages_queries_grown"] == 2
    fewer = stages.page_queries({"dashboard": 10, "table": 14}, {"dashboard": 10, "table": 12})
    assert fewer["pages_queries_grown"] == 0


def test_worst_page_is_told_of_each_kind():
    found = worst(
        {
            "page_a_first_visit_kb": 150.0,
            "page_b_first_visit_kb": 180.0,
            "page_a_later_visit_kb": 20.0,
            "page_b_later_visit_kb": 12.0,
            "page_a_lcp_seconds": 0.3,
            "page_b_lcp_seconds": 0.2,
        }
    )

    assert found == {
        "pages_first_visit_kb": 180.0,
        "pages_later_visit_kb": 20.0,
        "pages_lcp_seconds": 0.3,
    }
