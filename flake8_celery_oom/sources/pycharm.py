"""PyCharm: run configurations that are shared with the project.

Sources: JetBrains' "Run/debug configurations" (stored as project files in ``.idea/runConfigurations`` or ``.run``) for
Python and Shell Script; the names are those that PyCharm 2024 writes.
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
from flake8_celery_oom.syntax.substitution import standing_at, substitute
from flake8_celery_oom.syntax.xml import Element, parse

KIND = "pycharm"
TITLE = "PyCharm's run configurations"
NAMES = ("**/.idea/runConfigurations/*.xml", "**/.run/*.run.xml")

_PLACE = re.compile(r"(?:^|/)(?:\.idea/runConfigurations/[^/]+\.xml|\.run/[^/]+\.xml)$")
_MACRO = re.compile(r"\$(\w+)\$")


def claims(path: str, head: str) -> bool:
    """By its folder, and as far as it is of a kind that starts a program."""
    return _PLACE.search(path) is not None and "<configuration" in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for each configuration that runs a Python program or a shell text."""
    top = posixpath.dirname(re.split(r"\.idea/|\.run/", source.path)[0]) or "."
    facts: list[Fact] = []
    for configuration in parse(source).all("configuration"):
        command = _command(configuration, _options(configuration))
        if command is not None:
            facts.append(_launch(configuration, command, top))
    return facts


def _launch(configuration: Element, command: ShellText, top: str) -> Launch:
    options, name = _options(configuration), configuration.attributes.get("name")
    folder = options.get("WORKING_DIRECTORY") or options.get("SCRIPT_WORKING_DIRECTORY")
    inside = _in_project(folder) if folder is not None and folder.text.strip() else None
    workdir = inside.text if inside is not None and not inside.holes else "."
    known = not workdir.startswith(("/", "~"))
    return Launch(
        KIND,
        name.text if name is not None else "",
        command.at,
        command,
        environment={
            key.text: Word.of(_in_project(value))
            for one in configuration.all("env")
            if (key := one.attributes.get("name")) is not None and (value := one.attributes.get("value")) is not None
        },
        workdir=posixpath.normpath(posixpath.join(top, workdir)) if known else top,
    )


def _options(configuration: Element) -> Mapping[str, MappedText]:
    return {
        name.text: value
        for option in configuration.children
        if option.name == "option"
        and (name := option.attributes.get("name")) is not None
        and (value := option.attributes.get("value")) is not None
    }


def _command(configuration: Element, options: Mapping[str, MappedText]) -> ShellText | None:
    kind = configuration.attributes.get("type")
    kind_name = kind.text if kind is not None else ""
    if kind_name == "ShConfigurationType":
        if _is(options, "EXECUTE_SCRIPT_FILE", default=True):
            return _line("", options.get("SCRIPT_PATH"), options.get("SCRIPT_OPTIONS"))
        text = options.get("SCRIPT_TEXT")
        return ShellText(_in_project(text), text.location()) if text is not None and text.text.strip() else None
    if kind_name != "PythonConfigurationType":
        return None
    before = "python -m " if _is(options, "MODULE_MODE", default=False) else "python "
    return _line(before, options.get("SCRIPT_NAME"), options.get("PARAMETERS"))


def _line(before: str, program: MappedText | None, arguments: MappedText | None) -> ShellText | None:
    """The program and its arguments as one line, which is split into words as a shell does."""
    if program is None or not program.text.strip():
        return None
    quoted = [standing_at(program[:0], "'"), _in_project(program), standing_at(program[len(program.text) :], "'")]
    pieces = [standing_at(program[:0], before), *quoted]
    line = MappedText.joined([piece for piece in pieces if piece.text])
    if arguments is not None and arguments.text.strip():
        line = MappedText.joined([line, _in_project(arguments)], " ")
    first, last = program.location(), (arguments if arguments is not None and arguments.text else program).location()
    at = program.source.location(min(first.start, last.start), max(first.end, last.end))
    return ShellText(line, at, shell=False)


def _is(options: Mapping[str, MappedText], name: str, *, default: bool) -> bool:
    value = options.get(name)
    return value.text.strip() == "true" if value is not None else default


def _in_project(text: MappedText) -> MappedText:
    """``$PROJECT_DIR$`` is the folder that holds ``.idea``; what other macros stand for is not in the project."""

    def meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
        return "." if match[1] == "PROJECT_DIR" else Hole(match[0], at=piece.location())

    return substitute(text, _MACRO, meaning)
