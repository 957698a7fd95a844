"""Makefiles: every recipe line is something a person or another file may run with ``make <target>``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flake8_celery_oom.core.facts import Fact, Launch, NotationFact, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.placeholders import with_template_holes

KIND = "makefile"
TITLE = "Makefiles"
NAMES = ("Makefile*", "GNUmakefile", "makefile", "*.mk")

_RULE = re.compile(r"^(?P<targets>[^\s#:=][^#:=\n]*)::?(?![:=])(?P<needs>[^=;#\n]*)(?=[;#\n]|\Z)", re.MULTILINE)
_PLAIN_NAME = re.compile(r"[\w./+-]+")
_NAMES = frozenset({"makefile", "gnumakefile"})
_NOT_MAKE = frozenset({"am", "in", "PL", "py", "md", "rst", "txt", "xml", "json", "html"})


@dataclass(frozen=True, slots=True)
class MakefileThatIncludes(NotationFact):
    """A Makefile that includes another file."""


@dataclass(frozen=True, slots=True)
class MakefileNeeds(NotationFact):
    """The prerequisites of the targets of a Makefile, by target, as far as both are written out."""

    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
    needs = prerequisites(source.text)
    if needs:
        more.append(MakefileNeeds(source.path, needs))
    return [*launches(source), *more]


def prerequisites(text: str) -> dict[str, tuple[str, ...]]:
    """What the explicit rules of a Makefile say that their targets need; variables and patterns are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for match in _RULE.finditer(text.replace("\\\r\n", " ").replace("\\\n", " ")):
        wanted = tuple(name for name in match["needs"].split() if _PLAIN_NAME.fullmatch(name))
        for target in match["targets"].split() if wanted else ():
            if _PLAIN_NAME.fullmatch(target) and not target.startswith("."):
                found[target] = (*found.get(target, ()), *wanted)
    return found


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
