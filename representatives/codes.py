"""Codes of representatives that cannot be walked."""

import re
import secrets

# Crockford's base 32: no I, L, O or U, so that a code survives being read out.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 13  # 65 bits
MAX_LENGTH = 32

# Codes that companies bring along stand in addresses as they are.
_CODE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._~-]{{0,{MAX_LENGTH - 1}}}", re.ASCII)


def new_code() -> str:
    """Return a random code of 65 bits: knowing one tells nothing about another."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def is_code(text: str) -> bool:
    """Tell whether a text can be a representative's code."""
    return _CODE.fullmatch(text) is not None
