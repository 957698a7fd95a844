"""Compares what our reader makes of a command line with what a real Celery answered."""

from __future__ import annotations

import shlex
from typing import Any, TypeAlias

from flake8_celery_oom.celery.command_line import CeleryCommand, read_commands
from flake8_celery_oom.celery.options import GLOBAL_OPTIONS, WORKER_OPTIONS
from flake8_celery_oom.celery.settings import OLD_TO_NEW
from flake8_celery_oom.core.results import CeleryVersion, HostCpus
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.resolve.workers.effective import effective

Answer: TypeAlias = Any
CPUS = 61
AUTO_CPUS = 59
KINDS = {option.name: option.kind for option in (*GLOBAL_OPTIONS, *WORKER_OPTIONS)}


def ours(argv: list[str], release: str) -> tuple[CeleryCommand, ...]:
    """What our reader makes of the words behind ``celery``."""
    return read_commands([literal(word) for word in ["celery", *argv]], CeleryVersion(f"=={release}"))


DROPPED_SILENTLY = {"no_execv", "force_execv"}
"""Flags that Celery 4 takes out of the command line before it reads it."""


def as_given(command: CeleryCommand) -> dict[str, Any]:
    """The options of a command as plain values, flags as True."""
    given: dict[str, Any] = {}
    for name, value in command.options.items():
        if isinstance(value, Known):
            given[name] = True if KINDS[name] == "flag" else value.value.text
    return given


def normal(name: str, value: Any) -> Any:
    """A value without the differences between "30" and 30.0."""
    if value is True or not isinstance(value, str):
        return value
    try:
        if KINDS.get(name) in {"int", "concurrency"}:
            return int(value)
        if KINDS.get(name) == "float":
            return repr(float(value))
    except ValueError:
        return value
    return value


def difference(argv: list[str], answer: Answer, release: str) -> str | None:
    """What our reading and the real answer do not share; None when they agree."""
    commands = ours(argv, release)
    if release == "4.4.7" and {"-h", "--help"} & {*argv}:
        return None  # this one release forgets to print its help, and starts a worker
    if answer == "-":
        return f"no worker, but we read {commands}" if commands else None
    if answer == "!":
        accepted = [command for command in commands if not command.refusals]
        return f"refused, but we read {as_given(accepted[0])}" if accepted else None
    if len(commands) != 1:
        return f"a worker, but we read {len(commands)}"
    command = commands[0]
    if command.refusals:
        return f"accepted, but we refuse: {[refusal.message for refusal in command.refusals]}"
    dropped = DROPPED_SILENTLY if release.startswith("4.") else set()
    real = {name: normal(name, value) for name, value in answer[0].items()}
    read = {name: normal(name, value) for name, value in as_given(command).items() if name not in dropped}
    if real != read:
        return f"{real}, but we read {read}"
    settings = {OLD_TO_NEW.get(name, name.lower()): str(value) for name, value in dict(*answer[1:]).items()}
    read_settings = {name: value.text for name, value in command.settings.items()}
    if settings.keys() != read_settings.keys():
        return f"settings {settings}, but we read {read_settings}"
    for name, value in settings.items():
        if value not in {read_settings[name], f"{read_settings[name]}.0", "True", "False"}:
            return f"settings {settings}, but we read {read_settings}"
    return None


def app_settings(values: dict[str, Any]) -> Any:
    """The settings of an app as ``effective`` asks for them."""

    def setting(name: str) -> Value[object]:
        short = name.removeprefix("worker_")
        return Known(values[short], None, "settings") if short in values else Unset()

    return setting


def worker_difference(question: Answer, answer: Answer, release: str) -> str | None:
    """What our reckoning of a worker and the worker that Celery built do not share; None when they agree."""
    argv, settings, variables = question
    if isinstance(answer, str):
        return None
    (command,) = ours(argv, release)
    environment = {name: literal(value) for name, value in variables.items()}
    found = effective(command, environment, app_settings(settings), CeleryVersion(f"=={release}"))
    pool, concurrency, autoscale, max_tasks, max_memory, multiplier = answer
    expected: dict[str, tuple[object, object]] = {
        "pool": (pool, plain(found.pool)),
        "autoscale": (tuple(autoscale) if autoscale else None, plain(found.autoscale)),
        "max tasks": (max_tasks, plain(found.max_tasks_per_child)),
        "max memory": (int(max_memory) if max_memory else max_memory, plain(found.max_memory_per_child)),
        "multiplier": (
            multiplier,
            4 if isinstance(found.prefetch_multiplier, Unset) else plain(found.prefetch_multiplier),
        ),
    }
    if autoscale:
        expected["concurrency"] = (autoscale[0], plain(found.concurrency))
    elif concurrency == CPUS:
        unbounded = isinstance(found.concurrency, Unset) or isinstance(plain(found.concurrency), HostCpus)
        expected["concurrency"] = (True, unbounded)
    elif concurrency == AUTO_CPUS or isinstance(concurrency, str):
        expected["concurrency"] = (True, isinstance(found.concurrency, Unknown))
    else:
        expected["concurrency"] = (concurrency, plain(found.concurrency))
    wrong = [f"{name}: {real!r}, but we reckon {ours!r}" for name, (real, ours) in expected.items() if real != ours]
    return "; ".join(wrong) or None


def plain(value: Value[Any]) -> object:
    """A known value, None for an unset one."""
    match value:
        case Known(known):
            return known
        case Unset():
            return None
        case Unknown(cause):
            return f"unknown: {cause.text}"


def multi_difference(arguments: list[str], answer: Answer, release: str) -> str | None:
    """What our nodes and those of ``celery multi show`` do not share; None when they agree."""
    commands = ours(["multi", "start", *arguments], release)
    if any(refusal.kind == "needs-equals" for command in commands for refusal in command.refusals):
        return None if " --concurrency " in answer[0] else "we miss an equals sign where none is missing"
    if len(commands) != len(answer):
        return f"{len(answer)} nodes, but we read {[command.node for command in commands]}"
    for command, line in zip(commands, answer, strict=True):
        (shown,) = ours(shlex.split(line)[3:], release)
        real, read = as_given(shown), as_given(command)
        node = real.pop("hostname").partition("@")[0]
        for added in ("pidfile", "logfile", "executable"):
            if read.get(added) is None or "%" in read[added]:
                real.pop(added, None)
                read.pop(added, None)
        if real != read:
            return f"{node}: {real}, but we read {read}"
        if node != (command.node or "").partition("@")[0]:
            return f"a node {node}, but we read {command.node}"
        if {name: word.text for name, word in shown.settings.items()} != {
            name: word.text for name, word in command.settings.items()
        }:
            return f"{node}: settings {shown.settings}, but we read {command.settings}"
        if bool(shown.refusals) != bool(command.refusals):
            return f"{node}: {shown.refusals}, but we refuse {command.refusals}"
    return None
