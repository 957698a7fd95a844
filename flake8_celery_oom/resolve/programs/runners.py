"""Programs that run something of the project by name: supervisord, make, npm, poe, tox, docker exec, Python scripts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace

from flake8_celery_oom.core.facts import Launch, Script, ShellText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.containers.images import Container
from flake8_celery_oom.resolve.containers.paths import Paths
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs.make_targets import with_prerequisites
from flake8_celery_oom.resolve.programs.supervisors import with_environment
from flake8_celery_oom.resolve.programs.wrappers import assignment, program_name
from flake8_celery_oom.resolve.shell.fields import field_of, written

TASK_RUNNERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "make": (("makefile",), ()),
    "gmake": (("makefile",), ()),
    "npm": (("package_json",), ("run", "run-script", "start", "exec")),
    "yarn": (("package_json",), ("run",)),
    "pnpm": (("package_json",), ("run",)),
    "bun": (("package_json",), ("run",)),
    "poe": (("taskfile",), ()),
    "task": (("taskfile",), ()),
    "taskipy": (("taskfile",), ()),
    "go-task": (("taskfile",), ()),
    "mise": (("taskfile",), ("run", "r")),
    "hatch": (("taskfile",), ("run",)),
    "pdm": (("taskfile",), ("run",)),
    "rye": (("taskfile",), ("run",)),
    "pixi": (("taskfile",), ("run",)),
    "just": (("justfile",), ()),
    "honcho": (("procfile",), ("start",)),
    "foreman": (("procfile",), ("start",)),
    "overmind": (("procfile",), ("start",)),
    "hivemind": (("procfile",), ()),
    "run-p": (("package_json",), ()),
    "run-s": (("package_json",), ()),
    "npm-run-all": (("package_json",), ()),
    "npm-run-all2": (("package_json",), ()),
}
"""Runner -> the kinds of launches that it runs by name, and the verbs that may stand before the name."""
_SEVERAL_TASKS = frozenset({"run-p", "run-s", "npm-run-all", "npm-run-all2"})
_CONCURRENTLY_VALUED = frozenset(
    {"-n", "--names", "-c", "--prefix-colors", "-p", "--prefix", "-m", "--max-processes", "-s", "--success"}
)


def tasks(facts: Facts, paths: Paths, invocation: Invocation) -> list[Launch]:
    """What a task runner starts; empty when the program is none, or the task is not in the project."""
    name = program_name(invocation.words[0])
    if name in {"tox", "nox"}:
        return _tox(facts, invocation.words)
    runner = TASK_RUNNERS.get(name)
    if runner is None:
        return []
    kinds, verbs = runner
    folder = paths.folder_of(invocation.directory)
    wanted: list[str] = []
    texts = [word.text or "" for word in invocation.words[1:]]
    index = 0
    while index < len(texts):
        text = texts[index]
        if text in {"-C", "--directory", "--prefix", "-f", "--file", "-d", "--cwd"}:
            if text in {"-C", "--directory", "--prefix", "-d", "--cwd"} and index + 1 < len(texts):
                folder = posixpath.normpath(posixpath.join(folder, texts[index + 1]))
            index += 1
        elif not text.startswith("-") and "=" not in text and text and (text not in verbs or wanted):
            wanted.append(text)
        index += 1
    found: list[Launch] = []
    if "makefile" in kinds:
        wanted = with_prerequisites(facts, wanted, folder)
    for kind in kinds:
        if kind == "procfile" and not wanted:
            wanted = [launch.name for launch in facts.launches if launch.kind == kind]
        for task in wanted if kind in {"makefile", "procfile"} or name in _SEVERAL_TASKS else wanted[:1]:
            found.extend(_nearest(facts.tasks.get((kind, task), []), folder))
    given = _variables_given(invocation.words) if "makefile" in kinds else {}
    return [_with_variables(launch, given) for launch in found] if given else found


def _variables_given(words: tuple[Word, ...]) -> dict[str, Word]:
    """``make worker N=3``: what is given on the command line wins over the Makefile (GNU make, "Overriding")."""
    pairs = (assignment(word) for word in words[1:])
    return {pair[0]: replace(pair[1], mapped=None) for pair in pairs if pair is not None}


def _with_variables(launch: Launch, given: Mapping[str, Word]) -> Launch:
    command = launch.command
    if not isinstance(command, ShellText):
        return launch
    return replace(launch, command=replace(command, text=with_environment(command.text, given)))


def side_by_side(words: tuple[Word, ...]) -> list[Word]:
    """The commands that ``concurrently "npm:worker" "celery ..."`` runs, each in one word."""
    if program_name(words[0]) != "concurrently":
        return []
    found: list[Word] = []
    for index, word in enumerate(words[1:], 1):
        before = words[index - 1].text or ""
        if (word.text or "").startswith("-") or before in _CONCURRENTLY_VALUED:
            continue
        script = (word.text or "").removeprefix("npm:")
        found.append(literal(f"npm run {script}", word.at) if word.text != script else word)
    return found


def _nearest(launches: list[Launch], folder: str) -> list[Launch]:
    """The launches of one file: the one in this folder, else the only one there is."""
    here = [launch for launch in launches if posixpath.dirname(launch.at.path) == ("" if folder == "." else folder)]
    if here:
        return here
    return launches if len({launch.at.path for launch in launches}) == 1 else []


def _tox(facts: Facts, words: tuple[Word, ...]) -> list[Launch]:
    texts = [word.text or "" for word in words]
    if any(text in {"--run-command", "-x", "--notest", "-n"} or text == "--" for text in texts):
        return []
    for index, text in enumerate(texts[1:], 1):
        name = ""
        if text in {"-e", "-s"} or (text.startswith("-") and not text.startswith("--") and text.endswith("e")):
            name = texts[index + 1] if index + 1 < len(texts) else ""
        elif text.startswith("-e"):
            name = text[2:]
        if name:
            return facts.tasks.get(("tox", name), [])
    return []


_S6_SERVICE = re.compile(r"^/etc/(s6-overlay/s6-rc\.d|services\.d|s6)/[^/]+/run$")


def s6_services(facts: Facts, container: Container) -> list[Script]:
    """The ``run`` scripts that s6-overlay's ``/init`` starts: those that the image has where it looks for them."""
    found: list[Script] = []
    for path, script in sorted(facts.scripts.items()):
        for placed in container.placed:
            prefix = f"{placed.source}/" if placed.source else ""
            if path.startswith(prefix):
                target = posixpath.normpath(posixpath.join(placed.target, path[len(prefix) :]))
                if _S6_SERVICE.match(target):
                    found.append(script)
                    break
    return found


