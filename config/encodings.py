"""Which encodings texts come in: a request may name any codec that Python knows.

Django decodes the address by it while it makes the request, before any middleware, and breaks where
the codec is not one of texts ("base64"). So it is taken off at the door; `NoNulMiddleware` refuses
the request then, as it does other encodings.
"""

from __future__ import annotations

from django.utils.http import parse_header_parameters

ACCEPTED = ("utf-8", "utf8", "us-ascii", "ascii")
REFUSED = "text/plain; charset=refused"
"""A content type that names no codec, and is refused."""


def readable(content_type: str) -> str:
    """Return a content type by which Django can make a request."""
    try:
        _kind, parameters = parse_header_parameters(content_type)
    except ValueError:
        return REFUSED
    return content_type if parameters.get("charset", "utf-8").lower() in ACCEPTED else REFUSED
