"""Variables of a worker's environment that are called like its bounds, and who reads them.

Celery 5 reads ``CELERY_WORKER_CONCURRENCY`` and its like. ``CELERYD_CONCURRENCY`` is read by no Celery: such a variable
counts only where the project reads it, in Python, in a script or in a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flake8_celery_oom.celery.command_line import Entry
from flake8_celery_oom.celery.environment import variable_name
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.per_text import per_text
from flake8_celery_oom.core.results import BoundVariable, CeleryVersion
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts

_OPTIONS = {
    "CONCURRENCY": "concurrency",
    "AUTOSCALE": "autoscale",
    "MAX_TASKS_PER_CHILD": "max_tasks_per_child",
    "MAXTASKSPERCHILD": "max_tasks_per_child",
    "MAX_MEMORY_PER_CHILD": "max_memory_per_child",
    "MAXMEMPERCHILD": "max_memory_per_child",
}
_LOOKS_LIKE_A_BOUND = re.compile(rf"CELERYD?_(?:WORKERS?_)?({'|'.join(_OPTIONS)})")
_SETS_IN_DOCKERFILE = re.compile(r"^[ \t]*(?:ENV|ARG)[ \t]+", re.MULTILINE)
_PYTHON = (".py", ".pyi", ".pyw")
_NAME_BEFORE = 300
"""How far in front of a value its name is looked for."""


class BoundVariables:
    """The answers for one project; ``mentioning`` are the files that speak of Celery at all."""

    def __init__(self, facts: Facts, mentioning: Sequence[str]) -> None:
        self._facts = facts
        self._mentioning = mentioning
        self._read: dict[str, bool] = {}

    def of(self, environment: Mapping[str, Word], entry: Entry, version: CeleryVersion) -> tuple[BoundVariable, ...]:
        """The variables of an environment that are called like a bound and hold something, by name."""
        found = []
        for name, word in sorted(environment.items()):
            match = _LOOKS_LIKE_A_BOUND.fullmatch(name)
            if match is None or word.at is None or word.text == "":
                continue
            option = _OPTIONS[match[1]]
            by_celery = variable_name(option, entry, version) == name
            by_project = not by_celery and self.is_read(name)
            at = self._name_at(name, word.at)
            found.append(
                BoundVariable(name, option, at, word, "celery" if by_celery else "project" if by_project else "nothing")
            )
        return tuple(found)

    def is_read(self, name: str) -> bool:
        """Whether some file of the project reads a variable of this name."""
        if name not in self._read:
            sources = (self._facts.read(path) for path in self._mentioning)
            self._read[name] = any(_reads(source, name) for source in sources if source is not None)
        return self._read[name]

    def _name_at(self, name: str, value: Location) -> Location:
        """Where the name of a variable stands in front of its value; the value itself when it is not found."""
        source = self._facts.read(value.path)
        if source is None:
            return value
        first = max(0, value.start - _NAME_BEFORE)
        before = list(re.finditer(rf"(?<![\w$]){name}(?!\w)", source.text[first : value.start + len(name)]))
        if not before or source.text.count("\n", first + before[-1].end(), value.start) > 1:
            return value
        return source.location(first + before[-1].start(), first + before[-1].end())


@per_text
def _reads(source: SourceText, name: str) -> bool:
    if source.path.endswith(_PYTHON):
        return source.mentions(_in_python(name), *_letters(name)) and _python_reads(source.text, name)
    if not source.mentions(re.compile(name), name.lower()):
        return False
    rest = _SETS_IN_DOCKERFILE.sub("", source.text)
    rest = re.sub(rf"(?<![\w$]){name}[\"']?\s*[:=]\s*[\"']?\$\{{?{name}\b", "", rest)
    return any(pattern.search(rest) for pattern in _readings(name))


def _readings(name: str) -> tuple[re.Pattern[str], ...]:
    """Ways to read a variable in shells, compose files, supervisor files, templates and code of any language.

    ``env: {NAME: 4}`` sets it.
    """
    return (
        re.compile(rf"\$[({{]?[!#]?{name}\b"),
        re.compile(rf"%\(ENV_{name}\)"),
        re.compile(rf"(?i:env|environ|getenv|printenv|lookup|config|values?)\b[^\w\n]{{0,6}}{name}\b(?![\"']?\s*:)"),
        re.compile(rf"{{{{[^}}\n]*\b{name}\b"),
    )


def _prefixes(name: str) -> list[str]:
    """The first parts of a name that code may put before the rest of it."""
    return [name[:end] for end in range(6, len(name)) if name[end - 1] == "_"]


def _letters(name: str) -> tuple[str, ...]:
    """What every match of ``_in_python`` contains, one of them, in lower case."""
    begun = (f"{quote}{prefix}" for prefix in _prefixes(name) for quote in "\"'")
    return name.lower(), *map(str.lower, begun)


def _in_python(name: str) -> re.Pattern[str]:
    """What Python code that reads a variable contains: its name, or a first part of it as a string."""
    return re.compile("|".join([rf"(?i:{name})", *(rf"(?i:[\"']{prefix}[\"'])" for prefix in _prefixes(name))]))


def _python_reads(text: str, name: str) -> bool:
    """Whether Python code may read a variable: its name as a string, as a field, or in pieces.

    ``CELERYD_CONCURRENCY = 4`` and ``.CELERYD_CONCURRENCY`` are a setting of that name, not the variable.
    """
    if re.search(rf"[\"']{name}[\"']", text) or re.search(rf"(?im)^\s+{name}\s*:\s*\w", text):
        return True
    if re.search(rf"\$\{{?{name}\b|%\(ENV_{name}\)", text):
        return True
    for prefix in _prefixes(name):
        rest = name[len(prefix) :]
        if re.search(rf"(?i)[\"']{prefix}[\"']", text) and re.search(rf"(?i)\b{rest}\b", text):
            return True
    return False
