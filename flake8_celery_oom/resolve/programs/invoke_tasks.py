"""Tasks of Invoke and Fabric: which function of which Python file ``invoke work.start`` runs.

Sources: pyinvoke.org ("Loading collections", "Constructing namespaces") and Fabric 1.14's and 2's ``fab``.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.containers.paths import Paths
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs.reachable_functions import Function, functions_of, reached
from flake8_celery_oom.resolve.programs.wrappers import program_name
from flake8_celery_oom.syntax import python

_COLLECTIONS = {"invoke": "tasks", "inv": "tasks", "fab": "fabfile"}
_MODULES = {"invoke": "invoke", "fabric": "fab"}
_VALUED_OPTIONS = (
    "-c --collection -f --config --fabfile -r --search-root -T --command-timeout -H --hosts -u --user -i -P --prompt"
    " -R --roles -D --list-depth -F --list-format --port -g --gateway"
)
_VALUED = frozenset(_VALUED_OPTIONS.split())
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class PythonTask:
    """A task: its file, and the stretches of it that belong to its function and those that it calls."""

    path: str
    spans: tuple[tuple[int, int], ...]
    arguments: tuple[Word, ...]


def invoked(facts: Facts, paths: Paths, invocation: Invocation) -> list[PythonTask]:
    """The tasks that ``invoke``, ``inv``, ``fab`` or ``python -m invoke`` runs, as far as the project has them."""
    words = invocation.words
    program = program_name(words[0])
    if program.startswith("python"):
        texts = [word.text for word in words[:3]]
        if len(texts) < 3 or texts[1] != "-m" or texts[2] not in _MODULES:
            return []
        program, words = _MODULES[texts[2] or ""], words[2:]
    collection = _COLLECTIONS.get(program)
    if collection is None:
        return []
    files = _files(facts, paths.folder_of(invocation.directory), _named_collection(words) or collection)
    found: list[PythonTask] = []
    index = 1
    while index < len(words):
        text = words[index].text or ""
        if text.startswith("-"):
            index += 2 if text in _VALUED and not found else 1
            continue
        task = _task(facts, files, text.partition(":")[0], words[index + 1 :])
        if task is not None:
            found.append(task)
        elif not found:
            break
        index += 1
    return found


def _named_collection(words: tuple[Word, ...]) -> str:
    """The collection that ``-c work`` names, or the file of ``-f work.py``."""
    for option, value in pairwise(words):
        if option.text in {"-c", "--collection", "--fabfile"} or (option.text == "-f" and _is_python(value)):
            return posixpath.basename(value.text or "").removesuffix(".py")
    return ""


def _is_python(word: Word) -> bool:
    return (word.text or "").endswith(".py")


def _files(facts: Facts, folder: str, collection: str) -> list[str]:
    """The files of a collection: that of the nearest folder upwards, else the only one of the project."""
    while True:
        prefix = f"{folder}/" if folder else ""
        own = _collection_in(facts, prefix, collection)
        if own or not folder:
            break
        folder = posixpath.dirname(folder)
    if own:
        return own
    prefixes = set()
    for name in (f"{collection}.py", f"{collection}/__init__.py"):
        prefixes |= {path.removesuffix(name) for path in facts.ending_with(name) if f"/{path}".endswith(f"/{name}")}
    return _collection_in(facts, prefixes.pop(), collection) if len(prefixes) == 1 else []


def _collection_in(facts: Facts, prefix: str, collection: str) -> list[str]:
    if f"{prefix}{collection}.py" in facts.file_set:
        return [f"{prefix}{collection}.py"]
    below = f"{prefix}{collection}/"
    if f"{below}__init__.py" not in facts.file_set:
        return []
    return [path for path in facts.files if path.startswith(below) and path.endswith(".py")][:_MOST_FILES]


def _task(facts: Facts, files: list[str], name: str, arguments: tuple[Word, ...]) -> PythonTask | None:
    """The function of a task; a dotted name names the module, too, where several have such a function."""
    *modules, own = name.replace("-", "_").split(".")
    found = [task for path in files if (task := _task_in(facts, path, own, arguments)) is not None]
    if len(found) > 1 and modules:
        ending = tuple(f"/{modules[-1]}{rest}" for rest in (".py", "/__init__.py"))
        found = [task for task in found if f"/{task.path}".endswith(ending)]
    elif len(found) > 1:
        found = [task for task in found if task.path == files[0]]
    return found[0] if len(found) == 1 else None


def _task_in(facts: Facts, path: str, name: str, arguments: tuple[Word, ...]) -> PythonTask | None:
    source = facts.read(path)
    if source is None or not any(launch.kind == "python" for launch in facts.launches_in(path)):
        return None
    tree = python.parse(source)
    if tree is None:
        return None
    own = next((one for one in functions_of(tree).values() if name in _names(one)), None)
    if own is None:
        return None
    spans = dict(reached(facts, path, [own.name]))
    return PythonTask(path, spans[path], arguments) if path in spans else None


def _names(function: Function) -> Iterator[str]:
    """The function's own name, and those that ``@task(name=..., aliases=...)`` gives it."""
    yield function.name.strip("_") or function.name
    for decorator in function.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg in {"name", "alias", "aliases"}:
                for node in ast.walk(keyword.value):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield node.value.replace("-", "_")
