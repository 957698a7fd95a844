"""Circus: every ``[watcher:x]`` of its ini file is a Launch, all of them share one container.

Source: the configuration page of Circus 0.19 (``cmd``, ``args``, ``numprocesses``, ``working_dir``, ``[env:x]``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.ini import Section, parse
from flake8_celery_oom.syntax.substitution import substitute

KIND = "circus"
TITLE = "circus"
NAMES = ("circus*.ini", "*.circus.ini")

_NAME = re.compile(r"\.(?:ini|conf|cfg)(?:\.(?:j2|jinja2?|tpl|tmpl|template|in|example|dist))?\Z")
_SECTION = re.compile(r"^\[watcher:[^\]]+\]", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\$\((?P<a>[\w.-]+)\)|\(\((?P<b>[\w.-]+)\)\)")
_OF_SHELLS = re.compile(r"(?<!\\)(?:[$`]|(?<=\s)#)")
_OF_VALUES = re.compile(rf"{_PLACEHOLDER.pattern}|\$\{{?(?P<c>[A-Za-z_]\w*)\}}?")
"""In the values of variables ``$NAME`` is filled in as well; in a command it is text, and no shell is there."""


def claims(path: str, head: str) -> bool:
    """A configuration file with ``[watcher:...]``."""
    return _NAME.search(posixpath.basename(path)) is not None and _SECTION.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a watcher."""
    sections = parse(source, inline_comments=True, marks=";")
    shared = _environment([section for section in sections if section.name == "env"])
    facts: list[Fact] = []
    for section in sections:
        kind, _, name = section.name.partition(":")
        own = [one for one in sections if one.name.startswith("env:") and name in _names(one)]
        variables = {**shared, **_environment(own)}
        command = _command(section, variables) if kind == "watcher" else None
        if command is None or not command.text.text:
            continue
        directory, count = section.get("working_dir"), section.get("numprocesses")
        facts.append(
            Launch(
                KIND,
                name,
                command.at,
                command,
                environment=variables,
                workdir=Word.of(_filled(directory, variables)).shown if directory and directory.text else None,
                replicas=int(count.text) if count and re.fullmatch(r"\d{1,4}", count.text) else 1,
                container=source.path,
            )
        )
    return facts


def _names(section: Section) -> set[str]:
    return {name.strip() for name in section.name.partition(":")[2].split(",")}


def _command(section: Section, variables: Mapping[str, Word]) -> ShellText | None:
    """``cmd`` and the words of ``args`` behind it; ``shell = True`` quotes each word, so no shell reads them."""
    pieces = [piece for name in ("cmd", "args") if (piece := section.get(name)) is not None and piece.text]
    if section.get("cmd") is None:
        return None
    text = _filled(MappedText.joined(pieces, " "), variables) if pieces else None
    if text is None:
        return None
    at = pieces[0].location() if len(pieces) == 1 else text.location()
    if len(pieces) > 1 and pieces[1].offsets[0] < pieces[0].offsets[0]:
        at = pieces[0].location()
    return ShellText(_without_a_shell(text), at, shell=False)


def _without_a_shell(text: MappedText) -> MappedText:
    """The text with what only a shell takes for more than itself escaped; in single quotes it is plain already."""
    if "'" in text.text:
        return text
    return substitute(text, _OF_SHELLS, lambda match, _: f"\\{match[0]}")


def _filled(text: MappedText, variables: Mapping[str, Word], pattern: re.Pattern[str] = _PLACEHOLDER) -> MappedText:
    """The text with ``$(circus.env.NAME)``, ``((circus.wid))`` and the like filled in, or a hole for each."""

    def meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
        name: str = match["a"] or match["b"] or f"circus.env.{match['c']}"
        variable = name.removeprefix("circus.env.") if name.startswith("circus.env.") else None
        known = variables[variable].text if variable is not None and variable in variables else None
        return known if known is not None else Hole(match[0], variable, at=piece.location())

    return substitute(text, pattern, meaning)


def _environment(sections: list[Section]) -> dict[str, Word]:
    """Variables as the file spells them; keys of ini files are read in small letters, variables are not."""
    found: dict[str, Word] = {}
    for section in sections:
        for entry in section.entries:
            at = entry.at
            name = entry.value.source.text[at.start : at.end].strip()
            found[name] = Word.of(_filled(entry.value, {}, _OF_VALUES))
    return found
