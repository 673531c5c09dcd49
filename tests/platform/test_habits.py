"""Habits of the project that a machine can watch."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    "path", sorted((ROOT / "compensation" / "engine").rglob("*.py")), ids=lambda path: path.name
)
def test_the_engine_imports_numpy_and_the_standard_library_only(path: Path):
    allowed = {*sys.stdlib_module_names, "numpy"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        else:
            continue
        for name in names:
            assert name.split(".")[0] in allowed or name.startswith("compensation.engine"), name


LEFT_OUT = {
    "skipped": "import pytest\n\ndef test_one():\n    pytest.skip('not today')",
    "expected": "import pytest\n\n@pytest.mark.xfail\ndef test_one():\n    assert False",
    "module": "import pytest\n\npytest.importorskip('no_such_module')",
}


@pytest.mark.parametrize("bodies", [{}, LEFT_OUT], ids=["whole", "left-out"])
def test_no_skips_fails_a_run_that_leaves_tests_out(tmp_path: Path, bodies: dict[str, str]):
    for name, body in {**bodies, "whole": "def test_two():\n    pass"}.items():
        (tmp_path / f"test_{name}.py").write_text(body)

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.no_skips", "--no-skips"),
            *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), str(tmp_path)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == (1 if bodies else 0), done.stdout + done.stderr
    listed = done.stdout.partition("--no-skips: skipped or expected to fail")[2]
    assert all(f"test_{name}.py" in listed for name in bodies)


def test_migrate_refuses_the_application_role(run_command):
    done = run_command("migrate", "--database", "default")

    assert done.returncode == 1
    assert "MIGRATION_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_migrate_is_done_and_may_be_repeated(run_command):
    done = run_command("migrate")

    assert done.returncode == 0, done.stderr
    assert "No migrations to apply" in done.stdout
