"""Accept, put off or refuse a suggestion."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
