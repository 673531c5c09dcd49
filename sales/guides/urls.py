"""Guides to read and to share."""

from django.urls import URLPattern, path

from sales.guides import views, views_public

urlpatterns: list[URLPattern] = [
    path("guides/", views.guide_list, name="guides"),
    path("guides/shared/", views.share_list, name="guide_shares"),
    path("guides/shared/<int:share_id>/", views.share, name="guide_link"),
    path("guides/shared/<int:share_id>/end/", views.share_end, name="guide_link_end"),
    path("guides/<slug:slug>/", views.guide, name="guide"),
    path("guides/<slug:slug>/read/", views.guide_read, name="guide_read"),
    path("guides/<slug:slug>/share/", views.guide_share, name="guide_share"),
    path("g/<str:share_token>/", views_public.shared_guide, name="shared_guide"),
    path(
        "g/<str:share_token>/opened/",
        views_public.shared_guide_opened,
        name="shared_guide_opened",
    ),
]
