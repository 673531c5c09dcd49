"""Copy the front-end parts from npm into `static/vendor/<library>-<version>/` with checksums.

Run by `make vendor`, never at run time: the result is committed. Versions are pinned by
`package.json` and `package-lock.json`, the font tools by `requirements.txt` beside this file.
The two fonts are cut to what the pages show, so that a first visit stays light.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TARGET = ROOT / "static" / "vendor"
# What only the tests in a browser load; never served.
FOR_TESTS = ROOT / "tests" / "vendor"

# Basic Latin, the Polish letters, Western European vowels for names, and the signs the pages
# set: no-break and thin spaces, dashes, quotes, bullet, ellipsis, euro, arrows, minus, ≈, ≤, ≥.
INTER_UNICODES = (
    "U+0020-007E,U+00A0-00FF,U+0104-0107,U+0118-0119,U+0141-0144,U+015A-015B,U+0179-017C,"
    "U+0152-0153,U+0160-0161,U+017D-017E,U+2009,U+200A,U+202F,U+2013-2014,U+2018-201A,"
    "U+201C-201E,U+2022,U+2026,U+20AC,U+2190-2193,U+2212,U+2248,U+2260,U+2264-2265,U+00D7"
)
INTER_FEATURES = "kern,mark,mkmk,ccmp,locl,calt,tnum,lnum,cv11,ss03,case"


def main() -> int:
    """Rebuild `static/vendor` from the lock file and write SHA256SUMS."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, work / name)
        subprocess.run(["npm", "ci", "--silent"], cwd=work, check=True)
        python = _font_tools(work)
        for target in (TARGET, FOR_TESTS):
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
        modules = work / "node_modules"
        _bootstrap(modules)
        _htmx(modules)
        _charts(modules)
        _axe(modules)
        _icons(modules, python)
        _inter(modules, python)
    _write_checksums()
    return 0


def _font_tools(work: Path) -> str:
    """Install the pinned font tools into a throw-away environment and return its Python."""
    venv.create(work / "venv", with_pip=True)
    python = str(work / "venv" / "bin" / "python")
    requirements = str(HERE / "requirements.txt")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--require-hashes", "-r", requirements], check=True
    )
    return python


def _folder(modules: Path, package: str, name: str, *, within: Path = TARGET) -> Path:
    version = json.loads((modules / package / "package.json").read_text())["version"]
    folder = within / f"{name}-{version}"
    folder.mkdir()
    return folder


def _copy_text(source: Path, target: Path) -> None:
    """Copy a text file without the source map comment, whose file is not served."""
    text = source.read_text(encoding="utf-8")
    text = re.sub(r"\n?(/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*)\s*$", "\n", text)
    target.write_text(text, encoding="utf-8")


def _bootstrap(modules: Path) -> None:
    folder = _folder(modules, "bootstrap", "bootstrap")
    dist = modules / "bootstrap" / "dist"
    _copy_text(dist / "css" / "bootstrap.min.css", folder / "bootstrap.min.css")
    shutil.copy(modules / "bootstrap" / "LICENSE", folder / "LICENSE")


def _htmx(modules: Path) -> None:
    folder = _folder(modules, "htmx.org", "htmx")
    _copy_text(modules / "htmx.org" / "dist" / "htmx.min.js", folder / "htmx.min.js")
    shutil.copy(modules / "htmx.org" / "LICENSE", folder / "LICENSE")


def _charts(modules: Path) -> None:
    """Copy the chart library and the layout of trees; pages that draw load them, others not."""
    folder = _folder(modules, "uplot", "uplot")
    dist = modules / "uplot" / "dist"
    _copy_text(dist / "uPlot.iife.min.js", folder / "uplot.min.js")
    _copy_text(dist / "uPlot.min.css", folder / "uplot.min.css")
    shutil.copy(modules / "uplot" / "LICENSE", folder / "LICENSE")
    folder = _folder(modules, "d3-hierarchy", "d3-hierarchy")
    package = modules / "d3-hierarchy"
    _copy_text(package / "dist" / "d3-hierarchy.min.js", folder / "d3-hierarchy.min.js")
    shutil.copy(package / "LICENSE", folder / "LICENSE")


