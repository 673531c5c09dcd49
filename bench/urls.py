"""The product's routes and the bare page that the others are measured against."""

from django.urls import include, path

from bench.pages import bare

urlpatterns = [path("bench/bare/", bare), path("", include("config.urls"))]
