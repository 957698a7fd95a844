"""From what launches start to workers: each with its application, its Celery and the values it will run with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from flake8_celery_oom.celery.command_line import Entry
from flake8_celery_oom.celery.settings import NEW_TO_OLD
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.per_text import per_text
from flake8_celery_oom.core.results import App, BoundVariable, CeleryVersion, Setting, Worker
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value, join
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.apps.lookup import AppMatch, Apps, NotInProject, Undecided
from flake8_celery_oom.resolve.containers.images import is_foreign
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.trace.started import Started
from flake8_celery_oom.resolve.trace.versions import version_behind
from flake8_celery_oom.resolve.workers.airflow import AirflowSettings
from flake8_celery_oom.resolve.workers.bound_variables import BoundVariables
from flake8_celery_oom.resolve.workers.celery_versions import DJANGO_CELERY, CeleryVersions
from flake8_celery_oom.resolve.workers.effective import Effective, effective
from flake8_celery_oom.resolve.workers.systems import system_of

T = TypeVar("T")

_NAMES = "CELERY_WORKER_(?:CONCURRENCY|POOL|AUTOSCALE|MAX_TASKS_PER_CHILD|MAX_MEMORY_PER_CHILD|PREFETCH_MULTIPLIER)"
_CALLS_START = re.compile(r"\b(?:\w*app|celery)\w*\.start\(\s*(?:argv\b|args\b|sys\.argv|list\(|\[)")
_CALLS_PROGRAM = re.compile(r"\bcelery\.bin\.celery\b|\.worker_main\(")
_NAMES_VARIABLES = re.compile("CELERY_WORKER_")
_READ_BY_CELERY = re.compile(rf"\b{_NAMES}\b")
_READ_IN_PYTHON = re.compile(rf"(?:environ|getenv|env|config)\b[^\n]{{0,24}}[\"']({_NAMES})[\"']")

_PYTHON_NAME = re.compile(r"\.pyi?(?:[._-](?:example|sample|template|dist|j2|tmpl|tpl|in))?\Z")
"""Python files, and templates of them: what they assign is a setting, and no variable of the environment."""


def environment_names(facts: Facts, mentioning: list[str]) -> frozenset[str]:
    """Variables that Celery reads and that some file of the project speaks of as a variable of the environment."""
    names: set[str] = set()
    for path in mentioning:
        source = facts.read(path)
        if source is not None:
            names.update(_variables_named(source))
    return frozenset(names)


@per_text
def _variables_named(source: SourceText) -> tuple[str, ...]:
    if not source.mentions(_NAMES_VARIABLES, "celery_worker_"):
        return ()
    pattern = _READ_IN_PYTHON if _PYTHON_NAME.search(source.path) else _READ_BY_CELERY
    return tuple(pattern.findall(source.text))


class DjangoSettings:
    """What Django's settings may say to ``manage.py celery`` when a package outside of the project makes the app."""

    def __init__(self, facts: Facts, mentioning: list[str]) -> None:
        self._facts = facts
        self._python = [path for path in mentioning if path.endswith(".py")]

    def __call__(self, name: str) -> Value[Setting]:
        """Unknown when some file assigns one of the setting's names: the package decides which of them it reads."""
        names = {name.upper(), f"CELERY_{name.upper()}", NEW_TO_OLD.get(name, name)}
        assigned = re.compile(rf"^[ \t]*({'|'.join(sorted(names))})[ \t]*=(?!=)", re.MULTILINE)
        for path in self._python:
            source = self._facts.read(path)
            if (
                source is not None
                and source.mentions(assigned, *map(str.lower, names))
                and (found := assigned.search(source.text))
            ):
                reason = f"the app that reads {found[1]} is not in the project"
                return Unknown(Cause(reason), source.location(*found.span(1)), origin="settings")
        return Unset()


@dataclass(frozen=True, slots=True)
class KeptWorkers:
    """What one making of workers leaves for the next one: what each was made from, and the worker."""

    environment_names: frozenset[str]
    made: list[tuple[_Basis, Worker]]


