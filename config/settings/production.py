"""A real server: everything comes from the environment, and what is missing stops the start."""

import os

from django.core.exceptions import ImproperlyConfigured

REQUIRED = {
    "SECRET_KEY": "50 or more random characters",
    "DATABASE_URL": "postgres://perennial_app:…@host/perennial",
    "REDIS_URL": "redis://host:6379/0, a server that evicts nothing",
    "ALLOWED_HOSTS": "the portal's host names, separated by commas",
    "EMAIL_URL": "smtp+tls://user:password@host:587",
    "DEFAULT_FROM_EMAIL": "the sender of password resets and invitations",
}
_missing = [name for name in REQUIRED if not os.environ.get(name, "").strip()]
if _missing:
    raise ImproperlyConfigured(
        "production settings: these environment variables are not set: "
        + "; ".join(f"{name} ({REQUIRED[name]})" for name in _missing)
    )
_faults = []
if len(os.environ["SECRET_KEY"]) < 50:
    _faults.append("SECRET_KEY must have 50 or more characters")
if not os.environ["DATABASE_URL"].startswith(("postgres://", "postgresql://")):
    _faults.append("DATABASE_URL must start with postgres://")
if not os.environ["REDIS_URL"].startswith(("redis://", "rediss://", "unix://")):
    _faults.append("REDIS_URL must start with redis://, rediss:// or unix://")
if "*" in os.environ["ALLOWED_HOSTS"]:
    _faults.append("ALLOWED_HOSTS must name the hosts, * would accept any")
if _faults:
    raise ImproperlyConfigured("production settings: " + "; ".join(_faults))

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import env  # noqa: E402

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
if env.bool("BEHIND_TLS_PROXY", default=False):
    # Only where the proxy sets this header itself and drops the client's.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
REFERRAL_COOKIE_SECURE = True
REFERRAL_COOKIE_NAME = "__Secure-referral"  # it has a path: only the public pages get it
