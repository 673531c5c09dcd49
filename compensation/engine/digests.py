"""Digests of what went into a run and what came out: sha256 over little-endian bytes."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from compensation.engine.arrays import LATER
from compensation.engine.carried import Carried, CarriedOut
from compensation.engine.qualifying import VOLUMES, PeriodPlace, Qualifying, Stated
from compensation.engine.results import ADDED, Earnings, MemberResults
from compensation.engine.tree import Tree
from compensation.engine.types import NOT_STATED, Int, Members
from compensation.engine.volumes import Orders

ADDED_TO_ORDERS = {"customer": -1, "margin": 0, "units": 0, "rsp_repeat": 0, "paid_at": 0}
"""Columns that came after runs were stored, and what they say where they say nothing."""
ADDED_TO_STATED = frozenset({"pay_rank_at_least", "pay_rank_at_most", "coupons", "coupons_to_use"})


def content_of(value: Any) -> Any:
    """Turn dataclasses into tables, all the way down.

    Keys that came later (``LATER``) say nothing where they are left out, and are left out here:
    the digests of plans that don't use them hold.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: content_of(getattr(value, one.name))
            for one in fields(value)
            if not (one.metadata.get(LATER) and getattr(value, one.name) == one.default)
        }
    if isinstance(value, (tuple, list)):
        return [content_of(one) for one in value]
    if isinstance(value, dict):
        return {key: content_of(one) for key, one in value.items()}
    return value


class Digest:
    """Feeds named arrays into one sha256, each with its type and length."""

    def __init__(self, purpose: str) -> None:
        self._hash = hashlib.sha256(purpose.encode())

    def add(self, name: str, array: np.ndarray[tuple[int], np.dtype[np.generic]]) -> None:
        """Feed an array; the name and length keep neighbours apart."""
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        self._hash.update(f"\0{name}:{plain.dtype.str}:{len(plain)}\0".encode())
        self._hash.update(plain.data)

    def hex(self) -> str:
        """Give the digest in hexadecimal."""
        return self._hash.hexdigest()


def input_digest(
    members: Members,
    tree: Tree,
    orders: Orders,
    qualifying: Qualifying,
    stated: Stated | None,
    carried: Carried | None = None,
    calendar: PeriodPlace | None = None,
) -> str:
    """Digest the input as the engine sees it: it does not depend on the order of rows.

    Members go in by position in the tree, orders by number with their rows added up, qualifying
    volumes added up by member.
    """
    digest = Digest("perennial engine input 1")
    digest.add("id", members.ids[tree.row])
    digest.add("sponsor", tree.sponsor)
    for name in ("status", "opening_title", "enrolled"):
        digest.add(name, getattr(members, name)[tree.row])
    _add_where_said(digest, "placement", _placed_by(members, tree), -1)
    _add_where_said(digest, "side", members.side[tree.row], -1)
    _add_where_said(digest, "bought_bv", members.bought_bv[tree.row], 0)
    for field in fields(Orders):
        column = getattr(orders, field.name)
        if field.name in ADDED_TO_ORDERS:
            _add_where_said(digest, f"order.{field.name}", column, ADDED_TO_ORDERS[field.name])
        else:
            digest.add(f"order.{field.name}", column)
    _add_qualifying(digest, tree, qualifying)
    if stated is not None:
        for field in fields(Stated):
            figures = getattr(stated, field.name)[tree.row]
            if field.name in ADDED_TO_STATED:
                _add_where_said(digest, f"stated.{field.name}", figures, NOT_STATED)
            else:
                digest.add(f"stated.{field.name}", figures)
    if carried is not None:
        for name, values in sorted(carried.by_key(tree.position).items()):
            _add_where_said(digest, f"carried.{name}", values, 0)
    if calendar is not None:
        digest.add("calendar", np.array([calendar.month_of_quarter], dtype=np.int64))
    return digest.hex()


def _placed_by(members: Members, tree: Tree) -> Int:
    """Give the position of everybody's parent in the placement tree, -1 for none."""
    row = members.placement[tree.row]
    return np.where(row >= 0, tree.position[row], -1) if len(row) else row


def _add_where_said(digest: Digest, name: str, values: Int, silent: int) -> None:
    """Feed a column that came later; where it says nothing, old digests hold."""
    if bool((values != silent).any()):
        digest.add(name, values)


def _add_qualifying(digest: Digest, tree: Tree, qualifying: Qualifying) -> None:
    position = tree.position[qualifying.member]
    for ago in np.unique(qualifying.periods_ago).tolist():
        chosen = qualifying.periods_ago == ago
        when = {0: "now", 1: "window"}.get(ago, f"window-{ago}")
        for name in VOLUMES:
            sums = np.zeros(len(tree), dtype=np.int64)
            np.add.at(sums, position[chosen], getattr(qualifying, name)[chosen])
            if sums.any():
                digest.add(f"qualifying.{when}.{name}", sums)


def part_digest(part: MemberResults | Earnings) -> str:
    """Digest every array of a part of the results, except input rows."""
    digest = Digest(f"perennial engine {type(part).__name__} 1")
    for field in fields(part):
        if field.metadata == ADDED:
            continue
        if field.name != "row":
            digest.add(field.name, getattr(part, field.name))
    if isinstance(part, MemberResults):
        for name in ("retail_customers", "grace_used"):
            _add_where_said(digest, name, getattr(part, name), 0)
        for name, figures in zip(part.figure_names, part.figures, strict=True):
            digest.add(f"figure.{name}", figures)
    return digest.hex()


def carried_digest(carried: CarriedOut) -> str:
    """Digest what a period leaves behind; empty where it leaves nothing."""
    if not len(carried):
        return ""
    digest = Digest(f"perennial engine CarriedOut 1 {' '.join(carried.keys)}")
    for name in ("position", "key", "value"):
        digest.add(name, getattr(carried, name))
    return digest.hex()


def result_digest(members: str, earnings: str, carried: str = "") -> str:
    """Digest results from the digests of their parts."""
    return hashlib.sha256(f"{members} {earnings} {carried}".rstrip().encode()).hexdigest()
