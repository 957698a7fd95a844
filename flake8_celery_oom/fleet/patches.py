"""What mends a repository as one patch, for ``git apply`` and ``patch -p1``. Nothing is written into the repository."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flake8_celery_oom.config import selectors
from flake8_celery_oom.core.source import UTF_8, SourceText
from flake8_celery_oom.fixer import fixer_for
from flake8_celery_oom.fleet.jobs import Fixes
from flake8_celery_oom.formats.text import printable
from flake8_celery_oom.masking import masked
from flake8_celery_oom.workspace import Workspace

_QUOTED = {
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}


def patch_of(workspace: Workspace, asked: Fixes) -> dict[str, Any]:
    """The patch, what it mends and how many findings stay, as JSON values; bytes that are no UTF-8 are surrogates.

    Every fix is proved as ``celery-oom fix`` proves it.
    """
    if asked.select:
        config = replace(workspace.config, select=selectors(asked.select, "--select"), extend_select=())
        workspace = workspace.changed({}, config)
    outcome = fixer_for(workspace, unsafe=asked.unsafe, selected_only=bool(asked.select)).run()
    parts, strange = [], []
    for path, text in sorted(outcome.texts.items()):
        original = outcome.originals[path]
        if original.encoding == UTF_8:
            parts.append("".join(_file(original, text)))
        else:
            strange.append(path)
    return {
        "patch": "".join(parts),
        "fixed": [
            _said(f"{one.at.path}:{one.at.line}: {one.code} {one.fix.title}") for one in outcome.fixed if one.fix
        ],
        "left": len(outcome.left) + len(outcome.unsafe),
        "not_utf_8": [_said(path) for path in strange],
    }


def _said(text: str) -> str:
    return printable(masked(text))


def _file(original: SourceText, text: str) -> Iterator[str]:
    """The lines of the patch of one file; line ends are those of the file."""
    mark = "\ufeff" if original.bom else ""
    before, after = f"a/{original.path}", f"b/{original.path}"
    yield f"diff --git {quoted(before)} {quoted(after)}\n"
    lines = difflib.unified_diff(_lines(mark + original.text), _lines(mark + text), "", "")
    next(lines, None)
    next(lines, None)
    for sign, name in (("---", before), ("+++", after)):
        shown = quoted(name)
        yield f"{sign} {shown}{chr(9) if ' ' in shown and shown == name else ''}\n"
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def quoted(name: str) -> str:
    """A path as git writes it: in quotes where it holds a character that means something in a patch."""
    if not any(char in _QUOTED or char < " " or char == "\x7f" or "\udc80" <= char <= "\udcff" for char in name):
        return name
    return '"' + "".join(_escaped(char) for char in name) + '"'


def _escaped(char: str) -> str:
    if char in _QUOTED:
        return _QUOTED[char]
    if char < " " or char == "\x7f" or "\udc80" <= char <= "\udcff":
        return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))
    return char


def _lines(text: str) -> list[str]:
    """Lines with their ends; only LF ends a line, as for ``git apply``."""
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def file_name(repository: str, taken: set[str]) -> str:
    """What the patch of a repository is called, as no other in ``taken``."""
    name = re.sub(r"[^\w.+-]+", "_", repository).strip("._") or "repository"
    number, chosen = 1, f"{name[:150]}.patch"
    while chosen.lower() in taken:
        number += 1
        chosen = f"{name[:150]}-{number}.patch"
    taken.add(chosen.lower())
    return chosen


def write_patch(folder: str, name: str, heading: list[str], patch: str) -> None:
    """Write one patch in one step, readable by the user alone: its lines may hold secrets of the repository."""
    head = "".join(f"# {line}\n" for line in heading)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
        file.write(f"{head}{patch}".encode("utf-8", "surrogateescape"))
    os.replace(temporary, os.path.join(folder, name))
