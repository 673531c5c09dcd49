"""All routes. Everything needs a log-in unless its view says otherwise."""

from django.contrib import admin
from django.urls import include, path

from config.accounts import own_address
from config.health import healthz
from config.language import choose_language
from config.style import style_page

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("language/", choose_language, name="set_language"),
    # Staff change the address of a log-in; allauth's page would let a session take it over.
    path("accounts/email/", own_address, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("profile/", include("compensation.urls_profile")),
    path("staff/style/", style_page, name="style"),
    path("", include("compensation.urls")),
    path("", include("sales.urls")),
    path("", include("representatives.urls")),
]

handler500 = "config.errors.server_error"
