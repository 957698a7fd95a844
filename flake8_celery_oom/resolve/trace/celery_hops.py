"""The last hop: a celery command, or a call of Celery's own functions, becomes workers."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace

from flake8_celery_oom.celery.command_line import CeleryCommand, Entry, find_program, read_commands
from flake8_celery_oom.celery.multi import MOST_NODES, STARTING_VERBS
from flake8_celery_oom.celery.other_commands import read_other_command
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.facts import Launch, Problem
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs.wrappers import program_name
from flake8_celery_oom.resolve.shell.fields import field_of, written
from flake8_celery_oom.resolve.trace.following import Following
from flake8_celery_oom.resolve.trace.shell_hops import script_file
from flake8_celery_oom.resolve.trace.started import Started, hops_behind, place_of, site_of
from flake8_celery_oom.resolve.trace.versions import version_behind
from flake8_celery_oom.resolve.trace.words import with_default_subcommand

PYTHON_ENTRIES: Mapping[str, Entry] = {
    "worker_main": "worker_main",
    "start": "start",
    "Worker": "keywords",
    "worker.run": "worker-class",
}
"""How words of a Python launch are read; ``Worker(...)`` gives its keywords as options of ``worker``."""
_CALLS = frozenset(PYTHON_ENTRIES.values())


def celery_command(run: Following, invocation: Invocation) -> bool:
    """A command whose program is celery under one of its names; false for another program."""
    if run.launch.kind == "python" and run.launch.name != "subprocess" and not run.entered:
        with run.entering("python"):
            return run_python(run, run.launch, invocation)
    words = invocation.words
    first = program_name(words[0])
    if words[0].text is None and first:
        words = (Word((first,), words[0].at), *words[1:])
    found = find_program(words)
    if found is None:
        return False
    if found.index and _airflow_script(run, invocation):
        return True
    return read_celery(run, words[found.index :], found.entry, invocation)


def run_python(run: Following, launch: Launch, invocation: Invocation) -> bool:
    """A command that Python starts: through the system, or by calling Celery itself."""
    entry = PYTHON_ENTRIES.get(launch.name)
    if launch.name in {"main", "call_command"}:
        words = invocation.words
        if not words or program_name(words[0]) != "celery":
            words = (literal("celery", launch.at), *words)
        return read_celery(run, words, "celery", invocation)
    if entry is not None:
        if launch.command is not None and launch.command.at == launch.at and entry in {"start", "worker_main"}:
            return _with_given_arguments(run, launch, entry, invocation)
        return read_celery(run, invocation.words, entry, invocation)
    return run.follow(invocation)


def _with_given_arguments(run: Following, launch: Launch, entry: Entry, invocation: Invocation) -> bool:
    """``app.start()`` without words of its own: what ``sys.argv`` holds, which begins with the program.

    ``start`` takes what stands behind the program in every release; ``worker_main`` of Celery 5 takes all of it.
    """
    version = version_behind(run.launch, run.launch.at.path, run.shared.version_of)
    if entry == "worker_main" and holds(version, "<5.0") is not True:
        return read_celery(run, invocation.words, entry, invocation)
    words = (literal("celery", launch.at), *invocation.words)
    return read_celery(run, words, entry, invocation, written_as="celery" if entry == "start" else entry)


def _airflow_script(run: Following, invocation: Invocation) -> bool:
    """An entry script of the project's own that puts ``airflow`` before ``celery worker``."""
    name = written(field_of(invocation.words[0]))
    path = run.paths.file(name, invocation.directory) if name else None
    script = run.facts.scripts.get(path) if path is not None else None
    if script is None or "airflow" not in script.text.text:
        return False
    before = len(run.found), len(run.shared.forwarding)
    script_file(run, invocation)
    if any(one.entry == "airflow" for one in run.found[before[0] :]):
        return True
    del run.found[before[0] :], run.shared.forwarding[before[1] :]
    return False


