"""The words that people of the demo company have noted, said and agreed to."""

from __future__ import annotations

CHANNELS = ("phone", "message", "email", "message", "visit")

SAID_CONTACT = "Said yes at the first delivery: may call or write about what they use."
SAID_TRACKING = "Said by message: may see whether a shared guide was opened."
SAID_MARKETING = "Ticked on the paper slip: news and offers by e-mail."

TALKS = (
    ("well", "Very happy with the last delivery. Asked what else their sister could try."),
    ("well", "Uses it every day now and will tell me when the pack is nearly empty."),
    ("well", "Has shown it to two neighbours. Likes to hear from me before the holidays."),
    ("neutral", "Short call, was on the way out. Prefers a message in the evening."),
    ("neutral", "Still has some at home. To ask again in about two weeks."),
    ("badly", "The parcel came two days late. I apologised and told them whom I have asked."),
    ("", "Left a note with the last parcel: the new season's flavours are in."),
)

# Kind, what was said, and a word of the products that may help.
NEEDS = (
    ("doing", "Bakes every Saturday with the children.", "sugar"),
    ("doing", "Takes a lunch box to work and wants less waste.", "shredded cheese"),
    ("planning", "Guests over the holidays, up to ten at the table.", "pure juic"),
    ("planning", "Wants to eat a proper breakfast from January on.", "yogurt"),
    ("would_like", "Something warm for the evenings instead of soft drinks.", "tea bags"),
    ("would_like", "Coffee that still tastes fresh at the end of the pack.", "ground coffee"),
    ("doing", "Cooks from scratch three times a week.", "spices"),
)

# Stage and use of people who have not bought.
PROSPECTS = (
    ("aware", "prospect"),
    ("likes", "lead"),
    ("trusts", "lead"),
    ("aware", "prospect"),
    ("likes", "prospect"),
    ("trusts", "lead"),
)
MET = (
    "Met at the school fair.",
    "Works with one of my customers.",
    "Asked me about the parcel on the stairs.",
    "From the choir.",
    "",
    "Neighbour of my sister.",
)
FIRST_TALK = "Told me what they use today. Wants to try one thing first, after the holidays."

LETTERS = (
    ("Hello, I saw your link in the choir's group. Could I try one pack first?", False),
    ("My neighbour told me about you. When do you deliver?", False),
    ("I would like to know how one joins.", True),
)
AGREED = "My details may be used to answer me and to tell me about products. I can stop this."

ANSWERED = "Wrote back the same day and sent the guide. Will order after the holidays."

OWN_TASKS = (
    ("Put the holiday parcels together", 2),
    ("Write the January offers down", 8),
    ("Collect the returned jar and send it in", 0),
)
CALLS = ("Ask how the new flavour was liked", "Tell when the next delivery is")
MEMBER_TALK = "Talk about the plan for January"
