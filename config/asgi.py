"""ASGI entry point; a web request may not keep the database busy for long."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

from config.encodings import readable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "30000")

_django = get_asgi_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer a request by Django."""
    headers = [
        (name, readable(value.decode("latin-1")).encode("latin-1"))
        if name == b"content-type"
        else (name, value)
        for name, value in scope.get("headers", ())
    ]
    await _django({**scope, "headers": headers}, receive, send)
