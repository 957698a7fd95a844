"""The proof that a change does what was wished and nothing else: the project before it against the project after it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from flake8_celery_oom.celery.command_line import CeleryCommand, find_program, read_commands
from flake8_celery_oom.changes.documents import same_but_for
from flake8_celery_oom.changes.edits import Shift
from flake8_celery_oom.changes.scene import Callers
from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.findings import Edit, Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, HostCpus, Project, Worker
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.wishes import (
    AddExtra,
    RemoveOptions,
    RemoveSuppression,
    Respell,
    SetOption,
    SetSetting,
    SetValue,
    WrapInInt,
)
from flake8_celery_oom.core.word import Word

LINE_NUMBER = re.compile(r"(?<=[^\s:]):\d+\b")
"""Of a place in a message."""
FIELDS = (
    "pool",
    "concurrency",
    "autoscale",
    "max_tasks_per_child",
    "max_memory_per_child",
    "prefetch_multiplier",
    "beat",
    "memory_limit",
)
"""What a worker runs with."""
_SAME = object()
"""Sentinel: the value must not change."""
_ANY = object()
"""Sentinel: the value is not compared."""


class Checked(Protocol):
    """A project that has been read and judged."""

    def project(self) -> Project:
        """The resolved project."""

    def findings(self) -> list[Finding]:
        """What the rules say of it."""

    def source(self, path: str) -> SourceText | None:
        """The text of a file."""


class UnprovenError(Exception):
    """A change that does not do what it should, or does more; the text says what, as the end of a sentence."""


def prove(before: Checked, after: Checked, fixed: Sequence[Finding], edits: Mapping[str, Sequence[Edit]]) -> None:
    """Check a change of several files against what was wished. Raises UnprovenError at the first difference.

    ``fixed`` are the findings of ``before`` that the change mends, ``edits`` what it does to each file. Checked: the
    files parse as they did, and their data differ in the edited places only; the findings are gone, and there is no new
    one; every worker, application, launch and requirement is what it was but for what was wished.
    """
    keep_comments = not any(isinstance(one.wish, (RemoveOptions, RemoveSuppression)) for one in fixed)
    for path, changes in edits.items():
        old, new = before.source(path), after.source(path)
        if old is None or new is None:
            raise UnprovenError(f"{path} cannot be read again")
        trouble = same_but_for(old.text, new.text, changes, path, keep_comments=keep_comments)
        if trouble:
            raise UnprovenError(f"{path} {trouble}")
    shifts = {path: Shift(changes) for path, changes in edits.items()}
    alike = [one for one in before.findings() if isinstance(one.wish, (SetOption, SetSetting, SetValue))]
    _prove_project(before.project(), after.project(), fixed, alike, shifts)
    _prove_findings(before.findings(), after.findings(), fixed, shifts)


# --- findings ---------------------------------------------------------------------------------------------------------


def _prove_findings(
    before: Iterable[Finding], after: Iterable[Finding], fixed: Sequence[Finding], shifts: Mapping[str, Shift]
) -> None:
    mended = Counter(_key(finding, shifts) for finding in fixed)
    staying: dict[tuple[str, str, int], list[Finding]] = defaultdict(list)
    left = Counter(mended)
    for finding in before:
        key = _key(finding, shifts)
        if left[key] > 0:
            left[key] -= 1
        else:
            staying[key].append(finding)
    new = []
    for finding in after:
        same = staying[_key(finding, {})]
        if same:
            same.pop()
        else:
            new.append(finding)
    moved = Counter(_says(finding) for some in staying.values() for finding in some)
    for finding in new:
        moved[_says(finding)] -= 1
        if moved[_says(finding)] < 0:
            still = "still " if _key(finding, {}) in mended else ""
            raise UnprovenError(f"{finding.code} would {still}be reported at {finding.at}")


def _says(finding: Finding) -> tuple[str, str, str]:
    """What a finding is apart from its place: what an application lacks is said at the last of its settings."""
    return finding.code, finding.at.path, LINE_NUMBER.sub("", finding.message)


def _key(finding: Finding, shifts: Mapping[str, Shift]) -> tuple[str, str, int]:
    at = finding.at
    shift = shifts.get(at.path)
    return finding.code, at.path, shift.offset(at.start) if shift is not None else at.start


# --- the project ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wished:
    """The values that the wishes may change: of workers by identity and field, of apps by setting, the rest by kind.

    ``names`` are the files in which something is respelled.
    """

    workers: Mapping[tuple[int, str], object]
    settings: Mapping[tuple[Location, str], object]
    names: frozenset[str]
    requirements: bool


def _wished(fixed: Sequence[Finding]) -> _Wished:
    workers: dict[tuple[int, str], object] = {}
    settings: dict[tuple[Location, str], object] = {}
    names: set[str] = set()
    requirements = False
    for finding in fixed:
        match finding.wish:
            case SetOption(workers=concerned, option=option, value=value):
                workers.update({(id(worker), option): value for worker in concerned})
            case RemoveOptions(workers=concerned, options=options):
                fields = {*options, "concurrency"} if "autoscale" in options else {*options}
                workers.update({(id(worker), field): _ANY for worker in concerned for field in fields})
            case SetValue(option=option, value=value, workers=concerned, apps=apps):
                workers.update({(id(worker), option): value for worker in concerned})
                name = f"worker_{option}"
                settings.update({(app.at, name): value for app in apps})
                settings.update({(one.app.at, name): value for one in concerned if one.app is not None})
            case SetSetting(app=app, name=name, value=value, workers=concerned):
                settings[app.at, name] = value
                workers.update({(id(worker), name.removeprefix("worker_")): value for worker in concerned})
            case WrapInInt(option=option, workers=concerned):
                workers.update({(id(worker), option): _ANY for worker in concerned})
                settings.update({(one.app.at, f"worker_{option}"): _ANY for one in concerned if one.app is not None})
            case Respell(spellings=spellings):
                names |= {at.path for at, _, _ in spellings}
            case AddExtra():
                requirements = True
            case _:
                pass
    return _Wished(workers, settings, frozenset(names), requirements)


def _prove_project(
    before: Project,
    after: Project,
    fixed: Sequence[Finding],
    alike: Sequence[Finding],
    shifts: Mapping[str, Shift],
) -> None:
    """``alike`` are findings that wish for values: a change may fulfil those as well."""
    wished = _wished([*alike, *fixed])
    if len(before.workers) != len(after.workers):
        raise UnprovenError(f"with the edit {len(after.workers)} workers would be found, not {len(before.workers)}")
    callers = Callers(before.workers)
    edited = {one.command_at for one in before.workers if _is_edited(one, shifts)}
    for old, new in zip(before.workers, after.workers, strict=True):
        alone = callers.run(old) and old.command_at in edited
        _prove_worker(old, new, wished, alone=alone, respelled=bool(wished.names) and _is_edited(old, shifts))
    if len(before.apps) != len(after.apps):
        raise UnprovenError("the edit would change which Celery apps are found")
    for app, changed in zip(before.apps, after.apps, strict=True):
        _prove_app(app, changed, wished)
    if len(before.launches) != len(after.launches):
        raise UnprovenError("the edit would change what is started")
    for launch, other in zip(before.launches, after.launches, strict=True):
        _prove_launch(launch, other, [*alike, *fixed])
    if not wished.requirements and _requirements(before) != _requirements(after):
        raise UnprovenError("the edit would also change the requirements")
    problems = Counter((one.at.path, one.message) for one in after.problems)
    new_problem = next(iter(problems - Counter((one.at.path, one.message) for one in before.problems)), None)
    if new_problem is not None:
        raise UnprovenError(f"{new_problem[0]} {new_problem[1]}")


def _requirements(project: Project) -> list[tuple[str, str, frozenset[str], str, bool]]:
    return [(one.name, one.specifier, one.extras, one.at.path, one.locked) for one in project.requirements]


def _prove_worker(old: Worker, new: Worker, wished: _Wished, *, alone: bool, respelled: bool) -> None:
    """``alone``: others stand for it; ``respelled``: words of its command are written otherwise."""
    name = f"worker `{old.name}`" if old.name else f"the worker at {old.at}"
    if _identity(old) != _identity(new):
        raise UnprovenError(f"the edit would change what {name} runs")
    for field in FIELDS:
        value, wanted = getattr(new, field), wished.workers.get((id(old), field), _SAME)
        if wanted is _ANY or _plain(value) == _plain(getattr(old, field)):
            continue
        if wanted is not _SAME and _is(value, wanted):
            continue
        if not (alone or respelled or _stands_in(wished.names, value, getattr(old, field))):
            raise UnprovenError(f"the edit would also change {field.replace('_', ' ')} of {name}")
    if old.app is not None and new.app is not None:
        _prove_app(old.app, new.app, wished)
    _prove_command(old, new, wished, name, alone=alone)


def _stands_in(paths: frozenset[str], new: Value[Any], old: Value[Any]) -> bool:
    """Whether a value is, or was, written in one of the files, or no setting could be read before."""
    places = [value.at for value in (new, old) if not isinstance(value, Unset)]
    unreadable = isinstance(old, Unknown) and old.origin == "settings"
    return any(at is not None and at.path in paths for at in places) or (bool(paths) and unreadable)


def _identity(worker: Worker) -> tuple[object, ...]:
    return (
        worker.kind,
        worker.name,
        worker.at.path,
        worker.command_at.path,
        tuple(at.path for at in worker.via),
        worker.app_name,
        worker.app is None,
        worker.version.specifier,
        worker.container,
        worker.called,
        worker.standalone,
    )


def _is_edited(worker: Worker, shifts: Mapping[str, Shift]) -> bool:
    values = (getattr(worker, field) for field in FIELDS)
    places = [worker.command_at, *(one.at for one in (*worker.words, *values) if not isinstance(one, Unset))]
    return any(at is not None and at.path in shifts and shifts[at.path].touched(_with_quotes(at)) for at in places)


def _with_quotes(at: Location) -> Location:
    """A place with the quotes that may stand around it: a word is added behind them."""
    return replace(at, start=max(0, at.start - 1), end=at.end + 1)


def _plain(value: object) -> object:
    """A value without its place."""
    match value:
        case Known(HostCpus(), _, origin):
            return "cpus", origin
        case Known(known, _, origin):
            return "known", type(known).__name__, known, origin
        case Unknown(_, _, default, origin):
            return "unknown", _plain(Known(default)) if default is not None else None, origin
        case Unset():
            return "unset"
        case _:
            return value


def _is(value: object, wanted: object) -> bool:
    """Whether a value is what was wished: that number, or that number unless the environment says otherwise."""
    match value:
        case Known(known):
            return bool(known == wanted)
        case Unknown(default=default):
            return bool(default == wanted)
        case _:
            return False


def _prove_command(old: Worker, new: Worker, wished: _Wished, name: str, *, alone: bool) -> None:
    """The command gives every other option as before, and Celery takes it at least as well."""
    before, after = _commands(old), _commands(new)
    if len(before) != len(after):
        raise UnprovenError(f"the edit would also change the command of {name}")
    for command, changed in zip(before, after, strict=True):
        if len(changed.refusals) > len(command.refusals):
            raise UnprovenError(f"Celery would refuse the command: {changed.refusals[-1].message}")
        for option, value in command.options.items():
            may_differ = alone or (id(old), option) in wished.workers
            if not may_differ and _shown(value) != _shown(changed.options[option]):
                raise UnprovenError(f"the edit would also change {option.replace('_', '-')} of {name}")


def _commands(worker: Worker) -> tuple[CeleryCommand, ...]:
    program = find_program(worker.words)
    if program is None:
        return ()
    return read_commands(worker.words[program.index :], worker.version, entry=program.entry)


def _shown(value: object) -> object:
    match value:
        case Known(Word() as word):
            return word.shown
        case Unknown(default=default):
            return "unknown", default.shown if isinstance(default, Word) else default
        case _:
            return None


def _prove_app(old: App, new: App, wished: _Wished) -> None:
    if (old.name, old.at.path, old.version.specifier, old.imports) != (
        new.name,
        new.at.path,
        new.version.specifier,
        new.imports,
    ):
        raise UnprovenError(f"the edit would change app `{old.name}`")
    for name, value in old.settings.items():
        wanted = wished.settings.get((old.at, name), _SAME)
        now = new.settings.get(name, Unset())
        if wanted is _ANY or _plain(now) == _plain(value) or _stands_in(wished.names, now, value):
            continue
        if wanted is not _SAME and _is(now, wanted):
            continue
        raise UnprovenError(f"the edit would also change {name} of app `{old.name}`")


def _prove_launch(old: Launch, new: Launch, fixed: Sequence[Finding]) -> None:
    renamed = {was: now for one in fixed if isinstance(one.wish, Respell) for _, was, now in one.wish.spellings}
    names = {name if name in new.environment else renamed.get(name, name): name for name in old.environment}
    if _launch(old) != _launch(new) or names.keys() != new.environment.keys():
        raise UnprovenError(f"the edit would change how {old.name or old.at} is started")
    for name, now in new.environment.items():
        word = old.environment[names[name]]
        if word.shown != now.shown and not _may_become(word.shown, now.shown, fixed):
            raise UnprovenError(f"the edit would also change {name} of {old.name or old.at}")


def _may_become(old: str, new: str, fixed: Sequence[Finding]) -> bool:
    """Whether a variable that holds a command or a number may change so: by numbers that are wished for, by names."""
    come = [word for word in new.split() if word not in old.split()]
    for finding in fixed:
        match finding.wish:
            case SetOption(value=value) | SetValue(value=value) if come:
                if all(re.search(rf"(?<!\d){value}(?!\d)", word) for word in come):
                    return True
            case RemoveOptions() if not come:
                return True
            case Respell() | WrapInInt():
                return True
            case _:
                pass
    return False


def _launch(launch: Launch) -> tuple[object, ...]:
    """What a launch is apart from its command and its variables."""
    return (
        launch.kind,
        launch.name,
        launch.at.path,
        launch.command is None,
        launch.entrypoint is None,
        launch.image,
        launch.build,
        [(origin.kind, origin.name, origin.path) for origin in launch.environment_from],
        launch.workdir,
        launch.mounts,
        _plain(launch.memory_limit),
        launch.replicas,
        launch.in_container,
    )
