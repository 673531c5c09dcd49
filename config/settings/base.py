"""Every setting, with values that are safe everywhere; the other modules only override."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu.entity import Queue

from config.addresses import broker_url, redis_database

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

# -- Core -----------------------------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY", default="")
# Keys of before, separated by commas: what they sealed and signed can still be read.
SECRET_KEY_FALLBACKS: list[str] = [
    key.strip() for key in env.list("SECRET_KEY_FALLBACKS", default=[]) if key.strip()
]
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# For links of e-mails that no request asked for; empty: made of the first allowed host.
PORTAL_URL = env.str("PORTAL_URL", default="")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
SITE_NAME = "Perennial"

INSTALLED_APPS = [
    "compensation",
    "sales",
    "representatives",
    "config.admin.PerennialAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "mptt",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.NoNulMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.language.ProfileLanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.staff_sessions.StaffSessionMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "representatives.looking_middleware.LookMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# -- Database: the application role; the owner role only where migrations run ----------------------
DATABASE_APP_ROLE = env.str("DATABASE_APP_ROLE", default="perennial_app")
DATABASE_OPTIONS: dict[str, Any] = {"application_name": "perennial"}
if env.int("DATABASE_STATEMENT_TIMEOUT_MS", default=0):
    DATABASE_OPTIONS["options"] = f"-c statement_timeout={env.int('DATABASE_STATEMENT_TIMEOUT_MS')}"
# psycopg prepares what `representatives.prepared` sends, Django's own queries not at all.
DATABASE_OPTIONS["prepare_threshold"] = (
    0 if env.bool("DATABASE_PREPARED_STATEMENTS", default=True) else None
)


def database(url: str, *, owner: bool = False) -> dict[str, Any]:
    """Return Django's description of a PostgreSQL address.

    :raises django.core.exceptions.ImproperlyConfigured: if the address is not PostgreSQL's.
    """
    config: dict[str, Any] = dict(env.db_url_config(url))
    config["ENGINE"] = "django.db.backends.postgresql"
    config["HOST"] = unquote(config.get("HOST", ""))  # a socket's folder
    config["OPTIONS"] = {**config.get("OPTIONS", {}), **({} if owner else DATABASE_OPTIONS)}
    config["CONN_MAX_AGE"] = 0 if owner else 60
    config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASE_URL = env.str("DATABASE_URL", default="")
MIGRATION_DATABASE_URL = env.str("MIGRATION_DATABASE_URL", default="")
DATABASES = {"default": database(DATABASE_URL or "postgres:///perennial")}
if MIGRATION_DATABASE_URL:
    DATABASES["owner"] = database(MIGRATION_DATABASE_URL, owner=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis: queue and cache ------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CACHE_URL = env.str("CACHE_URL", default="")
REDIS_KEY_PREFIX = env.str("REDIS_KEY_PREFIX", default="perennial")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL or redis_database(REDIS_URL, 1),
        "KEY_PREFIX": REDIS_KEY_PREFIX,
        "TIMEOUT": 300,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
    }
}

# -- Celery ----------------------------------------------------------------------------------------
CELERY_BROKER_URL = broker_url(REDIS_URL)
# Three settings must agree and exceed the longest hard limit, or a running task starts again.
CELERY_VISIBILITY_TIMEOUT = env.int("CELERY_VISIBILITY_TIMEOUT", default=4 * 3600)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_VISIBILITY_TIMEOUT,
    "global_keyprefix": f"{REDIS_KEY_PREFIX}:",
    "socket_keepalive": True,
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 5
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_TIME_LIMIT = 2 * 3600
CELERY_TASK_SOFT_TIME_LIMIT = 2 * 3600 - 60
CELERY_TASK_PUBLISH_RETRY = False  # the watchdog finds what a lost message would have said
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = (Queue("default"), Queue("close"))  # a worker without -Q serves both
CELERY_TASK_ROUTES = {"compensation.tasks.*": {"queue": "close"}}
CLOSE_WATCH_SECONDS = env.float("CLOSE_WATCH_SECONDS", default=20.0)
EXPIRE_POINTS_SECONDS = 3600.0


def _every(seconds: float, task: str) -> dict[str, Any]:
    """A task of the scheduler; what no worker takes before the next one is due is dropped."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds * 0.9}}


# Those of once a day look each hour whether the day's work is done.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "apply-sponsor-changes": _every(60.0, "representatives.tasks.apply_sponsor_changes_task"),
    "drain-outbox": _every(10.0, "representatives.tasks.drain_outbox_task"),
    "queue-digests": _every(60.0, "representatives.tasks.queue_digests_task"),
    "tell-expiring-points": _every(3600.0, "compensation.tasks.tell_expiring_points_task"),
    "pass-on-customers": _every(300.0, "sales.tasks.pass_on_customers_task"),
    "delete-unused-contacts": _every(3600.0, "sales.tasks.delete_unused_contacts_task"),
    "refresh-figures": _every(3600.0, "sales.tasks.refresh_figures_task"),
    "refresh-suggestions": _every(3600.0, "sales.suggestions.tasks.refresh_suggestions_task"),
    "remind-of-follow-ups": _every(600.0, "sales.tasks.remind_of_follow_ups_task"),
    "count-quiet-customers": _every(6 * 3600.0, "compensation.tasks.count_quiet_customers_task"),
    "refresh-forecasts": _every(3600.0, "sales.forecast.tasks.refresh_all_forecasts_task"),
    "watch-closes": _every(CLOSE_WATCH_SECONDS, "compensation.tasks.watch_closes_task"),
    "refresh-live-figures": _every(5.0, "compensation.tasks.refresh_live_figures_task"),
    "expire-points": _every(EXPIRE_POINTS_SECONDS, "compensation.tasks.expire_points_task"),
    "anchor-ledger": _every(3600.0, "compensation.tasks.anchor_ledger_task"),
    "heartbeat": _every(60.0, "compensation.tasks.heartbeat_task"),
}

