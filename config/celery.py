"""The Celery application. A message is only a hint; the rows of the database are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("perennial")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
