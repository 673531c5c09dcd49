"""Effects outside the database that are still to happen, and alerts for staff."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

TOPIC_LENGTH = 40
KEY_LENGTH = 200
DIGEST_LENGTH = 64
CODE_LENGTH = 60


class OutboxEvent(models.Model):
    """One effect outside the database, written in the transaction that wants it to happen.

    Only `representatives.outbox` writes here. `key` names the effect and is never used for
    another one: the row stays, and what has been sent can't be sent again. The payload is erased
    as soon as it is sent; its digest tells a repeat from another effect under the same key. No
    payload holds a secret, see docs/outbox.md.
    """

    topic = models.CharField(max_length=TOPIC_LENGTH)
    key = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    payload = models.JSONField()
    payload_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    not_before = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(
        null=True, blank=True, help_text="Given up, until staff let it be tried again."
    )
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["key"], name="outbox_key_once"),
            models.CheckConstraint(condition=~Q(topic="") & ~Q(key=""), name="outbox_named"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(payload={}), name="outbox_sent_is_erased"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(failed_at__isnull=True),
                name="outbox_sent_or_failed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(sent_at__isnull=True, failed_at__isnull=True),
                name="outbox_waiting_idx",
            ),
            models.Index(
                fields=["failed_at"],
                condition=Q(failed_at__isnull=False),
                name="outbox_failed_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def state(self) -> str:
        """`sent`, `failed` (given up), `retrying` or `waiting`."""
        if self.sent_at is not None:
            return "sent"
        if self.failed_at is not None:
            return "failed"
        return "retrying" if self.attempts else "waiting"


class Alert(models.Model):
    """Something that a person of staff has to look at; once for each key, never deleted.

    Written by `representatives.alerts`. `code` is the kind, `key` the case.
    """

    code = models.CharField(max_length=CODE_LENGTH)
    key = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    text = models.TextField()
    raised_at = models.DateTimeField()
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="alert_key_once"),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(key="") & ~Q(text=""), name="alert_says_something"
            ),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="alert_seen_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["-raised_at", "-id"], name="alert_newest_idx"),
        ]

    def __str__(self) -> str:
        return self.key
