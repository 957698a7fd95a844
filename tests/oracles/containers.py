"""The containers of Kubernetes manifests: as a real program says, as this one reads them, and what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from flake8_celery_oom.core.facts import Argv, Command, Launch, ShellText
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import kubernetes_bytes

UNKNOWN = "\0unknown"
SEVERAL = "\0several"


@dataclass(frozen=True)
class Container:
    """A container: words are texts, UNKNOWN for one word that is not known, SEVERAL for any number of them."""

    command: tuple[str, ...] | None
    args: tuple[str, ...] | None
    environment: dict[str, str]
    memory: int | str | None
    image: str | None = None
    open: bool = False
    """Whether there may be more variables than those."""


@dataclass
class Count:
    """What was compared."""

    inputs: int = 0
    values: int = 0
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What the real program says of inputs that it does not take."""

    def share(self) -> str:
        return f"{self.inputs} inputs, {self.values} values, {self.unknown} unknown, {len(self.wrong)} wrong"


# --- what the real program says ---------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """PyYAML without dates, so that every scalar can be compared."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":int", ":float", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents(text: str) -> list[Any]:
    """The documents of a text, scalars as they are written."""
    return [one for one in yaml.load_all(text, Loader=_Loader) if one is not None]


def real(document: Any) -> dict[str, Container]:
    """The containers of an object by ``name/container``."""
    if not isinstance(document, dict):
        return {}
    name = (document.get("metadata") or {}).get("name", "")
    return {f"{name}/{one['name']}": _real(one) for pod in _pods(document) for one in pod if isinstance(one, dict)}


def _pods(node: Any) -> Iterator[list[Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("containers", "initContainers") and isinstance(value, list):
                yield value
            else:
                yield from _pods(value)
    elif isinstance(node, list):
        for item in node:
            yield from _pods(item)


def _real(one: dict[str, Any]) -> Container:
    environment: dict[str, str] = {}
    for item in one.get("env") or ():
        value = item.get("value")
        environment[item["name"]] = UNKNOWN if item.get("valueFrom") else "" if value is None else str(value)
    memory = ((one.get("resources") or {}).get("limits") or {}).get("memory")
    amount = None if memory is None else kubernetes_bytes(str(memory))
    return Container(
        _texts(one.get("command")),
        _texts(one.get("args")),
        environment,
        (amount or None) if memory is None or amount is not None else UNKNOWN,
        one.get("image"),
        bool(one.get("envFrom")),
    )


def _texts(words: Any) -> tuple[str, ...] | None:
    if words is None:
        return None
    return tuple("" if word is None else str(word) for word in (words if isinstance(words, list) else [words])) or None


# --- what this program reads ------------------------------------------------------------------------------------------


def read(launch: Launch) -> Container:
    """A launch as a container."""
    limit = launch.memory_limit
    return Container(
        _words(launch.entrypoint),
        _words(launch.command),
        {name: _word(word) for name, word in launch.environment.items()},
        limit.value if isinstance(limit, Known) else None if isinstance(limit, Unset) else UNKNOWN,
        launch.image,
        any(origin.kind == "other" for origin in launch.environment_from),
    )


def _words(command: Command | None) -> tuple[str, ...] | None:
    if isinstance(command, Argv):
        return tuple(_word(word) for word in command.words) or None
    if isinstance(command, ShellText):
        word = Word.of(command.text)
        return (SEVERAL,) if word.holes else (command.text.text,)
    return None


def _word(word: Word) -> str:
    if word.text is not None:
        return word.text
    return SEVERAL if word.several else UNKNOWN


# --- what differs -----------------------------------------------------------------------------------------------------

_REFERENCE = re.compile(r"\$\(|\$\$")


def compare(name: str, wanted: Container, got: Container, count: Count) -> None:
    """Note every known value of ``got`` that is not that of ``wanted``."""
    _compare_words(f"{name} command", wanted.command, got.command, count)
    _compare_words(f"{name} args", wanted.args, got.args, count)
    _compare_value(f"{name} memory", wanted.memory, got.memory, count)
    for variable in sorted({*wanted.environment, *got.environment}):
        theirs, ours = wanted.environment.get(variable), got.environment.get(variable)
        if ours is None and got.open:
            count.unknown += 1
            count.values += 1
        elif theirs == UNKNOWN or _REFERENCE.search(theirs or ""):
            _compare_value(f"{name} {variable}", theirs is None, ours is None, count)
        else:
            _compare_value(f"{name} {variable}", theirs, ours, count)
    if got.image is not None and "{{" not in got.image and "X" not in got.image:
        _compare_value(f"{name} image", wanted.image, got.image, count)


def _compare_value(what: str, wanted: object, got: object, count: Count) -> None:
    count.values += 1
    if got in (UNKNOWN, SEVERAL):
        count.unknown += 1
    elif got != wanted:
        count.wrong.append(f"{what}: {got!r} instead of {wanted!r}")


def _compare_words(what: str, wanted: tuple[str, ...] | None, got: tuple[str, ...] | None, count: Count) -> None:
    count.values += 1
    if got is not None and any(word in (UNKNOWN, SEVERAL) for word in got):
        count.unknown += 1
    if not _fits(got or (), wanted or ()):
        count.wrong.append(f"{what}: {got!r} instead of {wanted!r}")


def _fits(got: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether the known words are those of ``wanted``, where several may stand for any number."""
    if not got:
        return not wanted
    first, rest = got[0], got[1:]
    if first == SEVERAL:
        return any(_fits(rest, wanted[skipped:]) for skipped in range(len(wanted) + 1))
    return bool(wanted) and first in (UNKNOWN, wanted[0]) and _fits(rest, wanted[1:])
