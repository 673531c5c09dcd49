"""Contacts: lists, import, merge, export, erasure."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
