"""Which compose files of a repository are run together.

What Compose finds by itself in a folder (``DefaultFileNames`` and ``DefaultOverrideFileNames`` of compose-go 2), what
``COMPOSE_FILE`` names in the ``.env`` file beside it, what commands of the repository name with ``-f``. Every other
file stands alone where it can, and otherwise goes over the folder's own project.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import islice, product

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.compose.loading import Files, Values
from flake8_celery_oom.syntax.compose_file import ComposeFile, services_of
from flake8_celery_oom.syntax.compose_merge import items_of
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.yaml_nodes import Mapping as MappingNode
from flake8_celery_oom.syntax.yaml_nodes import Scalar

DEFAULT_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
MOST_LISTS = 8
"""Lists of files that one command may stand for, where variables hold parts of their names."""

_FILE_OPTION = re.compile(
    r"""(?<![\w-])(?:-f|--file|-c|--compose-file)(?:=|[ \t]+|["',]{1,3}[ \t]*["'])["']?"""
    r"""(?P<path>[\w./@${}:()%*-]+\.ya?ml)\b["']?"""
)
_BETWEEN = re.compile(r"""(?:[\s\\"',]|--?(?!f\b|file\b)[\w-]+(?:[= ](?!-)[\w./-]+)?(?=\s|\Z)){0,40}""")
_ENV_FILE = re.compile(r"--env-file(?:=|[ \t]+)[\"']?([\w./-]+)")
_SAMPLE = re.compile(r"[._-](?:example|sample|dist)\Z")
_COMPOSE_FILE = re.compile(r"\bCOMPOSE_FILE[ \t]*(?:[:?]?=|:)[ \t]*[\"']?([^\s\"';]+)")
_VARIABLE = re.compile(r"\$\([^)]*\)|\$?\$\{[^}]*\}|\$?\$\w+|\{\{.*?\}\}|%\w*%?")


@dataclass(frozen=True, slots=True)
class ComposeProject:
    """Files that are run together, in order. ``services``: only these are listed; None: all.

    ``sample`` is the last of the files where that one is to be copied under another name first: only what it says
    itself is listed, since the others are run without it as they are.
    """

    files: tuple[str, ...]
    env_files: tuple[str, ...]
    services: frozenset[str] | None = None
    sample: str | None = None

    @property
    def folder(self) -> str:
        """Where the paths of all files start."""
        return posixpath.dirname(self.files[0])


def projects(files: Files, env: Mapping[str, Values], texts: Iterable[SourceText]) -> list[ComposeProject]:
    """The compose projects of a repository. ``env`` are the ``.env`` files, ``texts`` what may hold commands."""
    named = list(dict.fromkeys(one for text in texts for one in _named(text, files)))
    found = [*_defaults(files, env), *named]
    used = {path for project in found for path in project.files} | _shadowed(files)
    extended, included = _taken_over(files)
    for path, file in files.items():
        if path in used or path in included:
            continue
        base = None if _stands_alone(file) else _base_of(path, file, files)
        if base is not None:
            found.append(replace(_project((base, path)), sample=path if _SAMPLE.search(path) else None))
        else:
            own = frozenset(name for name in _names(file) if (path, name) not in extended)
            found.append(_project((path,), services=own))
    return found


def _project(
    files: tuple[str, ...], env_files: tuple[str, ...] = (), services: frozenset[str] | None = None
) -> ComposeProject:
    return ComposeProject(files, env_files or (posixpath.join(posixpath.dirname(files[0]), ".env"),), services)


# --- what Compose finds by itself -------------------------------------------------------------------------------------


def _first(folder: str, names: Iterable[str], files: Files) -> str | None:
    return next((path for name in names if (path := posixpath.join(folder, name)) in files), None)


def _folders(files: Files) -> list[str]:
    return list(dict.fromkeys(posixpath.dirname(path) for path in files))


def _defaults(files: Files, env: Mapping[str, Values]) -> Iterator[ComposeProject]:
    for folder in _folders(files):
        listed = env.get(posixpath.join(folder, ".env"), {}).get("COMPOSE_FILE")
        if listed:
            separator = env[posixpath.join(folder, ".env")].get("COMPOSE_PATH_SEPARATOR") or ":"
            paths = tuple(posixpath.normpath(posixpath.join(folder, path)) for path in listed.split(separator))
            if all(path in files for path in paths):
                yield _project(paths)
                continue
        base = _first(folder, DEFAULT_NAMES, files)
        if base is not None:
            override = _first(folder, OVERRIDE_NAMES, files)
            yield _project((base,) if override is None else (base, override))


def _shadowed(files: Files) -> set[str]:
    """Files that Compose passes over because another default name stands in the same folder."""
    shadowed: set[str] = set()
    for folder in _folders(files):
        for names in (DEFAULT_NAMES, OVERRIDE_NAMES):
            shadowed.update([path for name in names if (path := posixpath.join(folder, name)) in files][1:])
    return shadowed


# --- what commands name -----------------------------------------------------------------------------------------------


def _named(text: SourceText, files: Files) -> Iterator[ComposeProject]:
    folder = posixpath.dirname(text.path)
    for run in _runs(text.text):
        line = text.text[text.text.rfind("\n", 0, run[0].start()) + 1 : run[-1].end() + 200].partition("\n")[0]
        env_file = _ENV_FILE.search(line)
        for base in dict.fromkeys((folder, "")):
            lists = _lists([match["path"] for match in run], base, files)
            env_files = (posixpath.normpath(posixpath.join(base, env_file[1])),) if env_file else ()
            yield from (_project(paths, env_files) for paths in lists)
            if lists:
                break
    for match in _COMPOSE_FILE.finditer(text.text):
        for base in dict.fromkeys((folder, "")):
            lists = _lists(re.split("[:;]", match[1]), base, files)
            yield from map(_project, lists)
            if lists:
                break


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Options that name files, those of one command together."""
    run: list[re.Match[str]] = []
    for match in _FILE_OPTION.finditer(text):
        if run and (match.start() - run[-1].end() > 200 or not _joins(text[run[-1].end() : match.start()])):
            yield run
            run = []
        run.append(match)
    if run:
        yield run


def _joins(between: str) -> bool:
    lines = re.sub(r"\\[ \t]*\r?\n", " ", between)
    return "\n" not in lines and _BETWEEN.fullmatch(lines) is not None


def _lists(written: list[str], folder: str, files: Files) -> list[tuple[str, ...]]:
    """The lists of known files that a command names; none where one of them is not here."""
    found = [_matching(posixpath.normpath(posixpath.join(folder, path)), files) for path in written]
    return [tuple(dict.fromkeys(paths)) for paths in islice(product(*found), MOST_LISTS)] if all(found) else []


def _matching(path: str, files: Files) -> list[str]:
    if path in files:
        return [path]
    pattern = _VARIABLE.sub("*", path)
    return [one for one in files if fnmatchcase(one, pattern)] if "*" in pattern else []


# --- what is left -----------------------------------------------------------------------------------------------------


def _names(file: ComposeFile) -> list[str]:
    return [name for name, _ in _written(file)]


def _written(file: ComposeFile) -> Iterator[tuple[str, MappingNode]]:
    for document in file.documents:
        services = services_of(document)
        for name, node in services.items() if services is not None else ():
            if isinstance(node, MappingNode):
                yield name, node


def _stands_alone(file: ComposeFile) -> bool:
    """Whether Compose would take the file alone: every service says what it runs."""
    return all(any(node.get(key) is not None for key in ("image", "build", "extends")) for _, node in _written(file))


def _base_of(path: str, file: ComposeFile, files: Files) -> str | None:
    """The file that is most likely run with one that cannot stand alone: a default name in its folder or above."""
    names = set(_names(file))
    folder = posixpath.dirname(path)
    while True:
        base = _first(folder, DEFAULT_NAMES, files)
        if base is not None and base != path and names & set(_names(files[base])):
            return base
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _taken_over(files: Files) -> tuple[set[tuple[str, str]], set[str]]:
    """Services that other files extend, and files that others include."""
    extended: set[tuple[str, str]] = set()
    included: set[str] = set()
    for path, file in files.items():
        folder = posixpath.dirname(path)
        for _, node in _written(file):
            name, other = at_path(node, "extends", "service"), at_path(node, "extends", "file")
            if isinstance(name, Scalar) and isinstance(other, Scalar):
                target = posixpath.normpath(posixpath.join(folder, other.value.text))
                if target != path:
                    extended.add((target, name.value.text))
        for document in file.documents:
            for item in items_of(document.get("include")):
                for one in items_of(item if isinstance(item, Scalar) else at_path(item, "path")):
                    if isinstance(one, Scalar):
                        included.add(posixpath.normpath(posixpath.join(folder, one.value.text)))
    return extended, included
