"""Where the portal is, for links of e-mails that no request asked for."""

from django.conf import settings

LOCAL_PORT = 8000


def portal_address() -> str:
    """Return the portal's address without a path: `PORTAL_URL`, else the first allowed host."""
    if settings.PORTAL_URL:
        return str(settings.PORTAL_URL).rstrip("/")
    host = next((one.lstrip(".") for one in settings.ALLOWED_HOSTS if one != "*"), "localhost")
    if getattr(settings, "SECURE_SSL_REDIRECT", False):
        return f"https://{host}"
    return f"http://{host}:{LOCAL_PORT}"
