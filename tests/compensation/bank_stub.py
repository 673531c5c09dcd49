"""A small bank on loopback that really pays: one payment for each identification it ever took.

It knows a file by its `Idempotency-Key`, as the bank's interface promises. Tests tell it how to
misbehave: take a file and drop the connection, fail after or before it took it, call back early.
"""

from __future__ import annotations

import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>
<GrpHdr><MsgId>S1</MsgId><CreDtTm>2017-02-21T08:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>
<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{payments}</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>"""
PAYMENT = """<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>{code}</TxSts>
<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>
<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"""


def report(message: str, payments: list[tuple[str, str, str, str]]) -> bytes:
    """Return a status report of a file: identification, state, reason and amount of each."""
    lines = (
        PAYMENT.format(name=name, code=code, reason=reason, amount=amount)
        for name, code, reason, amount in payments
    )
    return REPORT.format(message=message, payments="".join(lines)).encode()


@dataclass
class Bank:
    """What the bank has paid and been asked, and how it behaves next."""

    url: str = ""
    paid: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    behaviour: list[str] = field(default_factory=list)
    before_answer: Callable[[], object] | None = None

    def take(self, key: str, body: str) -> None:
        """Pay a file, unless its key was seen: that is the same file again."""
        if key in self.files:
            return
        names = re.findall(r"<EndToEndId>(.*?)</EndToEndId>", body)
        self.files[key] = names
        self.paid.update(names)
        self.amounts |= zip(
            names, re.findall(r"<InstdAmt[^>]*>(.*?)</InstdAmt>", body), strict=True
        )

    def status(self, key: str) -> bytes | None:
        """Return the report of a file, settled; None if it never came."""
        names = self.files.get(key)
        if names is None:
            return None
        return report(key, [(name, "ACSC", "", self.amounts[name]) for name in names])


@contextmanager
def open_bank() -> Iterator[Bank]:
    """Open a bank on a free port of loopback."""
    bank, server, thread = start_bank()
    try:
        yield bank
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def start_bank() -> tuple[Bank, ThreadingHTTPServer, threading.Thread]:
    """Start a bank that ends with this process, if nobody ends it before."""
    bank = Bank()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(bank))
    bank.url = f"http://127.0.0.1:{server.server_address[1]}/bank"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    return bank, server, thread


def _handler(bank: Bank) -> type[BaseHTTPRequestHandler]:
    class Counterpart(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            key = self.headers["Idempotency-Key"]
            assert self.path == "/bank/payments"
            bank.posts.append(key)
            behave = bank.behaviour.pop(0) if bank.behaviour else "accept"
            if behave in ("refuse", "fail_before", "busy"):
                self.send({"refuse": 422, "fail_before": 500, "busy": 429}[behave], b"no")
                return
            bank.take(key, body)
            if bank.before_answer is not None:
                bank.before_answer()
            if behave == "drop":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send(500 if behave == "fail_after" else 202, b"ok")

        def do_GET(self) -> None:
            found = bank.status(self.path.split("/")[3])
            self.send(200 if found else 404, found or b"unknown")

        def send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Counterpart
