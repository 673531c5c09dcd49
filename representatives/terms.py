"""Words of the trade and what they mean, each explained once for all pages.

A page shows a term through `components/_term.html`; the word opens its explanation. Both are
translated where they are shown.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Term:
    """A word as pages write it, and two or three sentences that explain it to a newcomer."""

    word: Promise | str
    help: Promise


TERMS: dict[str, Term] = {
    "rsp": Term(
        "RSP",
        _(
            "Repeat sales points. A repeat sale gives its points in full to the seller and to "
            "each active person above who is near enough. Points gather in the RSP bank, where "
            "they become cash or BV."
        ),
    ),
    "bv": Term(
        "BV",
        _(
            "Business volume: the part of a sale that commissions and ranks are counted from. "
            "Each product has its own; it is not money."
        ),
    ),
    "pv": Term(
        "PV",
        _(
            "Personal volume: the same as personal BV, the volume of your customers’ orders and "
            "of your own purchases together."
        ),
    ),
    "personal_bv": Term(
        _("Personal BV"),
        _(
            "The volume of your customers’ orders and of your own purchases together. It "
            "decides whether you are active."
        ),
    ),
    "group_bv": Term(
        _("Group BV"),
        _("Your personal BV and that of everyone below you, at any depth, added up."),
    ),
    "repeat_sale": Term(
        _("Repeat sale"),
        _(
            "The sale of a product that people use up and buy again. Such products carry the "
            "repeat mark and give RSP."
        ),
    ),
    "active": Term(
        _("Active"),
        _(
            "Whoever has reached the volume that the plan asks for in its period. Only active "
            "people receive points and commissions from others; others are passed over."
        ),
    ),
    "level": Term(
        _("Level"),
        _(
            "The distance in the tree: people whom you sponsored are your level 1, theirs are "
            "your level 2, and so on. It never depends on who is active."
        ),
    ),
    "paid_level": Term(
        _("Paid level"),
        _(
            "The distance to a sale counted over active people only. Whoever is not active is "
            "passed over, so a sale on level 5 of the tree may be paid as level 4."
        ),
    ),
    "compression": Term(
        _("Compression"),
        _(
            "People who are not active are left out when levels are counted, in that month "
            "only. Nobody changes place in the tree."
        ),
    ),
    "breakage": Term(
        _("Breakage"),
        _(
            "What the plan could have paid for the sales of a month and did not, because "
            "nobody qualified for it."
        ),
    ),
    "title_rank": Term(
        _("Title rank"),
        _("The highest rank you have reached. You keep it as a title, whatever a month brings."),
    ),
    "pay_rank": Term(
        _("Pay rank"),
        _(
            "The rank your figures of this month pay at. It follows the month, and is never "
            "above your title."
        ),
    ),
    "maintain": Term(
        _("To keep a rank"),
        _(
            "The requirements to meet every month so that you are paid at a rank that you have "
            "already reached. They are often lower than those to reach it."
        ),
    ),
    "grace": Term(
        _("Grace"),
        _(
            "For some months the plan pays at the rank you held even though its requirements "
            "are not met. Meeting them again gives the whole grace back."
        ),
    ),
    "near_miss": Term(
        _("Near miss"),
        _("Someone who lacks so little of a requirement that one or two sales would do."),
    ),
    "upline": Term(
        _("Upline"),
        _("The people above you: your sponsor, the sponsor of your sponsor, and so on."),
    ),
    "downline": Term(
        _("Downline"),
        _("Everyone below you in the tree: the people you sponsored and all of theirs."),
    ),
    "front_line": Term(
        _("Front line"),
        _("The people you sponsored yourself, which is level 1 of your downline."),
    ),
    "sponsor": Term(
        _("Sponsor"),
        _("The person right above somebody in the tree, who brought that person in."),
    ),
    "leg": Term(
        _("Leg"),
        _("One person of your front line together with everyone below that person."),
    ),
    "dormant": Term(
        _("Asleep"),
        _("No sale and no purchase for months. A short call often shows what is in the way."),
    ),
    "estimate": Term(
        _("Estimate"),
        _(
            "Worked out from the orders paid so far by the same engine that closes the month. "
            "New orders and returns change it; it is final when the month is posted."
        ),
    ),
    "as_of": Term(
        _("As of"),
        _("The moment up to which paid orders are counted in the figures of this page."),
    ),
    "posted": Term(
        _("Posted"),
        _(
            "The month is closed and approved, and its amounts stand in your account. They are "
            "never changed afterwards; a correction is a new line in a later month."
        ),
    ),
    "statement": Term(
        _("Statement"),
        _(
            "All lines of a month that earned you money or points, each with the sales behind "
            "it. It is final once the month is posted."
        ),
    ),
    "component": Term(
        _("Component"),
        _("One of the ways in which the plan pays, such as the percentages by level."),
    ),
    "base": Term(
        _("Base"),
        _("The sum that a rate is applied to, such as the BV of all sales at one paid level."),
    ),
    "cap": Term(
        _("Cap"),
        _("The most the plan pays for something. What lies above it is shown as a cut line."),
    ),
    "reversal": Term(
        _("Taken back"),
        _(
            "After a return the commission and the points of that sale are booked back, as a "
            "line of their own in the open month."
        ),
    ),
    "adjustment": Term(
        _("Adjustment"),
        _(
            "An amount that staff book by hand to put something right, with its reason. A "
            "second person approves it first."
        ),
    ),
    "dispute": Term(
        _("Dispute"),
        _(
            "Your question about a line that looks wrong to you. Staff must answer it in "
            "writing, and both stay with the statement."
        ),
    ),
    "lot": Term(
        _("Lot"),
        _(
            "Points that reached your RSP bank together. Each lot has its own day on which it "
            "expires; the oldest are used first."
        ),
    ),
    "lump": Term(
        _("Lump"),
        _(
            "A round number of points that the plan converts at once. Larger lumps may bring "
            "more for each point."
        ),
    ),
    "conversion": Term(
        _("Conversion"),
        _("Exchanging points of your RSP bank for cash or for BV, at the plan’s rates."),
    ),
    "expiry": Term(
        _("Expiry"),
        _(
            "The last day on which you can convert these points yourself. What becomes of them "
            "afterwards the plan says: it pays their worth in cash, or they lapse."
        ),
    ),
    "payout": Term(
        _("Payout"),
        _("The transfer of your cash balance to your bank account."),
    ),
    "hold": Term(
        _("Held"),
        _(
            "Your money is safe but waits for something, such as bank details or papers. The "
            "page says what, and what you can do."
        ),
    ),
    "rollup": Term(
        _("Passed up"),
        _("A share that nobody at its level qualified for goes to the next person above who does."),
    ),
    "plan_version": Term(
        _("Plan in force"),
        _(
            "The rules by which a month is paid. A new version applies from its day on; months "
            "already posted keep theirs."
        ),
    ),
}
