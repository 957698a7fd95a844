"""What a run printed, remembered until something that it looked at, the options or the program change.

An answer is kept together with everything the run looked at: the names of all files of each project, and of every file
that it opened or did not find inode, size and times (of a link also those of its target). An answer counts only while
all of that is as it was. Of a file of the project it is kept what was asked: its content, or a few things about it
(does it speak of Celery?). Such a file may change as long as it answers the same. A tree that was changed within the
last seconds is not remembered: a change in the same tick of the clock would not be seen.

Where answers lie, and who may write them: `remembered/folder.py`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from flake8_celery_oom import discover
from flake8_celery_oom.listing import signature
from flake8_celery_oom.listing.regular_file import read_regular_file
from flake8_celery_oom.listing.signature import newest, signature_of
from flake8_celery_oom.listing.watching import Seen, watching
from flake8_celery_oom.remembered import folder
from flake8_celery_oom.remembered.program import program_digest

if TYPE_CHECKING:
    from typing import TextIO

KEPT = 200
"""How many answers are kept; the oldest go first."""
_ENVIRONMENT = (
    "COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "HOME", "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
)  # fmt: skip
"""The variables that change an answer."""


class _Answer(NamedTuple):
    """An exit status with what was printed, and what must be unchanged for it to count."""

    status: int
    output: str
    state: dict[str, object]


def answer(words: Sequence[str], run: Callable[[], int]) -> int:
    """The exit status of ``run``, whose output is printed; from memory when nothing has changed since."""
    place = folder.folder()
    if not place:
        return run()
    question = _question(words)
    held = _held(place, question)
    if held is None:
        start = time.time()
        held, seen = _captured(run)
        state, latest = _state(seen)
        if held.status in {0, 1} and start - latest > signature.SETTLED_SECONDS and _question(words) == question:
            _keep(place, question, held._replace(state=state))
    _print(held.output)
    return held.status


def _captured(run: Callable[[], int]) -> tuple[_Answer, Seen]:
    """Run with standard output kept. What was said on standard error can't be remembered: the status is then 2."""
    stdout, stderr = sys.stdout, sys.stderr
    output, errors = io.TextIOWrapper(io.BytesIO(), stdout.encoding, "backslashreplace", ""), _Watched(stderr)
    sys.stdout, sys.stderr = output, errors
    try:
        with watching() as seen:
            status = run()
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    output.seek(0)
    return _Answer(2 if errors.used else status, output.read(), {}), seen


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
    sys.stdout.write(text)
    sys.stdout.flush()


# --- what an answer rests on ------------------------------------------------------------------------------------------


def _question(words: Sequence[str]) -> str:
    """A name for what is asked: the words, where, and of which program on which Python with which libraries."""
    environment = [os.environ.get(name) for name in _ENVIRONMENT]
    text = repr((program_digest(), list(words), os.getcwd(), sys.stdout.encoding, environment))
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=20).hexdigest()


def _state(seen: Seen) -> tuple[dict[str, object], float]:
    """All that a run looked at, as it is now, and the newest of the times in it (seconds)."""
    files = {os.path.abspath(path): signature_of(path) for path in seen.files}
    partly = [path for path in seen.answers if path not in seen.files]
    signatures = {path: signature_of(path) for path in partly}
    latest = max(map(newest, (*files.values(), *signatures.values())), default=0)
    listed = {root: _names(root) for root in seen.listed}
    kinds: dict[tuple[object, ...], int] = {}
    asked = {path: (signatures[path], kinds.setdefault(_relied_on(seen.answers[path]), len(kinds))) for path in partly}
    state = {"files": files, "asked": asked, "answers": list(kinds), "listed": listed, "roots": dict(seen.roots)}
    return state, latest


def _relied_on(answers: dict[tuple[str | int, ...], str]) -> tuple[object, ...]:
    """What must be answered alike: the content of a file answers all other questions."""
    content = answers.get(("content",))
    return tuple(sorted(answers.items(), key=repr)) if content is None else ((("content",), content),)


def _unchanged(state: dict[str, object]) -> bool:
    """Whether all that is in a state is still so. Raises KeyError, TypeError, AttributeError for no state at all."""
    parts = ("roots", "listed", "files", "asked")
    roots, listed, files, asked = (dict(state[part]) for part in parts)  # type: ignore[call-overload]
    return (
        all(discover.root_folder(path) == root for path, root in roots.items())
        and all(_is(path, held) for path, held in files.items())
        and all(_names(root) == digest for root, digest in listed.items())
        and _answered_alike([(path, kind) for path, (held, kind) in asked.items() if not _is(path, held)], state)
    )


def _is(path: str, held: object) -> bool:
    return [list(one) for one in signature_of(path)] == held


def _answered_alike(changed: list[tuple[str, int]], state: dict[str, object]) -> bool:
    """Whether files that have changed answer what was asked of them as before."""
    if not changed:
        return True
    from flake8_celery_oom.reliance.questions import answer_to

    kinds = state["answers"]
    if not isinstance(kinds, list):
        return False
    for path, kind in changed:
        data = read_regular_file(path, discover.MAX_BYTES)
        if any(answer_to(tuple(question), data) != answer for question, answer in kinds[kind]):
            return False
    return True


def _names(root: str) -> str:
    tree = discover.look_below(root)
    text = "\0".join([*tree.files, *("\0".join(one) for one in tree.unseen)])
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()


# --- the file ---------------------------------------------------------------------------------------------------------


def _held(place: str, question: str) -> _Answer | None:
    """The remembered answer, if it is whole and everything that it rests on is unchanged."""
    content = folder.read(place, question)
    if content is None:
        return None
    try:
        held = _Answer(*json.loads(content))
        return held if held.status in {0, 1} and _unchanged(held.state) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _keep(place: str, question: str, held: _Answer) -> None:
    folder.write(place, question, json.dumps(held, separators=(",", ":")).encode("utf-8"), KEPT)
