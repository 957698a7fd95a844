"""Celery's command line: which workers a command starts, and with which options.

``find_program`` says where in a list of words a celery program starts, ``read_commands`` what it is told to do. Both
look at words that may be partly unknown and never guess: what ``$OPTS`` may set is Unknown.

Where the version is not known for certain, the words are read as each of the release lines in question would; the
newest line that accepts them decides, and something is refused only when every line refuses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flake8_celery_oom.celery import multi
from flake8_celery_oom.celery.collector import Collector
from flake8_celery_oom.celery.grammar import (
    ARGPARSE,
    CLICK,
    OPTPARSE,
    Grammar,
    Scanner,
    begins_with_dash,
    option_location,
)
from flake8_celery_oom.celery.options import AIRFLOW_TABLE, table
from flake8_celery_oom.celery.programs import FoundProgram, find_program
from flake8_celery_oom.celery.reading import (
    Subcommand,
    subcommand_of_click,
    subcommand_of_commands,
    worker_of_click,
    worker_of_commands,
)
from flake8_celery_oom.celery.versions import holds, may_hold, narrowed, shown
from flake8_celery_oom.celery.worker_command import CeleryCommand, Entry, Refusal, RefusalKind
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.word import Word, literal

__all__ = [
    "CeleryCommand",
    "Entry",
    "FoundProgram",
    "Refusal",
    "RefusalKind",
    "find_program",
    "option_location",
    "read_commands",
]

Commands = tuple[CeleryCommand, ...]

_LINES: tuple[tuple[Grammar, str], ...] = ((CLICK, ">=5.0"), (ARGPARSE, ">=4.0,<5.0"), (OPTPARSE, "<4.0"))
_FOREIGN_ENTRIES = frozenset({"manage.py", "program", "airflow"})
"""Programs with a command line of their own, of which Celery's is a part: only wrong values are certain there."""


_OLD_PROGRAMS: frozenset[Entry] = frozenset({"celeryd", "celeryd-multi"})
_HANDED_TO_NODES = frozenset({"app", "broker", "result_backend", "loader", "config", "workdir"})
"""Options before ``multi`` that every node gets. (4.4.7 loses them on the way; nobody means that.)"""


def read_commands(words: Sequence[Word], version: CeleryVersion, *, entry: Entry = "celery") -> Commands:
    """The workers that ``words`` start: none for other commands, several for ``celery multi start``.

    ``words[0]`` is the program as :class:`FoundProgram` finds it, or the first of the list that ``worker_main`` and
    ``start`` are called with. The environment is not looked at (``CELERY_APP``, ``CELERY_WORKER_CONCURRENCY``).
    """
    if not words:
        return ()
    if entry == "airflow":
        return _read_airflow(words, version)
    old = entry in _OLD_PROGRAMS or (entry == "manage.py" and (_is_daemon(words[0]) or _is_old_multi(words[0])))
    if old and holds(version, "<4.0") is False:
        return _without_program(words, version, entry)
    readings: list[Commands] = []
    for grammar, line in _lines(version, entry):
        collector = Collector(narrowed(version, line), grammar, shown(version))
        commands = _read_as(words, collector, entry)
        if commands and not any(command.refusals for command in commands):
            return commands
        readings += [commands] if commands else []
    return _refused_by_all(readings) if readings else ()


def _refused_by_all(readings: list[Commands]) -> Commands:
    """The newest reading, with those of its refusals that the other release lines share; all when they share none."""
    newest, *others = readings
    kept: list[CeleryCommand] = []
    for index, command in enumerate(newest):
        refusals = command.refusals
        for other in others:
            theirs = other[index].refusals if index < len(other) else refusals
            refusals = tuple(mine for mine in refusals if any(_same_place(mine, their) for their in theirs))
        kept.append(replace(command, refusals=refusals or command.refusals))
    return tuple(kept)


def _same_place(left: Refusal, right: Refusal) -> bool:
    return left.word == right.word or (bool(left.option) and left.option == right.option)


def _without_program(words: Sequence[Word], version: CeleryVersion, entry: Entry) -> Commands:
    """``celeryd`` where 4.0 has removed it: read as 3.1 does, and refused.

    So is ``manage.py celeryd``, which django-celery brings: its last release, 3.3.1, asks for Celery below 4.0.
    """
    name = (words[0].text or "").rpartition("/")[2]
    refusal = Refusal("no-such-program", words[0].at, f"{shown(version)} has no program {name}", words[0])
    commands = _read_as(words, Collector(CeleryVersion("<4.0"), OPTPARSE, shown(version)), entry)
    return tuple(replace(command, refusals=(refusal,)) for command in commands)


def _lines(version: CeleryVersion, entry: Entry) -> list[tuple[Grammar, str]]:
    """The release lines that the version may belong to, the newest first; 3.1 only when something speaks for it."""
    if entry in _OLD_PROGRAMS:
        return [(OPTPARSE, "<4.0")]
    chosen = [(grammar, line) for grammar, line in _LINES if may_hold(version, line)]
    certain = [(grammar, line) for grammar, line in chosen if holds(version, line) is not None]
    if certain:
        return certain
    return [pair for pair in chosen if pair[0] is not OPTPARSE or entry == "manage.py" or holds(version, ">=3.0")]


