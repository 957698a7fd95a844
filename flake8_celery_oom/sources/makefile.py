"""Makefiles: every recipe line is something a person or another file may run with ``make <target>``."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from flake8_celery_oom.core.facts import Fact, Launch, NotationFact, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.placeholders import with_template_holes

KIND = "makefile"
TITLE = "Makefiles"
NAMES = ("Makefile*", "GNUmakefile", "makefile", "*.mk")

_NAMES = frozenset({"makefile", "gnumakefile"})
_NOT_MAKE = frozenset({"am", "in", "PL", "py", "md", "rst", "txt", "xml", "json", "html"})


@dataclass(frozen=True, slots=True)
class MakefileThatIncludes(NotationFact):
    """A Makefile that includes another file."""


def claims(path: str, head: str) -> bool:
    """``Makefile``, ``GNUmakefile``, ``Makefile.dev`` and ``*.mk``; inputs of automake are no Makefiles yet."""
    name = posixpath.basename(path)
    stem, _, suffix = name.partition(".")
    if stem.lower() in _NAMES:
        return suffix.rpartition(".")[2] not in _NOT_MAKE and "\0" not in head
    return name.endswith((".mk", ".mak")) and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for each recipe line of each target, named after the target; make starts a shell for each."""
    from flake8_celery_oom.syntax.makefile_lines import includes

    more: list[Fact] = [MakefileThatIncludes(source.path)] if includes(source) else []
    return [*launches(source), *more]


def launches(source: SourceText, included: Callable[[str], list[SourceText]] = lambda _: []) -> list[Launch]:
    """The launches of a Makefile; ``included`` gives the files that a name behind ``include`` means."""
    from flake8_celery_oom.syntax import makefile

    workdir = posixpath.dirname(source.path) or "."
    return [
        Launch(
            kind=KIND,
            name=target,
            at=line.at,
            command=ShellText(with_template_holes(line.text), line.at),
            environment=rule.environment,
            workdir=workdir,
        )
        for rule in makefile.parse(source, included)
        for target in rule.targets
        for line in rule.lines
    ]
