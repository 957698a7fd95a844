"""Visual Studio Code: launch.json, tasks.json, workspace files and devcontainer.json.

``${workspaceFolder}`` is the folder that holds ``.vscode`` (or ``.devcontainer``); words of a command are made
relative to the folder that the command runs in.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.facts import Argv, Command, EnvironmentSource, Fact, Launch, Mount, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.syntax import json
from flake8_celery_oom.syntax.node_values import at_path, environment, mappings, problems, scalars
from flake8_celery_oom.syntax.substitution import standing_at, substitute, unfilled
from flake8_celery_oom.syntax.template import kind_of
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, text

KIND = "vscode"
TITLE = "Visual Studio Code's launch.json, tasks.json and devcontainer.json"
NAMES = (
    "**/.vscode/launch.json",
    "**/.vscode/tasks.json",
    "*.code-workspace",
    "devcontainer.json",
    ".devcontainer.json",
)

_NAMES = frozenset({"launch.json", "tasks.json"})
_FOLDERS = frozenset({".vscode", "vscode", ".devcontainer"})
_DEVCONTAINER = frozenset({"devcontainer.json", ".devcontainer.json"})
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z]+)(?::(?P<argument>[^:}]*)(?::(?P<default>[^}]*))?)?\}")
_WORKSPACE = frozenset({"workspaceFolder", "workspaceRoot", "localWorkspaceFolder", "containerWorkspaceFolder"})
_ENVIRONMENT = frozenset({"env", "localEnv", "containerEnv"})
_LIFECYCLE = (
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
)
_PYTHON_TYPES = frozenset({"python", "debugpy", ""})


def claims(path: str, head: str) -> bool:
    """By name and folder; other files called launch.json belong to other programs."""
    name = posixpath.basename(path)
    if "\0" in head:
        return False
    if name in _NAMES:
        return posixpath.basename(posixpath.dirname(path)) in _FOLDERS
    return name in _DEVCONTAINER or name.endswith(".code-workspace")


def read(source: SourceText) -> list[Fact]:
    """One Launch for each configuration, task and lifecycle command that starts a program."""
    kind = kind_of(source.text)
    document = json.parse(unfilled(source, "jinja" if kind else None))
    root = document.node
    facts: list[Fact] = []
    if isinstance(root, Mapping):
        place = _Place(source, _workspace(source.path))
        if posixpath.basename(source.path) in _DEVCONTAINER:
            facts.extend(_devcontainer(root, place))
        for holder in (root, root.get("launch"), root.get("tasks")):
            facts.extend(_each(at_path(holder, "configurations"), place, _configuration))
            facts.extend(_each(at_path(holder, "tasks"), place, _task))
    return facts if kind else [*facts, *problems(source, document, "JSON")]


def _workspace(path: str) -> str:
    """The folder that ``${workspaceFolder}`` means, relative to the root."""
    parts = path.split("/")[:-1]
    for index, part in enumerate(parts):
        if part in _FOLDERS:
            return "/".join(parts[:index]) or "."
    return "/".join(parts) or "."


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a command runs: ``workdir`` is relative to the root, as ``workspace`` is."""

    source: SourceText
    workspace: str
    workdir: str = "."

    def inside(self, directory: Node | None) -> _Place:
        """The place after ``cwd``."""
        written = _Place(self.source, self.workspace).expand(directory.value) if isinstance(directory, Scalar) else None
        if written is None or written.holes or not written.text:
            return _Place(self.source, self.workspace, self.workspace)
        joined = posixpath.join(self.workspace, written.text) if _is_relative(directory) else written.text
        return _Place(self.source, self.workspace, posixpath.normpath(joined))

    def expand(self, value: MappedText) -> MappedText:
        """``${workspaceFolder}`` and the like replaced, relative to the folder that the command runs in."""
        return substitute(value, _VARIABLE, self._meaning)

    def _meaning(self, match: re.Match[str], piece: MappedText) -> str | Hole:
        name = match["name"]
        if name in _WORKSPACE:
            outside = self.workdir.startswith("/")
            return self.workspace if outside else posixpath.relpath(self.workspace, self.workdir)
        variable = match["argument"] if name in _ENVIRONMENT else None
        return Hole(match[0], variable, match["default"], piece.location(), several=name == "command")

    def words(self, node: Node | None) -> list[Word]:
        """The words of a list, or of a list with ``{value, quoting}`` items."""
        values = [_value(item) for item in node.items] if isinstance(node, Sequence) else []
        return [Word.of(self.expand(value.value)) for value in values if value is not None]


def _is_relative(node: Node | None) -> bool:
    return isinstance(node, Scalar) and not node.value.text.startswith(("/", "${workspace"))


def _value(node: Node | None) -> Scalar | None:
    value = node.get("value") if isinstance(node, Mapping) else node
    return value if isinstance(value, Scalar) and not value.is_null else None


def _each(node: Node | None, place: _Place, reader: Callable[[Mapping, _Place], Launch | None]) -> Iterator[Launch]:
    for entry in mappings(node):
        launch = reader(entry, place)
        if launch is not None:
            yield launch


