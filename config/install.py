"""Make the virtual environment and install the pinned requirements (called by the Makefile).

Runs on whatever Python the Makefile found, so that an unsuitable one can be told apart by name:
plain syntax, standard library only. Two at once wait for each other; what is installed already is
recognised by the content of the requirement files.
"""

import hashlib
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
OLDEST, NEWEST = (3, 11), (3, 13)


def fault():
    """Return why this Python or machine can't run the project, or None."""
    here = f"Python {platform.python_version()} ({sys.executable})"
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return (
            here + " is not supported: Perennial needs Python 3.11, 3.12 or 3.13; "
            "name one with `make PYTHON=/path/to/python3.12 ...`"
        )
    libc = platform.libc_ver()[0] or "without glibc"
    machine = f"{platform.system()} {platform.machine()} {libc}"
    if machine != "Linux x86_64 glibc":
        return machine + " is not supported: Perennial needs Linux x86-64 with glibc"
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            return (
                f"{here} has no `{module}`, so it can't make virtual environments: install it (on "
                f"Debian and Ubuntu: apt install python3.{sys.version_info[1]}-venv) or name "
                "another Python with `make PYTHON=/path/to/python3.12 ...`"
            )
    return None


def digest():
    """Return what the environment has to match: this Python and the requirement files."""
    total = hashlib.sha256(platform.python_version().encode())
    for name in REQUIREMENTS:
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()


def installed():
    """Return the digest that the environment was installed for, or None if it does not run."""
    try:
        found = STAMP.read_text().strip()
        subprocess.check_call([str(VENV_PYTHON), "-c", "import django"], cwd=str(ROOT))
    except (OSError, subprocess.CalledProcessError):
        return None
    return found


def main():
    """Install; return the exit code."""
    reason = fault()
    if reason:
        sys.stderr.write(reason + "\n")
        return 2
    import fcntl

    folder = ROOT / ".local"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        sys.stderr.write(f"{folder}: can't be made: {error.strerror}\n")
        return 1
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = digest()
        if installed() != wanted:
            install()
        STAMP.write_text(wanted + "\n")
    return 0


def install():
    """Make the environment if it is missing or of another Python, and fill it."""
    version = "import platform; print(platform.python_version())"
    try:
        found = subprocess.check_output([str(VENV_PYTHON), "-c", version], text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        found = None
    if found != platform.python_version():
        say(f"Making the virtual environment with {sys.executable}")
        subprocess.check_call([sys.executable, "-m", "venv", "--clear", str(VENV)])
    say("Installing the pinned requirements")
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check"]
    command += ["--no-input", "--require-hashes"]
    for name in REQUIREMENTS:
        command += ["-r", str(ROOT / name)]
    subprocess.check_call(command, cwd=str(ROOT))


def say(line):
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"Installing failed: {' '.join(map(str, error.cmd))}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
