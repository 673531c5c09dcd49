"""Digests of what went into a run and what came out: sha256 over little-endian bytes."""

from __future__ import annotations

import hashlib
from dataclasses import fields

import numpy as np

from compensation.engine.results import Earnings, MemberResults
from compensation.engine.tree import Tree
from compensation.engine.types import Members, Qualifying, Stated
from compensation.engine.volumes import Orders


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
    members: Members, tree: Tree, orders: Orders, qualifying: Qualifying, stated: Stated | None
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
    for field in fields(Orders):
        digest.add(f"order.{field.name}", getattr(orders, field.name))
    position = tree.position[qualifying.member]
    for when, chosen in (("now", qualifying.in_period), ("window", ~qualifying.in_period)):
        for name in ("bv", "own_bv", "rsp", "rsp_all") if chosen.any() else ():
            sums = np.zeros(len(tree), dtype=np.int64)
            np.add.at(sums, position[chosen], getattr(qualifying, name)[chosen])
            if sums.any():
                digest.add(f"qualifying.{when}.{name}", sums)
    if stated is not None:
        for field in fields(Stated):
            digest.add(f"stated.{field.name}", getattr(stated, field.name)[tree.row])
    return digest.hex()


def part_digest(part: MemberResults | Earnings) -> str:
    """Digest every array of a part of the results, except input rows."""
    digest = Digest(f"perennial engine {type(part).__name__} 1")
    for field in fields(part):
        if field.name != "row":
            digest.add(field.name, getattr(part, field.name))
    return digest.hex()


def result_digest(members: str, earnings: str) -> str:
    """Digest results from the digests of their two parts."""
    return hashlib.sha256(f"{members} {earnings}".encode()).hexdigest()
