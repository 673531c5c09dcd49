"""Settings of the benchmark: production's base on the benchmark's own database.

``bench.server`` sets the addresses; nothing of the product is switched off.
"""

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, INSTALLED_APPS

SECRET_KEY = "only for the benchmark, whose database is dropped after it"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "bench.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "bench.stock"]
# As in production: named by their contents, kept by browsers, compressed beforehand.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_ROOT = BASE_DIR / ".local" / "bench-static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
CLOSE_APPROVAL_BY_COMMAND = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
