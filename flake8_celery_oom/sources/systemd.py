"""systemd services and their drop-ins: what ExecStart runs, with which environment and under which memory limit."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import replace

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import EnvironmentSource, Fact, Launch, ShellText
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.quoting import quoted
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import systemd_bytes
from flake8_celery_oom.syntax.unit import parse, with_specifiers, words

KIND = "systemd"
TITLE = "systemd units"
NAMES = ("*.service", "*.service.j2", "**/*.service.d/*.conf")

_UNIT = re.compile(
    r"(?:^|/)([^/]+?)\.service(?:\.d/[^/]+\.conf)?(?:\.(?:j2|jinja2?|tpl|tmpl|template|in|erb|example|dist))*\Z"
)
_SERVICE = re.compile(r"^\s*\[Service\]", re.MULTILINE)
_PREFIX = re.compile(r"[-@:+!|]*\s*")
_LIMITS = ("MemoryMax", "MemoryLimit", "MemoryHigh")


def claims(path: str, head: str) -> bool:
    """``celery.service``, ``celery@.service``, ``celery.service.j2``, ``celery.service.d/override.conf``."""
    return _UNIT.search(path) is not None and _SERVICE.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for every ExecStart; a drop-in that starts nothing gives one without a command."""
    values = _values(source)
    unit = _UNIT.search(source.path)
    folder, drop_in, _ = source.path.rpartition(".service.d/")
    directories = values.get("WorkingDirectory", ())
    service = Launch(
        KIND,
        unit[1] if unit else posixpath.basename(source.path),
        source.line_location(1),
        environment=dict(pair for value in values.get("Environment", ()) for pair in _assignments(value)),
        environment_from=tuple(file for value in values.get("EnvironmentFile", ()) for file in _files(value)),
        workdir=directories[-1].text.removeprefix("-").strip() if directories else None,
        memory_limit=_memory_limit(values),
        container=f"{folder}.service" if drop_in else source.path,
    )
    commands = [command for command in map(_command, values.get("ExecStart", ())) if command.text.text]
    if drop_in and not commands and values:
        return [service]
    return [replace(service, at=command.at, command=command) for command in commands]


def _values(source: SourceText) -> dict[str, list[MappedText]]:
    """The values of each key of [Service]; an empty assignment takes back those before it."""
    found: dict[str, list[MappedText]] = {}
    for assignment in parse(source):
        if assignment.section != "Service":
            continue
        if assignment.value.text:
            found.setdefault(assignment.key, []).append(assignment.value)
        else:
            found.pop(assignment.key, None)
    return found


def _command(value: MappedText) -> ShellText:
    prefix = _PREFIX.match(value.text)
    end = prefix.end() if prefix else 0
    text = value[end:]
    if "@" in value.text[:end]:
        text = _without_second_word(text)
    text = with_specifiers(text)
    return ShellText(text, text.location(), shell=False)


def _without_second_word(text: MappedText) -> MappedText:
    """After ``@`` the second word is only the name that the process shows."""
    match = re.match(r"\S+(\s+\S+)", text.text)
    return MappedText.joined([text[: match.start(1)], text[match.end(1) :]]) if match else text


def _assignments(value: MappedText) -> Iterable[tuple[str, Word]]:
    for word in words(with_specifiers(value)):
        name, equals, _ = word.text.partition("=")
        if equals:
            yield name, Word.of(word[len(name) + 1 :])


def _files(value: MappedText) -> Iterable[EnvironmentSource]:
    for word in words(with_specifiers(value)):
        path = word[1:] if word.text.startswith("-") else word
        yield EnvironmentSource("file", Word.of(path).shown, path.location())


def _memory_limit(values: dict[str, list[MappedText]]) -> Value[int]:
    """MemoryMax kills; MemoryLimit is its name before cgroup 2; MemoryHigh only throttles, but bounds as well."""
    for key in _LIMITS:
        if key not in values:
            continue
        value = with_specifiers(values[key][-1])
        size = systemd_bytes(value.text) if not value.holes else None
        if size is not None:
            return Known(size, value.location())
        if value.text != "infinity":
            return Unknown(Cause(f"{key}={quoted(values[key][-1].text)} depends on the machine"), value.location())
    return Unset(_LIMITS)
