"""Lines of logs: the worker's own, those of what supervises it, and those of the kernel.

What Celery and billiard print is recorded from real workers of 3.1.26, 4.4.7, 5.0.5 and 5.7.0 in ``tests/data/deaths``
(``billiard/pool.py``, ``celery/worker/request.py``); the kernel's lines are those of ``mm/oom_kill.c``; others are from
``supervisor/process.py`` 4.2, ``src/core/service.c`` of systemd 250, and Heroku's list of error codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from flake8_celery_oom.deaths.signs import Place, Sign, SignKind, Subject

KIB = 1024
LONGEST = 4_000
"""So many characters of a line are looked at."""
_QUIET_AT_LIMIT = "ForkPool"
"""What children are called since Celery 4, which prints no exit for one that its time limit has killed."""
_MAY_BE_WORKER = re.compile(r"celery|python|pypy", re.IGNORECASE)
"""What the kernel calls a process of a worker."""
_Match = re.Match[str]


def signs_in(text: str, source: str, first: int = 1) -> Iterator[Sign]:
    """What the lines of a log say, in order; ``first`` is the number of the first line."""
    reader = _Reader(source)
    for number, line in enumerate(text.splitlines(), first):
        yield from reader.line(line[:LONGEST], number)
    yield from reader.rest()


class _Reader:
    """Goes through a log; remembers which node speaks, and what the next lines say more of."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._node = ""
        self._children_at_limit = 0
        self._by_kernel: Sign | None = None

    def line(self, line: str, number: int) -> Iterator[Sign]:
        """The signs of one line."""
        node = _NODE.search(line)
        if node is not None:
            self._node = node["node"]
        pattern, match = next(((one, found) for one, _ in _LINES if (found := one.search(line))), (None, None))
        if pattern is None or match is None:
            return
        sign = dict(_LINES)[pattern](match, Place(self._source, number))
        if pattern in _KERNEL:
            if _MAY_BE_WORKER.search(match["name"]) is not None:
                yield from self._of_kernel(sign, whole=pattern is _KERNEL_KILLED)
            return
        if sign.kind == "hard-time-limit":
            self._children_at_limit += 1
        elif sign.kind == "child-killed" and self._children_at_limit and not match["name"].startswith(_QUIET_AT_LIMIT):
            self._children_at_limit -= 1
            return
        yield replace(sign, subject=replace(sign.subject, node=self._node))

    def _of_kernel(self, sign: Sign, *, whole: bool) -> Iterator[Sign]:
        """One kill is two lines: whose memory it was, then what the process had."""
        if not whole:
            yield from self.rest()
            self._by_kernel = sign
            return
        known, self._by_kernel = self._by_kernel, None
        yield sign if known is None else replace(known, used=sign.used)

    def rest(self) -> Iterator[Sign]:
        """What no further line has said more of."""
        if self._by_kernel is not None:
            yield self._by_kernel
        self._by_kernel = None


def _exited(match: _Match, at: Place) -> Sign:
    """``Process 'ForkPoolWorker-1' pid:7 exited with 'signal 9 (SIGKILL)'``."""
    how = match["how"]
    if how.startswith("signal 9"):
        return Sign("child-killed", at, f"child {match['name']} was killed by signal 9 (SIGKILL)")
    if how.startswith("signal"):
        return Sign("crashed", at, f"child {match['name']} ended by {how}")
    return Sign("left", at, f"child {match['name']} ended by itself ({how})")


def _time_limit(kind: SignKind, word: str) -> Callable[[_Match, Place], Sign]:
    def read(match: _Match, at: Place) -> Sign:
        said = f"{word} time limit of {float(match['seconds']):g} s exceeded by task {match['task']}"
        return Sign(kind, at, said, Subject(task=match["task"]), seconds=float(match["seconds"]))

    return read


def _recycled(match: _Match, at: Place) -> Sign:
    """``child process exiting after exceeding memory limit (81244KiB / 70000KiB)``."""
    used, limit = int(match["used"]) * KIB, int(match["limit"]) * KIB
    said = f"a child was replaced at {match['used']} KiB: max-memory-per-child is {match['limit']} KiB"
    return Sign("recycled", at, said, limit=limit, used=used)


