"""Read a file of worked examples into plain values that remember their lines.

Only the four scalar forms that the examples use become values (null, true, false, whole numbers);
everything else stays text, so that no amount ever passes through a binary fraction and no date or
word such as ``no`` turns into something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FORMAT = 1
TOP_KEYS = frozenset({"format", "about", "how_to_read", "examples"})
EXAMPLE_KEYS = frozenset(
    {
        "id",
        "title",
        "source",
        "certainty",
        "plan",
        "members",
        "sales",
        "refunds",
        "sponsor_changes",
        "generator",
        "inputs",
        "expected",
        "derivation",
        "notes",
    }
)
PLAN_KEYS = frozenset({"type", "rule", "parameters"})


class ExampleError(ValueError):
    """Something in the file that cannot be read or set up; names the line where known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        """Keep the message and the 1-based line."""
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class LinedDict(dict[str, Any]):
    """A mapping of the file that knows the line of itself and of each key."""

    line: int
    lines: dict[str, int]


class LinedList(list[Any]):
    """A list of the file that knows the line of itself and of each item."""

    line: int
    lines: list[int]


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example, as written."""

    id: str
    kind: str
    parameters: LinedDict
    content: LinedDict
    line: int

    @property
    def expected(self) -> LinedDict:
        """What must come out."""
        return self.content["expected"]


class _Loader(yaml.SafeLoader):
    """A loader whose plain scalars are null, booleans, whole numbers or text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]{0,17})", list("-0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_form})\Z"), _first
    )


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a file in its order.

    :raises ExampleError: if the file cannot be read, is not YAML of the format, or names an
        example twice; the message names the line.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as fault:
        raise ExampleError(f"cannot read {path}: {fault.strerror}") from None
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise ExampleError("not UTF-8 text", line) from None
    top = _parse(text)
    _only_keys(top, TOP_KEYS, "the file")
    if top.get("format") != FORMAT:
        raise ExampleError(
            f"format must be {FORMAT}, found {top.get('format')!r}",
            top.lines.get("format", top.line),
        )
    listed = top.get("examples")
    if not isinstance(listed, LinedList) or not listed:
        raise ExampleError(
            "examples must be a list with at least one entry", top.lines.get("examples", top.line)
        )
    examples: dict[str, Example] = {}
    for entry, line in zip(listed, listed.lines, strict=True):
        example = _read_example(entry, line)
        if example.id in examples:
            raise ExampleError(f"example {example.id} is there twice", line)
        examples[example.id] = example
    return list(examples.values())


def _read_example(entry: object, line: int) -> Example:
    if not isinstance(entry, LinedDict):
        raise ExampleError("an example must be a mapping", line)
    name = entry.get("id")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not name:
        raise ExampleError("an example needs an id", line)
    _only_keys(entry, EXAMPLE_KEYS, name)
    plan = entry.get("plan")
    if not isinstance(plan, LinedDict):
        raise ExampleError(f"{name}: plan must be a mapping", entry.lines.get("plan", line))
    _only_keys(plan, PLAN_KEYS, f"{name}: plan")
    kind = plan.get("type")
    if not isinstance(kind, str) or not kind:
        raise ExampleError(f"{name}: plan.type is missing", plan.line)
    parameters = plan.get("parameters")
    if parameters is None:
        parameters = LinedDict()
        parameters.line, parameters.lines = plan.line, {}
    if not isinstance(parameters, LinedDict):
        raise ExampleError(f"{name}: plan.parameters must be a mapping", plan.lines["parameters"])
    if not isinstance(entry.get("expected"), LinedDict) or not entry["expected"]:
        raise ExampleError(
            f"{name}: expected must be a mapping that holds something",
            entry.lines.get("expected", line),
        )
    return Example(id=name, kind=kind, parameters=parameters, content=entry, line=line)


def _only_keys(mapping: LinedDict, known: frozenset[str], where: str) -> None:
    for key, line in mapping.lines.items():
        if key not in known:
            raise ExampleError(
                f"{where}: unknown key {key!r}, known are {', '.join(sorted(known))}", line
            )


def _parse(text: str) -> LinedDict:
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise ExampleError("the file is empty", 1)
        top = _Builder(loader).build(node)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        raise ExampleError(
            f"not YAML: {fault.problem or fault.context}", mark.line + 1 if mark else None
        ) from None
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        raise ExampleError(f"not YAML: {fault.reason}", line) from None
    except RecursionError:
        raise ExampleError("nested too deeply", 1) from None
    if not isinstance(top, LinedDict):
        raise ExampleError("the file must be a mapping", 1)
    return top


class _Builder:
    """Turn YAML nodes into lined values; an aliased node is built once and shared."""

    def __init__(self, loader: _Loader) -> None:
        self.loader = loader
        self.built: dict[int, Any] = {}
        self.open: set[int] = set()

    def build(self, node: yaml.Node) -> Any:
        key = id(node)
        if key in self.built:
            return self.built[key]
        line = node.start_mark.line + 1
        if key in self.open:
            raise ExampleError("a value contains itself", line)
        self.open.add(key)
        value: Any
        if isinstance(node, yaml.MappingNode):
            value = self._mapping(node, line)
        elif isinstance(node, yaml.SequenceNode):
            value = self._sequence(node, line)
        else:
            value = self._scalar(node, line)
        self.open.discard(key)
        self.built[key] = value
        return value

    def _mapping(self, node: yaml.MappingNode, line: int) -> LinedDict:
        if node.tag != "tag:yaml.org,2002:map":
            raise ExampleError(f"unknown tag {node.tag}", line)
        own = [item for item in node.value if item[0].tag != "tag:yaml.org,2002:merge"]
        merged = [item[1] for item in node.value if item[0].tag == "tag:yaml.org,2002:merge"]
        value = LinedDict()
        value.line, value.lines = line, {}
        for key_node, value_node in own:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ExampleError("a key must be a plain word", key_line)
            # Keys are names, also where they look like a number or a word such as null.
            key = str(key_node.value)
            if key in value:
                raise ExampleError(f"the key {key!r} is there twice", key_line)
            value[key] = self.build(value_node)
            value.lines[key] = key_line
        for source in merged:
            others = source.value if isinstance(source, yaml.SequenceNode) else [source]
            for other in others:
                base = self.build(other)
                if not isinstance(base, LinedDict):
                    raise ExampleError("only a mapping can be merged in", line)
                for key in base:
                    if key not in value:
                        value[key] = base[key]
                        value.lines[key] = base.lines[key]
        return value

    def _sequence(self, node: yaml.SequenceNode, line: int) -> LinedList:
        value = LinedList(self.build(item) for item in node.value)
        value.line = line
        value.lines = [item.start_mark.line + 1 for item in node.value]
        return value

    def _scalar(self, node: yaml.Node, line: int) -> Any:
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag == "str":
            return str(node.value)
        if tag == "null":
            return None
        if tag == "bool":
            return node.value.lower() == "true"
        if tag == "int":
            try:
                return int(node.value)
            except ValueError:
                raise ExampleError(f"{node.value!r} is no whole number", line) from None
        raise ExampleError(f"unknown tag {node.tag}", line)
