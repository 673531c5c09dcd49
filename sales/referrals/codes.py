"""Codes of links: long enough that nobody finds one by trying, and readable if need be."""

from __future__ import annotations

import re
import secrets

from representatives.codes import ALPHABET
from sales.models.referrals import LINK_CODE_LENGTH

_CODE = re.compile(rf"[{ALPHABET}]{{{LINK_CODE_LENGTH}}}", re.ASCII)
# Letters that the alphabet leaves out because they are read as these.
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_link_code() -> str:
    """Return a random code of 130 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LINK_CODE_LENGTH))


def as_code(text: str) -> str:
    """Return the code in a text somebody typed or pasted, the whole address included; else ""."""
    last = text.strip()[:200].split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    written = re.sub(r"[\s-]", "", last).upper().translate(_READ_AS)
    return written if _CODE.fullmatch(written) else ""
