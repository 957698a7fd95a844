"""The option that somebody meant who wrote one that no version of Celery has.

People take the setting for the option (``--worker_max_tasks_per_child``), leave a piece out (``--max-memory``), or
remember another program (``--workers 4``).
"""

from __future__ import annotations

from difflib import get_close_matches

from flake8_celery_oom.celery.options import Option, Table

_LEADS = ("celeryd-", "celery-", "worker-", "task-")
_OTHER_PROGRAMS = {
    "workers": "--concurrency",
    "num-workers": "--concurrency",
    "worker-count": "--concurrency",
    "processes": "--concurrency",
    "procs": "--concurrency",
    "num-procs": "--concurrency",
    "threads": "--concurrency",
    "num-threads": "--concurrency",
    "parallel": "--concurrency",
    "max-workers": "--concurrency",
    "max-tasks": "--max-tasks-per-child",
    "max-requests": "--max-tasks-per-child",
    "max-memory": "--max-memory-per-child",
    "memory-limit": "--max-memory-per-child",
    "max-memory-restart": "--max-memory-per-child",
    "log-level": "--loglevel",
    "queue": "--queues",
    "prefetch": "--prefetch-multiplier",
    "worker-class": "--pool",
}
"""What other programs that run workers (gunicorn, rq, dramatiq) call the like, or what is left of a long name."""
_CLOSE = 0.86
"""So alike are names of which one is a slip of the other: ``--concurency``, ``--max-task-per-child``."""


def nearest(spelling: str, table: Table) -> tuple[str, Option] | None:
    """The spelling and the option of a table that an unknown long option means; None when nothing is near."""
    if not spelling.startswith("--"):
        return None
    name = spelling[2:].replace("_", "-").lower()
    for bare in (name, *(name.removeprefix(lead) for lead in _LEADS if name.startswith(lead))):
        found = table.options.get(f"--{bare}")
        if found is not None:
            return f"--{bare}", found
        other = _OTHER_PROGRAMS.get(bare, "")
        if other in table.options:
            return other, table.options[other]
    long = [one for one in table.options if one.startswith("--")]
    near = [one for one in long if _is_swapped(f"--{name}", one)]
    near = near or get_close_matches(f"--{name}", long, n=1, cutoff=_CLOSE)
    return (near[0], table.options[near[0]]) if near else None


def _is_swapped(spelling: str, meant: str) -> bool:
    """Whether two letters that stand together have changed places: ``--polo``."""
    differing = [index for index, pair in enumerate(zip(spelling, meant, strict=False)) if pair[0] != pair[1]]
    if len(spelling) != len(meant) or len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    first, second = differing
    return spelling[first] == meant[second] and spelling[second] == meant[first]


def is_same_name(spelling: str, meant: str) -> bool:
    """Whether an unknown option is the name of the setting of the option that is meant, or only written otherwise."""
    name = "--" + spelling[2:].replace("_", "-").lower()
    return any(name == f"--{lead}{meant[2:]}" for lead in ("", *_LEADS))
