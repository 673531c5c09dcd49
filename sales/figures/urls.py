"""Figures of second sales."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
