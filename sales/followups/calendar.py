"""The calendar of follow-ups: its secret address, and the file that calendar programs read.

The secret is derived from a seed in the database with the portal's key, and found by its digest:
a copy of the database opens nothing. What a calendar service shall not see is not in the file; so
names are left out unless the representative wants them in.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from representatives.models import Company, Representative
from representatives.portal import portal_address
from sales.followups import selectors, words
from sales.models import CalendarFeed, FollowUp

DAYS_AHEAD = 120
MOST_SHOWN = 500
_SALT = "sales.followups.calendar"


@transaction.atomic
def make_feed(*, representative: Representative, now: datetime) -> CalendarFeed:
    """Give a representative a calendar address, or a new one: the old one leads nowhere then."""
    seed = secrets.token_urlsafe(32)
    feed, _made = CalendarFeed.objects.update_or_create(
        representative=representative,
        defaults={"seed": seed, "token_digest": _digest(_token(seed)), "made_at": now},
    )
    return feed


def remove_feed(*, representative: Representative) -> None:
    """Take the address away; calendars that read it find nothing. Removed twice is removed."""
    CalendarFeed.objects.filter(representative=representative).delete()


def show_names(*, representative: Representative, shows_names: bool) -> None:
    """Choose whether names of customers stand in the calendar."""
    CalendarFeed.objects.filter(representative=representative).update(shows_names=shows_names)


def address_of(feed: CalendarFeed) -> str:
    """Return the secret address of a feed, with the portal's."""
    return portal_address() + reverse("sales:calendar_feed", args=[_token(feed.seed)])


def find_feed(token: str) -> CalendarFeed | None:
    """Return the feed of a secret, None for one that leads nowhere (any more).

    A member who is not enrolled any more, or can't log in, has no calendar either.
    """
    feeds = CalendarFeed.objects.filter(
        token_digest=_digest(token),
        representative__status=Representative.Status.ENROLLED,
        representative__user__is_active=True,
    )
    return feeds.select_related("representative__user").first()


def file_of(feed: CalendarFeed, *, now: datetime) -> bytes:
    """Return the calendar as iCalendar: what is open, the overdue on the present day."""
    company = Company.objects.get(pk=Company.ONLY_ID)
    user = feed.representative.user
    today = now.astimezone(company.zone).date()
    language = (user.language if user else "") or settings.LANGUAGE_CODE
    calendar = Calendar()
    with translation.override(language):
        calendar.add("prodid", "-//Perennial//Follow-ups//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", _("%(company)s: follow-ups") % {"company": company.name})
        calendar.add("x-published-ttl", "PT1H")
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
        rows = selectors.for_calendar(feed, today=today, days=DAYS_AHEAD, most=MOST_SHOWN)
        for told in selectors.told(feed.representative, rows, today=today):
            calendar.add_component(_event(told, feed=feed, today=today))
    return bytes(calendar.to_ical())


def _event(row: words.Row, *, feed: CalendarFeed, today: date) -> Event:
    follow_up = row.follow_up
    day = max(follow_up.due_on, today)
    path = reverse("sales:follow_up", args=[follow_up.pk])
    event = Event()
    event.add("uid", f"follow-up-{follow_up.pk}@{_host()}")
    event.add("dtstamp", follow_up.created_at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", row.title if feed.shows_names else _nameless(follow_up))
    event.add("url", portal_address() + path)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    if follow_up.due_on < today:
        event.add("description", row.when)
    return event


def _nameless(follow_up: FollowUp) -> str:
    """Return what is to be done without saying for whom."""
    kinds = FollowUp.Kind
    return {
        kinds.CARE: _("After-sales care"),
        kinds.REORDER: _("Ask about the next order"),
        kinds.OWN: _("A task of your own"),
        kinds.REFERRAL_ASK: _("Ask for a referral"),
        kinds.WIN_BACK: _("Ask how things are"),
        kinds.GUIDE: _("Share a guide"),
        kinds.MEMBER: _("Get in touch with a team member"),
    }[kinds(follow_up.kind)]


def _host() -> str:
    return portal_address().partition("://")[2].partition(":")[0]


def _token(seed: str) -> str:
    """Return the secret of a seed: 256 bits, in letters that an address can hold."""
    return salted_hmac(_SALT, seed, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
