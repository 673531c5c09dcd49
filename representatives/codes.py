"""Codes of representatives that cannot be walked."""

import secrets

# Crockford's base 32: no I, L, O or U, so that a code survives being read out.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 13  # 65 bits


def new_code() -> str:
    """Return a random code of 65 bits: knowing one tells nothing about another."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
