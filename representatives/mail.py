"""Asking for e-mails on people: rows of the outbox, written with the change they tell of.

A row names people by their numbers and holds no secret; `representatives.letters` makes the text
and its link at the moment of sending.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from representatives import outbox
from representatives.models import Invitation, Representative, User

INVITATION = "invitation"
WELCOME = "welcome"
PASSWORD_RESET = "password-reset"  # noqa: S105  (a topic)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came from: the portal's address without a path, and the language."""

    origin: str
    language: str


def queue_invitation(invitation: Invitation, *, seed: str, place: Place) -> None:
    """Send the link to the invited person once this is committed.

    The seed alone opens nothing: the link's secret is made of it with the portal's key.
    """
    payload = {"invitation": invitation.pk, "seed": seed, **_facts(place)}
    outbox.enqueue(topic=INVITATION, key=f"invitation:{invitation.pk}:1", payload=payload)


def queue_welcome(member: Representative, *, place: Place) -> None:
    """Tell a person whom staff gave a log-in how to set a password, once this is committed."""
    assert member.user_id is not None, "the welcome tells how to log in"
    payload = {"member": member.pk, **_facts(place)}
    outbox.enqueue(topic=WELCOME, key=f"welcome:{member.user_id}", payload=payload)


def queue_password_reset(user: User, *, to: str, place: Place, now: datetime) -> None:
    """Send a link that sets a new password; each request is an effect of its own.

    `now` is real time: a request that waited longer than a link lives is dropped.

    :raises RuntimeError: outside a transaction.
    """
    until = now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    payload = {"user": user.pk, "to": to, "until": until.isoformat(), **_facts(place)}
    key = f"password-reset:{user.pk}:{secrets.token_hex(8)}"
    outbox.enqueue(topic=PASSWORD_RESET, key=key, payload=payload)


def _facts(place: Place) -> dict[str, str]:
    return {"origin": place.origin, "language": place.language}