# A file outside the database, where its owner can't write: the heads of the ledger's chain are
# appended after each close and every hour. Empty: none are.
LEDGER_ANCHORS = env.str("LEDGER_ANCHORS", default="")

# A close is approved by a logged-in person on the page; local settings also allow the command.
CLOSE_APPROVAL_BY_COMMAND = False

# -- Payouts: amounts in minor units of the company's currency ------------------------------------
PAYOUT_MINIMUM_MINOR = env.int("PAYOUT_MINIMUM_MINOR", default=10_00)
PAYOUT_LARGE_MINOR = env.int("PAYOUT_LARGE_MINOR", default=2_500_00)  # from here on staff look
PAYOUT_COOLING_DAYS = env.int("PAYOUT_COOLING_DAYS", default=7)  # after a change of bank details
PAYOUT_DAY = env.int("PAYOUT_DAY", default=15)  # of the month, what pages announce
PAYOUT_FILE_ROWS = env.int("PAYOUT_FILE_ROWS", default=10_000)  # payments in one file
PAYOUT_REFERENCE_PREFIX = env.str("PAYOUT_REFERENCE_PREFIX", default="PN")  # letters and digits
PAYOUT_DEBTOR_IBAN = env.str("PAYOUT_DEBTOR_IBAN", default="")  # the company's account
PAYOUT_DEBTOR_BIC = env.str("PAYOUT_DEBTOR_BIC", default="")
BANK_CHANNEL = env.str("BANK_CHANNEL", default="file")  # file: staff carry it; http: BANK_URL
BANK_URL = env.str("BANK_URL", default="")
BANK_TOKEN = env.str("BANK_TOKEN", default="")
BANK_TIMEOUT_SECONDS = env.int("BANK_TIMEOUT_SECONDS", default=20)

# Working days within which a dispute on a statement line is answered.
DISPUTE_DAYS = env.int("DISPUTE_DAYS", default=10)

# -- People, sessions, log-in ----------------------------------------------------------------------
AUTH_USER_MODEL = "representatives.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": _VALIDATION + "UserAttributeSimilarityValidator"},
    {"NAME": _VALIDATION + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": _VALIDATION + "CommonPasswordValidator"},
    {"NAME": _VALIDATION + "NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_RESET_TIMEOUT = 3600

ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_FORMS = {"login": "config.log_in.LogInForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # people come by enrolment or by an invitation e-mail
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "manage_email": "10/m/user",
    "signup": "20/m/ip",
    "calendar_feed": "10/m/key,600/m/ip",  # services read many calendars from one address
    "shared_guide": "60/m/ip",  # the page behind a shared link
    "referral_page": "90/m/ip",  # the pages behind a referral link
    "referral_code": "30/h/ip",  # codes typed there
    "referral_letter": "8/10m/ip,40/d/ip",  # contacts left there
    "referral_event": "40/h/ip",  # rows of the log of what was tried in vain
}
# The number of proxies in front that append to X-Forwarded-For; 0 believes no such header.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# -- Two factors: codes of an app, passkeys (which also log in alone), recovery codes --------------
MFA_ADAPTER = "config.accounts.TwoFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up: addresses come by staff or an invitation
MFA_FORMS = {
    "authenticate": "config.two_factor_forms.CodeForm",
    "reauthenticate": "config.two_factor_forms.CodeAgainForm",
    "activate_totp": "config.two_factor_forms.ActivateAppForm",
    "add_webauthn": "config.two_factor_forms.AddPasskeyForm",
    "edit_webauthn": "config.two_factor_forms.RenamePasskeyForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}  # each log-in asks twice
MFA_TOTP_TOLERANCE = 1  # periods of 30 seconds that a phone's clock may be off
STAFF_TWO_FACTOR = env.bool("STAFF_TWO_FACTOR", default=True)
STAFF_IDLE_SECONDS = env.int("STAFF_IDLE_SECONDS", default=30 * 60)
STAFF_SESSION_SECONDS = env.int("STAFF_SESSION_SECONDS", default=8 * 3600)

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
REFERRAL_COOKIE_NAME = "referral"  # only where a visitor of a referral link agreed to it
REFERRAL_COOKIE_SECURE = False
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# -- What a browser may do -------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# -- Languages, time, static files, e-mail ---------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("pl", _("Polish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Perennial <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where representatives send papers and questions; nothing is said of it while it is empty.
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")

# -- Log -------------------------------------------------------------------------------------------
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "fontTools": {"level": "WARNING"},  # tells of every glyph of every statement
        "vobject": {"level": "CRITICAL"},  # would copy lines of people's cards into the log
    },
}
