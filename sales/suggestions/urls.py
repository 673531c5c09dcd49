"""Suggestions: accept, put off, refuse, take back; and how much fills a day."""

from django.urls import URLPattern, path

from sales.suggestions import views

urlpatterns: list[URLPattern] = [
    path("suggestions/", views.decision_list, name="suggestions"),
    path("suggestions/accept/", views.accept, name="suggestion_accept"),
    path("suggestions/snooze/", views.snooze, name="suggestion_snooze"),
    path("suggestions/refuse/", views.refuse, name="suggestion_refuse"),
    path("suggestions/undo/", views.undo, name="suggestion_undo"),
    path("suggestions/day/", views.work_day, name="work_day"),
]
