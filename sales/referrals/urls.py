"""Referral links, landing pages, funnel."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
