"""The staff's site: Django's admin, behind the same log-in as everything else."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar, cast

from django.apps import apps as django_apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
PEOPLE = "representatives"
SECTIONS = (PEOPLE, "sales", "compensation", "account", "auth")


class PerennialAdminSite(admin.AdminSite):
    """Django's admin in working order: people, sales, compensation, then the rest."""

    site_header = _("Perennial staff")
    site_title = _("Perennial staff")
    index_title = _("What do you want to look after?")
    site_url = "/"

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Return the view behind its log-in, with dates and times in the company's zone."""
        guarded = super().admin_view(view, cacheable)

        def in_company_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            from representatives.clock import company_zone  # needs loaded apps

            timezone.activate(company_zone())
            return guarded(request, *args, **kwargs)

        return cast("View", update_wrapper(in_company_zone, view))

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the apps in the order of :data:`SECTIONS`, with our page for the logo."""
        apps: list[dict[str, Any]] = list(super().get_app_list(request, app_label))
        if app_label in (None, PEOPLE) and request.user.has_perm("representatives.set_logo"):
            _add_logo(apps)
        rank = {label: position for position, label in enumerate(SECTIONS)}
        return sorted(apps, key=lambda app: (rank.get(app["app_label"], len(rank)), app["name"]))


def _add_logo(apps: list[dict[str, Any]]) -> None:
    """Put the page that sets the logo among the people's tables, by its name."""
    section = next((app for app in apps if app["app_label"] == PEOPLE), None)
    if section is None:
        section = {
            "name": django_apps.get_app_config(PEOPLE).verbose_name,
            "app_label": PEOPLE,
            "app_url": reverse("admin:app_list", args=[PEOPLE]),
            "has_module_perms": True,
            "models": [],
        }
        apps.append(section)
    entry = {
        "name": gettext("Logo"),
        "object_name": "CompanyLogo",
        "admin_url": reverse("representatives:staff_logo"),
        "add_url": None,
        "view_only": False,
        "perms": {"add": False, "change": True, "delete": False, "view": True},
    }
    section["models"] = sorted([*section["models"], entry], key=lambda one: str(one["name"]))


class PerennialAdminConfig(AdminConfig):
    """Makes :class:`PerennialAdminSite` the admin's site."""

    default_site = "config.admin.PerennialAdminSite"

    def ready(self) -> None:
        """Send the admin's log-in through allauth, with its limits."""
        from allauth.account.decorators import secure_admin_login  # needs loaded apps
        from allauth.mfa.models import Authenticator
        from allauth.mfa.signals import authenticator_added
        from allauth.usersessions.models import UserSession

        from config.model_words import translate_models
        from config.staff_sessions import remember_second_factor

        super().ready()
        translate_models()
        # Secrets of second factors and keys of sessions are for nobody to look at.
        admin.site.unregister([Authenticator, UserSession])
        authenticator_added.connect(remember_second_factor)
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
