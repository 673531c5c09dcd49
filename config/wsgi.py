"""WSGI entry point; a web request may not keep the database busy for long."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "30000")

application = get_wsgi_application()
# What is loaded by now stays: the collector need not look at it again during a request.
gc.freeze()
