"""What merges and erasures wait for."""

from __future__ import annotations

from collections.abc import Sequence

from representatives.models import Representative


def lock_sellers(ids: Sequence[int]) -> None:
    """Make new orders of these sellers wait until the transaction ends: they lock the same row."""
    sellers = Representative.objects.select_for_update(of=("self",), no_key=True)
    list(sellers.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
