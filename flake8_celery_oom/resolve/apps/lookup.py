"""Celery applications of a project and the settings that reach them.

``Apps.lookup`` finds the application that ``-A name`` means, as ``find_app`` of ``celery/app/utils.py`` does, and reads
its settings as the worker's environment and Celery release make them.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from flake8_celery_oom.celery.settings import SETTINGS, Flavour, flavours, prefix_of
from flake8_celery_oom.core.facts import Problem
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, CeleryVersion, Setting
from flake8_celery_oom.core.value import Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.apps.answers import Answer, Reads, Seen, Surroundings
from flake8_celery_oom.resolve.apps.dead_settings import dead_settings, mixed_names, writes_old_names
from flake8_celery_oom.resolve.apps.definitions import KeptPlaces, Place, Places
from flake8_celery_oom.resolve.apps.finder import (
    MENTIONS,
    AppMatch,
    Finder,
    NotInProject,
    Several,
    Sought,
    Undecided,
    receiver_of_call,
)
from flake8_celery_oom.resolve.apps.packages import LoadedPackages
from flake8_celery_oom.resolve.apps.settings import AppDetails, AppState, agreed, describe, merged
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.modules import Asked, KeptModules, Module, Modules
from flake8_celery_oom.resolve.python.store import ExhaustedError
from flake8_celery_oom.resolve.python.systems import System
from flake8_celery_oom.resolve.python.values import Table
from flake8_celery_oom.syntax import python

__all__ = ["AppDetails", "AppMatch", "Apps", "NotInProject", "Undecided"]

MAX_CANDIDATES = 20
MOST_APPS = 128
"""So many applications of one module are looked at that no command names; each takes some milliseconds."""
_APP_NAME = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.]*(?:\(\))?)?")


@dataclass(frozen=True, slots=True)
class KeptApps:
    """What one look at the applications of a project leaves for the next one."""

    modules: KeptModules
    places: KeptPlaces
    answers: Mapping[tuple[object, ...], list[Answer]]
    programs: Mapping[tuple[object, ...], list[Seen]]
    details: list[tuple[App, AppDetails]]


class Apps:
    """Every Celery application of the project."""

    def __init__(
        self, modules: Modules, version_of: Callable[[str], CeleryVersion], earlier: KeptApps | None = None
    ) -> None:
        """``version_of`` gives the Celery version that holds for a path of the project.

        ``earlier`` are the apps at another time, when that gave the same versions: what has not changed counts.
        """
        self.modules = modules
        self._version_of = version_of
        self._answers: dict[tuple[object, ...], list[Answer]] = {}
        self._programs: dict[tuple[object, ...], list[Seen]] = {}
        self._details: dict[int, tuple[App, AppDetails]] = {}
        self._finder = Finder(modules)
        self.problems: list[Problem] = []
        """Modules with more applications than are looked at."""
        self._places: Places = Places(modules, self._finder, earlier.places if earlier is not None else None)
        self._packages = LoadedPackages(modules)
        if earlier is not None:
            self._take_over(earlier)

    def kept(self) -> KeptApps:
        """What another look at the project can start from."""
        details = list(self._details.values())
        return KeptApps(self.modules.kept(), self._places.kept(), self._answers, self._programs, details)

    def _take_over(self, earlier: KeptApps) -> None:
        for key, answers in earlier.answers.items():
            if kept := [one for one in answers if self.modules.hold(one.asked) and self._imports_alike(one.match)]:
                self._answers[key] = kept
        for key, programs in earlier.programs.items():
            if same := [one for one in programs if self.modules.hold(one.asked)]:
                self._programs[key] = same
        matches = (one.match for answers in self._answers.values() for one in answers)
        details = {id(app): (app, held) for app, held in earlier.details}
        for app in (app for match in matches for app in _apps_of(match)):
            if id(app) in details:
                self._details[id(app)] = details[id(app)]

    def _imports_alike(self, match: AppMatch) -> bool:
        """Whether the modules around an app import what they did."""
        return all(app.imports - {"django"} == self._packages.near(app.at.path) - {"django"} for app in _apps_of(match))

    # --- what others ask ---

    def lookup(
        self,
        name: str | None,
        cwd: str,
        near: str,
        environment: Mapping[str, Word],
        version: CeleryVersion,
        django_settings: str | None = None,
        system: System = "any",
    ) -> AppMatch:
        """The application that ``-A name`` means for a command run in ``cwd`` and written in the file ``near``.

        ``environment`` holds the variables set for the worker; ``name`` None: the command names no application, then
        ``CELERY_APP`` or the only application of the project is taken.
        """
        around = Surroundings(cwd, environment, version, django_settings, system)
        if name is None and "CELERY_APP" in environment:
            name = environment["CELERY_APP"].text
            if name is None:
                return Undecided("the environment variable CELERY_APP is not known")
        if name is None or not _APP_NAME.fullmatch(name):
            return self._only_app(near, around)

        def find(world: World) -> Sought:
            return self._finder.find(world, name, cwd, near)

        where, folder = self._where(name, cwd, near)
        return self._answer((name, where, *around.kind), name, find, replace(around, cwd=folder)).match

    def _where(self, name: str, cwd: str, near: str) -> tuple[tuple[object, ...], str]:
        """What the answer depends on besides the environment, and the folder that the program's imports start from.

        When the name leads to the same file from two places, both get the same answer: it is looked up once.
        """
        module = name.partition(":")[0]
        asked = (module, module.rpartition(".")[0] or module, f"{module}.celery")
        paths = tuple(self.modules.find(one, cwd, near) for one in asked)
        if isinstance(paths[0], str) and all(path is None or isinstance(path, str) for path in paths):
            root = _root_of(paths[0], module)
            if root is not None:
                return paths, root
        return (cwd, posixpath.dirname(near)), cwd

    def lookup_call(
        self,
        at: Location,
        environment: Mapping[str, Word],
        version: CeleryVersion,
        cwd: str = "",
        system: System = "any",
    ) -> AppMatch:
        """The application of a Launch of kind "python" whose command is at ``at``: ``app`` of ``app.worker_main(...)``.

        For entries ``worker_main``, ``start`` and ``Worker``, where no ``-A`` names the application.
        """
        module = self.modules.module(at.path)
        receiver = receiver_of_call(module, at) if module is not None else None
        around = Surroundings(cwd, environment, version, None, system)
        if module is None or receiver is None:
            return self._only_app(at.path, around)
        match = self._answer_call(at, module, receiver, around)
        return self._only_app(at.path, around) if isinstance(match, Undecided) else match

    def _answer_call(self, at: Location, module: Module, receiver: ast.expr, around: Surroundings) -> AppMatch:
        def find(world: World) -> Sought:
            read = self.modules.module(at.path) or module
            return self._finder.evaluate(world, read, receiver)

        return self._answer(("call", at, *around.kind), python.code(module.source, receiver), find, around).match

    def may_hold(self, name: str, cwd: str, near: str) -> bool:
        """Whether the module that ``-A name`` leads to speaks of Celery; so may one that is not found for certain."""
        path = self.modules.find(name.partition(":")[0], cwd, near)
        source = self.modules.text(path) if isinstance(path, str) else None
        return source is None or source.mentions(MENTIONS, "celery")

    def is_app(self, at: Location, environment: Mapping[str, Word], version: CeleryVersion, cwd: str) -> bool:
        """Whether the object whose method a Launch of kind "python" calls at ``at`` is known to be an application."""
        module = self.modules.module(at.path)
        receiver = receiver_of_call(module, at) if module is not None else None
        if module is None or receiver is None:
            return False
        return isinstance(self._answer_call(at, module, receiver, Surroundings(cwd, environment, version)), App)

    def all_apps(self) -> list[App]:
        """Every application of the project, with the settings it has in no particular environment."""
        found: list[App] = []
        many: Counter[str] = Counter()
        for place in self._places.all():
            many[place.path] += 1
            if many[place.path] > MOST_APPS:
                if many[place.path] == MOST_APPS + 1:
                    self.problems.append(
                        Problem(place.at, f"only the first {MOST_APPS} apps of this file are looked at")
                    )
                continue
            match = self._at_place(place, Surroundings("", {}, self._version_of(place.path)), shared=True).match
            if isinstance(match, App) and all(app.at != match.at for app in found):
                found.append(match)
        return sorted(found, key=lambda app: app.at)

    def details(self, app: App) -> AppDetails | None:
        """What else is known of an application that this object gave: dead keys, comments, mixed names."""
        held = self._details.get(id(app))
        return held[1] if held is not None and held[0] is app else None

    # --- one answer ---

    def _answer(
        self,
        key: tuple[object, ...],
        name: str,
        find: Callable[[World], Sought],
        around: Surroundings,
        *,
        shared: bool = False,
    ) -> Answer:
        if around.environment or around.system != "any":
            plain = self._answer(key, name, find, replace(around, environment={}, system="any"))
            if plain.holds_in(around):
                return plain
        for answer in self._answers.get(key, ()):
            if answer.reads.hold_in(around):
                return answer
        seen = self._seen(key[:-1], find, around, shared=shared)
        match: AppMatch | None = seen.match
        if match is None:
            app, details = self._app(name, around.version, seen.states)
            self._details[id(app)] = (app, details)
            match = app
        answer = Answer(seen.reads, match, seen.asked)
        self._answers.setdefault(key, []).append(answer)
        return answer

    def _seen(
        self,
        key: tuple[object, ...],
        find: Callable[[World], Sought],
        around: Surroundings,
        *,
        shared: bool,
    ) -> Seen:
        """What following the program shows; versions of one line of releases share it."""
        for seen in self._programs.get(key, ()):
            if seen.reads.hold_in(around):
                return seen
        reads: dict[str, Word | None] = {}
        asked: set[Asked] = set()
        asks_system = False
        states: list[AppState] = []
        match: NotInProject | Undecided | None = None
        for flavour in flavours(around.version) or ("5.7",):
            world = self._places.world(flavour) if shared else None
            if world is None:
                world = World(
                    self.modules,
                    around.environment,
                    flavour,
                    around.cwd,
                    around.django_settings,
                    system=around.system,
                )
            with self.modules.recording() as own:
                found = self._state(world, flavour, find, around.version)
            world.asked |= own
            asked |= world.asked
            reads |= {variable: around.environment.get(variable) for variable in world.reads}
            asks_system = asks_system or world.asks_system
            if isinstance(found, AppState):
                states.append(found)
            elif isinstance(found, Undecided) and isinstance(match, Undecided):
                match = replace(found, candidates=(*match.candidates, *found.candidates))
            else:
                match = found
        made = Seen(Reads(reads, around.system if asks_system else None), states, match, frozenset(asked))
        self._programs.setdefault(key, []).append(made)
        return made

    def _state(
        self, world: World, flavour: Flavour, find: Callable[[World], Sought], version: CeleryVersion
    ) -> AppState | NotInProject | Undecided:
        world.refill()
        try:
            found = find(world)
            if isinstance(found, Several):
                states = [describe(world, app, flavour) for app in found.apps]
                return Undecided(found.reason, tuple(self._app("", version, [state])[0] for state in states))
            return describe(world, found, flavour) if isinstance(found, Table) else found
        except (ExhaustedError, RecursionError):
            return Undecided("the program is too long to be followed")

    def _app(self, name: str, version: CeleryVersion, states: list[AppState]) -> tuple[App, AppDetails]:
        first = states[-1]
        details = agreed([state.details for state in states])
        settings: dict[str, Value[Setting]] = {
            setting: merged([state.settings.get(setting) for state in states], first.looked_at) for setting in SETTINGS
        }
        app = App(
            name=name,
            at=first.at,
            configured_at=first.configured_at,
            version=version,
            settings=settings,
            imports=self._packages.near(first.at.path) | ({"django"} if first.uses_django else frozenset()),
            written={setting: key.at for setting, key in (details.keys or {}).items()},
            comments={setting: comment for setting, (comment, _) in (details.comments or {}).items()},
            uncast=details.uncast or {},
            dead=dead_settings(details, version),
            mixed=mixed_names(details),
            debug=details.debug,
            namespace=prefix_of(details.namespace) if details.reads_object else "",
            old_names=writes_old_names(details, uses_django=first.uses_django),
        )
        return app, details

    # --- all of them ---

    def _only_app(self, near: str, around: Surroundings) -> AppMatch:
        """The application of a command that names none: the only one of the project, or of the folder around."""
        places = self._places.all()
        folder = posixpath.dirname(near)
        while folder and not any(place.path.startswith(f"{folder}/") for place in places):
            folder = posixpath.dirname(folder)
        close = [place for place in places if place.path.startswith(f"{folder}/") or not folder]
        if not close:
            return NotInProject("")
        if len({place.at for place in close}) > 1:
            apps: list[App] = []
            for place in close if len(close) <= MAX_CANDIDATES else ():
                app = self._close(place, around)
                if not isinstance(app, App):
                    break
                apps.append(app)
            complete = len(apps) == len(close)
            return Undecided("which of several applications is meant is not said", tuple(apps) if complete else ())
        return self._at_place(close[0], around).match

    def _close(self, place: Place, around: Surroundings) -> AppMatch:
        """One of several candidates: as it is without an environment, where the environment cannot change it."""
        if around.django_settings is None:
            plain = self._at_place(place, Surroundings("", {}, around.version), shared=True)
            if plain.holds_in(around):
                return plain.match
        return self._at_place(place, around).match

    def _at_place(self, place: Place, around: Surroundings, *, shared: bool = False) -> Answer:
        def find(world: World) -> Sought:
            table = world.run_module(place.path)
            if table is None:
                return Undecided(f"{place.path} cannot be read")
            value = self._places.named(world, table, place)
            return value if value is not None else Undecided(f"{place.name} of {place.path} is made elsewhere")

        module = self.modules.module(place.path)
        name = f"{module.name}:{place.name}" if module is not None else place.name
        key = ("place", place.path, place.name, around.cwd, *around.kind)
        return self._answer(key, name, find, around, shared=shared)


def _apps_of(match: AppMatch) -> tuple[App, ...]:
    """The app that an answer is, or those of which one is meant."""
    match match:
        case App():
            return (match,)
        case Undecided(candidates=candidates):
            return candidates
        case _:
            return ()


def _root_of(path: str, module: str) -> str | None:
    """The folder in which a module of this dotted name is found at ``path``."""
    inside = module.replace(".", "/")
    for ending in (f"{inside}/__init__.py", f"{inside}.py"):
        if path == ending:
            return ""
        if path.endswith("/" + ending):
            return path[: -len(ending) - 1]
    return None
