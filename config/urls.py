"""All routes. Everything needs a log-in unless its view says otherwise."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
urlpatterns += [
    path("", include(f"{app}.urls"))
    for app in ("compensation", "sales", "representatives")
    if find_spec(f"{app}.urls")
]
