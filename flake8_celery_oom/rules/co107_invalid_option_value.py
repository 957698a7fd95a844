"""A bound of a worker has a value that Celery does not take: the worker does not start, or loses every child.

## What it finds

Values of `-c`, `--autoscale`, `--max-tasks-per-child`, `--max-memory-per-child`, `--prefetch-multiplier` and `-P`, and
of the settings for children, tasks and memory:

- no whole number: `-c two`, `--max-memory-per-child=200MB`;
- negative: `-c -1`;
- `--max-tasks-per-child=0`, which does not mean "no limit";
- an option without its value;
- a setting that is a string, mostly because it comes from the environment: `os.environ.get("CHILD_KIB", "200000")`.
  Celery 4 makes a number of it; Celery 5 does not.

For strings the version must be known. This rule replaces CO101 and CO201 for the workers that it explains.

## Why it matters

Most of these keep the worker from starting. A string in `worker_max_memory_per_child` is worse: with Celery 5 the
worker starts, its tasks are done, and each child dies of a `TypeError` after the first one: a new process for every
task.

## Example

```python
app.conf.worker_max_memory_per_child = os.environ.get("CHILD_KIB", "200000")
```

## Fix

```python
app.conf.worker_max_memory_per_child = int(os.environ.get("CHILD_KIB", "200000"))
```

## When to suppress

Hardly ever. When an option is added to Celery by the app, and takes what Celery would not.

## Evidence

The option parsers of Celery 3.1.26, 4.4.7, 5.0.5 and 5.7.0, and workers that were started with these values.
`billiard/pool.py`: `maxtasksperchild must be a positive int or None`; `'>' not supported between instances of 'str' and
'int'`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.config import Config
from flake8_celery_oom.model import CeleryVersion, Finding, Known, Location, Project, Setting, Unknown, Value, Worker
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import Place, by_command, callers_related, each
from flake8_celery_oom.rules.wording import command_of, forks, spoken

RULE = Rule(
    code="CO107",
    name="invalid-option-value",
    severity="error",
    on=True,
    summary="A value that Celery does not take: `-c two`, `200MB`, `--max-tasks-per-child=0`, a string for a number",
)

BOUNDS = frozenset(
    {"concurrency", "autoscale", "pool", "max_tasks_per_child", "max_memory_per_child", "prefetch_multiplier"}
)
WRONG_VALUE = frozenset({"invalid-value", "missing-value"})
LIMITS = ("max_tasks_per_child", "max_memory_per_child")

Wrong: TypeAlias = tuple[Location, str, str]
"""The place of a value, what happens to the worker because of it, and why."""

STAYS_DOWN = "does not start"
LOSES_CHILDREN = "loses each child after its first task"
OF_SEVERAL = {STAYS_DOWN: "do not start", LOSES_CHILDREN: "lose each child after its first task"}


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Values that keep a worker from starting, or its children from living; each once."""
    found: dict[Wrong, list[Worker]] = {}
    for group in by_command(project.workers).values():
        for worker in group:
            for wrong in (*_on_command_line(worker), *_numbers(worker), *_strings(worker)):
                found.setdefault(wrong, []).append(worker)
    for (at, happens, why), workers in found.items():
        place = Place(at, tuple(workers), callers_related(workers, at))
        yield RULE.finding(at, f"{place.subject} {each(place, happens, OF_SEVERAL[happens])}: {why}", place.related)


def _on_command_line(worker: Worker) -> Iterator[Wrong]:
    command = command_of(worker)
    for refusal in command.refusals if command else ():
        if refusal.kind in WRONG_VALUE and refusal.option in BOUNDS:
            yield refusal.at or worker.command_at, STAYS_DOWN, refusal.message


def _numbers(worker: Worker) -> Iterator[Wrong]:
    tasks, children = worker.max_tasks_per_child, worker.concurrency
    if isinstance(tasks, Known) and tasks.value <= 0 and forks(worker.pool):
        why = f"max-tasks-per-child {tasks.value} is no number of tasks; leave it out for no limit"
        yield tasks.at or worker.command_at, STAYS_DOWN, why
    refused = holds(worker.version, ">=5.7") is True and isinstance(children, Known) and children.origin == "cli"
    if isinstance(children, Known) and isinstance(children.value, int) and children.value < 0 and not refused:
        yield children.at or worker.command_at, STAYS_DOWN, f"{children.value} is no number of children"


def _strings(worker: Worker) -> Iterator[Wrong]:
    """Settings that are strings where this version needs a number, and that the worker takes."""
    if worker.app is None or not forks(worker.pool):
        return
    for name in ("concurrency", *LIMITS):
        taken = getattr(worker, name)
        text = _text(worker.app.settings.get(f"worker_{name}"))
        if text is None or not isinstance(taken, Unknown) or taken.origin != "settings" or taken.at is None:
            continue
        happens = _what_happens(name, text, worker.version)
        if happens:
            why = f"worker_{name} is the string {text!r}{spoken(worker.version)}; make it a number with int(...)"
            yield taken.at, happens, why


def _text(setting: Value[Setting] | None) -> str | None:
    match setting:
        case Known(str() as text) | Unknown(default=str() as text):
            return text
        case _:
            return None


def _what_happens(name: str, text: str, version: CeleryVersion) -> str:
    if name == "concurrency":
        breaks = text.lower() != "auto" and holds(version, ">=5.0,<5.7")
        return STAYS_DOWN if breaks and text else ""
    if not holds(version, ">=5.0"):
        return ""
    return LOSES_CHILDREN if name == "max_memory_per_child" else STAYS_DOWN