def _axe(modules: Path) -> None:
    """Copy the rules of accessibility that the tests in a browser ask."""
    folder = _folder(modules, "axe-core", "axe-core", within=FOR_TESTS)
    _copy_text(modules / "axe-core" / "axe.min.js", folder / "axe.min.js")
    shutil.copy(modules / "axe-core" / "LICENSE", folder / "LICENSE")


def _icon_names() -> list[str]:
    lines = (HERE / "icons.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _icons(modules: Path, python: str) -> None:
    """Cut the icon font to the listed icons and write the style sheet that names them."""
    package = modules / "bootstrap-icons"
    folder = _folder(modules, "bootstrap-icons", "bootstrap-icons")
    code_points = json.loads((package / "font" / "bootstrap-icons.json").read_text())
    names = _icon_names()
    missing = [name for name in names if name not in code_points]
    if missing:
        sys.exit(f"icons.txt: Bootstrap Icons has no {', '.join(missing)}")
    _subset(
        python,
        package / "font" / "fonts" / "bootstrap-icons.woff2",
        folder / "bootstrap-icons.woff2",
        unicodes=",".join(f"U+{code_points[name]:04X}" for name in names),
        features="",
    )
    rules = [
        '@font-face{font-family:"bootstrap-icons";font-display:block;'
        'src:url("bootstrap-icons.woff2") format("woff2")}',
        '.bi::before,[class^="bi-"]::before,[class*=" bi-"]::before{display:inline-block;'
        'font-family:"bootstrap-icons"!important;font-style:normal;font-weight:400!important;'
        "font-variant:normal;text-transform:none;line-height:1;vertical-align:-.125em;"
        "-webkit-font-smoothing:antialiased;-moz-osx-font-smoothing:grayscale}",
    ]
    rules += [f'.bi-{name}::before{{content:"\\{code_points[name]:x}"}}' for name in names]
    (folder / "bootstrap-icons.css").write_text("\n".join(rules) + "\n", encoding="utf-8")
    shutil.copy(package / "LICENSE", folder / "LICENSE")


def _inter(modules: Path, python: str) -> None:
    """Cut Inter to Latin with Polish, one optical size and the weights 400 to 700."""
    package = modules / "inter-ui"
    folder = _folder(modules, "inter-ui", "inter")
    narrowed = modules.parent / "inter.ttf"
    subprocess.run(
        [
            python,
            "-m",
            "fontTools.varLib.instancer",
            str(package / "variable" / "InterVariable.woff2"),
            "opsz=14",
            "wght=400:700",
            "-q",
            "-o",
            str(narrowed),
        ],
        check=True,
    )
    _subset(
        python,
        narrowed,
        folder / "inter-latin-polish.woff2",
        unicodes=INTER_UNICODES,
        features=INTER_FEATURES,
    )
    (folder / "inter.css").write_text(
        '@font-face{font-family:"Inter Variable";font-style:normal;font-display:swap;'
        "font-weight:400 700;"
        'src:url("inter-latin-polish.woff2") format("woff2");'
        f"unicode-range:{INTER_UNICODES}}}\n",
        encoding="utf-8",
    )
    shutil.copy(package / "LICENSE.txt", folder / "LICENSE")


def _subset(python: str, source: Path, target: Path, *, unicodes: str, features: str) -> None:
    subprocess.run(
        [
            python,
            "-m",
            "fontTools.subset",
            str(source),
            f"--unicodes={unicodes}",
            f"--layout-features={features}",
            "--flavor=woff2",
            "--no-hinting",
            "--desubroutinize",
            "--drop-tables+=DSIG,meta",
            f"--output-file={target}",
        ],
        check=True,
    )


def _write_checksums() -> None:
    files = sorted(path for path in TARGET.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(TARGET)}"
        for path in files
    ]
    (TARGET / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
