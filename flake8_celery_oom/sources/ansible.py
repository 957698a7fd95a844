"""Ansible playbooks and task files: commands that tasks run, and containers that they start.

Templates that a role puts in place (``celery.service.j2``, ``worker.conf.j2``) are read by what they are templates of.
Sources: the pages of ansible.builtin.command, .shell, .raw and community.docker.docker_container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import docker_bytes
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.ansible_templates import rendered_templates
from flake8_celery_oom.syntax.node_values import at_path, environment
from flake8_celery_oom.syntax.placed_files import placed_files
from flake8_celery_oom.syntax.placeholders import with_template_holes
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, argv_or_text

KIND = "ansible"
TITLE = "Ansible playbooks and roles"
NAMES = ("playbook*.yml", "site.yml", "**/playbooks/*.yml", "**/tasks/*.yml", "**/handlers/*.yml")

_NAME = re.compile(r"\.ya?ml\Z")
_FOLDER = re.compile(r"(?:^|/)(?:tasks|handlers|playbooks?)/")
_ITEM = re.compile(r"^[ \t]*-[ \t]+(?:name|hosts|block|include_role|import_tasks|ansible\.\S+)[ \t]*:", re.MULTILINE)
_PREFIX = r"(?:ansible\.(?:builtin|legacy)\.|community\.docker\.|containers\.podman\.)?"
_RUNS = re.compile(
    rf"^[ \t]*(?:-[ \t]+)?{_PREFIX}(?:command|shell|raw|docker_container|podman_container)[ \t]*:", re.MULTILINE
)
_RENDERS = re.compile(r"\btemplate['\"]?[ \t]*[:,]|\b(?:copy|k8s)[ \t]*:")
_HOSTS = re.compile(r"^-?[ \t]+hosts[ \t]*:", re.MULTILINE)
_SHELLS = frozenset({"shell", "raw"})
_CONTAINERS = frozenset({"docker_container", "podman_container"})
_OPTION = r"(?:chdir|creates|removes|executable|warn|stdin)=(?:\"[^\"]*\"|'[^']*'|\{\{.*?\}\}\S*|\S+)"
_LEADING = re.compile(rf"(?:{_OPTION}\s+)*")
_TRAILING = re.compile(rf"(?<!\s)(?:\s+{_OPTION}){{1,8}}\s*\Z")
_CHDIR = re.compile(r"(?:^|\s)chdir=[\"']?((?:\{\{.*?\}\}|[^\s\"'])+)")
_NESTED = ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")


def claims(path: str, head: str) -> bool:
    """YAML of a list of plays or tasks, one of which runs something."""
    if not _NAME.search(path) or "\0" in head or not _ITEM.search(head):
        return False
    return _FOLDER.search(path) is not None or _HOSTS.search(head) is not None or _RUNS.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each task that runs a command or a container, and what tasks render and put in place."""
    if _RUNS.search(source.text) is None and _RENDERS.search(source.text) is None:
        return []
    tasks = [task for document in yaml.documents(source) for task in _tasks(document.node)]
    facts: list[Fact] = [launch for task in tasks for launch in _task(source.path, task)]
    facts += (placed for task in tasks for placed in placed_files(source.path, task))
    return [*facts, *rendered_templates(source.path, tasks)]


def _tasks(root: Node | None) -> Iterator[Mapping]:
    """The tasks of plays and blocks, in the order of the file; also plays themselves, which run nothing."""
    waiting: list[Node] = [root] if isinstance(root, Sequence) else []
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            waiting.extend(reversed(node.items))
        elif isinstance(node, Mapping):
            yield node
            nested = (node.get(name) for name in reversed(_NESTED))
            waiting.extend(tasks for tasks in nested if isinstance(tasks, Sequence))


def _task(path: str, task: Mapping) -> Iterator[Launch]:
    title = task.get("name")
    name = Word.of(with_template_holes(title.value)).shown if isinstance(title, Scalar) else ""
    for key, node in task.items():
        module = key.rpartition(".")[2]
        if module in _CONTAINERS and isinstance(node, Mapping):
            yield _container(path, name, node)
        elif module == "command" or module in _SHELLS:
            command, folder = _command(node, at_path(task, "args"), shell=module in _SHELLS)
            if command is not None:
                variables = environment(task.get("environment"), with_template_holes)
                yield Launch(KIND, name or module, command.at, command, environment=variables, workdir=folder)


def _command(node: Node, arguments: Node | None, *, shell: bool) -> tuple[Command | None, str | None]:
    """What runs, and in which folder: free text with options before or behind it, ``cmd``, or ``argv``."""
    if isinstance(node, Mapping):
        arguments = node
        cmd = node.get("cmd")
        argv = node.get("argv")
        node = cmd if cmd is not None else argv if argv is not None else node
    folder = at_path(arguments, "chdir")
    chdir = _folder(folder.value) if isinstance(folder, Scalar) else None
    if isinstance(node, Sequence):
        return _filled(argv_or_text(node)), chdir
    if not isinstance(node, Scalar) or node.is_null:
        return None, chdir
    text = node.value
    written = _CHDIR.search(text.text)
    leading, trailing = _LEADING.match(text.text), _TRAILING.search(text.text)
    start = leading.end() if leading else 0
    text = text[start : trailing.start() if trailing and trailing.start() > start else len(text.text)]
    if chdir is None and written is not None:
        chdir = written[1]
    return ShellText(with_template_holes(text), node.at, shell), chdir


def _folder(text: MappedText) -> str:
    return Word.of(with_template_holes(text)).shown


def _filled(command: Command | None) -> Command | None:
    """The command with a hole for each ``{{ ... }}``."""
    if isinstance(command, ShellText):
        return ShellText(with_template_holes(command.text), command.at, command.shell)
    if isinstance(command, Argv):
        words = (Word.of(with_template_holes(word.mapped)) if word.mapped else word for word in command.words)
        return Argv(tuple(words), command.at, command.notation)
    return None


def _container(path: str, name: str, node: Mapping) -> Launch:
    own = node.get("name")
    title = Word.of(with_template_holes(own.value)).shown if isinstance(own, Scalar) else name
    command = _filled(argv_or_text(node.get("command"), shell=False))
    entrypoint = _filled(argv_or_text(node.get("entrypoint"), shell=False))
    first = command or entrypoint
    image = node.get("image")
    return Launch(
        kind=KIND,
        name=title or "container",
        at=first.at if first is not None else node.at,
        command=command,
        entrypoint=entrypoint,
        image=Word.of(with_template_holes(image.value)).shown if isinstance(image, Scalar) else None,
        environment=environment(node.get("env"), with_template_holes),
        workdir=_folder(place.value) if isinstance(place := node.get("working_dir"), Scalar) else None,
        memory_limit=_memory(node.get("memory"), f"{path}:{node.at.line}"),
        container=f"{path}:{node.at.line}",
        in_container=True,
    )


def _memory(node: Node | None, place: str) -> Value[int]:
    """``memory`` as Docker has it; 0 is no limit."""
    if not isinstance(node, Scalar) or node.is_null:
        return Unset((place,))
    word = Word.of(with_template_holes(node.value))
    if word.text is None:
        default = word.default_text
        return Unknown(from_word(word), node.at, docker_bytes(default) if default else None, "limit")
    amount = docker_bytes(word.text)
    if amount is None:
        return Unknown(Cause(f"{value_called(word.text)} is no amount of memory"), node.at, origin="limit")
    return Known(amount, node.at, "limit") if amount else Unset((place,))