def _kernel_constraint(match: _Match, at: Place) -> Sign:
    """``oom-kill:constraint=CONSTRAINT_MEMCG,...,task=celery,pid=7,uid=0``."""
    limited = match["constraint"] == "CONSTRAINT_MEMCG"
    kind: SignKind = "container-limit" if limited else "machine-memory"
    what = "the limit of its cgroup" if limited else "the memory of the machine"
    return Sign(kind, at, f"the kernel killed {match['name']} (process {match['pid']}) at {what}")


def _kernel_killed(match: _Match, at: Place) -> Sign:
    """``Memory cgroup out of memory: Killed process 7 (celery) total-vm:457868kB, anon-rss:158532kB``."""
    kind: SignKind = "container-limit" if match["cgroup"] else "machine-memory"
    used = int(match["rss"]) * KIB if match["rss"] else None
    return Sign(kind, at, f"the kernel killed {match['name']} (process {match['pid']})", used=used)


def _killed(match: _Match, at: Place) -> Sign:
    said = f"{match['name']} was killed by signal 9 (SIGKILL)"
    return Sign("killed", at, said, Subject(service=match["name"].removesuffix(".service")))


def _unit(match: _Match, at: Place) -> Sign:
    """Systemd counts the kills in the unit's cgroup, for its limit and for the machine."""
    said = f"the OOM killer killed a process of {match['name']}"
    return Sign("memory-killed", at, said, Subject(service=match["name"].removesuffix(".service")))


def _heroku(match: _Match, at: Place) -> Sign:
    what = "over its memory quota" if match["code"] == "R14" else "killed far over its memory quota"
    return Sign("platform-limit", at, f"dyno {what} (Error {match['code']})")


_NODE = re.compile(r"\b(?P<node>[\w.%-]+@[\w.-]+) (?:ready\.|v\d)")
_KERNEL_CONSTRAINT = re.compile(
    r"oom-kill:constraint=(?P<constraint>CONSTRAINT_\w+),.*\btask=(?P<name>[^,]+),pid=(?P<pid>\d+)"
)
_KERNEL_KILLED = re.compile(
    r"(?P<cgroup>Memory cgroup )?[Oo]ut of memory: Kill(?:ed)? process (?P<pid>\d+),? \((?P<name>[^)]+)\)"
    r"(?:.*\banon-rss:(?P<rss>\d+)kB)?"
)
_LINES: tuple[tuple[re.Pattern[str], Callable[[_Match, Place], Sign]], ...] = (
    (re.compile(r"Process u?['\"](?P<name>[^'\"]+)['\"] pid:\d+ exited with u?['\"](?P<how>[^'\"]+)['\"]"), _exited),
    (
        re.compile(r"Hard time limit \((?P<seconds>[\d.]+)s\) exceeded for (?P<task>[^\s\[]+)"),
        _time_limit("hard-time-limit", "hard"),
    ),
    (
        re.compile(r"Soft time limit \((?P<seconds>[\d.]+)s\) exceeded for (?P<task>[^\s\[]+)"),
        _time_limit("soft-time-limit", "soft"),
    ),
    (re.compile(r"exceeding memory limit \((?P<used>\d+)KiB / (?P<limit>\d+)KiB\)"), _recycled),
    (_KERNEL_CONSTRAINT, _kernel_constraint),
    (_KERNEL_KILLED, _kernel_killed),
    (re.compile(r"exited: (?P<name>\S+) \(terminated by SIGKILL"), _killed),
    (
        re.compile(r"(?P<name>[\w@.-]+\.service): A process of this unit has been killed by the OOM killer"),
        _unit,
    ),
    (re.compile(r"(?P<name>[\w@.-]+\.service): Main process exited, code=killed, status=9/KILL"), _killed),
    (re.compile(r"Error (?P<code>R1[45]) \(Memory quota"), _heroku),
)
"""The first that fits counts."""
_KERNEL = frozenset({_KERNEL_CONSTRAINT, _KERNEL_KILLED})
