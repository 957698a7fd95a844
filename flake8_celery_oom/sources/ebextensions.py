"""Elastic Beanstalk: ``.ebextensions/*.config``, with commands, and files that are put on the machine.

Source: "Customizing software on Linux servers" and "Advanced environment customization with configuration files" of
the guide for developers. Commands and scripts run on the machine itself, in the folder of the project.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources import shell, supervisor, systemd, written_files
from flake8_celery_oom.sources.embedded import indented, read_inside
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, environment, problems
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, argv_or_text

KIND = "ebextensions"
TITLE = "Elastic Beanstalk's .ebextensions"
NAMES = ("**/.ebextensions/*.config",)

_NAME = re.compile(r"(?:^|/)\.ebextensions/[^/]+\.config\Z")
_COMMANDS = ("commands", "container_commands")
_VARIABLES = "aws:elasticbeanstalk:application:environment"


def claims(path: str, head: str) -> bool:
    """By its folder and its suffix: Elastic Beanstalk reads no other files there."""
    return "\0" not in head and _NAME.search(path) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a command, and what the files start that are scripts or configurations of init systems."""
    facts: list[Fact] = []
    for document in yaml.documents(source):
        root = document.node
        variables = environment(at_path(root, "option_settings", _VARIABLES))
        for section in _COMMANDS:
            facts += _commands(source, at_path(root, section), variables)
        files = at_path(root, "files")
        for path, file in files.items() if isinstance(files, Mapping) else ():
            content = at_path(file, "content")
            if isinstance(content, Scalar) and not content.is_null:
                facts += _file(source, path, content, variables)
        facts += problems(source, document, "YAML")
    return facts


def _commands(source: SourceText, section: Node | None, variables: dict[str, Word]) -> Iterator[Launch]:
    for name, node in section.items() if isinstance(section, Mapping) else ():
        command = argv_or_text(at_path(node, "command"))
        if command is not None:
            given = {**variables, **environment(at_path(node, "env"))}
            yield Launch(KIND, name, command.at, command, environment=given, workdir=_project(source))


def _file(source: SourceText, path: str, content: Scalar, variables: dict[str, Word]) -> Iterator[Launch]:
    """A script that is put on the machine is run there, as a hook or by a command."""
    start, end = content.at.start, content.at.end
    text = indented(source, start, end) if content.style in {"literal", "folded"} else source
    name = posixpath.basename(path)
    if shell.claims(name, content.value.text):
        command = ShellText(content.value, content.at)
        yield Launch(KIND, name, content.at, command, environment=variables, workdir=_project(source))
        yield from read_inside(written_files.read, text, start, end, source)
    for mark, reader in (("[program:", supervisor.read), ("[Service]", systemd.read)):
        if content.value.text.lstrip().startswith("[") and mark in content.value.text:
            launches = read_inside(reader, text, start, end, source)
            for one in launches:
                title = one.name if reader is supervisor.read else posixpath.splitext(name)[0]
                yield replace(one, name=title, container=f"{source.path}:{start}")


def _project(source: SourceText) -> str:
    """The folder of the project, where commands run."""
    return posixpath.dirname(posixpath.dirname(source.path)) or "."
