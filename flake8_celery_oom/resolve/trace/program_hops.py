"""Hops through programs that start others: supervisors, task runners, containers, Python programs of the project."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace

from flake8_celery_oom.celery.image_workers import image_worker
from flake8_celery_oom.celery.program_images import program_image
from flake8_celery_oom.celery.programs import find_program
from flake8_celery_oom.core.facts import Argv, EnvironmentSource, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.containers.images import Container, build_named, container_of, inside, is_foreign
from flake8_celery_oom.resolve.facts.environment import environment_of
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs import runners
from flake8_celery_oom.resolve.programs.compose_run import service_command as service_command_of
from flake8_celery_oom.resolve.programs.docker_run import DockerRun
from flake8_celery_oom.resolve.programs.docker_run import docker_run as docker_run_of
from flake8_celery_oom.resolve.programs.invoke_tasks import invoked
from flake8_celery_oom.resolve.programs.reachable_functions import Spans
from flake8_celery_oom.resolve.programs.services import ServiceRequest, defaults_of
from flake8_celery_oom.resolve.programs.supervisors import supervised, with_environment
from flake8_celery_oom.resolve.trace.celery_hops import read_celery, run_python
from flake8_celery_oom.resolve.trace.following import Following
from flake8_celery_oom.resolve.trace.shell_hops import read_script, script_file, shell_text, text_word
from flake8_celery_oom.resolve.trace.started import Started
from flake8_celery_oom.resolve.trace.words import filled, with_variables

_STARTING = frozenset({"entrypoint", "launch", "run", "start"})
_OTHER_WORDS = """
beat celerybeat check config cron exit exporter flower health healthcheck healthz init inspect install kill liveness log
logs monitor ping probe purge readiness restart scheduler setup status stop test tests wait
"""
_NO_WORKER = frozenset(_OTHER_WORDS.split())
"""A word in the name of a program that does something else than to start a worker."""
_SEVERAL_COMMANDS = re.compile(r"[|&;<>\n]")


def launches(run: Following, launches: list[Launch], invocation: Invocation) -> bool:
    """Programs of a supervisor, targets of make...: each runs in this container, with its own words."""
    for launch in launches:
        entering = run.entering(f"{launch.at.path}:{launch.at.start}")
        with entering as fresh, run.frame(invocation.at), run.program(launch):
            key = _followed_as(run, launch, invocation)
            if not fresh or launch.command is None or not run.first_time(key, invocation.environment):
                continue
            inner = replace(
                invocation,
                words=(),
                environment=environment_of(launch, invocation.environment, run.facts),
                directory=posixpath.normpath(posixpath.join(invocation.directory, launch.workdir or "")),
                at=launch.at,
            )
            command = launch.command
            if isinstance(command, ShellText):
                run.ask(hole.hole.name for hole in command.text.holes if hole.hole.name)
            if isinstance(command, ShellText) and launch.kind in {"supervisor", "circus"}:
                command = replace(command, text=with_environment(command.text, inner.environment))
            if isinstance(command, ShellText) and command.shell:
                shell_text(run, command.text, (), inner)
            else:
                run.follow(replace(inner, words=run.words(command)))
    return bool(launches)


def _followed_as(run: Following, launch: Launch, invocation: Invocation) -> tuple[object, ...]:
    """Everything that decides what a task leads to from one place, so that chains of tasks are followed once."""
    own = [frame for frame in run.frames if run.launch.at.contains(frame)]
    words = launch.command.text.text if isinstance(launch.command, ShellText) else ""
    return launch.at, words, invocation.directory, invocation.copied, own[-1] if own else None


def docker_run(run: Following, invocation: Invocation) -> bool:
    """``docker run image words``: what the image's entrypoint makes of the words.

    Without words they are those of the image's CMD. Of an image that the project does not build, the words are run.
    """
    started = docker_run_of(invocation.words)
    if started is None or (started.words and started.words[0].text is None):
        return False
    launch = _container_launch(run, started, invocation)
    build = build_named(started.image.text, run.facts)
    before = len(run.found)
    if build is not None:
        container = inside(run.facts.images[build.dockerfile], build, run.facts)
        with run.launched(launch), run.inside(container, posixpath.dirname(build.dockerfile)):
            _run_image(run, container, started, replace(invocation, directory=container.directory))
        return len(run.found) > before
    name = started.image.text or started.image.default_text or ""
    container = replace(run.container, entrypoint=None, image=name, program=program_image(name))
    environment = environment_of(launch, {}, run.facts)
    with run.launched(launch), run.holding(container), run.frame(invocation.at):
        program = container.program
        words = started.words if program is None else program.command(started.words)
        inner = replace(invocation, words=words, environment=environment)
        return run.follow(inner) if words else worker_of_image(run, inner)


def _container_launch(run: Following, started: DockerRun, invocation: Invocation) -> Launch:
    """The launch that ``docker run`` is: a container of its own, with the variables and the limit that it is given."""
    sources = [
        EnvironmentSource("file", name, invocation.at, run.paths.file(name, invocation.directory))
        for word in started.options.get("env-file", ())
        if (name := word.text)
    ]
    return replace(
        run.launch,
        image=started.image.text,
        build=None,
        environment=started.variables(invocation.environment),
        environment_from=tuple(sources),
        memory_limit=started.memory_limit(),
        container=run.own_container(invocation.at),
    )


def _run_image(run: Following, container: Container, started: DockerRun, invocation: Invocation) -> None:
    """An image of the project with the words for its entrypoint, or those of its CMD."""
    command = Argv(started.words, invocation.at) if started.words else container.command
    environment = environment_of(run.launch, container.environment, run.facts)
    inner = replace(invocation, words=(), environment=environment)
    if isinstance(container.entrypoint, ShellText):
        return
    if container.entrypoint is None and isinstance(command, ShellText):
        with run.frame(invocation.at):
            shell_text(run, command.text, (), inner)
        return
    entry = container.entrypoint.words if container.entrypoint is not None else ()
    run.follow(replace(inner, words=(*entry, *(run.words(command) if command is not None else ()))))


def service_command(run: Following, invocation: Invocation) -> bool:
    """``docker compose run service words``: what the entrypoint of the service makes of the words."""
    asked = service_command_of(invocation.words)
    if asked is None:
        return False
    named = [one for one in run.facts.launches if one.kind == "compose" and one.name == asked.service]
    service = min(named, key=lambda one: _distance(one.at.path, run.launch.at.path), default=None)
    inner = replace(invocation, words=asked.words)
    if service is None:
        return run.follow(inner)
    limit, own = service.memory_limit, run.own_container(invocation.at)
    launch = replace(run.launch, image=service.image, build=service.build, memory_limit=limit, container=own)
    container = container_of(service, run.facts)
    before = len(run.found)
    with run.launched(launch):
        if asked.through_entrypoint and isinstance(container.entrypoint, Argv):
            environment = {**container.environment, **asked.variables(invocation.environment)}
            words = (*container.entrypoint.words, *asked.words)
            with run.inside(container, posixpath.dirname(service.at.path)):
                run.follow(replace(inner, words=words, environment=environment, directory=container.directory))
        return len(run.found) > before or run.follow(inner)


def _distance(path: str, other: str) -> int:
    """How many folders two files do not have in common."""
    one, two = (set(_folders(file)) for file in (path, other))
    return len(one ^ two)


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def s6_services(run: Following, invocation: Invocation) -> None:
    """The services of s6-overlay, whose ``/init`` runs them beside the image's command."""
    run.bounded()
    for script in runners.s6_services(run.facts, run.container):
        with run.frame(invocation.at):
            read_script(run, script, (), known_caller=True, invocation=invocation)


