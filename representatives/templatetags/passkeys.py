"""What the script of passkeys reads from a page: options as JSON in an attribute."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: Any) -> str:
    """Return a value as JSON, which the template escapes for its attribute."""
    return json.dumps(value, cls=DjangoJSONEncoder)
