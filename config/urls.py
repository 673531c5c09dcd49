"""All routes. Everything needs a log-in unless its view says otherwise."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("compensation.urls")),
    path("", include("sales.urls")),
    path("", include("representatives.urls")),
]
