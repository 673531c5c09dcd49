"""A small real mail server on the loopback, which knows a repeat by its ``Message-ID``."""

from __future__ import annotations

import re
import socketserver
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self


class MailServer:
    """Takes e-mails by SMTP on a port of its own until the ``with`` block ends.

    ``arrivals`` counts every e-mail taken by its Message-ID; one effect is what has one id, since
    a receiver drops the second e-mail that bears it.
    """

    def __init__(self, *, seconds_each: float = 0.0) -> None:
        self.arrivals: Counter[str] = Counter()
        self.texts: list[str] = []
        self.seconds_each = seconds_each
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.takes = self.take

    @property
    def effects(self) -> int:
        """How many different e-mails there were."""
        return len(self.arrivals)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process of the test settings send its e-mails here."""
        return {
            "EMAIL_URL": f"smtp://127.0.0.1:{self._server.server_address[1]}",
            "TEST_EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        }

    def take(self, text: str) -> None:
        """Count one e-mail."""
        if self.seconds_each:
            time.sleep(self.seconds_each)
        found = re.search(r"^Message-ID: (\S+)", text, re.MULTILINE | re.IGNORECASE)
        with self._lock:
            self.arrivals[found[1] if found else "none"] += 1
            self.texts.append(text)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    takes: object


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline():
            word = line[:4].decode("ascii", "replace").upper()
            if word == "DATA":
                self._say("354 go on")
                self.server.takes(self._read_text())  # type: ignore[attr-defined]
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 loopback" if word in ("EHLO", "HELO") else "250 fine")

    def _read_text(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.decode("utf-8", "replace"))
        return "".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
