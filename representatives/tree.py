"""Labels of the referral tree: the numbers, with no database behind them.

A node's interval (lft, rght) holds the intervals of its downline. Labels lie in 1 … LAST_LABEL
with gaps, so that an enrolment takes free labels and moves nobody (order maintenance).
"""

TREE_ID = 1
FIRST_LABEL = 1
LAST_LABEL = 2**60 - 1
