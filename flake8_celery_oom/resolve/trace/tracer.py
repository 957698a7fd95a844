"""One launch is followed, hop by hop, to the Celery workers behind it.

Its command may be a wrapper, a shell text, a script of the project, a supervisor, a task runner. Each hop is followed
with the environment and the working directory that it has there, until a celery command is met or nothing more is
known.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace

from flake8_celery_oom.core.facts import Command, ShellText
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs import runners
from flake8_celery_oom.resolve.programs.services import requested
from flake8_celery_oom.resolve.programs.supervisors import supervised, watched
from flake8_celery_oom.resolve.programs.wrappers import program_name, unwrap
from flake8_celery_oom.resolve.trace.celery_hops import celery_command
from flake8_celery_oom.resolve.trace.following import Following
from flake8_celery_oom.resolve.trace.program_hops import (
    docker_run,
    launches,
    named_after_worker,
    own_celery_command,
    own_program,
    s6_services,
    service,
    service_command,
    side_by_side,
    worker_of_image,
)
from flake8_celery_oom.resolve.trace.shell_hops import shell, shell_text, text_word
from flake8_celery_oom.resolve.trace.words import (
    runs_its_arguments,
    with_default_program,
)

MAX_HOPS = 14
SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"})


def start(run: Following, entrypoint: Command | None, command: Command | None) -> None:
    """Run ENTRYPOINT and CMD as the container runtime joins them.

    Where both are those of the image, the place where its Dockerfile says them is a hop.
    """
    own = command or entrypoint
    if own is None or run.launch.command is not None or run.launch.entrypoint is not None:
        _start(run, entrypoint, command)
        return
    with run.frame(own.at):
        _start(run, entrypoint, command)


def _start(run: Following, entrypoint: Command | None, command: Command | None) -> None:
    """A shell-form ENTRYPOINT ignores CMD, an exec-form one gets CMD's words as arguments (Docker's reference)."""
    first = Invocation((), run.environment, run.directory, run.launch.at, detours=int(run.launch.unlikely))
    if entrypoint is None:
        if isinstance(command, ShellText) and command.shell:
            shell_text(run, command.text, (), first)
        elif command is not None:
            words = run.words(command)
            program = run.container.program
            run.follow(replace(first, words=words if program is None else program.command(words)))
        else:
            worker_of_image(run, first)
        return
    if isinstance(entrypoint, ShellText) and entrypoint.shell:
        shell_text(run, entrypoint.text, (), first)
        return
    words = run.words(entrypoint)
    behind = run.words(command) if command is not None else ()
    before = len(run.found)
    known = run.follow(replace(first, words=(*words, *behind)))
    if not known and len(run.found) == before and behind:
        run.follow(replace(first, words=behind))


def follow(run: Following, invocation: Invocation) -> bool:
    """Follow one command; false when its program is nothing that this project or this package knows."""
    if len(run.entered) > MAX_HOPS:
        run.bounded()
        return True
    if not run.budget.spend() or not invocation.words:
        return True
    inner = unwrap(with_default_program(invocation.words))
    environment = {**inner.kept.of(invocation.environment), **inner.environment}
    directory = invocation.directory
    if inner.directory is not None:
        directory = posixpath.normpath(posixpath.join(directory, inner.directory))
    invocation = replace(invocation, words=inner.words, environment=environment, directory=directory)
    if inner.text is not None:
        with run.frame(invocation.at):
            text_word(run, inner.text, (), invocation)
        return True
    if not inner.words:
        return True
    return _dispatch(run, invocation)


def _dispatch(run: Following, invocation: Invocation) -> bool:
    words = invocation.words
    name = program_name(words[0])
    if name in SHELLS:
        return shell(run, invocation) or _script_named_after_worker(run, invocation)
    request = requested(words)
    if request is not None:
        return service(run, request, invocation)
    if own_celery_command(run, invocation) or celery_command(run, invocation):
        return True
    if name == "supervisord":
        return launches(run, supervised(run.facts, run.paths, invocation), invocation)
    if name == "circusd":
        return launches(run, watched(run.facts, run.paths, invocation), invocation)
    tasks = runners.tasks(run.facts, run.paths, invocation)
    if tasks:
        return launches(run, tasks, invocation)
    if words[0].text == "/init":
        s6_services(run, invocation)
        return False
    if side_by_side(run, invocation) or docker_run(run, invocation) or service_command(run, invocation):
        return True
    command = runners.inside_container(words)
    if command is not None:
        return run.follow(replace(invocation, words=command))
    if own_program(run, invocation):
        return True
    if runs_its_arguments(words):
        return run.follow(replace(invocation, words=words[1:]))
    separators = [index for index, word in enumerate(words) if word.text == "--"]
    if separators and separators[0] + 1 < len(words):
        return run.follow(replace(invocation, words=words[separators[0] + 1 :]))
    return worker_of_image(run, invocation) or named_after_worker(run, invocation)


def _script_named_after_worker(run: Following, invocation: Invocation) -> bool:
    """``sh /app/run-celery-worker.sh``: a script that nothing here shows."""
    behind = invocation.words[1:]
    return bool(behind) and named_after_worker(run, replace(invocation, words=behind))
