"""Staff write guides and reading lists on their site."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from representatives.models import User
from sales.models import Guide, GuideShare, GuideText, Product, ReadingList
from tests.sales.conftest import NOW


@pytest.fixture
def site(client: Client, company: Any) -> Client:
    boss = User.objects.create_superuser("boss@example.com", "a long password of boss")
    client.force_login(boss)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def guide_form(slug: str, *products: Product, **facts: str) -> dict[str, Any]:
    """Return what the form of a new guide sends: one English text."""
    return {
        "slug": slug,
        "audience": "everybody",
        "products": [one.pk for one in products],
        "texts-TOTAL_FORMS": "1",
        "texts-INITIAL_FORMS": "0",
        "texts-MIN_NUM_FORMS": "1",
        "texts-MAX_NUM_FORMS": "2",
        "texts-0-language": "en",
        "texts-0-title": "Tea at its best",
        "texts-0-body_md": "## How\n\n<script>alert(1)</script> *Slowly.*",
        **facts,
    }


def test_guide_is_written_published_and_taken_back(
    site: Client, products: dict[str, Product]
) -> None:
    data = guide_form("tea", products["TEA"], is_published="on")
    answer = site.post("/admin/sales/guide/add/", data)

    guide = Guide.objects.get()
    assert answer.status_code == 302, text(answer)
    assert (guide.published_at, guide.edited_at) == (NOW, NOW)
    assert list(guide.products.all()) == [products["TEA"]]
    page = site.get(f"/admin/sales/guide/{guide.pk}/change/")
    assert "<em>Slowly.</em>" in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert "Tea at its best" in text(site.get("/admin/sales/guide/"))

    data |= {"texts-INITIAL_FORMS": "1", "texts-0-id": str(GuideText.objects.get().pk)}
    data |= {"texts-0-guide": str(guide.pk)}
    del data["is_published"]
    site.post(f"/admin/sales/guide/{guide.pk}/change/", data)
    guide.refresh_from_db()
    assert guide.published_at is None


@pytest.mark.parametrize(
    ("slug", "facts", "refusal"),
    [
        ("shared", {}, "belongs to another page"),
        ("Tea Time", {}, "Small letters"),
        ("tea", {"texts-0-title": ""}, "This field is required"),
        (
            "tea",
            {"texts-0-language": "", "texts-0-title": "", "texts-0-body_md": ""},
            "This field is required",
        ),
    ],
)
def test_half_a_guide_is_refused(
    site: Client, slug: str, facts: dict[str, str], refusal: str
) -> None:
    answer = site.post("/admin/sales/guide/add/", guide_form(slug, **facts))

    assert answer.status_code == 200
    assert refusal in text(answer)
    assert not Guide.objects.exists()


def test_nothing_is_deleted_and_links_are_counted_not_read(site: Client, share: GuideShare) -> None:
    guide = share.guide

    assert site.get(f"/admin/sales/guide/{guide.pk}/delete/").status_code == 403
    assert site.get("/admin/sales/guideshare/").status_code == 404
    assert share.token not in site.get("/admin/sales/guide/").content.decode()


def test_reading_list_is_put_together(site: Client, guide: Guide) -> None:
    answer = site.post(
        "/admin/sales/readinglist/add/",
        {
            "title_en": "First weeks",
            "first_days": "30",
            "position": "0",
            "is_active": "on",
            "entries-TOTAL_FORMS": "1",
            "entries-INITIAL_FORMS": "0",
            "entries-0-position": "1",
            "entries-0-guide": str(guide.pk),
        },
    )

    made = ReadingList.objects.get()
    assert answer.status_code == 302, text(answer)
    assert [one.guide for one in made.entries.all()] == [guide]
