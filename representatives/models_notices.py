"""What people are told, and who of staff looked at the portal as a member sees it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from representatives.notice_kinds import NoticeKind

EVENT_LENGTH = 120
REASON_LENGTH = 500
LOGO_WIDTH, LOGO_HEIGHT = 800, 240  # pixels; larger pictures are made smaller


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


class MemberLook(models.Model):
    """The record that a person of staff looked at the portal as a member sees it, and why.

    Written by `representatives.looking` alone. A look ends by itself at `ends_at`; `ended_at` says
    that it was ended before. Nothing can be written while it lasts.
    """

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="looks", db_index=False
    )
    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="looks"
    )
    reason = models.CharField(max_length=REASON_LENGTH)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "look as a member sees it"
        verbose_name_plural = "looks as a member sees it"
        default_permissions = ("view",)
        permissions = [("look_as_member", "Can look at the portal as a member sees it")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="memberlook_has_reason"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("began_at")), name="memberlook_ends_by_itself"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=F("began_at"), ended_at__lte=F("ends_at")),
                name="memberlook_ended_before",
            ),
        ]
        indexes = [models.Index(fields=["staff", "-id"], name="memberlook_of_staff_idx")]

    def __str__(self) -> str:
        return f"{self.staff_id} as {self.representative_id}"


class CompanyLogo(models.Model):
    """The company's logo from an instant on, drawn anew by us; empty: none. Append-only.

    Written by `representatives.company_logo` alone. Papers of a posted month bear the logo that
    held when they were frozen, so that no picture is ever changed or thrown away. `digest` is that
    of `content`, a PNG, and part of its address; `print_content` is the same as a JPEG on white.
    """

    content = models.BinaryField(blank=True, default=b"")
    print_content = models.BinaryField(blank=True, default=b"")
    digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    width = models.PositiveSmallIntegerField(default=0)
    height = models.PositiveSmallIntegerField(default=0)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("set_logo", "Can set the company's logo")]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest="", width=0, height=0)
                | (
                    ~Q(digest="")
                    & Q(width__gte=1, width__lte=LOGO_WIDTH, height__gte=1, height__lte=LOGO_HEIGHT)
                ),
                name="companylogo_whole_or_none",
            ),
        ]
        indexes = [
            models.Index(fields=["set_at", "id"], name="companylogo_since_idx"),
            models.Index(
                fields=["digest"], condition=~Q(digest=""), name="companylogo_address_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.digest[:12] or "none"
