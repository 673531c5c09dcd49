"""The generated referral tree: its shape, its dates and who serves whom; no database."""

import subprocess
import sys
from collections import Counter
from datetime import date
from statistics import median

from config.demo import tree

MEMBERS = tree.grow_tree()


def test_tree_has_the_shape_of_the_company():
    front_lines = Counter(m.sponsor for m in MEMBERS if m.sponsor >= 0)

    assert len(MEMBERS) == 500
    assert [m.index for m in MEMBERS if m.sponsor < 0] == [0]
    assert round(100 * (len(MEMBERS) - len(front_lines)) / len(MEMBERS)) == 67
    assert median(m.depth for m in MEMBERS) == 8
    assert [n for _, n in front_lines.most_common(2)] == [40, tree.FRONT_LINE_AT_MOST]


def test_members_come_after_their_sponsors():
    for member in MEMBERS[1:]:
        sponsor = MEMBERS[member.sponsor]
        assert sponsor.index < member.index
        assert sponsor.depth == member.depth - 1
        assert sponsor.enrolled_on < member.enrolled_on


def test_most_joined_before_the_year_and_some_during_it():
    during = [m for m in MEMBERS if m.enrolled_on >= date(2017, 1, 1)]

    assert 40 <= len(during) <= 100
    assert max(m.enrolled_on for m in during) < date(2017, 12, 1)


def test_codes_addresses_and_names_are_unique():
    for field in ("code", "email", "name"):
        assert len({getattr(m, field) for m in MEMBERS}) == len(MEMBERS)
    assert all(m.email.isascii() for m in MEMBERS)


def test_each_household_has_one_representative_and_own_households_are_one_each():
    given = tree.assign_households(list(range(1, 2466)), MEMBERS)

    own = [h.member for h in given.values() if h.own]
    customers = Counter(h.member for h in given.values() if not h.own)
    assert sorted(given) == list(range(1, 2466))
    assert len(own) == len(set(own)) > 250
    assert len(MEMBERS) - len(customers) > 150
    assert customers.most_common(1)[0][1] < 80


def test_household_of_a_new_member_was_served_by_the_sponsor_before():
    member = next(m for m in MEMBERS if m.enrolled_on.year == 2017)

    before = tree.seller_on(date(2017, 1, 1), member, MEMBERS)

    assert before == MEMBERS[member.sponsor]
    assert tree.seller_on(member.enrolled_on, member, MEMBERS) == member


def test_tree_is_the_same_whatever_the_hash_seed():
    code = "from config.demo import tree; print(tree.grow_tree())"

    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert texts == {str(MEMBERS)}
