"""References of orders and customers: stable, safe in an address, impossible to walk.

Thirteen characters of Crockford's base 32 carry 65 bits. Orders made here draw them from the
operating system; imported ones derive them from the external reference, so that the same file
gives the same references, and the same order of ties, wherever it is read.
"""

from __future__ import annotations

import hashlib

from representatives.codes import ALPHABET, LENGTH, new_code

_BITS = 5 * LENGTH


def new_reference() -> str:
    """Return a reference that nobody can guess."""
    return new_code()


def imported_reference(external_ref: str) -> str:
    """Return the reference of the order that an external system calls `external_ref`."""
    digest = hashlib.sha256(b"perennial order " + external_ref.encode()).digest()
    number = int.from_bytes(digest[:9], "big") >> (72 - _BITS)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))
