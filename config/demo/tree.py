"""A generated referral tree of 500 representatives and their customers.

Everything is drawn from SHA-256 of a written label, so the same company comes out on every
machine and every Python: no draw depends on another draw, on dictionary order or on the
version of a random number generator. The rule is told in docs/demo.md.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from config.demo.names import FIRST_NAMES_FEMALE, FIRST_NAMES_MALE, LAST_NAMES

SEED = "oakhollow"
#: Members per depth: 500 in all, half of them at most eight steps below the top.
MEMBERS_AT_DEPTH = (1, 5, 11, 20, 30, 40, 66, 60, 62, 56, 46, 36, 26, 18, 12, 11)
#: Members per depth who sponsored somebody: 167 of 500, so two thirds are leaves.
SPONSORS_AT_DEPTH = (1, 4, 7, 10, 13, 15, 23, 23, 20, 16, 12, 9, 6, 4, 4)
#: One member at this depth has the company's largest front line.
HUB_DEPTH, HUB_FRONT_LINE = 5, 40
#: No other front line is longer than this.
FRONT_LINE_AT_MOST = 12

FIRST_ENROLMENT = date(2012, 2, 1)
DAYS_PER_DEPTH = 110
#: So many per cent of the leaves join during the year, the others before it.
NEW_LEAVES_PERCENT = 18
NEW_FROM, NEW_DAYS = date(2017, 1, 9), 320

#: So many per cent of the members buy for their own household.
OWN_HOUSEHOLD_PERCENT = 60
#: (per cent of the members, weight): how likely a household becomes somebody's customer.
CUSTOMER_WEIGHTS = ((34, 0), (33, 1), (20, 3), (9, 8), (4, 20))

#: So many per cent of the customers came by the word of another customer.
REFERRED_PERCENT = 20

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Member:
    """One representative; ``sponsor`` is the index of the sponsor, -1 at the top."""

    index: int
    sponsor: int
    depth: int
    code: str
    name: str
    email: str
    enrolled_on: date


@dataclass(frozen=True, slots=True)
class Household:
    """Whose customer a household is: ``own`` marks the representative's own household."""

    number: int
    member: int
    own: bool


def draw(*label: object) -> int:
    """Return the 64-bit number that belongs to a label."""
    text = "/".join(str(part) for part in (SEED, *label))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def grow_tree() -> list[Member]:
    """Generate the 500 members, sponsors before those they sponsored."""
    sponsors = [-1]
    level = [0]
    depths = [0]
    for depth in range(len(MEMBERS_AT_DEPTH) - 1):
        parents = sorted(level, key=lambda m: draw("sponsor", m))[: SPONSORS_AT_DEPTH[depth]]
        children = _front_lines(depth, MEMBERS_AT_DEPTH[depth + 1], len(parents))
        level = []
        for parent, number in sorted(zip(parents, children, strict=True)):
            for _ in range(number):
                level.append(len(sponsors))
                sponsors.append(parent)
                depths.append(depth + 1)
    leaves = set(range(len(sponsors))) - set(sponsors)
    names = _names(len(sponsors))
    return [
        Member(
            index=index,
            sponsor=sponsor,
            depth=depths[index],
            code=_code(index),
            name=names[index],
            email=_email(names[index]),
            enrolled_on=_enrolled_on(index, depths[index], index in leaves),
        )
        for index, sponsor in enumerate(sponsors)
    ]


def assign_households(numbers: list[int], members: list[Member]) -> dict[int, Household]:
    """Give every household to one representative: own households first, then customers.

    Own households are dealt one each; the others by weight, so that a few representatives
    have many customers and a third have none.
    """
    shuffled = sorted(numbers, key=lambda n: draw("household", n))
    keepers = [m.index for m in members if draw("own", m.index) % 100 < OWN_HOUSEHOLD_PERCENT]
    keepers.sort(key=lambda m: draw("own order", m))
    given = {
        number: Household(number, member, own=True)
        for number, member in zip(shuffled, keepers, strict=False)
    }
    upto = list(accumulate(_customer_weight(m.index) for m in members))
    for number in shuffled[len(given) :]:
        member = bisect_right(upto, draw("customer", number) % upto[-1])
        given[number] = Household(number, member, own=False)
    return given


def seller_on(day: date, member: Member, members: list[Member]) -> Member:
    """Return who served the member's households on a day: the nearest one enrolled by then.

    Before a member joined, the households bought from the sponsor.
    """
    while member.enrolled_on > day and member.sponsor >= 0:
        member = members[member.sponsor]
    return member


def referrer_of(number: int, others: list[int]) -> int | None:
    """Return which of a representative's other households referred this one, or None."""
    if not others or draw("referred", number) % 100 >= REFERRED_PERCENT:
        return None
    return others[draw("referrer", number) % len(others)]


def _front_lines(depth: int, children: int, parents: int) -> list[int]:
    """Return the number of children per parent: long front lines are few."""
    numbers = [1] * parents
    first = 0
    if depth == HUB_DEPTH:
        numbers[0] = HUB_FRONT_LINE
        first = 1
    most = children if parents == 1 else FRONT_LINE_AT_MOST
    upto = list(accumulate(60 // (place + 1) for place in range(parents - first)))
    turn = 0
    while sum(numbers) < children:
        parent = first + bisect_right(upto, draw("child", depth, turn) % upto[-1])
        turn += 1
        if numbers[parent] < most:
            numbers[parent] += 1
    return numbers


def _customer_weight(member: int) -> int:
    """Return the member's weight in the deal of households."""
    place = draw("weight", member) % 100
    for share, weight in CUSTOMER_WEIGHTS:
        if place < share:
            return weight
        place -= share
    return 0


def _enrolled_on(index: int, depth: int, leaf: bool) -> date:
    """Return the enrolment date: deeper later, and some of the leaves during the year."""
    if leaf and draw("new", index) % 100 < NEW_LEAVES_PERCENT:
        return NEW_FROM + timedelta(days=draw("joined", index) % NEW_DAYS)
    days = depth * DAYS_PER_DEPTH + draw("joined", index) % (DAYS_PER_DEPTH - 10)
    return FIRST_ENROLMENT + timedelta(days=days)


def _code(index: int) -> str:
    """Return a 13-character code (64 bits) that cannot be walked from another one."""
    number = draw("code", index)
    digits = []
    for _ in range(13):
        number, digit = divmod(number, 32)
        digits.append(CODE_ALPHABET[digit])
    return "".join(reversed(digits))


def _names(count: int) -> list[str]:
    """Return distinct full names."""
    names: dict[str, None] = {}
    turn = 0
    while len(names) < count:
        names[_full_name(draw("name", turn))] = None
        turn += 1
    return list(names)


def household_name(number: int) -> str:
    """Return the name of whoever buys for a household; two households may share one."""
    return _full_name(draw("household name", number))


def _full_name(chance: int) -> str:
    female = chance % 100 < 58
    first_names = FIRST_NAMES_FEMALE if female else FIRST_NAMES_MALE
    first = first_names[(chance >> 16) % len(first_names)]
    last = LAST_NAMES[(chance >> 32) % len(LAST_NAMES)][0 if female else 1]
    return f"{first} {last}"


def _email(name: str) -> str:
    """Return the address of a name; the names are distinct also without accents."""
    plain = name.lower().translate(str.maketrans("ąćęłńóśźż ", "acelnoszz."))
    return f"{plain}@oakhollow.example"