# --- launch.json ------------------------------------------------------------------------------------------------------


def _configuration(entry: Mapping, place: _Place) -> Launch | None:
    there = place.inside(entry.get("cwd"))
    program = _program(entry, there)
    if program is None:
        return None
    command, at = program
    env_file = entry.get("envFile")
    return Launch(
        KIND,
        text(entry.get("name")) or "",
        at,
        command,
        environment=environment(entry.get("env"), there.expand),
        environment_from=_env_file(env_file, place) if isinstance(env_file, Scalar) else (),
        workdir=there.workdir,
    )


def _program(entry: Mapping, place: _Place) -> tuple[Command, Location] | None:
    """What a configuration runs: a Python module or program, any executable, or a line for a terminal."""
    module, program, executable = (_value(entry.get(key)) for key in ("module", "program", "runtimeExecutable"))
    line = _value(entry.get("command"))
    if line is not None:
        return ShellText(place.expand(line.value), line.at), line.at
    if module is not None:
        before = [literal("python", module.at), literal("-m", module.at)]
        return _python(entry, module, before, place), module.at
    if program is not None and (text(entry.get("type")) or "") in _PYTHON_TYPES:
        return _python(entry, program, [literal("python", program.at)], place), program.at
    if executable is None:
        return None
    words = [Word.of(place.expand(executable.value)), *place.words(entry.get("runtimeArgs"))]
    if program is not None:
        words.append(Word.of(place.expand(program.value)))
    return Argv((*words, *place.words(entry.get("args"))), executable.at), executable.at


def _python(entry: Mapping, first: Scalar, before: list[Word], place: _Place) -> Command:
    arguments = entry.get("args")
    start = place.expand(first.value)
    if isinstance(arguments, Scalar) and not arguments.is_null:
        prefix = standing_at(start[:0], " ".join(word.shown for word in before) + " ")
        return ShellText(_line([prefix, start], [place.expand(arguments.value)]), first.at, shell=False)
    at = arguments.at if isinstance(arguments, Sequence) else first.at
    return Argv((*before, Word.of(start), *place.words(arguments)), at)


def _line(pieces: list[MappedText], arguments: list[MappedText]) -> MappedText:
    return MappedText.joined([MappedText.joined(pieces), *arguments], " ")


def _env_file(node: Scalar, place: _Place) -> tuple[EnvironmentSource, ...]:
    path = _Place(place.source, place.workspace).expand(node.value)
    if path.holes:
        return (EnvironmentSource("file", node.value.text, node.at),)
    joined = posixpath.join(place.workspace, path.text) if _is_relative(node) else path.text
    return (EnvironmentSource("file", node.value.text, node.at, posixpath.normpath(joined)),)


# --- tasks.json -------------------------------------------------------------------------------------------------------


def _task(entry: Mapping, place: _Place) -> Launch | None:
    holder = entry
    for system in ("linux", "osx"):
        override = entry.get(system)
        if _value(holder.get("command")) is None and isinstance(override, Mapping):
            holder = override
    first = _value(holder.get("command"))
    if first is None:
        return None
    options = entry.get("options")
    there = place.inside(at_path(options, "cwd"))
    start = there.expand(first.value)
    arguments = holder.get("args")
    words = there.words(arguments)
    command: Command
    if words and not re.search(r"\s", start.text):
        command = Argv((Word.of(start), *words), arguments.at if arguments else first.at)
    elif text(entry.get("type")) == "process":
        command = Argv((Word.of(start), *words), first.at)
    else:
        more = [there.expand(item.value) for item in scalars(arguments)]
        command = ShellText(_line([start], more), first.at)
    name = text(entry.get("label")) or text(entry.get("taskName")) or ""
    variables = environment(at_path(options, "env"), there.expand)
    return Launch(KIND, name, first.at, command, environment=variables, workdir=there.workdir)


# --- devcontainer.json ------------------------------------------------------------------------------------------------


def _devcontainer(root: Mapping, place: _Place) -> Iterator[Launch]:
    folder = text(root.get("workspaceFolder"))
    workspace = _Place(place.source, folder or place.workspace, folder or place.workspace)
    variables = {
        **environment(root.get("containerEnv"), workspace.expand),
        **environment(root.get("remoteEnv"), workspace.expand),
    }
    mounts = (Mount(place.workspace, folder),) if folder else ()
    for key in _LIFECYCLE:
        for command, at in _lifecycle(root.get(key), workspace):
            yield Launch(
                KIND,
                key,
                at,
                command,
                environment=variables,
                workdir=folder or place.workspace,
                mounts=mounts,
                in_container=folder is not None,
            )


def _lifecycle(node: Node | None, place: _Place) -> Iterator[tuple[Command, Location]]:
    if isinstance(node, Scalar) and node.value.text.strip() and not node.is_null:
        yield ShellText(place.expand(node.value), node.at), node.at
    elif isinstance(node, Sequence) and node.items:
        yield Argv(tuple(place.words(node)), node.at), node.at
    elif isinstance(node, Mapping):
        for _, inner in node.items():
            if not isinstance(inner, Mapping):
                yield from _lifecycle(inner, place)