def inside_container(words: tuple[Word, ...]) -> tuple[Word, ...] | None:
    """The command that ``docker exec`` or ``kubectl exec`` runs in a container."""
    if program_name(words[0]) not in {"docker", "podman", "kubectl", "nerdctl", "oc"}:
        return None
    texts = [word.text or "" for word in words]
    verb = next((index for index, text in enumerate(texts) if text in {"run", "exec"}), None)
    if verb is None:
        return None
    if "--" in texts[verb:]:
        return words[texts.index("--", verb) + 1 :] or None
    for index in range(verb + 2, len(words)):
        name = program_name(words[index])
        if name in {"celery", "sh", "bash", "python", "python3", "poetry", "uv", "pipenv", "manage.py"}:
            return words[index:]
    return None


def python_script(facts: Facts, paths: Paths, invocation: Invocation) -> tuple[str, tuple[Word, ...]] | None:
    """The Python file of the project that a command runs, and the arguments it gets; Django commands are looked up."""
    words = invocation.words
    index = 0
    if program_name(words[0]).startswith(("python", "pypy")) or program_name(words[0]) in {"py", "pyw"}:
        index = 1
        while index < len(words) and (text := words[index].text or "").startswith("-"):
            if text == "-m":
                return _module(facts, paths, words[index + 1 :], invocation.directory)
            index += 2 if text in {"-X", "-W"} else 1
    if index >= len(words):
        return None
    known = words[index].project_path
    if known is not None:
        return (known, words[index + 1 :]) if known.endswith(".py") and known in facts.file_set else None
    name = words[index].text or words[index].default_text or written(field_of(words[index]))
    if posixpath.basename(name) in {"manage.py", "django-admin", "django-admin.py", "manage"}:
        command = django_command(facts, paths, words[index + 1 :])
        if command is not None:
            return command
    if not name.endswith(".py"):
        return None
    path = paths.file(name, invocation.directory)
    return (path, words[index + 1 :]) if path is not None else None


def _module(facts: Facts, paths: Paths, words: tuple[Word, ...], directory: str) -> tuple[str, tuple[Word, ...]] | None:
    name = words[0].text if words else None
    if not name:
        return None
    found = facts.modules.program(name, paths.folder_of(directory), posixpath.join(paths.folder, "x"))
    return (found, words[1:]) if found is not None else None


def django_command(facts: Facts, paths: Paths, words: tuple[Word, ...]) -> tuple[str, tuple[Word, ...]] | None:
    """The file of a command of manage.py that the project has itself, and the arguments behind its name."""
    name = words[0].text if words else None
    if not name or name.startswith("-"):
        return None
    found = facts.modules.ending(f"management/commands/{name}.py", posixpath.join(paths.folder, "x"))
    return (found[0], words[1:]) if len(found) == 1 else None
