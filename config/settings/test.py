"""The test suite: embedded servers of its own unless the addresses are set."""

import os

from django.core.exceptions import ImproperlyConfigured

from config import embedded

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    try:
        os.environ.update(embedded.acquire("test").environment())
    except embedded.EmbeddedServersError as error:
        raise ImproperlyConfigured(str(error)) from error

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR

SECRET_KEY = "only for tests, where nothing is secret"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = os.environ.get(
    "TEST_EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend"
)
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = BASE_DIR / ".local" / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

CLOSE_APPROVAL_BY_COMMAND = True
# Hash quickly: towns have many log-ins. test_settings.py looks at how passwords really are kept.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STAFF_TWO_FACTOR = False  # the tests of two factors turn it on

# The example account of the IBAN standard: nobody's.
PAYOUT_DEBTOR_IBAN = "DE89370400440532013000"
