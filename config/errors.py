"""What people see when something breaks: a plain page, and whether trying again helps."""

import sys

import kombu.exceptions
import redis.exceptions
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, loader

# A server that is away, too slow or busy: the same request may succeed in a moment.
TEMPORARY = (
    OperationalError,
    InterfaceError,
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    kombu.exceptions.OperationalError,
)
RETRY_AFTER_SECONDS = 30


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 if a server behind us did not answer, else 500; never with details.

    Django calls it while it handles the exception. The page is rendered without the request:
    looking up the person would ask the database again.
    """
    temporary = isinstance(sys.exc_info()[1], TEMPORARY)
    names = ["503.html", "500.html"] if temporary else ["500.html"]
    try:
        text = loader.select_template(names).render()
    except TemplateDoesNotExist:
        text = "Something went wrong on our side. Please try again in a moment."
    response = HttpResponse(text, status=503 if temporary else 500)
    response["Cache-Control"] = "no-store"
    if temporary:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
