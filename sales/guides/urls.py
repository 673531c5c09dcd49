"""Guides and what was shared."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
