"""The cover holds every pair, is far smaller than the product, and is the same each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.browser.pairs import Row, cover, everything, pairs_of

FACTORS = {
    "page": [f"page {number}" for number in range(60)],
    "role": ["visitor", "member", "staff"],
    "width": [360, 1280],
    "theme": ["light", "dark"],
    "language": ["en", "pl"],
}


def test_every_pair_is_met_by_few_rows() -> None:
    rows = cover(FACTORS)
    wanted = set().union(*(pairs_of(row) for row in everything(FACTORS)))

    assert set().union(*(pairs_of(row) for row in rows)) == wanted
    assert len(rows) <= 60 * 3 + 8, "page × role needs 180"
    assert len(list(everything(FACTORS))) == 1440
    assert cover(FACTORS) == rows


def test_what_is_not_allowed_stays_out_and_the_rest_is_met() -> None:
    def allowed(row: Row) -> bool:
        return row["role"] != "visitor" or row["page"] in ("page 0", "page 1")

    rows = cover(FACTORS, allowed)
    wanted = set().union(*(pairs_of(row) for row in everything(FACTORS, allowed)))

    assert all(allowed(row) for row in rows)
    assert set().union(*(pairs_of(row) for row in rows)) == wanted


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    banned=st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6),
)
def test_any_factors_are_covered(sizes: list[int], banned: set[tuple[int, int]]) -> None:
    factors = {f"f{place}": list(range(size)) for place, size in enumerate(sizes)}

    def allowed(row: Row) -> bool:
        return (row["f0"], row.get("f1", -1)) not in banned

    rows = cover(factors, allowed)
    wanted = set().union(*(pairs_of(row) for row in everything(factors, allowed)))

    assert set().union(*(pairs_of(row) for row in rows)) == wanted
    assert all(allowed(row) for row in rows)
