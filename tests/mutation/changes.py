"""The changes that are tried: mutmut's operators on every function of a module of the engine.

mutmut makes them (one operator, number, name, text, argument or assignment at a time); what is left
out here, and why, is told in docs/mutation.md. A change is the text of a function before and after,
so its key, under which its verdict is kept, does not depend on anything else in the module.
"""

from __future__ import annotations

import ast
import hashlib
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import libcst as cst
from mutmut.mutation import mutators
from mutmut.mutation.file_mutation import (
    MutationVisitor,
    deep_replace,
)
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path("compensation/engine")
FUTURE = "from __future__ import annotations\n"


@dataclass(frozen=True)
class Change:
    """One change of one function."""

    module: str
    """Relative to the engine: ``components/match.py``."""
    function: str
    """``function`` or ``Class.function``."""
    original: str
    changed: str

    @property
    def place(self) -> str:
        """Name the changed function."""
        return f"{self.module}:{self.function}"

    @property
    def key(self) -> str:
        """Name the change by what it is."""
        parts = "\0".join((self.function, self.original, self.changed))
        return hashlib.sha256(parts.encode()).hexdigest()[:20]

    @property
    def lines(self) -> tuple[str, str]:
        """The changed lines, before and after, on one line each."""
        found = {"-": "", "+": ""}
        before, after = self.original.splitlines(), self.changed.splitlines()
        for line in list(unified_diff(before, after, n=0))[2:]:
            if line[0] in found:
                found[line[0]] += " " + line[1:].strip()
        return found["-"].strip(), found["+"].strip()

    def apply(self) -> None:
        """Put the change into the running function, for whoever has imported it."""
        function = function_of(self.module, self.function)
        new = compiled(self.changed, function)
        function.__code__ = new.__code__
        function.__defaults__ = new.__defaults__
        function.__kwdefaults__ = new.__kwdefaults__


def modules() -> list[str]:
    """Every module of the engine, relative to it."""
    folder = ROOT / ENGINE
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))


def compiled(text: str, like: types.FunctionType) -> types.FunctionType:
    """Make a function of its text, without its decorators, in place of another."""
    tree = ast.parse(FUTURE + text)
    function = tree.body[-1]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    if like.__code__.co_freevars:  # of a method that calls super()
        tree.body[-1:] = ast.parse("class Around: pass").body
        around = tree.body[-1]
        assert isinstance(around, ast.ClassDef)
        around.body = [function]
    names = dict(like.__globals__)
    exec(compile(tree, like.__code__.co_filename, "exec", dont_inherit=True), names)
    made: types.FunctionType = (vars(names["Around"]) if like.__code__.co_freevars else names)[
        function.name
    ]
    return made


def function_of(module: str, name: str) -> types.FunctionType:
    """Find a function or method, below its decorators."""
    dotted = (ENGINE / module).with_suffix("").as_posix().replace("/", ".")
    found: Any = import_module(dotted.removesuffix(".__init__"))
    for part in name.split("."):
        found = vars(found)[part]
    while not isinstance(found, types.FunctionType) or hasattr(found, "__wrapped__"):
        if isinstance(found, property):
            found = found.fget
        elif isinstance(found, cached_property):
            found = found.func
        else:
            found = found.__wrapped__  # of staticmethod, classmethod, cache
    return found


@cache
def bodies_of(module: str) -> dict[str, range]:
    """Give the lines of the body of each function and method of a module."""
    tree = ast.parse((ROOT / ENGINE / module).read_text(encoding="utf-8"))
    found: dict[str, range] = {}
    for one in tree.body:
        prefix, inner = (f"{one.name}.", one.body) if isinstance(one, ast.ClassDef) else ("", [one])
        for function in inner:
            if isinstance(function, ast.FunctionDef):
                lines = range(function.body[0].lineno, (function.end_lineno or 0) + 1)
                found[prefix + function.name] = lines
    return found


def changes_of(module: str) -> list[Change]:
    """Give every change of a module, in the order of its lines."""
    source = (ROOT / ENGINE / module).read_text(encoding="utf-8")
    wrapper = cst.MetadataWrapper(cst.parse_module(source))
    visitor = Visitor()
    tree = wrapper.visit(visitor)
    names = dict(functions_in(tree))
    found: dict[Change, None] = {}
    for mutation in visitor.mutations:
        function = mutation.contained_by_top_level_function
        if function not in names:
            continue  # a field of a class
        changed = deep_replace(function, mutation.original_node, mutation.mutated_node)
        before, after = (
            "\n".join(tree.code_for_node(one).strip("\n").splitlines())
            for one in (function, changed)
        )
        guards = (text.count("strict=True") for text in (before, after))
        if before != after and len(set(guards)) == 1 and compiles(after):
            found[Change(module, names[function], before, after)] = None
    return list(found)


def compiles(text: str) -> bool:
    """Tell whether a changed function is Python at all."""
    try:
        compile(FUTURE + text, "<changed>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def functions_in(tree: cst.Module) -> Iterator[tuple[cst.FunctionDef, str]]:
    """Give the functions of a module and the methods of its classes."""
    for one in tree.body:
        if isinstance(one, cst.FunctionDef):
            yield one, one.name.value
        elif isinstance(one, cst.ClassDef):
            for inner in one.body.body:
                if isinstance(inner, cst.FunctionDef):
                    yield inner, f"{one.name.value}.{inner.name.value}"


def one_change_of_a_text(node: cst.BaseString) -> Iterator[cst.BaseString]:
    """Change a text once; mutmut would also change its case, twice."""
    yield from list(mutators.operator_string(node))[:1]


OPERATORS: list[tuple[type, Callable[[Any], Any]]] = [
    (kind, one_change_of_a_text if operator is mutators.operator_string else operator)
    for kind, operator in mutators.mutation_operators
]


class Visitor(MutationVisitor):
    """Collects mutmut's changes, with decorated functions, without words and guards."""

    def __init__(self) -> None:
        super().__init__(OPERATORS, IgnoredCode(set(), set(), set()))

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef):
            return any(is_named(one.decorator, "overload") for one in node.decorators)
        if isinstance(node, cst.Raise | cst.Assert | cst.Decorator | cst.Annotation):
            return True
        if isinstance(node, cst.Call) and is_named(node.func, "fault", "cast"):
            return True
        if isinstance(node, cst.Arg) and node.keyword is not None:
            return node.keyword.value == "strict"
        return bool(super()._skip_node_and_children(node))


def is_named(node: cst.CSTNode, *names: str) -> bool:
    """Tell whether a name, or the last part of a dotted one, is among these."""
    name = node.attr if isinstance(node, cst.Attribute) else node
    return isinstance(name, cst.Name) and name.value in names
