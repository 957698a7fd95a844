"""One launch being followed, hop by hop, to the Celery workers behind it.

Its command may be a wrapper, a shell text, a script of the project, a supervisor, a task runner. Each hop is followed
with the environment and the working directory that it has there, until a celery command is met or nothing more is
known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

from flake8_celery_oom.celery.command_line import CeleryCommand, Entry, find_program, read_commands
from flake8_celery_oom.core.facts import Argv, Command, Launch, Script, ShellText
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.containers.images import Container, build_named, inside
from flake8_celery_oom.resolve.containers.paths import CopiedFiles, Paths
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs import runners
from flake8_celery_oom.resolve.programs.console_scripts import PythonPrograms
from flake8_celery_oom.resolve.programs.invoke_tasks import invoked
from flake8_celery_oom.resolve.programs.reachable_functions import Spans
from flake8_celery_oom.resolve.programs.services import ServiceRequest, defaults_of, requested
from flake8_celery_oom.resolve.programs.supervisors import supervised, watched, with_environment
from flake8_celery_oom.resolve.programs.wrapper_table import WRAPPERS
from flake8_celery_oom.resolve.programs.wrappers import program_name, unwrap
from flake8_celery_oom.resolve.shell.budget import Budget
from flake8_celery_oom.resolve.shell.environment import ReadEnvironment, answers
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Field, field_of, word_of
from flake8_celery_oom.resolve.shell.interpreter import Interpreter
from flake8_celery_oom.resolve.shell.relevance import Relevance
from flake8_celery_oom.resolve.shell.states import State
from flake8_celery_oom.resolve.shell.variables import Variables
from flake8_celery_oom.resolve.trace.leads import Leading
from flake8_celery_oom.resolve.trace.started import Started, hops_behind, place_of, site_of
from flake8_celery_oom.resolve.trace.versions import version_behind
from flake8_celery_oom.resolve.trace.words import (
    filled,
    runs_its_arguments,
    with_default_program,
    written,
)
from flake8_celery_oom.syntax import shell_words

MAX_HOPS = 14
_SEVERAL_COMMANDS = re.compile(r"[|&;<>\n]")
_BY_FIRST_ARGUMENT = re.compile(r"\$\{?1\b")
"""A script that looks at its first argument: what it starts is not known when nobody says the argument."""
SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"})
Answers: TypeAlias = frozenset[tuple[str, str | None]]
PYTHON_ENTRIES: Mapping[str, Entry] = {
    "worker_main": "worker_main",
    "start": "start",
    "Worker": "keywords",
    "worker.run": "worker-class",
}
"""How words of a Python launch are read; ``Worker(...)`` gives its keywords as options of ``worker``."""
_CALLS = frozenset(PYTHON_ENTRIES.values())


class Shared:
    """What all launches of a project have in common while they are followed."""

    def __init__(self, facts: Facts, version_of: Callable[[str], CeleryVersion]) -> None:
        self.facts = facts
        self.version_of = version_of
        self.programs = PythonPrograms(facts)
        self.copied = CopiedFiles(facts)
        self.leading = Leading(facts)
        self.relevance = Relevance(facts, self.leading.leads, self.leading.scripts, WRAPPERS)
        self.arguments_given: dict[str, bool] = {}
        """Scripts that something runs, and whether it gives them arguments."""
        self.forwarding: list[tuple[Following, tuple[Word, ...], Entry, Invocation]] = []
        """Celery commands whose words all come from a caller that is not known here."""
        self.fruitless: dict[tuple[object, ...], list[tuple[set[str], Answers]]] = {}
        """Runs of scripts that lead to nothing: the names that each asked its environment for, and the answers."""
        self.exhausting: dict[tuple[str, tuple[str, ...]], int] = {}
        """Scripts, and what they were given, that led to nothing in so many steps, which were too few."""


class Following:
    """One launch being followed."""

    def __init__(self, shared: Shared, launch: Launch, container: Container, *, standalone: bool = False) -> None:
        self.shared = shared
        self.facts = shared.facts
        self.launch = launch
        self.container = container
        self.standalone = standalone
        self.found: list[Started] = []
        self.budget = Budget()
        self.followed: set[tuple[object, ...]] = set()
        """Tasks that this launch has led to already, from the same place and with the same environment."""
        self.frames: list[Location] = [] if standalone else [launch.at]
        self.entered: list[str] = []
        self.asked: list[set[str]] = []
        """For each script that is being read, the variables of its environment that were asked for."""
        folder = posixpath.dirname(launch.at.path)
        self.paths = Paths(self.facts, container, in_container=launch.in_container, folder=folder, copied=shared.copied)
        if launch.in_container:
            self.directory = container.directory
        else:
            self.directory = posixpath.normpath(container.directory) if container.directory else folder
        self.environment = environment_of(launch, container.environment, self.facts)

    # --- starting ---------------------------------------------------------------------------------------------------

    def start(self, entrypoint: Command | None, command: Command | None) -> None:
        """Run ENTRYPOINT and CMD as the container runtime joins them.

        A shell-form ENTRYPOINT ignores CMD, an exec-form one gets CMD's words as arguments (Docker's reference).
        """
        first = Invocation((), self.environment, self.directory, self.launch.at, detours=int(self.launch.unlikely))
        if entrypoint is None:
            if isinstance(command, ShellText) and command.shell:
                self.shell_text(command.text, (), first)
            elif command is not None:
                words = self._words(command)
                program = self.container.program
                self.run(replace(first, words=words if program is None else program.command(words)))
            return
        if isinstance(entrypoint, ShellText) and entrypoint.shell:
            self.shell_text(entrypoint.text, (), first)
            return
        words = self._words(entrypoint)
        behind = self._words(command) if command is not None else ()
        before = len(self.found)
        known = self.run(replace(first, words=(*words, *behind)))
        if not known and len(self.found) == before and behind:
            self.run(replace(first, words=behind))

    def _words(self, command: Command) -> tuple[Word, ...]:
        if isinstance(command, Argv):
            return command.words
        if command.shell:
            return (literal("/bin/sh", command.at), literal("-c", command.at), Word.of(command.text))
        if command.words is not None:
            return command.words
        expander = Expander(Variables(ReadEnvironment(self.environment, self.asked[-1] if self.asked else set())))
        fields = [value for word in shell_words.split(command.text) for value in expander.fields(word)]
        return tuple(word_of(value, command.at) for value in fields)

    # --- hops -------------------------------------------------------------------------------------------------------

    def run(self, invocation: Invocation) -> bool:
        """Follow one command; false when its program is nothing that this project or this module knows."""
        if not self.budget.spend() or len(self.entered) > MAX_HOPS or not invocation.words:
            return True
        inner = unwrap(with_default_program(invocation.words))
        environment = {**invocation.environment, **inner.environment}
        directory = invocation.directory
        if inner.directory is not None:
            directory = posixpath.normpath(posixpath.join(directory, inner.directory))
        invocation = replace(invocation, words=inner.words, environment=environment, directory=directory)
        if inner.text is not None:
            with self._frame(invocation.at):
                self._text_word(inner.text, (), invocation)
            return True
        if not inner.words:
            return True
        return self._dispatch(invocation)

    def _dispatch(self, invocation: Invocation) -> bool:
        words = invocation.words
        name = program_name(words[0])
        if name in SHELLS:
            return self._shell(invocation)
        service = requested(words)
        if service is not None:
            return self._service(service, invocation)
        if self._celery(invocation):
            return True
        if name == "supervisord":
            return self._launches(supervised(self.facts, self.paths, invocation), invocation)
        if name == "circusd":
            return self._launches(watched(self.facts, self.paths, invocation), invocation)
        tasks = runners.tasks(self.facts, self.paths, invocation)
        if tasks:
            return self._launches(tasks, invocation)
        if words[0].text == "/init":
            self._services(invocation)
            return False
        if self._side_by_side(invocation) or self._docker_run(invocation):
            return True
        command = runners.inside_container(words)
        if command is not None:
            return self.run(replace(invocation, words=command))
        if self._own_program(invocation):
            return True
        if runs_its_arguments(words):
            return self.run(replace(invocation, words=words[1:]))
        separators = [index for index, word in enumerate(words) if word.text == "--"]
        if separators and separators[0] + 1 < len(words):
            return self.run(replace(invocation, words=words[separators[0] + 1 :]))
        return False

    def _own_program(self, invocation: Invocation) -> bool:
        """A program of the project itself: a task, a Python file, a script, a console script."""
        if self._python_tasks(invocation):
            return True
        script = runners.python_script(self.facts, self.paths, invocation)
        if script is None:
            return self._script(invocation) or self._console_script(invocation)
        path, arguments = script
        parts = self.shared.programs.of_file(path, arguments)
        with self._frame(invocation.at):
            if parts is None:
                self._python_script(path, arguments, invocation)
            else:
                self._python_parts(parts, invocation)
        return True

    def _service(self, service: ServiceRequest, invocation: Invocation) -> bool:
        """An init script that is asked to start something; what nothing of the project tells is not guessed."""
        if not service.starts:
            return True
        at = invocation.words[0].at
        if service.name in {"supervisor", "supervisord"}:
            started = replace(invocation, words=(literal("supervisord", at),))
            return self._launches(supervised(self.facts, self.paths, started), started) or True
        if not self._script(replace(invocation, words=(literal(service.script, at), literal("start", at)))):
            self._launches(defaults_of(service.name, self.facts), invocation)
        return True

    def _side_by_side(self, invocation: Invocation) -> bool:
        """``concurrently "npm:worker" "celery ..."``: every word is a command."""
        commands = runners.side_by_side(invocation.words)
        with self._frame(invocation.at):
            for command in commands:
                self._text_word(command, (), invocation)
        return bool(commands)

    @contextmanager
    def _frame(self, at: Location) -> Iterator[None]:
        self.frames.append(at)
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def _entering(self, path: str) -> Iterator[bool]:
        """Guard against scripts that run each other for ever."""
        if self.entered.count(path) > 1:
            yield False
            return
        self.entered.append(path)
        try:
            yield True
        finally:
            self.entered.pop()

    # --- shells and scripts -----------------------------------------------------------------------------------------

    def _shell(self, invocation: Invocation) -> bool:
        words = list(invocation.words[1:])
        if program_name(invocation.words[0]) == "busybox" and words:
            words = words[1:]
        while words and (text := words[0].text or "").startswith(("-", "+")):
            if text in {"-o", "+o", "-O", "--rcfile", "--init-file"}:
                words = words[2:]
                continue
            if not text.startswith("--") and "c" in text:
                words = words[1:]
                while words and (words[0].text or "").startswith("-"):
                    words = words[1:]
                if words:
                    with self._frame(invocation.at):
                        self._text_word(words[0], tuple(words[1:]), invocation)
                return True
            words = words[1:]
        if words:
            return self._script(replace(invocation, words=tuple(words)))
        if invocation.stdin is not None:
            with self._frame(invocation.at):
                self.shell_text(invocation.stdin, (), invocation)
        return True

    def _text_word(self, word: Word, arguments: tuple[Word, ...], invocation: Invocation) -> None:
        """A whole command in one word: ``sh -c TEXT name arg``."""
        text = word.mapped if word.mapped is not None else self._placed_text(word, invocation.at)
        if text is not None:
            fields = tuple(field_of(argument) for argument in arguments[1:])
            self.shell_text(text, fields, invocation)

    def _placed_text(self, word: Word, fallback: Location) -> MappedText | None:
        at = word.at or fallback
        source = self.facts.read(at.path)
        text = word.text
        if source is None or text is None:
            return None
        return MappedText(source, text, [at.start] * (len(text) + 1))

    def shell_text(self, text: MappedText, arguments: tuple[Field, ...], invocation: Invocation) -> None:
        """Interpret shell text that is no file of its own."""
        defaults = " ".join(hole.hole.default or "" for hole in text.holes)
        if not self._worth(self.shared.leading.leads(f"{text.text}\n{defaults}"), map(_shown, arguments), invocation):
            return
        environment = ReadEnvironment(invocation.environment, self.asked[-1] if self.asked else set())
        state = State(Variables(environment, arguments=arguments), invocation.directory)
        state.detours = invocation.detours
        self._interpreter().execute(text, state)

    def _interpreter(self, script: str = "", dialect: str = "sh") -> Interpreter:
        relevance = self.shared.relevance
        return Interpreter(self._from_shell, self._sourced, self.budget, script, relevance, dialect, self._frame)

    def _worth(self, leads: bool, arguments: Iterable[str], invocation: Invocation) -> bool:
        """Whether a text can lead to a worker, by itself or by what is handed to it."""
        leading = self.shared.leading
        return leads or any(map(leading.leads, arguments)) or leading.environment(invocation.environment)

    def _from_shell(self, invocation: Invocation) -> None:
        """A command of a shell; what a loop starts over and over in the same way is followed once."""
        given = hash(tuple(sorted((name, word.shown) for name, word in invocation.environment.items())))
        words = tuple(word.shown for word in invocation.words)
        stdin = invocation.stdin.text if invocation.stdin is not None else None
        key = (words, invocation.at, given, invocation.directory, stdin, invocation.detours, tuple(self.frames))
        if key not in self.followed:
            self.followed.add(key)
            self.run(invocation)

    def _sourced(self, value: Field, directory: str) -> MappedText | None:
        path = self.paths.file(written(value), directory)
        script = self.facts.scripts.get(path) if path is not None else None
        if script is not None:
            return script.text
        source = self.facts.read(path) if path is not None else None
        return MappedText.plain(source) if source is not None and len(source.text) < 100_000 else None

    def _script(self, invocation: Invocation) -> bool:
        """A script of the project, by its path."""
        path = invocation.words[0].project_path
        name = written(field_of(invocation.words[0]))
        if path is None and not name:
            return False
        path = path if path is not None else self.paths.file(name, invocation.directory)
        if path is None and "/" not in name:
            self._ask(["PATH"])
        if path is None and "/" not in name and "PATH" in invocation.environment:
            path = self.paths.on_search_path(name, invocation.environment["PATH"].shown)
        script = self.facts.scripts.get(path) if path is not None else None
        if script is None:
            return False
        arguments = invocation.words[1:]
        if not self._worth(
            script.path in self.shared.leading.scripts, (_shown(field_of(word)) for word in arguments), invocation
        ):
            return True
        if self.standalone and arguments and arguments[0].several and _BY_FIRST_ARGUMENT.search(script.text.text):
            return True
        given = self.shared.arguments_given
        given[script.path] = given.get(script.path, False) or bool(arguments)
        key = self._like(script, invocation)
        coarse = script.path, tuple(word.shown for word in arguments)
        tried = self.shared.fruitless.setdefault(key, [])
        for names, found in tried:
            if answers(invocation.environment, names) == found:
                self._ask(names)
                return True
        if self.budget.part(whole=not self.entered) < 2 * self.shared.exhausting.get(coarse, 0):
            return True
        before = len(self.found), len(self.shared.forwarding)
        with self._frame(invocation.at), self.budget.share(whole=not self.entered) as share:
            fields = tuple(field_of(argument) for argument in arguments)
            asked = self.read_script(script, fields, known_caller=True, invocation=invocation)
        if before == (len(self.found), len(self.shared.forwarding)):
            if share.exhausted:
                self.shared.exhausting[coarse] = max(share.steps, self.shared.exhausting.get(coarse, 0))
            else:
                tried.append((asked, answers(invocation.environment, asked)))
        return True

    def _ask(self, names: Iterable[str]) -> None:
        """Something outside a shell looked at variables of the environment."""
        if self.asked:
            self.asked[-1].update(names)

    def _like(self, script: Script, invocation: Invocation) -> tuple[object, ...]:
        """Everything but the environment that decides what a script leads to."""
        words = tuple(word.shown for word in invocation.words[1:])
        where = invocation.directory, self.paths.folder, self.container.placed
        leads = self.shared.leading.environment(invocation.environment)
        return script.path, words, where, leads, frozenset(self.entered)

    def read_script(
        self,
        script: Script,
        arguments: tuple[Field, ...],
        *,
        known_caller: bool,
        invocation: Invocation | None = None,
    ) -> set[str]:
        """Interpret a script of the project; gives the variables that it asked its environment for."""
        with self._entering(script.path) as fresh, self._asking() as asked:
            if not fresh:
                return asked
            environment = invocation.environment if invocation is not None else self.environment
            directory = invocation.directory if invocation is not None else self.directory
            variables = Variables(
                ReadEnvironment(environment, asked),
                arguments=arguments,
                open_arguments=not known_caller,
                forwards=not known_caller and self.shared.arguments_given.get(script.path, False),
            )
            state = State(variables, directory)
            state.detours = invocation.detours if invocation is not None else 0
            self._interpreter(script.path, script.interpreter).execute(script.text, state)
        return asked

    @contextmanager
    def _asking(self) -> Iterator[set[str]]:
        """The names asked for inside the block; whatever is around it asks for them too."""
        self.asked.append(set())
        try:
            yield self.asked[-1]
        finally:
            names = self.asked.pop()
            self._ask(names)

    # --- other programs ---------------------------------------------------------------------------------------------

    def _launches(self, launches: list[Launch], invocation: Invocation) -> bool:
        """Programs of a supervisor, targets of make...: each runs in this container, with its own words."""
        for launch in launches:
            with self._entering(f"{launch.at.path}:{launch.at.start}") as fresh, self._frame(invocation.at):
                key = self._followed_as(launch, invocation)
                if not fresh or launch.command is None or key in self.followed:
                    continue
                self.followed.add(key)
                inner = replace(
                    invocation,
                    words=(),
                    environment={**invocation.environment, **launch.environment},
                    directory=posixpath.normpath(posixpath.join(invocation.directory, launch.workdir or "")),
                    at=launch.at,
                )
                command = launch.command
                if isinstance(command, ShellText):
                    self._ask(hole.hole.name for hole in command.text.holes if hole.hole.name)
                if isinstance(command, ShellText) and launch.kind in {"supervisor", "circus"}:
                    command = replace(command, text=with_environment(command.text, inner.environment))
                if isinstance(command, ShellText) and command.shell:
                    self.shell_text(command.text, (), inner)
                else:
                    self.run(replace(inner, words=self._words(command)))
        return bool(launches)

    def _followed_as(self, launch: Launch, invocation: Invocation) -> tuple[object, ...]:
        """Everything that decides what a task leads to from one place, so that chains of tasks are followed once."""
        own = [frame for frame in self.frames if self.launch.at.contains(frame)]
        given = tuple(sorted((name, word.shown) for name, word in invocation.environment.items()))
        words = launch.command.text.text if isinstance(launch.command, ShellText) else ""
        return launch.at, words, invocation.directory, hash(given), own[-1] if own else None

    def _docker_run(self, invocation: Invocation) -> bool:
        """``docker run image words``: what the image's entrypoint makes of the words, when the project builds it."""
        started = runners.docker_run(invocation.words)
        build = build_named(started[0].text, self.facts) if started is not None else None
        if started is None or build is None or (started[1] and started[1][0].text is None):
            return False
        container = inside(self.facts.images[build.dockerfile], build, self.facts)
        if not isinstance(container.entrypoint, Argv):
            return False
        outer = self.paths, self.container
        self.container = container
        self.paths = Paths(self.facts, container, in_container=True, folder=posixpath.dirname(build.dockerfile))
        words = (*container.entrypoint.words, *started[1])
        environment = {**container.environment, **invocation.environment}
        before = len(self.found)
        self.run(replace(invocation, words=words, environment=environment, directory=container.directory))
        self.paths, self.container = outer
        return len(self.found) > before

    def _services(self, invocation: Invocation) -> None:
        """The services of s6-overlay, whose ``/init`` runs them beside the image's command."""
        for script in runners.s6_services(self.facts, self.container):
            with self._frame(invocation.at):
                self.read_script(script, (), known_caller=True, invocation=invocation)

    def _python_tasks(self, invocation: Invocation) -> bool:
        """Tasks of Invoke or Fabric: the commands of their functions."""
        tasks = invoked(self.facts, self.paths, invocation)
        for task in tasks:
            with self._frame(invocation.at):
                self._python_script(task.path, task.arguments, invocation, task.spans)
        return bool(tasks)

    def _console_script(self, invocation: Invocation) -> bool:
        """A program that a package of the project installs."""
        parts = self.shared.programs.of_console_script(invocation)
        if parts is None:
            return False
        with self._frame(invocation.at):
            self._python_parts(parts, invocation)
        return True

    def _python_parts(self, parts: list[tuple[str, Spans]], invocation: Invocation) -> None:
        """The commands that functions of Python programs build."""
        for path, spans in parts:
            self._python_script(path, invocation.words[1:], invocation, spans)

    def _python_script(
        self,
        path: str,
        arguments: tuple[Word, ...],
        invocation: Invocation,
        spans: tuple[tuple[int, int], ...] | None = None,
    ) -> None:
        """The commands that a Python script of the project, or parts of it, builds, with its arguments filled in."""
        with self._entering(path) as fresh:
            if not fresh:
                return
            for launch in self.facts.launches_in(path):
                if launch.kind != "python" or launch.command is None:
                    continue
                if spans is not None and not any(start <= launch.at.start < end for start, end in spans):
                    continue
                command = launch.command
                if isinstance(command, ShellText) and not _SEVERAL_COMMANDS.search(command.text.text):
                    command = replace(command, shell=False)
                words: list[Word] = []
                for word in self._words(command):
                    words.extend(filled(word, arguments))
                detours = invocation.detours + launch.unlikely
                self.run_python(launch, replace(invocation, words=tuple(words), at=launch.at, detours=detours))

    def run_python(self, launch: Launch, invocation: Invocation) -> bool:
        """A command that Python starts: through the system, or by calling Celery itself."""
        entry = PYTHON_ENTRIES.get(launch.name)
        if launch.name in {"main", "call_command"}:
            words = invocation.words
            if not words or program_name(words[0]) != "celery":
                words = (literal("celery", launch.at), *words)
            return self._read(words, "celery", invocation)
        if entry is not None:
            return self._read(invocation.words, entry, invocation)
        return self.run(invocation)

    # --- celery -----------------------------------------------------------------------------------------------------

    def _celery(self, invocation: Invocation) -> bool:
        if self.launch.kind == "python" and self.launch.name != "subprocess" and not self.entered:
            with self._entering("python"):
                return self.run_python(self.launch, invocation)
        words = invocation.words
        first = program_name(words[0])
        if words[0].text is None and first:
            words = (Word((first,), words[0].at), *words[1:])
        found = find_program(words)
        if found is None:
            return False
        if found.index and self._airflow_script(invocation):
            return True
        return self._read(words[found.index :], found.entry, invocation)

    def _airflow_script(self, invocation: Invocation) -> bool:
        """An entry script of the project's own that puts ``airflow`` before ``celery worker``."""
        name = written(field_of(invocation.words[0]))
        path = self.paths.file(name, invocation.directory) if name else None
        script = self.facts.scripts.get(path) if path is not None else None
        if script is None or "airflow" not in script.text.text:
            return False
        before = len(self.found), len(self.shared.forwarding)
        self._script(invocation)
        if any(one.entry == "airflow" for one in self.found[before[0] :]):
            return True
        del self.found[before[0] :], self.shared.forwarding[before[1] :]
        return False

    def _read(self, words: tuple[Word, ...], entry: Entry, invocation: Invocation) -> bool:
        version = version_behind(self.launch, self.launch.at.path, self.shared.version_of)
        commands = read_commands(words, version, entry=entry)
        for command in commands:
            self.record(command, entry, invocation)
        if not commands and any(len(word.parts) == 1 and word.holes for word in words[1:]):
            self.shared.forwarding.append((self, words, entry, invocation))
        return True

    def _behind_entrypoint(self, command: CeleryCommand) -> Location | None:
        """Where the words stand that follow an entrypoint which is ``celery`` alone: options are written there."""
        behind = self.container.command
        if self.container.entrypoint is None or behind is None or command.program_at is None:
            return None
        inside = [word for word in command.words if word.at is not None and behind.at.contains(word.at)]
        if behind.at.contains(command.program_at) or not any(word.text == "worker" for word in inside):
            return None
        source = self.facts.read(behind.at.path)
        places = [word.at for word in inside if word.at is not None]
        return source.location(min(at.start for at in places), max(at.end for at in places)) if source else None

    def record(self, command: CeleryCommand, entry: Entry, invocation: Invocation) -> None:
        """Keep a worker that was found, with the place that starts it and the way to it."""
        own = self._behind_entrypoint(command) or place_of(command, invocation.at, self.facts.read)
        if entry in _CALLS and invocation.at.contains(own) and invocation.at.line < own.line:
            own = invocation.at
        frames = [*self.frames, invocation.at]
        assembled = self.standalone and not frames[0].contains(own)
        sites = [site_of(frames, own, standalone=self.standalone)]
        if assembled:
            written = invocation.at if invocation.at.contains(own) else own
            sites = [written, frames[0]] if frames[0].path == own.path else [frames[0]]
        workdir = command.workdir.value if isinstance(command.workdir, Known) else ""
        folder = self.paths.folder_of(posixpath.normpath(posixpath.join(invocation.directory, workdir)))
        for site in sites:
            hops = hops_behind(site, [*frames, own])
            self.found.append(
                Started(
                    self.launch.kind,
                    self.launch.name if command.node is None else f"{self.launch.name} {command.node}".strip(),
                    site,
                    hops,
                    command,
                    entry,
                    invocation.environment,
                    folder,
                    None if self.standalone else self.launch,
                    self.launch.container or f"{self.launch.at.path}#{self.launch.name}",
                    standalone=self.standalone,
                    assembled=assembled,
                    detours=invocation.detours,
                )
            )


def _shown(value: Field) -> str:
    """What is written of a field, without the names of its variables."""
    return "".join(piece.text if piece.hole is None else piece.hole.default or "" for piece in value)


def environment_of(launch: Launch, inside: Mapping[str, Word], facts: Facts) -> dict[str, Word]:
    """Variables of the image, ``inside``, then of env files and ConfigMaps, then those that the launch itself sets."""
    made = {name: word for name, word in inside.items() if name not in launch.environment}
    for origin in launch.environment_from:
        kind = "configmap" if origin.kind == "configmap" else "file"
        variables = facts.variables_of(kind, origin.path or origin.name)
        if variables is not None:
            made.update(variables.values)
    made.update(launch.environment)
    return made
