"""What people are told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from representatives.notice_kinds import NoticeKind

EVENT_LENGTH = 120


class NoticeMail(models.TextChoices):
    """How a notice is e-mailed: chosen by its receiver when it is written."""

    NONE = "", "Not by e-mail"
    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "With the day's others"


class Notice(models.Model):
    """Something a user is told of, written in the transaction of the event itself.

    Only `representatives.notices` writes here. `event` names what happened ("statement:2017-03"),
    so that nobody is told twice. `facts` are figures and numbers of rows: the words are made when
    they are read, in the reader's language. `happened_at` is the company's clock; `mailed_at`,
    real time, says that an e-mail was written into the outbox.
    """

    # Written by a join with the users, of whom nobody is ever deleted; a foreign key would ask row
    # by row at the end of a transaction that writes a million.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="notices",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    event = models.CharField(max_length=EVENT_LENGTH, db_collation="C")
    facts = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=7, choices=NoticeMail.choices, blank=True, default="")
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "event"], name="notice_once"),
            models.CheckConstraint(
                condition=Q(kind__in=NoticeKind.values) & ~Q(event=""), name="notice_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(mail__in=["at_once", "daily"]) | Q(mail="", mailed_at__isnull=True),
                name="notice_mailed_if_wanted",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_newest_idx"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="notice_unread_idx"
            ),
            models.Index(
                fields=["id"],
                condition=Q(mail="at_once", mailed_at__isnull=True),
                name="notice_to_mail_idx",
            ),
            models.Index(
                fields=["happened_at"],
                condition=Q(mail="daily", mailed_at__isnull=True),
                name="notice_to_collect_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.user_id}"