class Workers:
    """Makes workers of what the launches start."""

    def __init__(
        self,
        facts: Facts,
        apps: Apps,
        versions: CeleryVersions,
        mentioning: list[str],
        earlier: KeptWorkers | None = None,
    ) -> None:
        """``earlier`` made the workers of the same project when all files said the same of it, their texts aside."""
        self.facts = facts
        self.apps = apps
        self.version_of = versions.of
        self.packages_of = versions.packages
        self._spoken_of = frozenset(mentioning)
        self._is_nautobot = any("nautobot" in path for path in facts.files)
        """Whether ``celery`` may be the Django command of Nautobot, which uses Celery 5; else it is django-celery's."""
        self.environment_names = environment_names(facts, mentioning)
        self.django_settings = DjangoSettings(facts, mentioning)
        self._mentioning = [path for path in mentioning if path.endswith(".py")]
        self.bound_variables = BoundVariables(facts, mentioning)
        self._made: dict[int, tuple[_Basis, Worker]] = {}
        """By identity of what was started, which lives as long as it stands here."""
        same = earlier is not None and earlier.environment_names == self.environment_names
        self._made_earlier = {id(one[0].started): one for one in earlier.made} if earlier is not None and same else {}

    def kept(self) -> KeptWorkers:
        """What another making of workers can start from."""
        return KeptWorkers(self.environment_names, list(self._made.values()))

    def resolve(self, started: list[Started]) -> list[Worker]:
        """One worker for each place and command; what differs between the paths that lead there is unknown."""
        grouped: dict[tuple[object, ...], list[_Variant]] = {}
        for one in sorted(started, key=_origin):
            if not self._is_of_celery(one):
                continue
            worker = self.worker(one)
            places = (worker.at.path, worker.at.start, worker.command_at.path, worker.command_at.start)
            key = (*places, worker.kind, worker.name)
            grouped.setdefault(key, []).append(_Variant(worker, one.detours, one.forwards))
        callers: dict[Location, list[_Variant]] = {}
        for variants in grouped.values():
            for variant in variants:
                if not variant.forwards and variant.worker.via:
                    callers.setdefault(variant.worker.command_at, []).append(variant)
        made = [_joined(variants, callers) for variants in grouped.values()]
        self._made_earlier.clear()
        return sorted(made, key=lambda worker: (worker.at, worker.command_at, worker.name))

    def _is_of_celery(self, started: Started) -> bool:
        """Whether an object that is started is known to be of Celery, where its file does not speak of it."""
        at = started.via[-1] if started.via else started.site
        if started.entry not in {"start", "keywords"} or at.path in self._spoken_of:
            return True
        version = self.version_of(at.path)
        return self.apps.is_app(at, started.environment, version, started.directory)

    def _is_of_celery_3(self, entry: Entry) -> bool:
        """Whether only Celery 3 has the program: django-celery's commands, ``celeryd``, ``celeryd-multi``."""
        return entry in {"celeryd", "celeryd-multi"} or (entry == "manage.py" and not self._is_nautobot)

    def worker(self, started: Started) -> Worker:
        """What one started command runs with."""
        match = None if started.entry == "airflow" else self._app(started)
        calls_start = isinstance(match, App) and self._calls_start(started, match)
        version = match.version if isinstance(match, App) and match.version.specifier else self._version(started, match)
        if version == CeleryVersion() and self._is_of_celery_3(started.entry):
            version = DJANGO_CELERY
        reader: Entry = "start" if calls_start else started.entry
        variables = self.bound_variables.of(started.environment, reader, version)
        basis = _Basis(started, match, reader, variables)
        known, worker = self._made_earlier.get(id(started), (None, None))
        if worker is None or known != basis or not basis.is_whole:
            worker = self._worker(started, match, version, reader, variables)
        self._made[id(started)] = basis, worker
        return worker

    def _worker(
        self,
        started: Started,
        match: AppMatch | None,
        version: CeleryVersion,
        reader: Entry,
        variables: tuple[BoundVariable, ...],
    ) -> Worker:
        command = started.command
        environment = self._with_open_names(started)
        app = match if isinstance(match, App) else None
        outside = started.entry == "manage.py" and isinstance(match, NotInProject)
        settings = self._settings(started, match, outside=outside)
        values = effective(command, environment, settings, version, reader)
        if environment is not started.environment:
            values = _or_likely(values, effective(command, started.environment, settings, version, reader))
        launch = started.launch
        name = command.app.value if isinstance(command.app, Known) else None
        if isinstance(command.app, Unset) and started.entry == "celery" and "CELERY_APP" in environment:
            name = environment["CELERY_APP"].text
        return Worker(
            kind=started.kind,
            name=started.name,
            at=started.site,
            command_at=started.via[-1] if started.via else started.site,
            via=started.via,
            words=command.words,
            app_name=name,
            app=app,
            version=version,
            pool=values.pool,
            concurrency=values.concurrency,
            autoscale=values.autoscale,
            max_tasks_per_child=values.max_tasks_per_child,
            max_memory_per_child=values.max_memory_per_child,
            prefetch_multiplier=values.prefetch_multiplier,
            beat=values.beat,
            memory_limit=launch.memory_limit if launch is not None else Unset(),
            python=launch.python if launch is not None else "",
            health_check=launch.health_check if launch is not None else None,
            container=started.container,
            called=started.called,
            standalone=started.standalone,
            entry=started.entry,
            variables=variables,
            second_app=started.second_app,
            packages=self.packages_of(app.at.path if app is not None else started.site.path),
        )

    def _version(self, started: Started, match: AppMatch | None = None) -> CeleryVersion:
        """The Celery of a worker; the requirements of the project are none of an image from elsewhere with its app."""
        launch = started.launch
        foreign = launch is not None and "/" in (launch.image or "") and is_foreign(launch, self.facts)
        if foreign and isinstance(match, NotInProject):
            return CeleryVersion()
        return version_behind(started.launch, started.site.path, self.version_of)

    def _calls_start(self, started: Started, app: App) -> bool:
        """Whether a program of the project hands its words to ``app.start(...)``, which reads no variables."""
        if started.entry != "program":
            return False
        package = app.at.path.partition("/")[0]
        sources = (self.facts.read(path) for path in self._mentioning if path.partition("/")[0] == package)
        near = [source for source in sources if source is not None]
        starts = any(source.mentions(_CALLS_START) for source in near)
        return starts and not any(source.mentions(_CALLS_PROGRAM) for source in near)

    def _settings(self, started: Started, match: AppMatch | None, *, outside: bool) -> Callable[[str], Value[Setting]]:
        """Where a worker's settings come from."""
        if match is None:
            return AirflowSettings(self.facts, started.directory, started.environment)
        return self.django_settings if outside else _setting(match)

    def _app(self, started: Started) -> AppMatch:
        command = started.command
        environment = _with_configuration(started)
        version = self._version(started)
        settings = environment.get("DJANGO_SETTINGS_MODULE")
        django = settings.text if settings is not None else None
        system = system_of(started)
        if started.kind == "python" and started.entry in {"worker_main", "start", "keywords", "worker-class"}:
            return self.apps.lookup_call(started.site, environment, version, started.directory, system)
        name = command.app.value if isinstance(command.app, Known) else None
        if name is None and isinstance(command.app, Unknown):
            name = command.app.default
        near = started.via[-1].path if started.via else started.site.path
        match = self.apps.lookup(name, started.directory, near, environment, version, django, system)
        if isinstance(match, NotInProject) and started.entry == "manage.py" and not self._is_nautobot:
            library = "blueapps.core.celery" if "blueapps" in self.packages_of(near) else "djcelery"
            made = self.apps.lookup(library, started.directory, near, environment, version, django, system)
            return made if not all(isinstance(value, Unknown) for value in made.settings.values()) else match
        if not isinstance(match, Undecided) or name is None:
            return match
        other = (match.is_other, not self.apps.may_hold(name, started.directory, near))
        foreign = started.launch is not None and is_foreign(started.launch, self.facts)
        return NotInProject(name) if all(other) or (foreign and any(other)) else match

    def _with_open_names(self, started: Started) -> Mapping[str, Word]:
        """Names that a file which is not here may set, as unknown variables."""
        launch = started.launch
        missing = _unreadable(launch, self.facts) if launch is not None else None
        if missing is None:
            return started.environment
        made = dict(started.environment)
        for name in self.environment_names - made.keys():
            made[name] = Word((Hole(f"${name} of {missing}", name, at=launch.at if launch is not None else None),))
        return made


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a worker is made from besides the facts."""

    started: Started
    match: AppMatch | None
    reader: Entry
    variables: tuple[BoundVariable, ...]

    @property
    def is_whole(self) -> bool:
        """Whether no text is read besides: one is for Airflow's settings, and those of an app that is not here."""
        return self.match is not None and not isinstance(self.match, NotInProject)


