"""Every page of the portal, and who looks at it: the routes of the access table, and views of them.

A new route joins by itself when it stands in ``tests/web/access.tsv``. What a page shows under a
query, or of things that the small town lacks, is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from tests.browser.pairs import Row, cover, everything

TABLE = Path(__file__).resolve().parents[1] / "web" / "access.tsv"
ROLES = ("anonymous", "representative", "newcomer", "staff", "superuser")
WIDTHS = (360, 1280)
THEMES = ("light", "dark")
LANGUAGES = ("en", "pl")
PAGES_A_TEST = 16

FILES = (".csv", ".pdf", ".json")
"""How patterns of routes end that answer with files."""

# Addresses beside the routes, with names of the world in braces, and what they answer.
EXTRA: dict[str, dict[str, int]] = {
    "representative": {
        "/?month=2017-10": 200,
        "/downline/?view=table": 200,
        "/downline/?view=table&filters=1": 200,
        "/downline/?view=table&sort=name&month=2017-10": 200,
        "/downline/?at={deep}": 200,
        "/downline/chart/?root={seller}": 200,
        "/downline/?q=nowak": 200,
        "/downline/?q=nobody-at-all": 200,
        "/downline/?at={seller}&month=2017-10": 200,
        "/downline/?view=table&filters=1&state=inactive&bv_least=x": 200,
        "/earnings/2017-10/": 200,
        "/earnings/2017-10/{line}/": 200,
        "/earnings/2017-10/{line}/dispute/": 200,
        "/earnings/2017-10/sales/": 200,
        "/earnings/2017-10/sales/?show=all": 200,
        "/earnings/?year=2017": 200,
        "/disputes/{dispute}/": 200,
        "/notifications/?show=unread": 200,
        "/orders/?status=placed": 200,
        "/plan/?month=2017-10": 200,
        "/rank/?rank=3": 200,
        "/rank/?month=2017-10": 200,
        "/orders/{returned}/": 200,
        "/orders/{unpaid}/": 200,
        "/points/{returned}/": 200,
        "/rsp/?points=120": 200,
        "/rsp/confirm/?points=120&target=cash": 200,
        "/rsp/conversions/a-first-conversion/": 200,
        "/this-is-nowhere/": 404,
    },
    "newcomer": {"/?month=2017-10": 200, "/downline/?view=table": 200, "/this-is-nowhere/": 404},
    "staff": {"/admin/sales/order/": 403, "/downline/": 404},
    "superuser": {
        "/admin/compensation/payoutbatch/{batch}/page/": 200,
        "/admin/compensation/period/2017-10/close/": 200,
        "/admin/compensation/payee/{top}/page/": 200,
        "/admin/representatives/representative/?q=nowak": 200,
        "/admin/this-is-nowhere/": 404,
        "/staff/people/?q=nowak": 200,
        "/staff/people/{top}/": 200,
        "/staff/what-if/sponsor/?member={seller}&sponsor_code={newcomer}": 200,
    },
    "anonymous": {"/accounts/login/?next=/rank/": 200},
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A page: a route of the table or an address with names of the world in braces."""

    name: str
    pattern: str
    is_route: bool

    @property
    def of_a_row(self) -> bool:
        """Tell whether the admin shows a row of a table here, which the small town may lack."""
        return "<path:object_id>" in self.pattern


@cache
def places() -> dict[Place, frozenset[str]]:
    """Return every page with the roles that may look at it."""
    found: dict[Place, set[str]] = {}
    for name, pattern, role, status in _table():
        place = Place(name, pattern, True)
        shown = status == "200" or (place.of_a_row and role == "superuser" and status == "302")
        if not shown or pattern.endswith(FILES) or name.endswith("RedirectView"):
            continue
        found.setdefault(place, set()).add(role)
        if role == "representative" and not re.search(r"[<(]", pattern):
            found[place].add("newcomer")
    for role, addresses in EXTRA.items():
        for address in addresses:
            found.setdefault(Place(address, address, False), set()).add(role)
    return {place: frozenset(roles) for place, roles in sorted(found.items())}


def _table() -> Iterable[tuple[str, str, str, str]]:
    """Return route, pattern, role and status of a GET."""
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        name, pattern, role, status, *_ = line.split("\t")
        yield name, pattern, role, status


@dataclass(frozen=True, slots=True)
class Tour:
    """Some pages that one person looks at on one screen in one language."""

    role: str
    width: int
    theme: str
    language: str
    number: int
    places: tuple[Place, ...]

    def __str__(self) -> str:
        return f"{self.role}-{self.width}-{self.theme}-{self.language}-{self.number}"


def tours(*, whole: bool) -> list[Tour]:
    """Return the tours of the pairwise cover, or of the whole product."""
    by_place = places()
    factors = {
        "place": list(by_place),
        "role": ROLES,
        "width": WIDTHS,
        "theme": THEMES,
        "language": LANGUAGES,
    }

    def allowed(row: Row) -> bool:
        return row["role"] in by_place[row["place"]]

    rows = list(everything(factors, allowed)) if whole else cover(factors, allowed)
    return list(_tours_of(rows))


def _tours_of(rows: Sequence[Row]) -> Iterable[Tour]:
    def who(row: Row) -> tuple[int, int, str, str]:
        return ROLES.index(row["role"]), row["width"], row["theme"], row["language"]

    for (role, width, theme, language), group in groupby(sorted(rows, key=who), key=who):
        found = [row["place"] for row in group]
        for number, start in enumerate(range(0, len(found), PAGES_A_TEST), start=1):
            part = tuple(found[start : start + PAGES_A_TEST])
            yield Tour(ROLES[role], width, theme, language, number, part)
