"""The expressions inside the actions of a Go template, with the dot and the variables of their place filled in.

``.Values.a | default 4 | quote`` reads as ``quote(default(4, .Values.a))``. Inside ``with .Values.worker`` the path
``.resources`` reads as ``.Values.worker.resources``; inside ``range .Values.workers`` it starts at an element. A named
template is read as if it was given the root, which only holds where ``include`` gives it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Path:
    """A value looked up from the root: ``.Values.worker.replicas``."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """Any element of a list or mapping, the dot of ``range``; ``key`` for its index or key."""

    of: Expression
    fields: tuple[str, ...] = ()
    key: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, a number, true, false or nil."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; a piped value is the last one."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Anything else."""


Expression: TypeAlias = "Path | Element | Constant | Call | Unreadable"

UNREADABLE = Unreadable()
ROOT = Path(())

_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|\'(?:\\.|[^\'\\])*\'|[()|,]|:?=|[^\s()|,"`\'=:]+|\S')
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PATH = re.compile(r"(?P<root>\$\w*)?(?P<fields>(?:\.[\w\-]+)*\.?)")
_DEEPEST = 30
_LONGEST = 2_000
_SAME_VALUE = frozenset(
    {"quote", "squote", "int", "int64", "float64", "toString", "trim", "toYaml", "toJson", "nindent", "indent", "tpl"}
    | {"required", "fromYaml", "atoi", "toYamlPretty", "mustToYaml"}
)


@dataclass(frozen=True)
class Scope:
    """What the dot and the variables mean at one place of a template."""

    dot: Expression = ROOT
    variables: Mapping[str, Expression] = field(default_factory=dict)


def parse(text: str, scope: Scope) -> Expression:
    """Read one pipeline."""
    if len(text) > _LONGEST:
        return UNREADABLE
    parser = _Parser([match.group() for match in _TOKEN.finditer(text)], scope)
    expression = parser.pipeline(0)
    return expression if parser.at_end else UNREADABLE


class _Parser:
    def __init__(self, tokens: list[str], scope: Scope) -> None:
        self._tokens = tokens
        self._scope = scope
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position >= len(self._tokens)

    def _peek(self) -> str:
        return "" if self.at_end else self._tokens[self._position]

    def pipeline(self, depth: int) -> Expression:
        expression = self._command(None, depth)
        for _ in range(_DEEPEST):
            if self._peek() != "|":
                break
            self._position += 1
            expression = self._command(expression, depth)
        return expression

    def _command(self, piped: Expression | None, depth: int) -> Expression:
        name: str | None = None
        arguments: list[Expression] = []
        first = True
        while not self.at_end and self._peek() not in ("|", ")"):
            token = self._tokens[self._position]
            self._position += 1
            if first and re.fullmatch(r"[A-Za-z]\w*", token) and token not in ("true", "false", "nil"):
                name = token
            else:
                arguments.append(self._argument(token, depth))
            first = False
        if piped is not None:
            arguments.append(piped)
        if name is not None:
            return _call(name, tuple(arguments))
        return arguments[0] if len(arguments) == 1 else UNREADABLE

    def _argument(self, first: str, depth: int) -> Expression:
        if first != "(":
            return self._operand(first)
        if depth >= _DEEPEST:
            self._position = len(self._tokens)
            return UNREADABLE
        inner = self.pipeline(depth + 1)
        if self._peek() == ")":
            self._position += 1
        following = self._peek()
        if re.fullmatch(r"(?:\.[\w\-]+)+", following):
            self._position += 1
            return select(inner, tuple(following[1:].split(".")))
        return inner

    def _operand(self, token: str) -> Expression:
        if token[0] in "\"`'":
            return Constant(_string(token))
        if _NUMBER.fullmatch(token):
            return Constant(float(token) if re.search("[.eE]", token) else int(token))
        if token in ("true", "false", "nil"):
            return Constant({"true": True, "false": False, "nil": None}[token])
        path = _PATH.fullmatch(token)
        if path is None:
            return UNREADABLE
        root = path.group("root")
        if root is None:
            base = self._scope.dot
        elif root == "$":
            base = self._scope.variables.get("", ROOT)
        else:
            base = self._scope.variables.get(root[1:], UNREADABLE)
        return select(base, tuple(part for part in path.group("fields").split(".") if part))


def _string(token: str) -> str:
    if token[0] == "`":
        return token[1:-1]
    try:
        return str(json.loads(f'"{token[1:-1]}"', strict=False))
    except ValueError:
        return token[1:-1]


def select(base: Expression, fields: tuple[str, ...]) -> Expression:
    """A field of a value."""
    if not fields:
        return base
    if isinstance(base, Path):
        return Path(base.fields + fields)
    if isinstance(base, Element) and not base.key:
        return Element(base.of, base.fields + fields)
    return UNREADABLE


def _call(name: str, arguments: tuple[Expression, ...]) -> Expression:
    """A call; ``index`` and ``get`` with fixed names are paths."""
    if name in ("index", "get") and len(arguments) > 1:
        names = [argument.value for argument in arguments[1:] if isinstance(argument, Constant)]
        if len(names) == len(arguments) - 1 and all(isinstance(part, str) for part in names):
            return select(arguments[0], tuple(str(part) for part in names))
    return Call(name, arguments)


def path_of(expression: Expression) -> str | None:
    """The path whose value is inserted, as ``.Values.a.b``; ``[]`` stands for each element of ``range``."""
    if isinstance(expression, Path):
        return "".join(f".{name}" for name in expression.fields) or None
    if isinstance(expression, Element):
        base = path_of(expression.of)
        return (
            None if base is None or expression.key else f"{base}[]" + "".join(f".{name}" for name in expression.fields)
        )
    if isinstance(expression, Call) and expression.arguments:
        if expression.name == "tpl":
            return path_of(expression.arguments[0])
        if expression.name in _SAME_VALUE or expression.name == "default":
            return path_of(expression.arguments[-1])
    return None


def default_of(expression: Expression) -> str | None:
    """The text of a literal ``default``, which counts when the path says nothing."""
    if not isinstance(expression, Call) or not expression.arguments:
        return None
    if expression.name == "default":
        fallback = expression.arguments[0]
        if isinstance(fallback, Constant):
            return shown(fallback.value)
        return default_of(fallback)
    if expression.name in _SAME_VALUE:
        return default_of(expression.arguments[0 if expression.name == "tpl" else -1])
    return None


def shown(value: str | float | bool | None) -> str:
    """A value as a template prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
