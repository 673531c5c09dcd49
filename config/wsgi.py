"""WSGI entry point; a web request may not keep the database busy for long."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.wsgi import get_wsgi_application

from config.encodings import readable

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "30000")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request by Django."""
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = readable(environ["CONTENT_TYPE"])
    return _django(environ, start_response)


# What is loaded by now stays: the collector need not look at it again during a request.
gc.freeze()
