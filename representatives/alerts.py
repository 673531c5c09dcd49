"""Alerts: what a person of staff has to look at, once for each case, by page and by e-mail."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from representatives import outbox
from representatives.models import User
from representatives.models_outbox import CODE_LENGTH, KEY_LENGTH, Alert

KEY_PREFIX = "alert:"
# An e-mail's key is the prefix, the alert's key and the number of the person told.
LONGEST_KEY = KEY_LENGTH - len(KEY_PREFIX) - 20


@transaction.atomic
def raise_alert(*, code: str, key: str, text: str, now: datetime) -> Alert:
    """Raise an alert and tell staff by e-mail; the same key again returns the first one.

    Runs in the caller's transaction, if there is one: whoever raises an alert about a refusal
    does so after what was refused is rolled back. `code` is the kind of alert, `key` the case.
    """
    assert 0 < len(code) <= CODE_LENGTH, code
    assert 0 < len(key) <= LONGEST_KEY, key
    alert, is_new = Alert.objects.get_or_create(
        key=key, defaults={"code": code, "text": text, "raised_at": now}
    )
    if is_new:
        for user in _staff_to_tell():
            outbox.send_mail(
                key=f"{KEY_PREFIX}{key}:{user.pk}",
                to=user.email,
                subject=f"Alert: {code}",
                text=text,
            )
    return alert


@transaction.atomic
def mark_seen(*, alert: Alert, by: User, now: datetime) -> Alert:
    """Note who has seen an alert first; seen again changes nothing."""
    locked = Alert.objects.select_for_update().get(pk=alert.pk)
    if locked.seen_at is None:
        locked.seen_by, locked.seen_at = by, now
        locked.save(update_fields=["seen_by", "seen_at"])
    return locked


def _staff_to_tell() -> list[User]:
    allowed = (
        Q(is_superuser=True)
        | Q(user_permissions__in=_permission())
        | Q(groups__permissions__in=_permission())
    )
    people = User.objects.filter(allowed, is_active=True, is_staff=True)
    return list(people.distinct().order_by("pk"))


def _permission() -> QuerySet[Permission]:
    return Permission.objects.filter(
        content_type__app_label="representatives", codename="view_alert"
    )
