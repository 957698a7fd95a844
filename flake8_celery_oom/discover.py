"""Which files of a tree are worth reading, found without opening most of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from flake8_celery_oom.listing.checkout import list_checkout
from flake8_celery_oom.listing.regular_file import read_regular_file
from flake8_celery_oom.listing.watching import note_listed, note_root

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 2_000_000
"""Larger files are generated; none is read."""

SKIPPED_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".tox",
        ".nox",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".eggs",
        "site-packages",
    }
)
"""Folders that hold no project of the user's; a tree under git is listed by git instead."""

_PYTHON = (".py", ".pyw", ".pyi")
DRAFT_ENDING = "celery-oom-draft"
"""Of a file that ``celery-oom fix`` was writing when it was killed."""
NEVER_READ = frozenset(
    """
    js jsx ts tsx mjs cjs css scss sass less map htm html xml svg png jpg jpeg gif ico webp avif woff woff2 ttf
    eot otf pdf po mo pot md mdx rst csv tsv sql ipynb go java kt rb rs c h cc cpp hpp php swift lua vue svelte
    snap zip gz tgz bz2 xz whl jar class pyc so dylib dll exe bin dat db sqlite sqlite3 parquet npy npz pkl mp3
    mp4 wav webm mov doc docx xls xlsx ppt pptx graphql proto patch diff log sum mod lcov crt pem key pub jsonl
    geojson ndjson eml msg har adoc tex bib csproj sln gradle sarif nessus xsd wsdl dtd rtf fish el
    vim org sample golden properties scala
    """.split()  # noqa: SIM905
) | {DRAFT_ENDING}
"""Endings of files that start nothing and configure nothing that is read here."""
READ_ANYWAY = (
    r"(?:^|/)(?:\.idea/runConfigurations|\.run)/[^/]+\.xml$",
    r"(?:^|/)[^/]*(?:ecosystem|pm2|process)[^/]*\.[cm]?js$",
)
"""Patterns of paths with such endings that start programs: PyCharm's run configurations, pm2's ecosystem files."""
_READ_ANYWAY = re.compile("|".join(READ_ANYWAY), re.IGNORECASE)
REQUIREMENT_NAMES = ("requirements", "constraints", "reqs", "deps")
"""What the name of a ``.txt`` that is read contains."""


ROOT_MARKS = (".git", "pyproject.toml", "setup.cfg", "tox.ini", "setup.py")


def root_of(path: Path) -> Path:
    """The project that a path belongs to: the nearest folder with ``.git``, else with a Python project's file."""
    from pathlib import Path

    return Path(root_folder(path))


def root_folder(path: Path | str) -> str:
    """:func:`root_of` as text, without pathlib."""
    root = _root_folder(path)
    note_root(os.path.abspath(path), root)
    return root


def _root_folder(path: Path | str) -> str:
    start = os.path.realpath(path)
    start = start if os.path.isdir(start) else os.path.dirname(start)
    folders = [start]
    while (parent := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(parent)
    for marks in (ROOT_MARKS[:1], ROOT_MARKS):
        for folder in folders:
            if any(os.path.exists(os.path.join(folder, mark)) for mark in marks):
                return folder
    return start


class Unseen(NamedTuple):
    """A part of a tree that is not looked at.

    A folder that may not be listed, a link that leads out of the tree, or a checkout of another project within this one
    (a submodule, whether it is checked out or not).
    """

    path: str
    kind: Literal["folder", "link", "submodule"]


@dataclass(slots=True)
class Tree:
    """The files below a root as sorted POSIX paths relative to it, and what was not looked at."""

    files: list[str] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)


def list_tree(root: Path | str) -> list[str]:
    """All files below ``root`` whatever git says of them, but for those in foreign folders."""
    return sorted(_walked(str(root)).files)


def list_files(root: Path | str, exclude: Sequence[str] = (), *, tracked_only: bool = False) -> list[str]:
    """The files of :func:`look_below`."""
    return look_below(root, exclude, tracked_only=tracked_only).files


def look_below(root: Path | str, exclude: Sequence[str] = (), *, tracked_only: bool = False) -> Tree:
    """All files below ``root`` without links and ignored files, and what is not looked at.

    With ``tracked_only`` those of a checkout that git tracks: what would be committed.
    """
    note_listed(str(root))
    checkout = list_checkout(str(root), tracked_only=tracked_only)
    if checkout is None:
        found = _walked(str(root))
    else:
        unseen = [*_named(checkout.unreadable, "folder"), *_named(checkout.submodules, "submodule")]
        found = Tree(checkout.files, [*unseen, *_leading_out(str(root), checkout.links)])
    if exclude:
        from pathspec import PathSpec

        spec = PathSpec.from_lines("gitignore", exclude)
        found.files = [path for path in found.files if not spec.match_file(path)]
        found.unseen = [one for one in found.unseen if not spec.match_file(one.path)]
    found.files.sort()
    found.unseen.sort()
    return found


