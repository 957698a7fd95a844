"""A bound of a worker has a value that Celery does not take: the worker does not start, or loses every child.

## What it finds

Values of `-c`, `--autoscale`, `--max-tasks-per-child`, `--max-memory-per-child`, `--prefetch-multiplier` and `-P`, and
of the settings for children, tasks and memory:

- no whole number: `-c two`, `--max-memory-per-child=200MB`;
- negative: `-c -1`;
- `--max-tasks-per-child=0`, which does not mean "no limit";
- an option without its value;
- a setting that is a string, mostly because it comes from the environment: `os.environ.get("CHILD_KIB", "200000")`.
  Celery 4 makes a number of it; Celery 5 does not;
- a setting that becomes a string once the environment sets it: `os.environ.get("CHILD_KIB", 200000)`; not where the
  variable is one that Celery 5 reads itself, as a number, before it looks at the setting;
- a setting that is a boolean or a fraction: `worker_max_tasks_per_child = True`, `worker_concurrency = 2.5`;
- `CELERY_WORKER_CONCURRENCY=two` and its like in the environment, with Celery 5.

For strings and variables the version must be known. This rule replaces CO101 and CO201 for the workers that it
explains.

## Why it matters

Most of these keep the worker from starting. A string in `worker_max_memory_per_child` is worse: with Celery 5 the
worker starts, its tasks are done, and each child dies of a `TypeError` after the first one: a new process for every
task.

## Example

```text title="requirements.txt"
celery==5.4.0
```

```python title="shop.py"
import os

from celery import Celery

app = Celery("shop")
app.conf.worker_max_memory_per_child = os.environ.get("CHILD_KIB", "200000")
```

```text title="Procfile"
worker: celery -A shop worker -c 2
```

## Fix

```python title="shop.py"
import os

from celery import Celery

app = Celery("shop")
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
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.analysis.readings import command_of, forks
from flake8_celery_oom.celery.environment import PREFIX, certain_variable_name
from flake8_celery_oom.celery.options import WORKER_OPTIONS
from flake8_celery_oom.celery.values import expected, integer, is_auto, trouble
from flake8_celery_oom.celery.versions import shown
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.quoting import quoted
from flake8_celery_oom.core.results import Project, Setting, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.wishes import Advise, RemoveOptions, SetOption, SetValue, Wish, WrapInInt
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.numbers import concurrency, kib_meant, max_memory
from flake8_celery_oom.rules.places import Place, by_command, callers_related, each
from flake8_celery_oom.rules.wishes import Amount
from flake8_celery_oom.rules.wording import variable_behind

RULE = Rule(
    code="CO107",
    name="invalid-option-value",
    severity="error",
    on=True,
    summary="A value that Celery does not take: `-c two`, `200MB`, `--max-tasks-per-child=0`, a string for a number",
)


@dataclass(frozen=True, slots=True)
class Meant:
    """Of which option a wrong value is, as a text; ``at`` where Python code gives the text instead of a number.

    A text that only the environment gives is empty. ``in_variable``: it is the value of a variable that Celery reads.
    """

    option: str
    text: str
    at: Location | None = None
    in_variable: bool = False


BOUNDS = frozenset(
    {"concurrency", "autoscale", "pool", "max_tasks_per_child", "max_memory_per_child", "prefetch_multiplier"}
)
CONCURRENCY = next(option for option in WORKER_OPTIONS if option.name == "concurrency")
FROM_VARIABLES = frozenset({"env", "autoscale"})
WRONG_VALUE = frozenset({"invalid-value", "missing-value"})
LIMITS = ("max_tasks_per_child", "max_memory_per_child")

Wrong: TypeAlias = tuple[Location, str, str, Meant]
"""The place of a value, what happens to the worker because of it, why, and what may have been meant."""

STAYS_DOWN = "does not start"
LOSES_CHILDREN = "loses each process after its first task"
ONCE_SET = " if the environment sets it"
HAPPENS = {"stays-down": STAYS_DOWN, "loses-children": LOSES_CHILDREN, None: ""}
OF_SEVERAL = {
    STAYS_DOWN: "do not start",
    LOSES_CHILDREN: "lose each process after its first task",
    STAYS_DOWN + ONCE_SET: f"do not start{ONCE_SET}",
    LOSES_CHILDREN + ONCE_SET: f"lose each process after its first task{ONCE_SET}",
}


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Values that keep a worker from starting, or its children from living; each once."""
    found: dict[Wrong, list[Worker]] = {}
    for group in by_command(project.workers).values():
        for worker in group:
            for wrong in (*_on_command_line(worker), *_in_environment(worker), *_numbers(worker), *_settings(worker)):
                found.setdefault(wrong, []).append(worker)
    for (at, happens, why, meant), workers in found.items():
        place = Place(at, tuple(workers), callers_related(workers, at))
        message = f"{place.subject} {each(place, happens, OF_SEVERAL[happens])}: {why}"
        version = shown(workers[0].version)
        yield RULE.finding(at, message, place.related, _wish(place, meant, project, config), [version])


