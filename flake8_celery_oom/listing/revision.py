"""The files of a checkout as a revision has them, laid out in a folder. No git is run, and no hook or filter.

Objects and references are read by dulwich. A revision is a branch, a tag, a remote branch or a commit (whole or its
first digits), with ``~2`` and ``^`` behind it; ``main...`` is the commit in which the checked out branch left ``main``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from pathlib import Path
from stat import S_IFMT, S_IFREG, S_ISREG
from typing import TYPE_CHECKING

from flake8_celery_oom.listing.git_folder import GitFolder, git_folder_of
from flake8_celery_oom.listing.git_sizes import TooLargeError, largest_inflated

if TYPE_CHECKING:
    from dulwich.objects import Commit, ObjectID

    from flake8_celery_oom.listing.git_objects import Repository

MOST_BYTES = 2_500_000
"""So much of a file is written: more than of any that is read."""
_STEPS = re.compile(r"[~^]\d*")
_NAME = re.compile(rf"(?P<base>.*?)(?P<steps>(?:{_STEPS.pattern})*)(?P<since>\.\.\.)?", re.DOTALL)


class RevisionError(Exception):
    """A revision that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What was laid out: the commit in 40 digits, and the paths of all regular files, with ``/``, sorted."""

    commit: str
    files: tuple[str, ...]


def lay_out(root: str, name: str, folder: Path, wanted: Callable[[str], bool]) -> Revision:
    """Write the wanted regular files of a revision below ``folder``.

    Raises RevisionError where ``root`` is no checkout, there is no such revision, or an object is missing (a shallow or
    partial clone).
    """
    git = git_folder_of(root)
    if git is None:
        raise RevisionError(f"{root} is not the top of a git checkout, so it has no revisions")
    return lay_out_git(git, name, folder, wanted)


def lay_out_git(git: GitFolder, name: str, folder: Path, wanted: Callable[[str], bool]) -> Revision:
    """The same for a git folder, which may belong to no checkout. Raises RevisionError."""
    try:
        from flake8_celery_oom.listing.git_objects import Repository
    except ImportError:
        raise RevisionError("dulwich is not installed: pip install 'flake8-celery-oom[history]'") from None
    strange = next(not_regular(git), None)
    if strange is not None:
        raise RevisionError(f"{strange} is no regular file, so the history is not read")
    with closing(Repository(git)) as repo:
        return _laid_out(repo, _commit(repo, name), folder, wanted)


def not_regular(git: GitFolder) -> Iterator[str]:
    """What of a history could be waited for, or read for ever, because it is a pipe or a device."""
    folders = [os.path.join(git.common, name) for name in ("objects", "refs")]
    folders += [one for one in (os.path.join(git.own, "refs"),) if one not in folders]
    files = [os.path.join(git.own, "HEAD"), os.path.join(git.common, "packed-refs")]
    for folder in folders:
        for above, _, names in os.walk(folder):
            files += [os.path.join(above, name) for name in names]
    for path in files:
        try:
            if not S_ISREG(os.stat(path).st_mode):
                yield path
        except OSError:
            continue


def _laid_out(repo: Repository, commit: Commit, folder: Path, wanted: Callable[[str], bool]) -> Revision:
    from dulwich.object_store import iter_tree_contents

    files: list[str] = []
    try:
        for entry in iter_tree_contents(repo.object_store, commit.tree):
            if S_IFMT(entry.mode) != S_IFREG:
                continue
            path = entry.path.decode("utf-8", "surrogateescape")
            if not is_safe(path):
                continue
            files.append(path)
            if wanted(path):
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                _write(repo, entry.sha, target)
    except KeyError as error:
        raise RevisionError(f"an object of {_shown(commit)} is missing: is this a shallow clone?") from error
    except (OSError, ValueError) as error:
        raise RevisionError(f"{_shown(commit)} cannot be read ({error})") from error
    return Revision(commit.id.decode("ascii"), tuple(sorted(files)))


def _write(repo: Repository, name: ObjectID, target: Path) -> None:
    """Lay out one file; of one that is too large to be read only that it is."""
    if largest_inflated(repo.objects, name) > MOST_BYTES:
        with target.open("wb") as file:
            file.truncate(MOST_BYTES)
    else:
        target.write_bytes(repo.object_store[name].as_raw_string())


def _commit(repo: Repository, name: str) -> Commit:
    match = _NAME.fullmatch(name)
    assert match is not None
    found = _named(repo, match["base"] or "HEAD", name)
    try:
        for step in _STEPS.findall(match["steps"]):
            found = _stepped(repo, found, step)
        if match["since"]:
            return _shared(repo, found, _named(repo, "HEAD", name), name)
    except (KeyError, IndexError) as error:
        raise RevisionError(f"{name}: the history here does not reach so far: is this a shallow clone?") from error
    return found


def _named(repo: Repository, base: str, name: str) -> Commit:
    from dulwich.objectspec import AmbiguousShortId, parse_commit

    try:
        return parse_commit(repo, base.encode("utf-8", "surrogateescape"))
    except AmbiguousShortId as error:
        raise RevisionError(f"{name}: several objects begin so") from error
    except TooLargeError as error:
        raise RevisionError(f"{name}: {error}") from error
    except (KeyError, ValueError, OSError) as error:
        raise RevisionError(f"{name}: no such revision here") from error


def _stepped(repo: Repository, commit: Commit, step: str) -> Commit:
    """``~3`` is the first parent three times, ``^2`` the second parent, ``^0`` the commit itself."""
    number = int(step[1:] or 1)
    chosen = [number - 1] if step[0] == "^" else [0] * number
    for index in chosen if number else ():
        commit = _parent(repo, commit.parents[index])
    return commit


_ONE, _OTHER, _PASSED = 1, 2, 4


def _shared(repo: Repository, one: Commit, other: Commit, name: str) -> Commit:
    """The last commit that two have behind them: their merge base, as ``paint_down_to_common`` of git finds it.

    Source: ``commit-reach.c`` of git 2.39. Commits of the same second are no matter, which they are to dulwich's own.
    """
    seen = {one.id: _ONE}
    seen[other.id] = seen.get(other.id, 0) | _OTHER
    waiting = [(-commit.commit_time, number, commit) for number, commit in enumerate((one, other))]
    heapify(waiting)
    found: list[Commit] = []
    count = len(waiting)
    while any(not seen[commit.id] & _PASSED for _, _, commit in waiting):
        commit = heappop(waiting)[2]
        marks = seen[commit.id]
        if marks == _ONE | _OTHER:
            found.append(commit)
            marks |= _PASSED
        for parent in commit.parents:
            if seen.get(parent, 0) & marks != marks:
                seen[parent] = seen.get(parent, 0) | marks
                made = _parent(repo, parent)
                heappush(waiting, (-made.commit_time, count, made))
                count += 1
    found = [commit for commit in found if not seen[commit.id] & _PASSED]
    if len(found) == 1:
        return found[0]
    if not found:
        raise RevisionError(f"{name}: nothing is shared with the commit that is checked out")
    behind = {above for commit in found for above in _behind(repo, commit, min(one.commit_time for one in found))}
    return next(commit for commit in found if commit.id not in behind)


def _behind(repo: Repository, commit: Commit, since: int) -> set[ObjectID]:
    """The commits that a commit has behind it, as far as they are no older."""
    found: set[ObjectID] = set()
    waiting = [commit]
    while waiting:
        for name in waiting.pop().parents:
            made = _parent(repo, name)
            if name not in found and made.commit_time >= since:
                found.add(name)
                waiting.append(made)
    return found


def _parent(repo: Repository, name: ObjectID) -> Commit:
    from dulwich.objects import Commit

    found = repo[name]
    assert isinstance(found, Commit)
    return found


def is_safe(path: str) -> bool:
    """Whether a path of a tree lies below where it is laid out: trees can be made that hold ``..`` and ``.git``."""
    parts = path.split("/")
    return "\0" not in path and "\\" not in path and all(part.lower() not in {"", ".", "..", ".git"} for part in parts)


def _shown(commit: Commit) -> str:
    return commit.id.decode("ascii")[:12]
