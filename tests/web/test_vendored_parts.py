"""What the browser loads: vendored, unchanged, complete, and from this host alone."""

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = ROOT / "templates"

OWN_FILES = sorted(
    path
    for folder, pattern in (
        (TEMPLATES, "**/*.html"),
        (STATIC / "css", "*.css"),
        (STATIC / "js", "*.js"),
    )
    for path in folder.glob(pattern)
)
TEMPLATE_FILES = sorted(TEMPLATES.glob("**/*.html"))
PAGE_FILES = [path for path in TEMPLATE_FILES if path.parent.name != "email"]
"""Parts of pages: an e-mail has no policy and no file beside it, its style stands within it."""


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_vendored_files_match_their_checksums() -> None:
    stated = dict(
        reversed(line.split("  ", 1)) for line in (VENDOR / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }

    assert found == stated


def test_vendored_folders_bear_the_locked_versions() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    locked = {
        f"{name}-{packages[f'node_modules/{package}']['version']}"
        for package, name in (
            ("bootstrap", "bootstrap"),
            ("bootstrap-icons", "bootstrap-icons"),
            ("d3-hierarchy", "d3-hierarchy"),
            ("uplot", "uplot"),
            ("htmx.org", "htmx"),
            ("inter-ui", "inter"),
        )
    }

    assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == locked


def test_lock_file_names_no_download_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in packages.items() if name)


@pytest.mark.parametrize("path", OWN_FILES, ids=_name)
def test_nothing_refers_to_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")

    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text) == []
    assert "http://" not in text
    assert "https://" not in text


def test_vendored_styles_load_only_what_lies_beside_them() -> None:
    outside = [
        (path.name, address)
        for path in VENDOR.rglob("*.css")
        for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", path.read_text(encoding="utf-8"))
        if not address.startswith("data:") and not (path.parent / address).is_file()
    ]

    assert outside == []


class _InlineFinder(HTMLParser):
    """Collects what a strict Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.faults.append(f"<{tag}> inline")
        self.faults += [
            f"<{tag} {name}>"
            for name, value in attrs
            if name == "style"
            or name.startswith(("on", "hx-on"))
            or (value or "").strip().startswith("javascript:")
        ]


@pytest.mark.parametrize("path", PAGE_FILES, ids=_name)
def test_templates_hold_no_inline_style_or_script(path: Path) -> None:
    markup = re.sub(r"{%.*?%}|{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    finder = _InlineFinder()

    finder.feed(markup)

    assert finder.faults == []


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=_name)
def test_icons_are_in_the_cut_font(path: Path) -> None:
    style = next(VENDOR.glob("bootstrap-icons-*/bootstrap-icons.css")).read_text()
    known = set(re.findall(r"\.bi-([a-z0-9-]+)::before", style))

    used = set(re.findall(r"\bbi-([a-z0-9]+(?:-[a-z0-9]+)*)", path.read_text(encoding="utf-8")))

    assert used - known == set()


def test_a_first_visit_stays_light() -> None:
    assets = (TEMPLATES / "components" / "_assets.html").read_text()
    paths = [STATIC / found for found in set(re.findall(r"static '([^']+)'", assets))]
    paths += list(VENDOR.glob("bootstrap-icons-*/*.woff2"))

    weight = sum(
        path.stat().st_size
        if path.suffix == ".woff2"
        else len(gzip.compress(path.read_bytes(), compresslevel=6))
        for path in paths
    )

    assert weight <= 200_000
    assert sum(path.stat().st_size for path in VENDOR.glob("inter-*/*.woff2")) <= 45_000