def _python_tasks(run: Following, invocation: Invocation) -> bool:
    """Tasks of Invoke or Fabric: the commands of their functions."""
    tasks = invoked(run.facts, run.paths, invocation)
    before = len(run.found)
    for task in tasks:
        with run.frame(invocation.at):
            _python_script(run, task.path, task.arguments, invocation, task.spans)
    if len(run.found) > before and "/" in (run.launch.image or "") and is_foreign(run.launch, run.facts):
        del run.found[before:]  # an image that holds no file of the project has tasks of its own
        _unknown_worker(run, invocation)
    return bool(tasks)


def named_after_worker(run: Following, invocation: Invocation) -> bool:
    """A program that a launch runs and that nothing here shows, by whose name it is a worker of Celery."""
    name = posixpath.basename(invocation.words[0].text or "")
    if run.standalone or run.entered or not _says_worker(name) or run.facts.ending_with(name):
        return False
    _unknown_worker(run, invocation)
    return True


def worker_of_image(run: Following, invocation: Invocation) -> bool:
    """Words that the image of a container is known to start a worker for, without anything of it being here."""
    words = invocation.words
    row = image_worker(run.container.image, words, invocation.environment)
    if row is None or (row.images and run.standalone and run.launch.image is None):
        return False
    if run.container.entrypoint is not None and not row.is_program:
        return False
    if not words and run.facts.modules.ending(f"{row.app}/__init__.py", run.launch.at.path):
        return False  # the project makes the image: its own files say what it starts
    run.ask(row.variables)
    made = (replace(word, at=word.at or invocation.at) for word in row.celery_words(words, invocation.environment))
    return read_celery(run, tuple(made), "program", invocation)


def _says_worker(name: str) -> bool:
    """Whether a program is called after a worker of Celery, or after starting Celery: ``run-celery-worker.sh``."""
    stem = re.sub(r"\.(?:sh|bash)$", "", name.lower()).replace("celeryworker", "celery-worker")
    words = set(re.split(r"[-_.]", stem))
    if "celery" not in words or words & _NO_WORKER:
        return False
    return bool(words & {"worker", "workers"} or words & _STARTING)


