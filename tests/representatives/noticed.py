"""Somebody to be told, something to be told of, and the e-mail as it went out."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from typing import Any

from django.db import transaction

from representatives import notices
from representatives.models import Company, Representative, User
from representatives.notice_kinds import NoticeKind
from tests.representatives.people import NOW, enrol


def rank(
    *people: Representative,
    event: str = "rank:2026-02",
    name: str = "Silver",
    now: datetime = NOW,
) -> int:
    """Tell people of a rank."""
    with transaction.atomic():
        return notices.notify(
            kind=NoticeKind.RANK,
            event=event,
            representatives=[one.pk for one in people],
            facts={"month": "2026-02", "rank": name},
            now=now,
        )


def member(**choices: Any) -> Representative:
    """A root with a log-in and choices of its own."""
    found = enrol(name="Marta Wrona", with_login=True)
    User.objects.filter(pk=found.user_id).update(**choices)
    return Representative.objects.select_related("user").get(pk=found.pk)


def set_clock(text: str) -> None:
    """Freeze the company's clock at an instant of its zone."""
    company = Company.objects.get()
    company.time_zone = "America/New_York"
    company.clock_frozen_at = datetime.fromisoformat(text).replace(tzinfo=company.zone)
    company.save()


def parts(message: Any) -> dict[str, str]:
    """The parts of an e-mail as it goes out, by type."""
    found: EmailMessage = message.message()
    return {
        part.get_content_type(): part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        for part in found.walk()
        if part.get_content_maintype() == "text"
    }
