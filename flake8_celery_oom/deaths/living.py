"""What living workers say of themselves: ``celery inspect stats`` (with and without ``-j``), and ``celery report``.

The shapes are those that Celery 3.1 to 5.7 print (``celery/worker/control.py``, ``celery/app/utils.py``); recordings
of both lie in ``tests/data/deaths``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flake8_celery_oom.deaths.signs import Place, Running

KIB = 1024
_NODE = re.compile(r"^->\s+(?P<node>\S+@\S+): OK\s*$", re.MULTILINE)
_RELEASE = re.compile(r"^software -> celery:(?P<release>\S+)", re.MULTILINE)
_ONLY_PREFORK = "put-guarded-by-semaphore"
"""What the statistics of no other pool hold; Celery names the pool only from 5 on."""
_OLD_NAMES = {
    "CELERYD_CONCURRENCY": "worker_concurrency",
    "CELERYD_POOL": "worker_pool",
    "CELERYD_MAX_TASKS_PER_CHILD": "worker_max_tasks_per_child",
}
_SETTING = re.compile(
    r"^(?P<name>worker_(?:concurrency|pool|max_tasks_per_child)|CELERYD_(?:CONCURRENCY|POOL|MAX_TASKS_PER_CHILD)):"
    r" (?P<value>.+)$",
    re.MULTILINE,
)


def is_stats(document: object) -> bool:
    """Whether a JSON document is what ``celery inspect stats -j`` prints."""
    return isinstance(document, Mapping) and bool(document) and all(map(_is_of_node, document.values()))


def stats(document: Mapping[str, Any], source: str) -> Iterator[Running]:
    """The workers of ``celery inspect stats -j``, by node."""
    for node, said in document.items():
        pool = said["pool"]
        usage = said.get("rusage")
        rss = usage.get("maxrss") if isinstance(usage, Mapping) else None
        yield Running(
            Place(source),
            node,
            pool=_pool(str(pool.get("implementation") or "")) or ("prefork" if _ONLY_PREFORK in pool else ""),
            concurrency=_count(pool.get("max-concurrency")),
            max_tasks_per_child=_count(pool.get("max-tasks-per-child")),
            main_rss=rss * KIB if isinstance(rss, int) else None,
        )


def stats_in_text(text: str, source: str) -> Iterator[Running]:
    """The workers of ``celery inspect stats``: each node with its JSON below."""
    nodes = list(_NODE.finditer(text))
    for index, node in enumerate(nodes):
        end = nodes[index + 1].start() if index + 1 < len(nodes) else len(text)
        body = text[node.end() : end]
        try:
            document, _ = json.JSONDecoder().raw_decode(body[body.index("{") :])
        except ValueError:
            continue
        if _is_of_node(document):
            yield from stats({node["node"]: document}, source)


def report(text: str, source: str) -> Iterator[Running]:
    """What ``celery report`` says of the app's settings."""
    release = _RELEASE.search(text)
    if release is None:
        return
    settings = _SETTING.finditer(text)
    found = {_OLD_NAMES.get(one["name"], one["name"]): one["value"].strip().strip("'\"") for one in settings}
    yield Running(
        Place(source),
        release=release["release"],
        pool=_pool(found.get("worker_pool", "")),
        concurrency=_count(found.get("worker_concurrency")),
        max_tasks_per_child=_count(found.get("worker_max_tasks_per_child")),
    )


def _is_of_node(document: object) -> bool:
    return isinstance(document, Mapping) and isinstance(document.get("pool"), Mapping)


def _pool(implementation: str) -> str:
    """``celery.concurrency.prefork:TaskPool`` is prefork; that of 3.1 is ``celery.concurrency.processes``."""
    name = implementation.partition(":")[0].rpartition(".")[2]
    return {"processes": "prefork", "thread": "threads"}.get(name, name)


def _count(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
