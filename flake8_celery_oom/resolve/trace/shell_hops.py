"""Hops through a shell: ``sh -c TEXT``, shell text, and scripts of the project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from flake8_celery_oom.celery.environment import BOUNDS
from flake8_celery_oom.core.facts import Script
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs.wrappers import program_name
from flake8_celery_oom.resolve.shell.environment import ReadEnvironment
from flake8_celery_oom.resolve.shell.fields import Field, field_of, written
from flake8_celery_oom.resolve.shell.interpreter import Interpreter
from flake8_celery_oom.resolve.shell.states import State
from flake8_celery_oom.resolve.shell.variables import Variables
from flake8_celery_oom.resolve.trace.following import Following
from flake8_celery_oom.resolve.trace.reading import Fruitless, Reading
from flake8_celery_oom.resolve.trace.versions import version_behind

_INIT_SCRIPT = re.compile(r"^### BEGIN INIT INFO", re.MULTILINE)
"""The header of an init script (LSB 5.0, "Comment Conventions for Init Scripts")."""
_ALTERNATIVES = re.compile(r"^[ \t]*\{%-?\s*(?:else|elif)\b", re.MULTILINE)
"""What a template of Jinja puts between the ways of a condition."""
_BY_FIRST_ARGUMENT = re.compile(r"\$\{?1\b")
"""A script that looks at its first argument: what it starts is not known when nobody says the argument."""


def shell(run: Following, invocation: Invocation) -> bool:
    """A shell: ``sh script words``, ``sh -c TEXT words``, or a shell that is fed its text."""
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
                with run.frame(invocation.at):
                    text_word(run, words[0], tuple(words[1:]), invocation)
            return True
        words = words[1:]
    if words:
        return script_file(run, replace(invocation, words=tuple(words)))
    if invocation.stdin is not None:
        with run.frame(invocation.at):
            shell_text(run, invocation.stdin, (), invocation)
    return True


def text_word(run: Following, word: Word, arguments: tuple[Word, ...], invocation: Invocation) -> None:
    """A whole command in one word: ``sh -c TEXT name arg``."""
    text = word.mapped if word.mapped is not None else _placed_text(run, word, invocation.at)
    if text is not None:
        fields = tuple(field_of(argument) for argument in arguments[1:])
        shell_text(run, text, fields, invocation)


def _placed_text(run: Following, word: Word, fallback: Location) -> MappedText | None:
    at = word.at or fallback
    source = run.facts.read(at.path)
    text = word.text
    if source is None or text is None:
        return None
    return MappedText(source, text, [at.start] * (len(text) + 1))


def shell_text(run: Following, text: MappedText, arguments: tuple[Field, ...], invocation: Invocation) -> None:
    """Interpret shell text that is no file of its own."""
    defaults = " ".join(hole.hole.default or "" for hole in text.holes)
    if not _worth(run, run.shared.leading.leads(f"{text.text}\n{defaults}"), map(_shown, arguments), invocation):
        return
    environment = ReadEnvironment(invocation.environment, run.asked)
    variables = Variables(environment, arguments=arguments, unset=_absent(run, environment), outside=BOUNDS)
    state = State(variables, invocation.directory, detours=invocation.detours, copied=invocation.copied)
    _interpreter(run).execute(text, state)


def _absent(run: Following, environment: Mapping[str, Word]) -> frozenset[str]:
    return frozenset(name for name in run.absent if name not in environment)


def _interpreter(run: Following, script: Script | None = None) -> Interpreter:
    return Interpreter(
        partial(_from_shell, run),
        partial(_sourced, run),
        run.budget,
        script.path if script is not None else "",
        run.shared.relevance,
        script.interpreter if script is not None else "sh",
        run.frame,
        alternatives=script is not None and script.text.source.mentions(_ALTERNATIVES),
    )


def _worth(run: Following, leads: bool, arguments: Iterable[str], invocation: Invocation) -> bool:
    """Whether a text can lead to a worker, by itself or by what is handed to it."""
    leading = run.shared.leading
    return leads or any(map(leading.leads, arguments)) or leading.environment(invocation.environment)


def _from_shell(run: Following, invocation: Invocation) -> None:
    """A command of a shell; what a loop starts over and over in the same way is followed once."""
    words = tuple(word.shown for word in invocation.words)
    stdin = invocation.stdin.text if invocation.stdin is not None else None
    given = (invocation.directory, stdin, invocation.detours, invocation.copied)
    key = (words, invocation.at, *given, tuple(run.frames))
    if run.first_time(key, invocation.environment):
        run.follow(invocation)


def _sourced(run: Following, value: Field, directory: str) -> MappedText | None:
    path = run.paths.file(written(value), directory)
    script = run.facts.scripts.get(path) if path is not None else None
    if script is not None:
        return script.text
    source = run.facts.read(path) if path is not None else None
    return MappedText.plain(source) if source is not None and len(source.text) < 100_000 else None


def script_file(run: Following, invocation: Invocation) -> bool:
    """A script of the project, by its path."""
    path = invocation.words[0].project_path
    name = written(field_of(invocation.words[0]))
    if path is None and not run.launch.in_container:
        path = run.facts.placed_at(invocation.words[0].shown, run.launch.at.path)
    if path is None and not name:
        return False
    path = path if path is not None else run.paths.copied_file(name, invocation)
    path = path if path is not None else run.paths.file(name, invocation.directory)
    if path is None and "/" not in name:
        run.ask(["PATH"])
    if path is None and "/" not in name and "PATH" in invocation.environment:
        path = run.paths.on_search_path(name, invocation.environment["PATH"].shown)
    script = run.facts.scripts.get(path) if path is not None else None
    if script is None:
        return False
    arguments = invocation.words[1:]
    if not _worth(
        run, script.path in run.shared.leading.scripts, (_shown(field_of(word)) for word in arguments), invocation
    ):
        return True
    if run.standalone and arguments and arguments[0].several and _BY_FIRST_ARGUMENT.search(script.text.text):
        return True
    given = run.shared.arguments_given
    given[script.path] = given.get(script.path, False) or bool(arguments)
    key = _like(run, script, invocation)
    coarse = script.path, tuple(word.shown for word in arguments)
    tried = run.shared.fruitless.setdefault(key, [])
    if run.leads_nowhere(tried, invocation.environment):
        return True
    if run.budget.part(whole=not run.entered) < 2 * run.shared.exhausting.get(coarse, 0):
        return True
    before = len(run.found), len(run.shared.forwarding)
    with run.frame(invocation.at), run.budget.share(whole=not run.entered) as share:
        fields = tuple(field_of(argument) for argument in arguments)
        reading = read_script(run, script, fields, known_caller=True, invocation=invocation)
    if before == (len(run.found), len(run.shared.forwarding)):
        if share.exhausted:
            run.shared.exhausting[coarse] = max(share.steps, run.shared.exhausting.get(coarse, 0))
        elif not reading.bounded:
            tried.append(Fruitless.of(reading, invocation.environment, run.entered))
    return True


def _like(run: Following, script: Script, invocation: Invocation) -> tuple[object, ...]:
    """What decides what a script leads to, besides what it asks."""
    words = tuple(word.shown for word in invocation.words[1:])
    leads = run.shared.leading.environment(invocation.environment)
    version = version_behind(run.launch, run.launch.at.path, run.shared.version_of)
    where = invocation.directory, invocation.copied
    return script.path, words, *where, leads, version.specifier, run.standalone


def read_script(
    run: Following,
    script: Script,
    arguments: tuple[Field, ...],
    *,
    known_caller: bool,
    invocation: Invocation | None = None,
) -> Reading:
    """Interpret a script of the project; gives what it asked."""
    with run.reading() as reading, run.entering(script.path) as fresh:
        if not fresh:
            return reading
        environment = invocation.environment if invocation is not None else run.environment
        directory = invocation.directory if invocation is not None else run.directory
        variables = Variables(
            ReadEnvironment(environment, reading.variables),
            arguments=arguments,
            open_arguments=not known_caller,
            forwards=not known_caller and run.shared.arguments_given.get(script.path, False),
            unset=_absent(run, environment),
            outside=BOUNDS,
            by_init=script.text.source.mentions(_INIT_SCRIPT),
        )
        state = State(variables, directory)
        if invocation is not None:
            state.detours, state.copied = invocation.detours, invocation.copied
        _interpreter(run, script).execute(script.text, state)
    return reading


def _shown(value: Field) -> str:
    """What is written of a field, without the names of its variables."""
    return "".join(piece.text if piece.hole is None else piece.hole.default or "" for piece in value)
