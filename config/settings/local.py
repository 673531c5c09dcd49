"""A clone on one's own machine: embedded servers unless the addresses are set."""

import os

from django.core.exceptions import ImproperlyConfigured

from config import embedded

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    try:
        os.environ.update(embedded.acquire("demo").environment())
        # Beside the embedded database, whose ledger it is; inherited by workers.
        os.environ.setdefault(
            "LEDGER_ANCHORS", str(embedded.BASE_DIR / ".local" / "demo" / "ledger-anchors")
        )
    except embedded.EmbeddedServersError as error:
        raise ImproperlyConfigured(str(error)) from error

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, env

SECRET_KEY = env.str("SECRET_KEY", default="") or embedded.local_secret_key()
DEBUG = env.bool("DEBUG", default=False)  # error pages are the product's own unless asked for
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = BASE_DIR / ".local" / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# Whoever tries the demo has no second device at hand; a real server asks staff for two factors.
STAFF_TWO_FACTOR = env.bool("STAFF_TWO_FACTOR", default=False)

# A person with the command line may approve a close here, never in production.
CLOSE_APPROVAL_BY_COMMAND = True

# The example account of the IBAN standard: nobody's.
PAYOUT_DEBTOR_IBAN = "DE89370400440532013000"
