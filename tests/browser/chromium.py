"""Which Chromium the browser tests use: the rule of ``make test``.

In this order: what ``CHROMIUM`` names; a Chromium or Chrome of the system; as root, the
distribution's package; Playwright's own. ``python -m tests.browser.chromium`` finds it, installs it
where need be, and says which; it ends with 1 if there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = "chromium"
ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers, on pages of our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
INSTALL_SECONDS = 900
LEFT_OUT = "none"
"""The value of ``BROWSER`` that leaves the tests in a browser out."""


class NoChromiumError(RuntimeError):
    """No Chromium that runs was found or could be installed."""


def is_left_out(environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether ``BROWSER=none`` asks to do without a browser."""
    return (environment or os.environ).get("BROWSER", "").strip().lower() == LEFT_OUT


def runs(path: str) -> bool:
    """Tell whether a program is a browser that starts: some distributions ship a mere stub."""
    try:
        done = subprocess.run(
            [path, "--version", "--no-sandbox"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and any(name in done.stdout for name in ("Chromium", "Chrome"))


def find(environment: Mapping[str, str] | None = None) -> str | None:
    """Return the path of a Chromium that is there and runs, or None.

    :raises NoChromiumError: if ``CHROMIUM`` names something that is no browser.
    """
    facts = os.environ if environment is None else environment
    named = facts.get("CHROMIUM", "").strip()
    if named:
        path = shutil.which(named, path=facts.get("PATH"))
        if path is None or not runs(path):
            raise NoChromiumError(f"CHROMIUM={named} is no Chromium that starts")
        return path
    for name in NAMES:
        path = shutil.which(name, path=facts.get("PATH"))
        if path is not None and runs(path):
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    """Return the Chromium that Playwright has downloaded, or None."""
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from playwright.sync_api import sync_playwright as p\n"
            "with p() as one: print(one.chromium.executable_path)",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    path = done.stdout.strip()
    return path if done.returncode == 0 and Path(path).is_file() and runs(path) else None


def install_package(run: Callable[[Sequence[str]], bool]) -> None:
    """Install the distribution's Chromium, where there is ``apt-get``."""
    if shutil.which("apt-get") is not None and run(("apt-get", "update", "-q")):
        run(("apt-get", "install", "-q", "-y", "--no-install-recommends", PACKAGE))


def install_playwrights_own(run: Callable[[Sequence[str]], bool], *, as_root: bool) -> None:
    """Download Playwright's Chromium; as root with the libraries that it needs."""
    more = ("--with-deps",) if as_root else ()
    run((sys.executable, "-m", "playwright", "install", *more, "chromium"))


def find_or_install() -> str:
    """Return the path of a Chromium, after installing one if need be.

    :raises NoChromiumError: if there is none in the end, with what may be done.
    """
    path = find()
    if path is not None:
        return path
    as_root = os.geteuid() == 0
    if as_root:
        install_package(_run)
        path = find()
    if path is None:
        install_playwrights_own(_run, as_root=as_root)
        path = find()
    if path is None:
        raise NoChromiumError(
            "no Chromium was found or could be installed: install one (on Debian: apt install "
            "chromium), name one with CHROMIUM=/path/to/chromium, or leave the tests in a browser "
            "out with BROWSER=none"
        )
    return path


def _run(command: Sequence[str]) -> bool:
    """Run an installer, whose words go to the terminal, and tell whether it succeeded."""
    print("$", *command, file=sys.stderr, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return (
            subprocess.run(command, env=quiet, timeout=INSTALL_SECONDS, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        print(fault, file=sys.stderr)
        return False


def main() -> int:
    """Find or install Chromium and return the exit code."""
    if is_left_out():
        print("BROWSER=none: no Chromium is looked for")
        return 0
    try:
        print(f"Chromium: {find_or_install()}")
    except NoChromiumError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