def _unknown_worker(run: Following, invocation: Invocation) -> None:
    """A worker of which the command says nothing."""
    at = invocation.at
    shown = " ".join(word.shown for word in invocation.words)
    words = (literal("celery", at), literal("worker", at), Word((Hole(f"`{shown}`", at=at, several=True),), at))
    read_celery(run, words, "celery", invocation)


def _console_script(run: Following, invocation: Invocation) -> bool:
    """A program that a package of the project installs."""
    parts = run.shared.programs.of_console_script(invocation)
    if parts is None:
        return False
    with run.frame(invocation.at):
        _python_parts(run, parts, invocation)
    return True


def _python_parts(run: Following, parts: list[tuple[str, Spans]], invocation: Invocation) -> None:
    """The commands that functions of Python programs build."""
    for path, spans in parts:
        _python_script(run, path, invocation.words[1:], invocation, spans)


def _python_script(
    run: Following,
    path: str,
    arguments: tuple[Word, ...],
    invocation: Invocation,
    spans: tuple[tuple[int, int], ...] | None = None,
) -> None:
    """The commands that a Python script of the project, or parts of it, builds, with its arguments filled in."""
    first = 2 if posixpath.dirname(path).endswith("management/commands") else 1
    with run.entering(path) as fresh:
        if not fresh:
            return
        before = len(run.found)
        ways: dict[Location, list[list[Started]]] = {}
        for launch in run.facts.launches_in(path):
            if launch.kind != "python" or launch.command is None:
                continue
            if spans is not None and not any(start <= launch.at.start < end for start, end in spans):
                continue
            command = launch.command
            if isinstance(command, ShellText) and not _SEVERAL_COMMANDS.search(command.text.text):
                command = replace(command, shell=False)
            words: list[Word] = []
            for word in run.words(command):
                run.ask(hole.name for hole in word.holes if hole.name)
                words.extend(filled(with_variables(word, invocation.environment), arguments, first))
            detours = invocation.detours + launch.unlikely
            known = len(run.found)
            run_python(run, launch, replace(invocation, words=tuple(words), at=launch.at, detours=detours))
            ways.setdefault(launch.at, []).append(run.found[known:])
            if len(run.found) > known:
                run.shared.reached.add(launch.at)
        run.found[before:] = (one for found in ways.values() for one in _that_start(found))


def _that_start(ways: list[list[Started]]) -> list[Started]:
    """What the ways through one call start: those that Celery refuses are not taken where others start.

    ``worker_main(["worker", *sys.argv[1:]] if "worker" not in sys.argv else sys.argv)``.
    """
    every = [one for way in ways for one in way]
    starting = [one for one in every if not one.command.refusals]
    return starting if len(ways) > 1 and starting else every


def own_program(run: Following, invocation: Invocation) -> bool:
    """A program of the project itself: a task, a Python file, a script, a console script."""
    if _python_tasks(run, invocation):
        return True
    script = runners.python_script(run.facts, run.paths, invocation)
    if script is None:
        return script_file(run, invocation) or _console_script(run, invocation)
    path, arguments = script
    parts = run.shared.programs.of_file(path, arguments)
    with run.frame(invocation.at):
        if parts is None:
            _python_script(run, path, arguments, invocation)
        else:
            _python_parts(run, parts, invocation)
    return True


def own_celery_command(run: Following, invocation: Invocation) -> bool:
    """``manage.py celery`` where the project has a command of this name itself, which starts a worker."""
    found = find_program(invocation.words)
    if found is None or found.entry != "manage.py":
        return False
    script = runners.django_command(run.facts, run.paths, invocation.words[found.index :])
    if script is None or not any(launch.kind == "python" for launch in run.facts.launches_in(script[0])):
        return False
    before = len(run.found)
    with run.frame(invocation.at):
        _python_script(run, *script, invocation)
    return len(run.found) > before


def service(run: Following, service: ServiceRequest, invocation: Invocation) -> bool:
    """An init script that is asked to start something; what nothing of the project tells is not guessed."""
    if not service.starts:
        return True
    at = invocation.words[0].at
    if service.name in {"supervisor", "supervisord"}:
        started = replace(invocation, words=(literal("supervisord", at),))
        return launches(run, supervised(run.facts, run.paths, started), started) or True
    if not script_file(run, replace(invocation, words=(literal(service.script, at), literal("start", at)))):
        launches(run, defaults_of(service.name, run.facts), invocation)
    return True


def side_by_side(run: Following, invocation: Invocation) -> bool:
    """``concurrently "npm:worker" "celery ..."``: every word is a command."""
    commands = runners.side_by_side(invocation.words)
    with run.frame(invocation.at):
        for command in commands:
            text_word(run, command, (), invocation)
    return bool(commands)
