"""A death for people, and as JSON: what it was, on what evidence, which worker, and what to do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.formats.text import counted, printable
from flake8_celery_oom.masking import masked
from flake8_celery_oom.quantity import human_bytes

if TYPE_CHECKING:
    from flake8_celery_oom.deaths.signs import Running, Sign, SignKind
    from flake8_celery_oom.deaths.verdict import Certainty, Death
    from flake8_celery_oom.formats.inventory import Entry

SHOWN = 4
"""So many signs of one kind are shown, the first of them."""
WHAT: dict[SignKind, str] = {
    "container-limit": "the memory limit of the container was reached, and the kernel killed a process",
    "machine-memory": "the machine ran out of memory: no limit of a container held the worker back",
    "evicted": "Kubernetes evicted the pod because the node ran out of memory",
    "platform-limit": "the platform's memory quota was exceeded",
    "memory-killed": "the OOM killer came, for a limit or because the machine ran out of memory",
    "child-killed": "a child was killed by signal 9, which is nearly always the kernel at a memory limit",
    "killed": "a process was killed by signal 9; who killed it is not said",
    "hard-time-limit": "no memory: tasks ran into their hard time limit, and Celery killed their child",
    "soft-time-limit": "no death: tasks ran into their soft time limit",
    "crashed": "no memory limit: a child crashed in native code",
    "left": "no memory limit: a child ended by itself, as os._exit() and sys.exit() in a task do",
    "recycled": "no death: max-memory-per-child replaced children, as it is meant to",
}
CERTAINTY: dict[Certainty, str] = {"certain": "certain", "likely": "likely", "unknown": "not certain"}
MISSING: dict[SignKind, tuple[str, ...]] = {
    "child-killed": (
        "whose limit it was: `kubectl get pod POD -o json`, `docker inspect CONTAINER`, or `dmesg` of the machine",
    ),
    "memory-killed": ("whose memory it was: `dmesg` or `journalctl -k` of the machine says it",),
    "killed": (
        "who sent the signal: `dmesg` or `journalctl -k` of the machine names the process when it was for memory",
        "a failing liveness probe and `docker stop` end with the same status 137: `kubectl describe pod POD` says it",
    ),
    "machine-memory": ("the limit that the container should have: nothing holds it back now",),
    "recycled": ("a bound so low that children are replaced all the time costs time: compare it with an idle child",),
    "crashed": ("the crash itself: run the task with `python -X faulthandler`",),
}
"""What to look at to know more, or next."""


def lines(death: Death, entries: Sequence[Entry] | None) -> Iterator[str]:
    """The text for people; ``entries`` are the workers that it may be of, None when no project was looked at."""
    yield f"{WHAT[death.kind]} ({CERTAINTY[death.certainty]})"
    yield from _signs(death.signs)
    for kind, number in Counter(one.kind for one in death.others).items():
        same = [one for one in death.others if one.kind == kind]
        yield f"beside it, {counted(number, 'sign')}: {WHAT[kind]}"
        yield from _signs(same)
    yield from map(_running, death.running)
    if death.cannot_recycle and death.is_of_memory:
        yield "this pool has no children: max-memory-per-child and max-tasks-per-child do nothing in it"
    if entries is not None and death.is_of_memory:
        yield from _workers(entries)
    for missing in MISSING.get(death.kind, ()):
        yield f"look at {missing}"


def _signs(signs: Sequence[Sign]) -> Iterator[str]:
    for sign in signs[:SHOWN]:
        used = f", it had {human_bytes(sign.used)}" if sign.used and sign.kind != "recycled" else ""
        yield _clean(f"    {sign.at}: {sign.said}{used}")
    if len(signs) > SHOWN:
        yield f"    and {len(signs) - SHOWN} more, the last at {_clean(str(signs[-1].at))}"


def _running(one: Running) -> str:
    parts = [one.pool, f"concurrency {one.concurrency}" if one.concurrency is not None else ""]
    parts.append(f"max-tasks-per-child {one.max_tasks_per_child}" if one.max_tasks_per_child else "")
    parts.append(f"main process {human_bytes(one.main_rss)} at most" if one.main_rss else "")
    name = one.node or f"Celery {one.release}"
    return _clean(f"running: {name} ({one.at}): {', '.join(part for part in parts if part) or 'nothing of its pool'}")


def _workers(entries: Sequence[Entry]) -> Iterator[str]:
    if not entries:
        yield "no worker was found in the project"
    elif len(entries) > 1:
        yield f"it may be any of {len(entries)} workers of the project; a pod, a container or a node name tells which"
    for entry in entries:
        values = [f"pool {entry.pool}", f"processes {entry.processes}", f"recycling {entry.recycling}"]
        values += [f"limit {entry.limit}"] if entry.limit != "none" else []
        yield f"worker: {entry.name} ({entry.where}): {', '.join(values)}; needs {entry.memory.text}"
        for finding in entry.findings:
            yield _clean(f"    {finding.code} {finding.severity}: {finding.message} [{finding.name}]")
        if not entry.findings:
            yield "    no rule has anything to say of it: weigh the app (celery-oom weigh) to know what it needs"


def document(death: Death, entries: Sequence[Entry] | None) -> str:
    """The same as JSON. Amounts are bytes."""
    found: dict[str, Any] = {
        "version": 1,
        "kind": death.kind,
        "certainty": death.certainty,
        "what": WHAT[death.kind],
        "signs": [_sign(one) for one in (*death.signs, *death.others)],
        "cannot_recycle": death.cannot_recycle,
        "look_at": list(MISSING.get(death.kind, ())),
        "workers": None
        if entries is None
        else [
            {
                "name": entry.name,
                "where": entry.where,
                "pool": entry.pool,
                "processes": entry.processes,
                "recycling": entry.recycling,
                "limit": entry.memory.limit,
                "findings": [{"code": one.code, "message": _clean(one.message)} for one in entry.findings],
            }
            for entry in entries
        ],
    }
    return json.dumps(found, indent=2) + "\n"


def _sign(sign: Sign) -> dict[str, Any]:
    return {
        "kind": sign.kind,
        "source": _clean(sign.at.source),
        "line": sign.at.line,
        "said": _clean(sign.said),
        "limit": sign.limit,
        "used": sign.used,
    }


def _clean(text: str) -> str:
    return printable(masked(text))