def _read_as(words: Sequence[Word], collector: Collector, entry: Entry) -> Commands:
    match entry:
        case "worker_main":
            return _read_worker_main(words, collector)
        case "keywords" | "worker-class":
            return _read_keywords(words, collector, entry)
        case "start":
            return _read_program(words if collector.grammar is CLICK else words[1:], words, collector, entry)
        case "celeryd" | "manage.py" if _is_daemon(words[0]):
            return _read_options(words[1:], words, collector, entry)
        case "celeryd-multi" | "manage.py" if entry == "celeryd-multi" or _is_old_multi(words[0]):
            return _read_multi(Subcommand("multi", (), tuple(words[1:]), collector), words, entry)
        case _:
            return _read_program(words[1:], words, collector, entry)


def _is_daemon(word: Word) -> bool:
    return (word.text or "").rpartition("/")[2] in {"celeryd", "celeryd_detach"}


def _is_old_multi(word: Word) -> bool:
    """The Django command of django-celery; the program ``celeryd-multi`` is an entry of its own."""
    return word.text == "celeryd_multi"


def _read_program(arguments: Sequence[Word], words: Sequence[Word], collector: Collector, entry: Entry) -> Commands:
    """``arguments`` are those of the ``celery`` program: global options, sub-command, options."""
    is_click = collector.grammar is CLICK
    found = subcommand_of_click(arguments, collector) if is_click else subcommand_of_commands(arguments, collector)
    if found is None or collector.exits:
        return ()
    if found.name == "multi":
        return _read_multi(found, words, entry)
    if found.name != "worker":
        return ()
    return _finish(worker_of_click(found) if is_click else worker_of_commands(found), words, entry)


def _read_worker_main(words: Sequence[Word], collector: Collector) -> Commands:
    """``app.worker_main(argv)``: 5.x wants the word ``worker`` in it, before that argv[0] is the program's name."""
    if collector.grammar is not CLICK:
        return _read_options(words[1:], words, collector, "worker_main")
    if any(word.text == "worker" or word.several for word in words):
        return _read_program(words, words, collector, "worker_main")
    message = f'worker_main of {collector.label} needs the word "worker" in its list'
    collector.refuse("missing-subcommand", words[0], message)
    return _read_options(words if begins_with_dash(words[0]) else words[1:], words, collector, "worker_main")


def _read_keywords(words: Sequence[Word], collector: Collector, entry: Entry) -> Commands:
    """Keyword arguments, which no parser looks at."""
    collector.take_all(Scanner(words[1:], table(CeleryVersion(), with_worker=True), CLICK))
    collector.refusals.clear()
    if entry == "worker-class" and collector.grammar is CLICK:
        message = f"{collector.label} has no class in celery.bin.worker that could be run; use app.Worker"
        collector.refuse("no-such-program", words[0], message)
    return _finish(collector, words, entry)


def _read_options(arguments: Sequence[Word], words: Sequence[Word], collector: Collector, entry: Entry) -> Commands:
    """Options without a sub-command before them."""
    known = table(collector.version, with_worker=True, with_global=True)
    collector.take_all(Scanner(arguments, known, collector.grammar))
    return _finish(collector, words, entry)


def _finish(collector: Collector, words: Sequence[Word], entry: Entry, node: str | None = None) -> Commands:
    if collector.exits:
        return ()
    if entry in _FOREIGN_ENTRIES:
        collector.refusals = [refusal for refusal in collector.refusals if refusal.kind == "invalid-value"]
    return (collector.command(words, entry, node),)


def _read_multi(found: Subcommand, words: Sequence[Word], entry: Entry) -> Commands:
    """``celery multi start``: one worker a node."""
    version, grammar, label = found.collector.version, found.collector.grammar, found.collector.label
    known = table(version, with_global=True, with_worker=True)
    commands: list[CeleryCommand] = []
    for node in multi.nodes((*found.words, *found.before), version):
        collector = Collector(version, grammar, label)
        collector.refusals.extend((*found.collector.refusals, *node.refusals))
        collector.given.update(
            {name: value for name, value in found.collector.given.items() if name in _HANDED_TO_NODES}
        )
        collector.take_all(Scanner([literal("--detach"), *node.words], known, grammar))
        commands += _finish(collector, words, entry, node.name)
    return tuple(commands)


def _read_airflow(words: Sequence[Word], version: CeleryVersion) -> Commands:
    """``airflow celery worker`` and ``airflow worker``; which options there are differs between its versions."""
    texts = [word.text for word in words[1:3]]
    if texts[:1] == ["worker"]:
        arguments = words[2:]
    elif texts == ["celery", "worker"]:
        arguments = words[3:]
    else:
        return ()
    collector = Collector(version, ARGPARSE, shown(version))
    collector.take_all(Scanner(arguments, AIRFLOW_TABLE, ARGPARSE))
    return _finish(collector, words, "airflow")