def _or_likely(values: Effective, without: Effective) -> Effective:
    """Values that a file which is not here may set, with the likely value that they have ``without`` that file.

    Only what is likely anyway counts: a setting that itself reads the environment and has a default.
    """
    likely = {
        name: replace(value, default=other.default)
        for name in ("pool", "concurrency", "autoscale", "max_tasks_per_child", "max_memory_per_child")
        if isinstance(value := getattr(values, name), Unknown)
        and value.default is None
        and isinstance(other := getattr(without, name), Unknown)
    }
    return replace(values, **likely)


def _unreadable(launch: Launch, facts: Facts) -> str | None:
    for origin in launch.environment_from:
        kind = "configmap" if origin.kind == "configmap" else "file"
        if facts.variables_of(kind, origin.path or origin.name) is None:
            return origin.name
    return None


def _with_configuration(started: Started) -> Mapping[str, Word]:
    """The environment of a worker; ``--config=module`` sets a variable of it (``celery/bin/celery.py``)."""
    given = started.command.options.get("config")
    if not isinstance(given, Known):
        return started.environment
    return {**started.environment, "CELERY_CONFIG_MODULE": given.value}


def _setting(match: AppMatch) -> Callable[[str], Value[Setting]]:
    settings = match.settings
    return lambda name: settings.get(name, Unset())