def _named(paths: Iterable[str], kind: Literal["folder", "link", "submodule"]) -> list[Unseen]:
    return [Unseen(path, kind) for path in paths]


def _leading_out(root: str, links: Iterable[str]) -> Iterator[Unseen]:
    """The links that lead to something outside of the root: what they lead to inside is listed by itself."""
    inside = os.path.join(os.path.realpath(root), "")
    for path in links:
        target = os.path.realpath(os.path.join(root, path))
        if not f"{target}{os.sep}".startswith(inside) and os.path.exists(target):
            yield Unseen(path, "link")


def _walked(root: str) -> Tree:
    """What lies below a folder that is no checkout."""
    found = Tree()
    links: list[str] = []
    waiting = [(root, "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            found.unseen.append(Unseen(prefix.rstrip("/"), "folder"))
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED_FOLDERS:
                        waiting.append((entry.path, f"{prefix}{entry.name}/"))
                elif entry.is_file(follow_symlinks=False):
                    found.files.append(prefix + entry.name)
                elif entry.is_symlink():
                    links.append(prefix + entry.name)
            except OSError:
                continue
    found.unseen.extend(_leading_out(root, links))
    return found


def is_candidate(path: str) -> bool:
    """Whether a file may say something, by its name alone. A ``.txt`` must be called or kept like requirements."""
    folder, _, name = path.rpartition("/")
    _, dot, ending = name.rpartition(".")
    if ending == "txt":
        kept = folder.endswith("requirements") or "requirements/" in folder
        return kept or any(part in name for part in REQUIREMENT_NAMES)
    if not dot or name.startswith(".env"):
        return True
    return (ending not in NEVER_READ and ending.lower() not in NEVER_READ) or _READ_ANYWAY.search(path) is not None


def is_python(path: str) -> bool:
    """Whether the name is that of a Python file."""
    return path.endswith(_PYTHON)


def read_bytes(root: Path | str, path: str, *, noted: bool = True) -> bytes | None:
    """The content of a regular file of at most :data:`MAX_BYTES`; None when it is something else or unreadable."""
    return read_regular_file(os.path.join(root, path), MAX_BYTES, noted=noted)


def mentions_celery(data: bytes) -> bool:
    """Whether the bytes hold the word celery in any of its usual spellings."""
    return b"elery" in data or b"ELERY" in data


def mentions_suppression(data: bytes) -> bool:
    """Whether the bytes hold a comment that silences a finding of ours by its code: ``noqa: CO101``."""
    return _CODE.search(data) is not None and _NOQA.search(data) is not None


_CODE = re.compile(rb"CO[0-9]")
_NOQA = re.compile(rb"noqa[^\r\n]*\bCO[0-9]", re.IGNORECASE)


_STARTS_ELSEWHERE = (b"worker_main", b".Worker(", b".WorkController(")
_STARTS_AN_OBJECT = re.compile(rb"\.start\(\s*[\w\[]")
_RUNS_PROGRAMS = (b"subprocess", b"Popen", b"os.system", b"os.popen", b"os.exec", b"os.spawn")
_TAKES_ARGUMENTS = re.compile(rb"\bsys\.argv(?:\[[1-9]:\]|\))")
_NAMES_SCRIPT = re.compile(rb"\.(?:sh|bash|py)[\"' ]")


def may_be_a_worker(data: bytes) -> bool:
    """Whether a Python file starts a worker as an object, by an app that it imports, without any file saying celery."""
    return any(sign in data for sign in _STARTS_ELSEWHERE)


def may_start_worker(data: bytes) -> bool:
    """Whether a Python file that never says celery may start a worker.

    By an imported app, by another script, or by becoming the program that its arguments name.
    """
    if may_be_a_worker(data) or _STARTS_AN_OBJECT.search(data) is not None:
        return True
    places = [place for place in map(data.find, _RUNS_PROGRAMS) if place >= 0]
    return bool(places) and (_NAMES_SCRIPT.search(data, min(places)) or _TAKES_ARGUMENTS.search(data)) is not None
