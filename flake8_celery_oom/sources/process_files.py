"""mprocs.yaml and process-compose.yaml: processes that a developer's terminal runs side by side.

Sources: the READMEs of mprocs 0.7 (``shell`` is text for a shell, ``cmd`` a list of words) and of process-compose 1
(``command`` is text for a shell, ``entrypoint`` a list of words; ``$$`` is a dollar sign).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from flake8_celery_oom.core.facts import Command, EnvironmentSource, Fact, Launch, ShellText
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, environment, number, problems, scalars
from flake8_celery_oom.syntax.substitution import substitute
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, argv_or_text, text

KIND = "processes"
TITLE = "mprocs.yaml and process-compose.yaml"
NAMES = ("mprocs.yaml", "process-compose*.yaml", "process-compose*.yml")

_MPROCS = re.compile(r"\.?mprocs(?:\.[\w-]+)?\.ya?ml")
_PROCESS_COMPOSE = re.compile(r"process-compose(?:[._-][\w.-]+)?\.ya?ml")
_ESCAPED = re.compile(r"\$\$")


def claims(path: str, head: str) -> bool:
    """By its name."""
    name = posixpath.basename(path)
    return "\0" not in head and (_MPROCS.fullmatch(name) or _PROCESS_COMPOSE.fullmatch(name)) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a process."""
    of_mprocs = _MPROCS.fullmatch(posixpath.basename(source.path)) is not None
    facts: list[Fact] = []
    for document in yaml.documents(source):
        facts += _of_mprocs(source, document.node) if of_mprocs else _of_process_compose(source, document.node)
        facts += problems(source, document, "YAML")
    return facts


def _of_mprocs(source: SourceText, root: Node | None) -> Iterator[Launch]:
    for name, process in _processes(root, "procs"):
        command = argv_or_text(at_path(process, "shell")) or argv_or_text(at_path(process, "cmd"))
        if isinstance(process, Scalar):
            command = argv_or_text(process)
        if command is not None:
            folder = _folder(source, at_path(process, "cwd"))
            variables = environment(at_path(process, "env"))
            starts = text(at_path(process, "autostart")) != "false"
            yield Launch(KIND, name, command.at, command, environment=variables, workdir=folder, autostart=starts)


def _of_process_compose(source: SourceText, root: Node | None) -> Iterator[Launch]:
    shared = _variables(at_path(root, "environment"))
    files = _env_files(source, at_path(root, "env_file"))
    for name, process in _processes(root, "processes"):
        command = _unescaped(argv_or_text(at_path(process, "command")) or argv_or_text(at_path(process, "entrypoint")))
        if command is None:
            continue
        yield Launch(
            KIND,
            name,
            command.at,
            command,
            environment={**shared, **_variables(at_path(process, "environment"))},
            environment_from=(*files, *_env_files(source, at_path(process, "env_file"))),
            workdir=_folder(source, at_path(process, "working_dir")),
            replicas=number(at_path(process, "replicas")) or 1,
            autostart=text(at_path(process, "disabled")) != "true",
        )


def _processes(root: Node | None, key: str) -> list[tuple[str, Node]]:
    section = at_path(root, key)
    return section.items() if isinstance(section, Mapping) else []


def _variables(node: Node | None) -> dict[str, Word]:
    return environment(node, _plain)


def _plain(value: MappedText) -> MappedText:
    return substitute(value, _ESCAPED, lambda _match, _piece: "$")


def _unescaped(command: Command | None) -> Command | None:
    return replace(command, text=_plain(command.text)) if isinstance(command, ShellText) else command


def _env_files(source: SourceText, node: Node | None) -> tuple[EnvironmentSource, ...]:
    folder = posixpath.dirname(source.path)
    found = ((one, posixpath.normpath(posixpath.join(folder, one.value.text))) for one in scalars(node))
    return tuple(EnvironmentSource("file", one.value.text, one.at, path) for one, path in found)


def _folder(source: SourceText, node: Node | None) -> str:
    """Where a process runs: ``<CONFIG_DIR>`` is the folder of the file, as is where the tool is started."""
    named = (text(node) or "").replace("<CONFIG_DIR>", ".")
    return posixpath.normpath(posixpath.join(posixpath.dirname(source.path), named)) if "$" not in named else named