def _wish(place: Place, meant: Meant, project: Project, config: Config) -> Wish | None:
    """What would mend it: the amount of KiB that is written otherwise, no option instead of 0, int() around a text."""
    match meant:
        case Meant("concurrency" | "max_tasks_per_child" | "max_memory_per_child" as option, text, Location() as at):
            return WrapInInt(at, "safe", option, place.workers) if not text or text.strip().isdecimal() else None
        case Meant(text=""):
            return None
        case Meant("concurrency", in_variable=True):
            return _set_there(place, concurrency(config))
        case Meant("max_memory_per_child", text, in_variable=True):
            return _set_there(place, kib_meant(text) or max_memory(config, place.workers, project))
        case Meant(in_variable=True):
            return None
        case Meant("max_memory_per_child", text):
            return _set_option(place, kib_meant(text) or max_memory(config, place.workers, project))
        case Meant("max_tasks_per_child", text) if text.lstrip("-").isdecimal():
            return RemoveOptions(place.workers, ("max_tasks_per_child",), "unsafe")
        case Meant("concurrency"):
            return _set_option(place, concurrency(config))
        case _:
            return None


def _set_there(place: Place, number: Amount) -> Wish:
    if isinstance(number, Advise):
        return number
    return SetValue(place.at, number.value, number.safety, number.option, place.workers, doubt=number.doubt)


def _set_option(place: Place, number: Amount) -> Wish:
    if isinstance(number, Advise):
        return number
    return SetOption(place.workers, number.option, number.value, place.at, number.safety, number.doubt)


def _on_command_line(worker: Worker) -> Iterator[Wrong]:
    command = command_of(worker)
    for refusal in command.refusals if command else ():
        if refusal.kind in WRONG_VALUE and refusal.option in BOUNDS:
            word = command.options[refusal.option] if command else None
            text = word.value.shown if isinstance(word, Known) and refusal.kind == "invalid-value" else ""
            if _is_auto(refusal.option, text):
                continue
            yield refusal.at or worker.command_at, STAYS_DOWN, refusal.message, Meant(refusal.option, text)


def _is_auto(option: str, text: str | None) -> bool:
    """Whether a value is ``auto``, which CO102 speaks of where the version does not know it."""
    return option == "concurrency" and text is not None and is_auto(text)


def _in_environment(worker: Worker) -> Iterator[Wrong]:
    """Variables that Celery 5 reads as options, and whose value it does not take."""
    for variable in worker.variables:
        taken, text = getattr(worker, variable.option), variable.word.text
        option = next(option for option in WORKER_OPTIONS if option.name == variable.option)
        wanted = expected(option, text, worker.version) if text else None
        command = command_of(worker)
        read = command is not None and certain_variable_name(variable.option, command.entry, worker.version)
        taken_from_it = not isinstance(taken, Unset) and taken.origin in FROM_VARIABLES
        if read == variable.name and wanted and taken_from_it and not _is_auto(variable.option, text):
            why = f"{variable.name} of {shown(worker.version)} needs {wanted}, not {quoted(text)}"
            yield variable.word.at or variable.at, STAYS_DOWN, why, Meant(variable.option, text or "", in_variable=True)


def _numbers(worker: Worker) -> Iterator[Wrong]:
    tasks, children = worker.max_tasks_per_child, worker.concurrency
    if isinstance(tasks, Known) and tasks.value <= 0 and forks(worker.pool):
        no_number = f"max-tasks-per-child {tasks.value} is no number of tasks"
        why = f"{no_number}; leave it out for no limit"
        meant = Meant("max_tasks_per_child" if tasks.origin == "cli" else "", str(tasks.value))
        yield tasks.at or worker.command_at, STAYS_DOWN, why, meant
    if not isinstance(children, Known) or not isinstance(children.value, int) or children.value >= 0:
        return
    refused = children.origin in {"cli", "env"} and expected(CONCURRENCY, str(children.value), worker.version)
    if not refused:
        why = f"{children.value} is no number of children"
        meant = Meant("concurrency" if children.origin == "cli" else "", str(children.value))
        yield children.at or worker.command_at, STAYS_DOWN, why, meant


def _settings(worker: Worker) -> Iterator[Wrong]:
    """Settings that are strings, booleans or fractions where this version needs a number."""
    if worker.app is None or not forks(worker.pool):
        return
    for name in ("concurrency", *LIMITS):
        taken = getattr(worker, name)
        if not isinstance(taken, Unknown) or taken.origin != "settings" or taken.at is None:
            continue
        setting = worker.app.settings.get(f"worker_{name}")
        read_at = worker.app.uncast.get(f"worker_{name}")
        value = _written(setting)
        happens = HAPPENS[trouble(f"worker_{name}", "1" if value is None else value, worker.version)]
        if isinstance(value, str) and happens:
            mend = "use int(...)" if integer(value) is not None else "it has to be a number"
            why = f"worker_{name} is the text {quoted(value)}; {mend}"
            yield taken.at, happens, why, Meant(name, value, taken.at)
        elif value is not None and happens:
            why = f"worker_{name} is {quoted(value)}; it has to be a whole number"
            yield taken.at, happens, why, Meant("", "")
        elif read_at is not None and happens and variable_behind(setting) != f"{PREFIX}{name.upper()}":
            why = f"worker_{name} is then text; use int(...)"
            number = str(setting.default) if isinstance(setting, Unknown) and type(setting.default) is int else ""
            yield read_at, happens + ONCE_SET, why, Meant(name, number, read_at)


def _written(setting: Value[Setting] | None) -> Setting:
    """What is written for a setting, as far as it can be of the wrong type; None when that is not known."""
    match setting:
        case Known(str() | bool() | float() as value) | Unknown(default=str() as value):
            return value
        case _:
            return None
