"""When two rows look like one person: the same e-mail, the same phone number, or the same name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import CharField, F, Func, Q, Value
from django.db.models.functions import Lower, Right

from representatives.models import Representative
from representatives.text import folded, sort_key
from sales.models import Customer

PHONE_DIGITS = 9
"""A number is told by its last nine digits: with or without the country's code it is the same."""
FEWEST_DIGITS = 7


def email_key(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return email.strip().lower()


def phone_key(phone: str) -> str:
    """Return a phone number as it is compared, "" if it is too short to tell anybody."""
    digits = re.sub(r"[^0-9]", "", phone)
    return digits[-PHONE_DIGITS:] if len(digits) >= FEWEST_DIGITS else ""


def name_key(name: str) -> str:
    """Return a name as it is compared: without case, accents and the order of its words."""
    return " ".join(sorted(folded(name).split()))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people of one representative who look like one, and why."""

    first: Customer
    second: Customer
    same_email: bool
    same_phone: bool
    same_name: bool


_DIGITS = Func(
    F("phone"),
    Value("[^0-9]"),
    Value(""),
    Value("g"),
    function="regexp_replace",
    output_field=CharField(),
)


def known_people(
    seller: Representative, *, emails: Iterable[str], phones: Iterable[str], names: Iterable[str]
) -> list[Customer]:
    """Return the seller's people with one of these e-mails, numbers or names, in one query."""
    keys = {sort_key(name) for name in names if name.strip()}
    return list(
        Customer.objects.of(seller)
        .alias(
            email_key=Lower("email"),
            phone_key=Right(_DIGITS, PHONE_DIGITS),
        )
        .filter(
            Q(email_key__in={key for one in emails if (key := email_key(one))})
            | Q(phone_key__in={key for one in phones if (key := phone_key(one))})
            | Q(sort_key__in=keys)
        )
        .order_by("pk")
    )


# Within a group of look-alikes each is paired with the one before: merging these merges all, and
# a number that a hundred people share gives a hundred pairs, not five thousand.
_PAIRS = """
WITH person AS (
    SELECT c.id, c.sort_key, lower(c.email) AS email,
           regexp_replace(c.phone, '[^0-9]', '', 'g') AS digits,
           (SELECT string_agg(word, ' ' ORDER BY word)
              FROM unnest(string_to_array(
                   CASE WHEN strpos(c.sort_key, chr(9)) > 0
                        THEN split_part(c.sort_key, chr(9), 2) ELSE c.sort_key END, ' ')) AS word
           ) AS name
      FROM sales_customer c
     WHERE c.representative_id = %(seller)s AND NOT c.is_self
       AND c.erased_at IS NULL AND c.merged_into_id IS NULL
), neighbour AS (
    SELECT lag(id) OVER (PARTITION BY email ORDER BY id) AS first, id AS second, 1 AS why
      FROM person WHERE email <> ''
    UNION ALL
    SELECT lag(id) OVER (PARTITION BY right(digits, %(digits)s) ORDER BY id), id, 2
      FROM person WHERE length(digits) >= %(fewest)s
    UNION ALL
    SELECT lag(id) OVER (PARTITION BY name ORDER BY id), id, 4 FROM person
)
SELECT n.first, n.second, bit_or(n.why) AS why
  FROM neighbour n
 WHERE n.first IS NOT NULL
   AND NOT EXISTS (SELECT FROM sales_knownapart k
                    WHERE k.first_id = n.first AND k.second_id = n.second)
 GROUP BY n.first, n.second
 ORDER BY CASE WHEN bit_or(n.why) = 4 THEN 1 ELSE 0 END, n.first, n.second
 LIMIT %(limit)s
"""


def look_alikes(seller: Representative, *, limit: int) -> list[Pair]:
    """Return pairs of a seller's people who look like one, the surest first, in two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PAIRS,
            {
                "seller": seller.pk,
                "digits": PHONE_DIGITS,
                "fewest": FEWEST_DIGITS,
                "limit": limit,
            },
        )
        found = cursor.fetchall()
    people = Customer.objects.in_bulk({one for row in found for one in row[:2]})
    return [
        Pair(people[first], people[second], bool(why & 1), bool(why & 2), bool(why & 4))
        for first, second, why in found
    ]
