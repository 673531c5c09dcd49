"""Plan documents: the presets of this folder, and reading YAML into the engine's typed plan."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from compensation.engine.plan import Plan, parse_plan
from compensation.engine.reading import Fault, PlanError

FOLDER = Path(__file__).parent
MOST_VALUES = 100_000
LONGEST_NUMBER = 64
"""Bits of a whole number. Longer ones can't be told in a fault, nor is any figure so large."""


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice, and keys merged in, which could be millions.

    Only true and false are truth values (``on`` is a key of ours), and dates stay text.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen = set()
        for key_node, _ in node.value:
            place = f"line {key_node.start_mark.line + 1}"
            if not isinstance(key_node, yaml.ScalarNode):
                raise PlanError([Fault("", f"{place}: a key must be a single word or text")])
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise PlanError([Fault("", f"{place}: keys can't be merged in")])
            key = key_node.value
            if key in seen:
                raise PlanError([Fault("", f'{place}: the key "{key}" is given twice')])
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|false"), list("tf"))


def load_document(text: str) -> object:
    """Parse YAML text into plain dicts and lists.

    :raises PlanError: if the text is not YAML (the line is named), a key comes twice, or it is
        too large.
    """
    try:
        loader = _Loader(text)
        try:
            document = loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise PlanError([Fault("", f"{place}not valid YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise PlanError([Fault("", f"not valid YAML: {error}")]) from error
    except RecursionError as error:
        raise PlanError([Fault("", "is nested too deeply")]) from error
    except ValueError as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError([Fault("", f"not valid YAML: {error}")]) from error  # a huge number
    _refuse_the_huge(document)
    return document


def _refuse_the_huge(document: object) -> None:
    """Refuse what a few lines of text can grow into by aliases of aliases, and huge numbers.

    :raises PlanError: if so.
    """
    waiting, count = [document], 0
    while waiting:
        value = waiting.pop()
        count += 1
        if count > MOST_VALUES:
            raise PlanError([Fault("", f"has more than {MOST_VALUES:,} values")])
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, (list, tuple, set)):
            waiting += value
        elif isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
            raise PlanError([Fault("", f"has a number of more than {LONGEST_NUMBER} bits")])


def load_plan(text: str) -> Plan:
    """Parse and validate a plan document given as YAML text.

    :raises PlanError: with every fault and its path.
    """
    return parse_plan(load_document(text))


def preset_names() -> list[str]:
    """Give the names of the presets that come with the product."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def preset_text(name: str) -> str:
    """Give the document of a preset, e.g. ``four-levels``.

    :raises KeyError: if there is no such preset.
    """
    if name not in preset_names():
        raise KeyError(name)
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def load_preset(name: str) -> Plan:
    """Give a preset as a typed plan.

    :raises KeyError: if there is no such preset.
    """
    return load_plan(preset_text(name))
