"""Compares what our reader makes of a command line with what a real Celery answered."""

from __future__ import annotations

from typing import Any, TypeAlias

from flake8_celery_oom.celery.command_line import CeleryCommand, read_commands
from flake8_celery_oom.celery.options import GLOBAL_OPTIONS, WORKER_OPTIONS
from flake8_celery_oom.model import CeleryVersion, Known, literal

Answer: TypeAlias = Any
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
    real = {name: normal(name, value) for name, value in answer[0].items() if name not in DROPPED_SILENTLY}
    read = {name: normal(name, value) for name, value in as_given(command).items() if name not in DROPPED_SILENTLY}
    if real != read:
        return f"{real}, but we read {read}"
    settings = {name.lower().replace("celeryd_", "worker_"): str(value) for name, value in dict(*answer[1:]).items()}
    read_settings = {name: value.text for name, value in command.settings.items()}
    if settings.keys() != read_settings.keys():
        return f"settings {settings}, but we read {read_settings}"
    for name, value in settings.items():
        if value not in {read_settings[name], "True", "False"}:
            return f"settings {settings}, but we read {read_settings}"
    return None
