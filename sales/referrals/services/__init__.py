"""Everything that writes referral links, visits, arrivals, events and thanks."""

from sales.referrals.services.arrivals import (
    Letter,
    Outcome,
    UnableToInviteArrival,
    UnableToReceive,
    invite_arrival,
    receive_contact,
)
from sales.referrals.services.links import (
    UnableToMakeLink,
    add_link,
    close_link,
    count_visit,
    give_personal_link,
    log_event,
)
from sales.referrals.services.members import count_member
from sales.referrals.services.people import forget_people, merge_people
from sales.referrals.services.thanks import mark_thanked, note_referrals

__all__ = [
    "Letter",
    "Outcome",
    "UnableToInviteArrival",
    "UnableToMakeLink",
    "UnableToReceive",
    "add_link",
    "close_link",
    "count_member",
    "count_visit",
    "forget_people",
    "give_personal_link",
    "invite_arrival",
    "log_event",
    "mark_thanked",
    "merge_people",
    "note_referrals",
    "receive_contact",
]
