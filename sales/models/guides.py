"""Guides that representatives read and share, reading lists, and what was shared with whom."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from representatives.models import Representative

TITLE_LENGTH = 120
SUMMARY_LENGTH = 300
BODY_LENGTH = 40_000
TOKEN_LENGTH = 32
"""Characters of a link's token: 24 random bytes in base 64."""


class GuideLanguage(models.TextChoices):
    """Languages in which guides are written."""

    EN = "en", "English"
    PL = "pl", "Polish"


class ConsentSource(models.TextChoices):
    """Where the reader's consent comes from that an opening is told."""

    NONE = "", "No consent"
    PAGE = "page", "Said on the page"
    RECORDED = "recorded", "Recorded consent of the customer"


class Guide(models.Model):
    """Something to read, written by staff; the words are in `GuideText`, one row a language.

    Written in the admin by `sales.guides.services`. A guide is seen from `published_at` on until it
    is withdrawn, and never deleted: what was shared stays told. One for members only is read by
    representatives and can't be shared.
    """

    class Audience(models.TextChoices):
        """Who may read it."""

        EVERYBODY = "everybody", "Members, and customers by link"
        MEMBERS = "members", "Members only"

    slug = models.CharField(
        "address",
        max_length=80,
        unique=True,
        db_collation="C",
        help_text="Part of the page's address: small letters, digits and hyphens.",
    )
    audience = models.CharField(
        "who may read it",
        max_length=9,
        choices=Audience.choices,
        default=Audience.EVERYBODY,
        db_default="everybody",
    )
    products = models.ManyToManyField(
        "sales.Product",
        blank=True,
        related_name="guides",
        help_text="Products it is about. A customer who bought one of them may get it.",
    )
    published_at = models.DateTimeField("published", null=True, blank=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="edited by",
    )
    edited_at = models.DateTimeField("edited")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"), name="guide_slug_plain"
            ),
            models.CheckConstraint(
                condition=Q(audience__in=["everybody", "members"]), name="guide_audience_known"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class GuideText(models.Model):
    """A guide in one language: title, a sentence for lists, and the body as Markdown."""

    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, related_name="texts", db_index=False)
    language = models.CharField(max_length=2, choices=GuideLanguage.choices)
    title = models.CharField(max_length=TITLE_LENGTH)
    summary = models.CharField(
        max_length=SUMMARY_LENGTH,
        blank=True,
        default="",
        help_text="One sentence for lists: what the reader takes away.",
    )
    body_md = models.TextField(
        "text",
        max_length=BODY_LENGTH,
        help_text="Markdown. Headings begin with ##; HTML and pictures are left out.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guide", "language"], name="guidetext_once"),
            models.CheckConstraint(
                condition=Q(language__in=["en", "pl"]), name="guidetext_language_known"
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(body_md=""), name="guidetext_says_something"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ReadingList(models.Model):
    """Guides to read in order, for members in their first days or for everybody."""

    title_en = models.CharField("title in English", max_length=TITLE_LENGTH)
    title_pl = models.CharField("title in Polish", max_length=TITLE_LENGTH, blank=True, default="")
    first_days = models.PositiveSmallIntegerField(
        "for the first days",
        null=True,
        blank=True,
        help_text="Put first for members in so many days after joining; empty: never put first.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField("shown", default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title_en=""), name="readinglist_has_a_title"),
            models.CheckConstraint(
                condition=Q(first_days__isnull=True) | Q(first_days__gt=0),
                name="readinglist_days_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.title_en


class ReadingListEntry(models.Model):
    """A guide's place in a reading list."""

    reading_list = models.ForeignKey(
        ReadingList, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, related_name="list_entries")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "reading list entries"
        constraints = [
            models.UniqueConstraint(fields=["reading_list", "guide"], name="readinglistentry_once")
        ]

    def __str__(self) -> str:
        return f"{self.reading_list_id}: {self.guide_id}"


class GuideReading(models.Model):
    """A representative has read a guide, by the person's own word; taken back by deleting it."""

    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="guides_read", db_index=False
    )
    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, related_name="readings")
    read_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["representative", "guide"], name="guidereading_once")
        ]

    def __str__(self) -> str:
        return f"{self.representative_id} read {self.guide_id}"


class GuideShare(models.Model):
    """A link to a guide that a representative made, for one customer or for anybody.

    Written by `sales.guides.services`. Whoever has the token reads the guide and learns nothing of
    the customer. That the customer opened it is kept only with consent: said on the page itself, or
    recorded before (`Consent` of kind tracking). A link for anybody never keeps an opening.
    Migration 0015 refuses links for another's customer and for who asked not to be contacted.
    """

    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, related_name="shares")
    representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="guide_shares", db_index=False
    )
    customer = models.ForeignKey(
        "sales.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="guide_shares",
        db_index=False,
    )
    language = models.CharField(max_length=2, choices=GuideLanguage.choices)
    token = models.CharField(max_length=TOKEN_LENGTH, unique=True, db_collation="C")
    shared_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    consent = models.CharField(
        max_length=8, choices=ConsentSource.choices, blank=True, default="", db_default=""
    )
    consent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["guide", "customer"],
                condition=Q(customer__isnull=False, withdrawn_at__isnull=True),
                name="guideshare_one_per_customer",
            ),
            models.UniqueConstraint(
                fields=["guide", "representative"],
                condition=Q(customer__isnull=True, withdrawn_at__isnull=True),
                name="guideshare_one_for_anybody",
            ),
            models.CheckConstraint(
                condition=Q(("token__regex", r"^[A-Za-z0-9_-]{32}$")),
                name="guideshare_token_long",
            ),
            models.CheckConstraint(
                condition=Q(language__in=["en", "pl"]), name="guideshare_language_known"
            ),
            models.CheckConstraint(
                condition=Q(consent="", consent_at__isnull=True)
                | Q(
                    consent__in=["page", "recorded"],
                    consent_at__isnull=False,
                    customer__isnull=False,
                ),
                name="guideshare_consent_dated",
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True)
                | Q(consent_at__isnull=False, opened_at__gte=F("consent_at")),
                name="guideshare_opened_with_consent",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-shared_at"], name="guideshare_of_customer"),
            models.Index(
                fields=["representative", "-shared_at", "-id"], name="guideshare_of_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guide_id} by {self.representative_id}"
