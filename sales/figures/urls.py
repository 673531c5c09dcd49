"""Figures of second sales."""

from django.urls import URLPattern, path

from sales.figures import views

urlpatterns: list[URLPattern] = [
    path("figures/", views.own_figures, name="figures"),
    path("figures/team/", views.team_figures, name="figures_team"),
    path("figures/programme/", views.programme_figures, name="figures_programme"),
]
