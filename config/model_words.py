"""Names of models and fields in the language of whoever reads the staff's site.

Models name things in plain English, and migrations keep those names. Once all models are loaded,
each name is made one that looks its translation up when it is shown, in the context "staff".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

CONTEXT = "staff"
APPS = ("representatives", "sales", "compensation")


def own_models() -> Iterator[type[Model]]:
    """Yield the models of our own apps that staff see on their site, by themselves or inside."""
    shown = set(admin.site._registry)
    for one in admin.site._registry.values():
        shown |= {inline.model for inline in one.inlines}
    for label in APPS:
        yield from (model for model in apps.get_app_config(label).get_models() if model in shown)


def words() -> set[str]:
    """Return all plain names, explanations and choices of our models."""
    found: set[str] = set()
    for label in APPS:
        found.add(_source(apps.get_app_config(label).verbose_name))
    for model in own_models():
        meta = model._meta
        found |= {_source(meta.verbose_name), _source(meta.verbose_name_plural)}
        for field in meta.local_fields + meta.local_many_to_many:
            found |= {_source(field.verbose_name), _source(field.help_text)}
            found |= {_source(label) for _value, label in field.flatchoices or ()}
    return found - {""}


_SOURCES: dict[int, str] = {}
_LAZY: dict[str, Any] = {}


def _source(text: Any) -> str:
    """Return the English of a plain text, "" for one that its module translates itself."""
    if isinstance(text, Promise):
        return _SOURCES.get(id(text), "")
    return str(text or "")


def _spoken(text: Any) -> Any:
    """Return a text that is translated when it is shown."""
    if isinstance(text, Promise) or not text:
        return text
    if text not in _LAZY:
        lazy = _LAZY[text] = pgettext_lazy(CONTEXT, text)
        _SOURCES[id(lazy)] = text
    return _LAZY[text]


def translate_models() -> None:
    """Make the names of our models and of their fields translatable; safe to repeat."""
    for label in APPS:
        config = apps.get_app_config(label)
        config.verbose_name = _spoken(config.verbose_name)
    for model in own_models():
        meta: Any = model._meta
        if isinstance(meta.verbose_name_plural, Promise) and (
            "verbose_name_plural" not in meta.original_attrs
            and id(meta.verbose_name_plural) not in _SOURCES
        ):  # Django's is the singular and an s
            with translation.override(None):
                meta.verbose_name_plural = str(meta.verbose_name_plural)
        meta.verbose_name = _spoken(meta.verbose_name)
        meta.verbose_name_plural = _spoken(meta.verbose_name_plural)
        for field in meta.local_fields + meta.local_many_to_many:
            field.verbose_name = _spoken(field.verbose_name)
            field.help_text = _spoken(field.help_text)
            if field.choices:
                field.choices = [
                    (value, _spoken(name) if isinstance(name, str) else name)
                    for value, name in field.choices
                ]
