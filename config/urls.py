"""All routes. Everything needs a log-in unless its view says otherwise."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("language/", login_not_required(require_POST(set_language)), name="set_language"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("compensation.urls")),
    path("", include("sales.urls")),
    path("", include("representatives.urls")),
]

handler500 = "config.errors.server_error"
