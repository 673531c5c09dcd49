"""Text as stored: sort keys that need no ICU collation in the database."""

import unicodedata

SORT_KEY_LENGTH = 200

# Letters that Unicode does not decompose into a base letter and a mark.
_UNDECOMPOSED = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)


def sort_key(name: str) -> str:
    """Return the key by which a name is sorted and searched: case and accents folded.

    "Łukasz Żak" gives "lukasz zak": it sorts beside Lukas and is found without Polish letters.
    Runs of white space become one space; the key is cut at SORT_KEY_LENGTH characters.
    """
    if name.isascii():
        return " ".join(name.lower().split())[:SORT_KEY_LENGTH]
    folded = name.casefold().translate(_UNDECOMPOSED)
    decomposed = unicodedata.normalize("NFKD", folded)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(bare.split())[:SORT_KEY_LENGTH]
