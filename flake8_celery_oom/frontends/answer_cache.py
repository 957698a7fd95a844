"""What a run printed, remembered until a file of the project, the options or the program change.

The state of a project is the list of its files, with size and modification time of each that could be read. A tree that
was changed within the last seconds is not remembered: a change in the same tick of the clock would not be seen.
Answers lie in ``$XDG_CACHE_HOME/celery-oom`` (``~/.cache/celery-oom``); they can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from flake8_celery_oom import __version__, discover

if TYPE_CHECKING:
    from typing import TextIO

SETTLED_SECONDS = 3.0
"""How long the newest file must have been left alone."""
KEPT = 200
"""How many answers are kept; the oldest go first."""


def answer(words: Sequence[str], run: Callable[[], int]) -> int:
    """The exit status of ``run``, whose output is printed; from memory when nothing has changed since.

    ``words`` are the words of the command line. Every project that one of them lies in counts as looked at.
    """
    folder = _folder()
    key = _key(words) if folder else None
    if key is None:
        return run()
    place = os.path.join(folder, key)
    held = _held(place)
    if held is None:
        held = _captured(run)
        if held[0] in {0, 1} and _key(words) == key:
            _keep(folder, place, held)
    _print(held[1])
    return held[0]


def _held(place: str) -> tuple[int, str] | None:
    try:
        with open(place, encoding="utf-8", newline="") as file:
            status, _, output = file.read().partition("\n")
        return int(status), output
    except (OSError, ValueError):
        return None


def _captured(run: Callable[[], int]) -> tuple[int, str]:
    """Run with standard output kept. What was said on standard error can't be remembered: the status is then 2."""
    stdout, stderr = sys.stdout, sys.stderr
    output, errors = io.TextIOWrapper(io.BytesIO(), stdout.encoding, "backslashreplace", ""), _Watched(stderr)
    sys.stdout, sys.stderr = output, errors
    try:
        status = run()
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    output.seek(0)
    return (2 if errors.used else status), output.read()


class _Watched(io.TextIOBase):
    """Standard error, and whether something was said there."""

    def __init__(self, inner: TextIO) -> None:
        self.inner = inner
        self.used = False

    def write(self, text: str) -> int:
        """Pass text on."""
        self.used = self.used or bool(text)
        return self.inner.write(text)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _folder() -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "celery-oom") if os.path.isabs(home) else ""


def _key(words: Sequence[str]) -> str | None:
    """A name for this question about the project as it is now; None when it can't be asked twice."""
    digest = hashlib.blake2b(digest_size=20)
    program = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    question = (__version__, sys.version_info[:3], list(words), os.getcwd(), sys.stdout.encoding)
    digest.update(repr(question).encode("utf-8", "replace"))
    newest = _add(digest, program, discover.list_tree(program))
    paths = [word.rpartition("=")[2] for word in words]
    for root in sorted({discover.root_folder(path) for path in [".", *paths] if os.path.exists(path)}):
        newest = max(newest, _add(digest, root, discover.list_files(root)))
    return digest.hexdigest() if time.time() - newest > SETTLED_SECONDS else None


def _add(digest: hashlib.blake2b, root: str, files: Iterable[str]) -> float:
    """Add the state of files to a digest; gives the newest modification time (seconds)."""
    newest = 0
    lines: list[str] = [root]
    prefix = f"{root}/"
    for path in files:
        if not discover.is_candidate(path):
            lines.append(path)
            continue
        try:
            status = os.lstat(prefix + path)
        except OSError:
            lines.append(f"{path}\0gone")
            continue
        newest = max(newest, status.st_mtime_ns)
        lines.append(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_mode}")
    digest.update("\n".join(lines).encode("utf-8", "surrogateescape"))
    return newest / 1e9


def _keep(folder: str, place: str, held: tuple[int, str]) -> None:
    """Write an answer in one step, and drop the oldest; a cache that can't be written is no error."""
    temporary = f"{place}.{os.getpid()}"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            file.write(f"{held[0]}\n{held[1]}")
        os.replace(temporary, place)
        kept = sorted(os.scandir(folder), key=lambda entry: entry.stat().st_mtime, reverse=True)
        for old in kept[KEPT:]:
            os.unlink(old.path)
    except OSError:
        return
