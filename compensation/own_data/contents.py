"""The contents of the export: its parts in their order, what each holds, and whence its rows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from compensation.own_data import contacted, earned, guides, people, planned, referred, sold
from compensation.own_data.parts import Part, Subject

PARTS = (
    Part(
        "you",
        _("You and your choices"),
        _("Name, code, contact, log-in address, language, notices and who sees your contact."),
        people.person,
        of_members=False,
    ),
    Part(
        "sessions",
        _("Sessions"),
        _("Where you are logged in: since when, from which address, with which browser."),
        people.sessions,
        of_members=False,
    ),
    Part(
        "second_factors",
        _("Second factors"),
        _("Names and days of your passkeys and your app, without their secrets."),
        people.second_factors,
        of_members=False,
    ),
    Part(
        "notices",
        _("Notices"),
        _("What the portal told you, and when you read it."),
        people.notices,
        of_members=False,
    ),
    Part(
        "membership",
        _("Membership"),
        _("Changes of your sponsor and of your status, with the reasons given."),
        people.membership,
    ),
    Part(
        "invitations",
        _("Invitations"),
        _("Whom you invited, when, and whether it was accepted."),
        people.invitations,
    ),
    Part(
        "looks",
        _("Looks by staff"),
        _("When staff looked at the portal as you see it, and why."),
        people.looks,
    ),
    Part(
        "customers",
        _("Customers"),
        _("Those you look after, with the contact and the notes you wrote."),
        sold.customers,
    ),
    Part(
        "referral_links",
        _("Referral links"),
        _("Your links, what each is for, and how many came by it."),
        referred.links,
    ),
    Part(
        "arrivals",
        _("Who came by links"),
        _("Which customer left a contact by which link, and when."),
        referred.arrivals,
    ),
    Part(
        "guides_shared",
        _("Guides shared"),
        _("What you shared, with whom and when, and openings that you may see."),
        guides.shared,
    ),
    Part("guides_read", _("Guides read"), _("Which guides you have read."), guides.read),
    Part(
        "needs",
        _("Needs of customers"),
        _("What your customers and contacts are doing, planning and would like."),
        contacted.needs,
    ),
    Part(
        "talks",
        _("Talks"),
        _("What you noted of talks with customers and contacts, and when."),
        contacted.talks,
    ),
    Part(
        "consents",
        _("Consents of customers"),
        _("What customers and contacts agreed to towards you, and what they withdrew."),
        contacted.consents,
    ),
    Part(
        "saved_choices",
        _("Saved choices"),
        _("The choices of people that you saved."),
        contacted.filters,
    ),
    Part(
        "follow_ups",
        _("Follow-ups"),
        _("What you planned to do for whom, and how it went."),
        planned.follow_ups,
    ),
    Part(
        "calendar",
        _("Calendar"),
        _("Whether your follow-ups have an address for calendars."),
        planned.calendar,
    ),
    Part(
        "suggestions",
        _("Suggestions"),
        _("What you accepted, put off or refused for whom, with your reasons."),
        planned.decisions,
    ),
    Part(
        "work_day",
        _("Your day"),
        _("How much you mean to do in a day, if you have said so."),
        planned.work_day,
    ),
    Part(
        "orders",
        _("Orders"),
        _("Each line of what you sold and bought, with its points and its class."),
        sold.order_lines,
    ),
    Part(
        "returns",
        _("Returns"),
        _("What came back of it, and when it was decided."),
        sold.returns,
    ),
    Part(
        "months",
        _("Closed months"),
        _("Your rank, activity and volumes in each; each statement is a file of its own."),
        earned.months,
    ),
    Part(
        "ledger",
        _("Ledger"),
        _("Every entry of money, RSP and BV on your accounts."),
        earned.entries,
    ),
    Part(
        "conversions",
        _("Conversions of RSP"),
        _("Points you turned into cash or BV."),
        earned.conversions,
    ),
    Part(
        "adjustments",
        _("Adjustments"),
        _("Corrections made by hand, with the reason."),
        earned.adjustments,
    ),
    Part(
        "disputes",
        _("Questions on statements"),
        _("What you asked about a line, and what was answered."),
        earned.disputes,
    ),
    Part(
        "rank_decisions",
        _("Decisions on your rank"),
        _("Ranks that staff gave or held, with reason and days."),
        earned.rank_decisions,
    ),
    Part(
        "coupons",
        _("Coupons"),
        _("Coupons entered for you in the plan’s rankings."),
        earned.coupons,
    ),
    Part(
        "payee",
        _("Payout details"),
        _("Your account and your checks as they are now, and what became of them before."),
        earned.payee,
    ),
    Part(
        "payouts",
        _("Payouts"),
        _("Each payment to you: amount, account, day and state."),
        earned.payouts,
    ),
)


def parts_for(subject: Subject) -> list[Part]:
    """Return the parts that a person has."""
    return [part for part in PARTS if subject.member is not None or not part.of_members]