def _origin(started: Started) -> Location:
    """The launch that leads to a worker; of several the first by its place counts, whichever is followed first."""
    return started.launch.at if started.launch is not None else started.site


WAYS_DIFFER = Cause("it differs between the ways that lead here", "several")


@dataclass(frozen=True, slots=True)
class _Variant:
    """A worker as one path through its scripts gives it; the paths with the fewest detours decide the defaults."""

    worker: Worker
    detours: int
    forwards: bool


def _joined(variants: list[_Variant], callers: Mapping[Location, list[_Variant]]) -> Worker:
    """One worker for several paths to the same command.

    A command that forwards words runs with what the callers of its script make of it.
    """
    first = variants[0].worker
    limits = [variant.worker.memory_limit for variant in variants]
    limit = join(limits, _usual(variants), WAYS_DIFFER)
    if variants[0].forwards:
        variants = callers.get(first.command_at, variants)
    workers = [variant.worker for variant in variants]
    usual = _usual(variants)
    return replace(
        first,
        pool=join([worker.pool for worker in workers], usual, WAYS_DIFFER),
        concurrency=join([worker.concurrency for worker in workers], usual, WAYS_DIFFER),
        autoscale=join([worker.autoscale for worker in workers], usual, WAYS_DIFFER),
        max_tasks_per_child=join([worker.max_tasks_per_child for worker in workers], usual, WAYS_DIFFER),
        max_memory_per_child=join([worker.max_memory_per_child for worker in workers], usual, WAYS_DIFFER),
        prefetch_multiplier=join([worker.prefetch_multiplier for worker in workers], usual, WAYS_DIFFER),
        beat=join([worker.beat for worker in workers], usual, WAYS_DIFFER),
        memory_limit=limit,
        variables=tuple(one for one in first.variables if all(one in worker.variables for worker in workers)),
    )


def _usual(variants: list[_Variant]) -> list[bool]:
    fewest = min(variant.detours for variant in variants)
    return [variant.detours == fewest for variant in variants]