def read_celery(
    run: Following,
    words: tuple[Word, ...],
    entry: Entry,
    invocation: Invocation,
    written_as: Entry | None = None,
) -> bool:
    """Read the words of a celery command; words that all come from an unknown caller are kept for later.

    ``written_as``: the words are those of another entry than the one that runs them.
    """
    version = version_behind(run.launch, run.launch.at.path, run.shared.version_of)
    read_as = written_as or entry
    commands = read_commands(words, version, entry=read_as)
    if not commands:
        commands = read_commands(with_default_subcommand(words), version, entry=read_as)
    commands = tuple(replace(one, entry=entry) for one in commands)
    for command in commands:
        if run.shared.has_room(run.launch.at):
            run.shared.workers[run.launch.at.path] += 1
            record(run, command, entry, invocation)
    if len(commands) == MOST_NODES:
        cut = Problem(words[0].at or invocation.at, f"only the first {MOST_NODES} nodes of celery multi are looked at")
        run.shared.problems += [] if cut in run.shared.problems else [cut]
    open_words = any(len(word.parts) == 1 and word.holes and word.default_text is None for word in words[1:])
    if not commands and open_words and not _does_something_else(words, version):
        run.shared.forwarding.append((run, words, entry, invocation))
    return True


def _does_something_else(words: tuple[Word, ...], version: CeleryVersion) -> bool:
    """Whether the words themselves say another command: ``celery multi kill $NODES``, ``celery inspect $WHAT``."""
    texts = [word.text for word in words]
    verb = texts[texts.index("multi") + 1 :][:1] if "multi" in texts else []
    if verb:
        return verb[0] is not None and verb[0] not in STARTING_VERBS
    return read_other_command(words, version) is not None


def _behind_entrypoint(run: Following, command: CeleryCommand) -> Location | None:
    """Where the words stand that follow an entrypoint which is ``celery`` alone: options are written there."""
    behind = run.container.command
    if run.container.entrypoint is None or behind is None or command.program_at is None:
        return None
    inside = [word for word in command.words if word.at is not None and behind.at.contains(word.at)]
    if behind.at.contains(command.program_at) or not any(word.text == "worker" for word in inside):
        return None
    source = run.facts.read(behind.at.path)
    places = [word.at for word in inside if word.at is not None]
    return source.location(min(at.start for at in places), max(at.end for at in places)) if source else None


def _name(run: Following, command: CeleryCommand) -> str:
    """What the worker is called: the launch, programs of its supervisor, a node whose name is known.

    A path is no name for a program.
    """
    own = run.launch.name if not run.programs or run.launch.name != run.launch.at.path else ""
    node = command.node if "$" not in (command.node or "") else None
    return " ".join(filter(None, (own, *run.programs, node)))


def _arguments_beside(launch: Launch) -> list[Location]:
    """Where the arguments of the entrypoint stand at which a launch is placed: ``args`` beside ``command``."""
    entrypoint, arguments = launch.entrypoint, launch.command
    if entrypoint is None or arguments is None or entrypoint.at != launch.at or arguments.at.path != launch.at.path:
        return []
    return [arguments.at]


def _is_named_by_a_variable(command: CeleryCommand, invocation: Invocation) -> bool:
    """Whether the environment gives the program alone (``$CELERY_BIN -A shop ...``): the command stands elsewhere."""
    program = command.program_at
    if program is None or invocation.at.contains(program):
        return False
    held = [word.at for word in invocation.environment.values() if word.at is not None and word.at.contains(program)]
    return any(word.at is not None and not held[0].contains(word.at) for word in command.words) if held else False


def record(run: Following, command: CeleryCommand, entry: Entry, invocation: Invocation) -> None:
    """Keep a worker that was found, with the place that starts it and the way to it."""
    own = _behind_entrypoint(run, command)
    beside = _arguments_beside(run.launch) if own is None else []
    if own is None:
        named = _is_named_by_a_variable(command, invocation)
        own = invocation.at if named else place_of(command, invocation.at, run.facts.read)
    if entry in _CALLS and invocation.at.contains(own) and invocation.at.line < own.line:
        own = invocation.at
    frames = [*run.frames, invocation.at]
    assembled = run.standalone and not frames[0].contains(own)
    sites = [site_of(frames, own, standalone=run.standalone, texts=beside)]
    if assembled:
        written = invocation.at if invocation.at.contains(own) else own
        sites = [written, frames[0]] if frames[0].path == own.path else [frames[0]]
    workdir = command.workdir.value if isinstance(command.workdir, Known) else ""
    folder = run.paths.folder_of(posixpath.normpath(posixpath.join(invocation.directory, workdir)))
    for site in sites:
        hops = hops_behind(site, [*frames, own])
        run.found.append(
            Started(
                run.launch.kind,
                _name(run, command),
                site,
                hops,
                command,
                entry,
                invocation.environment,
                folder,
                run.launch if not run.standalone or run.launch.image is not None else None,
                run.launch.container or f"{run.launch.at.path}#{run.launch.name}",
                standalone=run.standalone,
                assembled=assembled,
                detours=invocation.detours,
            )
        )
