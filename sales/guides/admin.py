"""Staff write guides, put them into reading lists, and decide what is published."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from representatives.admin_tables import NamedFieldsInline
from representatives.models import Company
from sales.guides import services
from sales.guides.words import html_of
from sales.models import Guide, GuideText, ReadingList, ReadingListEntry

RESERVED = frozenset({"shared"})
"""Addresses below /guides/ that are pages of their own."""


class GuideForm(forms.ModelForm):
    """A guide without its words."""

    is_published = forms.BooleanField(
        label=_("Published"),
        required=False,
        help_text=_(
            "Members read it from now on. Taken back, links that were shared lead nowhere until "
            "it is published again."
        ),
    )

    class Meta:
        model = Guide
        fields = ("slug", "audience", "products")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_published"].initial = self.instance.published_at is not None

    def clean_slug(self) -> str:
        """Refuse an address that another page has, or that is none."""
        slug: str = self.cleaned_data["slug"]
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
            raise forms.ValidationError(_("Small letters, digits and single hyphens only."))
        if slug in RESERVED:
            raise forms.ValidationError(_("This address belongs to another page."))
        return slug


class TextInline(admin.StackedInline):
    """The words of a guide, one block a language."""

    model = GuideText
    fields = ("language", "title", "summary", "body_md", "shown")
    readonly_fields = ("shown",)
    extra = 0
    min_num = 1
    max_num = 2
    validate_min = True
    can_delete = False

    @admin.display(description=_("As readers see it"))
    def shown(self, text: GuideText) -> SafeString | str:
        if not text.body_md:
            return "-"
        return format_html('<div class="guide-preview">{}</div>', html_of(text.body_md))


@admin.register(Guide)
class GuideAdmin(admin.ModelAdmin):
    """Guides with their texts; withdrawn and never deleted."""

    form = GuideForm
    list_display = ("title", "audience", "languages", "published_at", "share_count")
    list_filter = ("audience", ("published_at", admin.EmptyFieldListFilter))
    search_fields = ("slug", "texts__title")
    ordering = ("slug",)
    list_per_page = 50
    show_full_result_count = False
    filter_horizontal = ("products",)
    readonly_fields = ("edited_by", "edited_at")
    fields = ("slug", "audience", "products", "is_published", "edited_by", "edited_at")
    inlines = (TextInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        live = Count("shares", filter=Q(shares__withdrawn_at__isnull=True))
        texts = Prefetch("texts", GuideText.objects.order_by("language"))
        return super().get_queryset(request).annotate(shared=live).prefetch_related(texts)

    @admin.display(description=_("Title"))
    def title(self, guide: Guide) -> str:
        return next((text.title for text in guide.texts.all()), "-")

    @admin.display(description=_("Languages"))
    def languages(self, guide: Guide) -> str:
        return ", ".join(text.get_language_display() for text in guide.texts.all())

    @admin.display(description=_("Links"), ordering="shared")
    def share_count(self, guide: Any) -> int:
        return int(guide.shared)

    def save_model(
        self, request: HttpRequest, obj: Guide, form: forms.ModelForm, change: bool
    ) -> None:
        now = Company.objects.get(pk=Company.ONLY_ID).now(real_time=datetime.now(UTC))
        services.save_guide(
            guide=obj,
            is_published=form.cleaned_data["is_published"],
            edited_by=request.user,  # type: ignore[arg-type]  # staff are logged in
            now=now,
        )

    def has_delete_permission(self, request: HttpRequest, obj: Guide | None = None) -> bool:
        return False


class EntryInline(NamedFieldsInline):
    """The guides of a reading list, in order."""

    model = ReadingListEntry
    fields = ("position", "guide")
    ordering = ("position", "pk")
    extra = 1


@admin.register(ReadingList)
class ReadingListAdmin(admin.ModelAdmin):
    """Reading lists; hidden and never deleted."""

    list_display = ("title_en", "title_pl", "first_days", "position", "is_active")
    search_fields = ("title_en", "title_pl")
    ordering = ("position", "pk")
    fields = ("title_en", "title_pl", "first_days", "position", "is_active")
    inlines = (EntryInline,)

    def has_delete_permission(self, request: HttpRequest, obj: ReadingList | None = None) -> bool:
        return False
