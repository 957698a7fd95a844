"""What ``cp``, ``ln``, ``mv`` and ``install`` put where."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flake8_celery_oom.resolve.invocation import Copied
from flake8_celery_oom.resolve.shell.fields import Field, known_text

COPYING: Mapping[str, frozenset[str]] = {
    "cp": frozenset({"-S", "--suffix"}),
    "mv": frozenset({"-S", "--suffix"}),
    "ln": frozenset({"-S", "--suffix"}),
    "install": frozenset({"-m", "--mode", "-o", "--owner", "-g", "--group", "-S", "--suffix"}),
}
"""The programs, and their options that take the next word (coreutils 9.4, ``--help`` of each)."""
_INTO = ("-t", "--target-directory")


def copied_by(name: str, arguments: Iterable[Field], directory: str) -> Iterator[Copied]:
    """The files that a command puts where, as far as its words are known.

    One file may be copied to a name or into a folder: both are said, where what is written does not tell.
    """
    valued = COPYING.get(posixpath.basename(name))
    if valued is None:
        return
    operands, folder = _operands([known_text(argument) for argument in arguments], valued)
    last = operands.pop() if folder is None and operands else None
    for operand in operands:
        if operand is None:
            continue
        source = posixpath.normpath(posixpath.join(directory, operand))
        into = folder or last
        if into is not None:
            yield Copied(source, posixpath.normpath(posixpath.join(directory, into, posixpath.basename(source))))
        if last is not None and len(operands) == 1 and not last.endswith(("/", ".d")):
            yield Copied(source, posixpath.normpath(posixpath.join(directory, last)))


def _operands(words: Sequence[str | None], valued: frozenset[str]) -> tuple[list[str | None], str | None]:
    """The words that are paths, and the folder that an option names."""
    operands: list[str | None] = []
    folder: str | None = None
    waiting = iter(words)
    for word in waiting:
        if word in _INTO:
            folder = next(waiting, None)
        elif word is not None and word.startswith("--target-directory="):
            folder = word.partition("=")[2]
        elif word in valued:
            next(waiting, None)
        elif word is None or not word.startswith("-"):
            operands.append(word)
    return operands, folder
