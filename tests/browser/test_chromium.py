"""Which Chromium is taken, with programs that only say that they are one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.processes import ROOT

MakeProgram = Callable[..., Path]


@pytest.fixture
def make_program(tmp_path: Path) -> MakeProgram:
    """Return a way to put a program into a folder."""

    def make(name: str, *, says: str = "Chromium 150.0", code: int = 0) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
        path.chmod(0o755)
        return path

    return make


def test_the_first_name_that_runs_is_taken(make_program: MakeProgram, tmp_path: Path) -> None:
    make_program("google-chrome", says="Google Chrome 150.0")
    make_program("chromium-browser", says="install the snap first", code=1)
    environment = {"PATH": str(tmp_path)}

    assert chromium.find(environment) == str(tmp_path / "google-chrome")
    chrome = make_program("chromium")
    assert chromium.find(environment) == str(chrome)


def test_what_chromium_names_comes_first(make_program: MakeProgram, tmp_path: Path) -> None:
    make_program("chromium")
    mine = make_program("mine")

    assert chromium.find({"PATH": str(tmp_path), "CHROMIUM": str(mine)}) == str(mine)
    assert chromium.find({"PATH": str(tmp_path), "CHROMIUM": "mine"}) == str(mine)


@pytest.mark.parametrize("named", ["/nowhere/chromium", "broken", "other"])
def test_a_chromium_that_is_none_is_an_error(
    make_program: MakeProgram, tmp_path: Path, named: str
) -> None:
    make_program("chromium")
    make_program("broken", code=1)
    make_program("other", says="Firefox 150.0")

    with pytest.raises(chromium.NoChromiumError, match="is no Chromium that starts"):
        chromium.find({"PATH": str(tmp_path), "CHROMIUM": named})


@pytest.mark.parametrize(
    ("value", "left_out"), [("none", True), (" NONE ", True), ("", False), ("chromium", False)]
)
def test_none_leaves_the_browser_out(value: str, left_out: bool) -> None:
    assert chromium.is_left_out({"BROWSER": value}) is left_out


def test_a_run_without_browser_says_so_last(subprocess_env: dict[str, str]) -> None:
    call = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"]
    target = "tests/browser/test_sweep.py"
    environment = {**subprocess_env, "BROWSER": "none"}

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*call, "--collect-only", *more, target],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    without, checked = run(), run("--no-skips")

    assert without.stdout.splitlines()[-1] == ("BROWSER=none: the tests in a browser were left out")
    assert "test_pages_are_sound" not in without.stdout
    assert "test_pages_are_sound" in checked.stdout
    assert "BROWSER=none" not in checked.stdout
