"""The customers page, today's list, the page of a customer."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
