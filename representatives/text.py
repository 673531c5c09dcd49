"""Text as stored: keys by which names sort and are found, without ICU in the database."""

import unicodedata
from itertools import product

SORT_KEY_LENGTH = 200
LONGEST_FOLDED = 120
"""How much of a name with Polish letters can be searched."""
LAST_CHARACTER = "\U0010ffff"

# Letters that Unicode does not decompose into a base letter and a mark.
_UNDECOMPOSED = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
# In Polish these are letters of their own, right behind their base: a mark that sorts behind z.
_POLISH = dict(
    zip("ąćęłńóśźż", ("a{", "c{", "e{", "l{", "n{", "o{", "s{", "z{", "z|"), strict=True)
)
_MARKED = str.maketrans(_POLISH)
_VARIANTS: dict[str, list[str]] = {}
for _spelt in _POLISH.values():
    _VARIANTS.setdefault(_spelt[0], [_spelt[0]]).append(_spelt)
_BETWEEN = "\t"
"""What parts the two halves of a key: sorts before every other character of it."""
_JOINERS = "\u200c\u200d"
"""Letters of Persian and of Indian languages, and emoji, are joined and parted by them."""
_INDEXED = 3
"""So many characters of a beginning are looked up by the index, the others compared."""


def sort_key(name: str) -> str:
    """Return the key by which a name is sorted as a Pole expects, and searched without accents.

    "Łukasz Żak" gives "l{ukasz z|ak", a tab and "lukasz zak": it sorts behind every other L, and
    is found with or without Polish letters. Other accents and case make no difference. A name
    without Polish letters is its folded self. The key has at most SORT_KEY_LENGTH characters.
    """
    plain = folded(name)
    marked = _bare(unicodedata.normalize("NFC", name.casefold()).translate(_MARKED))
    if marked == plain:
        return plain[:SORT_KEY_LENGTH]
    plain = plain[:LONGEST_FOLDED]
    return marked[: SORT_KEY_LENGTH - len(plain) - 1] + _BETWEEN + plain


def folded(name: str) -> str:
    """Return a name or a part of one as it is looked for in sort keys: case and accents folded.

    Runs of white space become one space.
    """
    if name.isascii():
        return " ".join(name.lower().split())
    return _bare(name.casefold())


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(bare.split())


def seen_on_one_line(text: str) -> str:
    """Return a text on one line, without the characters that nobody sees.

    They hide a name altogether, or turn the direction of what stands around it.
    """
    seen = (char for char in text if char in _JOINERS or char.isspace() or not _is_hidden(char))
    return " ".join("".join(seen).split()).strip(_JOINERS)


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf")


def beginning(column: str, text: str) -> tuple[str, list[str]]:
    """Return a condition for keys of names that begin with a text, and its values.

    `column` is the sort key's column in SQL; its index finds the first letters.
    """
    key = folded(text)[:LONGEST_FOLDED]
    head = key[:_INDEXED]
    spelt = [_VARIANTS.get(char, [char]) for char in head[:-1]]
    starts = ["".join(letters) + head[-1:] for letters in product(*spelt)]
    ranges = " OR ".join(f"({column} >= %s AND {column} < %s)" for _ in starts)
    values = [value for start in starts for value in (start, start + LAST_CHARACTER)]
    exact = f"({column} >= %s AND {column} < %s) OR strpos({column}, %s) > 0"
    return f"({ranges}) AND ({exact})", [*values, key, key + LAST_CHARACTER, _BETWEEN + key]
