"""Rows of the export on the person, the log-in and the membership."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from compensation.own_data.parts import Row, Subject, day
from representatives.models import Invitation, MemberLook, Notice, Placement, SponsorChange


def person(subject: Subject) -> Iterator[Row]:
    """Yield the one row on the person."""
    user, member = subject.user, subject.member
    row: Row = {
        "log_in": user.email,
        "joined_portal_at": subject.at(user.date_joined),
        "last_log_in_at": subject.at(user.last_login),
        "language": user.language,
        "email_notices": user.email_notices,
        "muted_notices": " ".join(user.muted_notices),
    }
    if member is not None:
        place = Placement.objects.filter(representative=member).first()
        row |= {
            "code": member.code,
            "name": member.name,
            "contact_email": member.email,
            "phone": member.phone,
            "contact_shared_with": member.contact_shared_with,
            "status": member.status,
            "enrolled_on": day(member.enrolled_on),
            "sponsor": member.sponsor.name if member.sponsor else "",
            "level_in_tree": member.level,
            "placement_side": place.get_side_display() if place else "",
        }
    yield row


def sessions(subject: Subject) -> Iterator[Row]:
    """Yield the sessions that may still be open."""
    for one in UserSession.objects.filter(user=subject.user).order_by("pk"):
        yield {
            "since": subject.at(one.created_at),
            "last_seen": subject.at(one.last_seen_at),
            "address": one.ip,
            "browser": one.user_agent,
        }


def second_factors(subject: Subject) -> Iterator[Row]:
    """Yield what a second factor is called, never what it is made of."""
    for one in Authenticator.objects.filter(user=subject.user).order_by("pk"):
        yield {
            "kind": one.type,
            "name": str(one.wrap().name) if one.type == one.Type.WEBAUTHN else "",
            "set_up_at": subject.at(one.created_at),
            "last_used_at": subject.at(one.last_used_at),
        }


def notices(subject: Subject) -> Iterator[Row]:
    """Yield what the person was told."""
    for one in Notice.objects.filter(user=subject.user).order_by("pk"):
        yield {
            "kind": one.kind,
            "event": one.event,
            "happened_at": subject.at(one.happened_at),
            "read_at": subject.at(one.read_at),
            "e_mailed_at": subject.at(one.mailed_at),
        }


def membership(subject: Subject) -> Iterator[Row]:
    """Yield changes of sponsor and status; who of staff decided is not the person's data."""
    assert subject.member is not None
    changes = SponsorChange.objects.filter(representative=subject.member)
    for change in changes.select_related("old_sponsor", "new_sponsor").order_by("pk"):
        yield {
            "what": "sponsor",
            "from": change.old_sponsor.name,
            "to": change.new_sponsor.name,
            "from_instant": subject.at(change.effective_at),
            "cancelled_at": subject.at(change.cancelled_at),
            "reason": change.reason,
        }
    for status in subject.member.status_changes.order_by("pk"):
        yield {
            "what": "status",
            "from": status.old_status,
            "to": status.new_status,
            "from_instant": subject.at(status.effective_at),
            "cancelled_at": "",
            "reason": status.reason,
        }


def invitations(subject: Subject) -> Iterator[Row]:
    """Yield the invitations the person sent."""
    for one in Invitation.objects.filter(sponsor=subject.member).order_by("pk"):
        yield {
            "name": one.name,
            "email": one.email,
            "sent_at": subject.at(one.created_at),
            "expires_at": subject.at(one.expires_at),
            "accepted_at": subject.at(one.accepted_at),
        }


def looks(subject: Subject) -> Iterator[Row]:
    """Yield when staff looked at the portal as the person sees it."""
    for one in MemberLook.objects.filter(representative=subject.member).order_by("pk"):
        yield {
            "began_at": subject.at(one.began_at),
            "ended_at": subject.at(one.ended_at or one.ends_at),
            "reason": one.reason,
        }
