"""Celery applications of a project and the settings that reach them.

``Apps.lookup`` finds the application that ``-A name`` means, as ``find_app`` of ``celery/app/utils.py`` does, and reads
its settings as the worker's environment and Celery release make them.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.celery.settings import SETTINGS, Flavour, flavours
from flake8_celery_oom.model import App, CeleryVersion, Known, Location, Setting, Unknown, Unset, Value, Word
from flake8_celery_oom.resolve.app_settings import AppDetails, AppState, describe, merged
from flake8_celery_oom.resolve.celery_world import World
from flake8_celery_oom.resolve.modules import Module, Modules
from flake8_celery_oom.resolve.python_objects import Frame
from flake8_celery_oom.resolve.python_store import ExhaustedError
from flake8_celery_oom.resolve.python_values import Abstract, Arguments, Dynamic, Function, Lazy, LazyCall, Table
from flake8_celery_oom.syntax import python

MAX_CANDIDATES = 20
_MAKES_APPS = re.compile(r"Celery\(|\(Celery\)|\bimport\b[^\n]*\bCelery\b|extensions\[['\"]celery")
_MENTIONS = re.compile(r"celery", re.IGNORECASE)
_APP_NAME = re.compile(r"[^\W\d][\w.]*(?::[^\W\d][\w.]*(?:\(\))?)?")
_TOP_IMPORT = re.compile(r"^(?:from|import)[ \t]+([A-Za-z_]\w*)(?=[\s.,]|$)", re.MULTILINE)
_LISTED_IMPORTS = re.compile(r"^import[ \t]+([^\n#(]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NotInProject:
    """The name means a module that is no file of the project: its settings count as Unset."""

    name: str

    @property
    def settings(self) -> Mapping[str, Value[Setting]]:
        """Every setting as Unset."""
        return dict.fromkeys(SETTINGS, Unset())


@dataclass(frozen=True, slots=True)
class Undecided:
    """Which application is meant cannot be told from the files.

    Its settings count as Unknown, but for those that all applications it may be agree on.
    """

    reason: str
    candidates: tuple[App, ...] = ()

    @property
    def settings(self) -> Mapping[str, Value[Setting]]:
        """What all candidates agree on; Unknown for the rest."""
        unknown: Unknown[Setting] = Unknown(self.reason, origin="settings")
        found: dict[str, Value[Setting]] = {}
        for name in SETTINGS:
            values = [app.settings[name] for app in self.candidates]
            alike = bool(values) and all(_alike(value, values[0]) for value in values)
            found[name] = values[0] if alike else unknown
        return found


AppMatch: TypeAlias = App | NotInProject | Undecided


def _alike(left: Value[Setting], right: Value[Setting]) -> bool:
    if isinstance(left, Known) and isinstance(right, Known):
        return type(left.value) is type(right.value) and left.value == right.value
    return isinstance(left, Unset) and isinstance(right, Unset)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A remembered answer, which holds for every environment that says the same of the variables it depends on."""

    reads: Mapping[str, Word | None]
    match: AppMatch
    details: AppDetails | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an application is to be had: the module that has it under ``name``."""

    path: str
    name: str
    at: Location


class Apps:
    """Every Celery application of the project."""

    def __init__(self, modules: Modules, version_of: Callable[[str], CeleryVersion]) -> None:
        """``version_of`` gives the Celery version that holds for a path of the project."""
        self._modules = modules
        self._version_of = version_of
        self._answers: dict[tuple[object, ...], list[_Answer]] = {}
        self._details: dict[int, tuple[App, AppDetails]] = {}
        self._places: list[_Place] | None = None
        self._imports: dict[str, frozenset[str]] = {}

    # --- what others ask ---

    def lookup(
        self,
        name: str | None,
        cwd: str,
        near: str,
        environment: Mapping[str, Word],
        version: CeleryVersion,
        django_settings: str | None = None,
    ) -> AppMatch:
        """The application that ``-A name`` means for a command run in ``cwd`` and written in the file ``near``.

        ``environment`` holds the variables set for the worker; ``name`` None: the command names no application, then
        ``CELERY_APP`` or the only application of the project is taken.
        """
        if name is None and "CELERY_APP" in environment:
            name = environment["CELERY_APP"].text
            if name is None:
                return Undecided("the environment variable CELERY_APP is not known")
        if name is None or not _APP_NAME.fullmatch(name):
            return self._only_app(near, cwd, environment, version, django_settings)

        def find(world: World) -> Table | NotInProject | Undecided:
            return self._find_app(world, name, cwd, near)

        key = (name, cwd, posixpath.dirname(near), django_settings, flavours(version), version)
        return self._answer(key, name, find, (cwd, environment, version, django_settings))

    def lookup_call(
        self, at: Location, environment: Mapping[str, Word], version: CeleryVersion, cwd: str = ""
    ) -> AppMatch:
        """The application of a Launch of kind "python" whose command is at ``at``: ``app`` of ``app.worker_main(...)``.

        For entries ``worker_main``, ``start`` and ``Worker``, where no ``-A`` names the application.
        """
        module = self._modules.module(at.path)
        receiver = _receiver_of_call(module, at) if module is not None else None
        if module is None or receiver is None:
            return self._only_app(at.path, cwd, environment, version, None)

        def find(world: World) -> Table | NotInProject | Undecided:
            return self._evaluate_app(world, module, receiver)

        key = ("call", at, flavours(version), version)
        match = self._answer(key, python.code(module.source, receiver), find, (cwd, environment, version, None))
        return self._only_app(at.path, cwd, environment, version, None) if isinstance(match, Undecided) else match

    def all_apps(self) -> list[App]:
        """Every application of the project, with the settings it has in no particular environment."""
        found: list[App] = []
        for place in self._all_places():
            match = self._at_place(place, "", {}, self._version_of(place.path), None)
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
        find: Callable[[World], Table | NotInProject | Undecided],
        way: tuple[str, Mapping[str, Word], CeleryVersion, str | None],
    ) -> AppMatch:
        cwd, environment, version, django_settings = way
        for answer in self._answers.get(key, ()):
            if all(environment.get(variable) == word for variable, word in answer.reads.items()):
                return answer.match
        reads: dict[str, Word | None] = {}
        states: list[AppState] = []
        match: AppMatch | None = None
        for flavour in flavours(version) or ("5.7",):
            world = World(self._modules, environment, flavour, cwd, django_settings)
            found = self._state(world, flavour, find)
            reads |= {variable: environment.get(variable) for variable in world.reads}
            if isinstance(found, AppState):
                states.append(found)
            else:
                match = found
        details = None
        if match is None:
            app, details = self._app(name, version, states)
            self._details[id(app)] = (app, details)
            match = app
        self._answers.setdefault(key, []).append(_Answer(reads, match, details))
        return match

    def _state(
        self, world: World, flavour: Flavour, find: Callable[[World], Table | NotInProject | Undecided]
    ) -> AppState | NotInProject | Undecided:
        try:
            found = find(world)
            return describe(world, found, flavour) if isinstance(found, Table) else found
        except (ExhaustedError, RecursionError):
            return Undecided("the program is too long to be followed")

    def _app(self, name: str, version: CeleryVersion, states: list[AppState]) -> tuple[App, AppDetails]:
        first = states[-1]
        settings: dict[str, Value[Setting]] = {
            setting: merged([state.settings.get(setting) for state in states], first.looked_at) for setting in SETTINGS
        }
        app = App(
            name=name,
            at=first.at,
            configured_at=first.configured_at,
            version=version,
            settings=settings,
            imports=self._imported_near(first.at.path, uses_django=first.uses_django),
        )
        return app, first.details

    # --- finding an application ---

    def _find_app(self, world: World, name: str, cwd: str, near: str) -> Table | NotInProject | Undecided:
        if ":" in name:
            module, _, attribute = name.partition(":")
            return self._through(world, module, cwd, near, lambda path: self._attribute_app(world, path, attribute))
        parent, _, last = name.rpartition(".")
        if parent:
            path = self._modules.find(parent, cwd, near)
            if isinstance(path, str):
                table = world.run_module(path)
                if table is not None and last in table.slots:
                    value = world.force(table.slots[last].value)
                    if not isinstance(value, Table) or value.kind != "module":
                        return self._as_app(value, name)
        found = self._through(world, name, cwd, near, lambda path: self._module_app(world, path))
        if isinstance(found, NotInProject):
            inside = self._modules.find(f"{name}.celery", cwd, near)
            if isinstance(inside, str):
                return self._module_app(world, inside)
        return found

    def _through(
        self,
        world: World,
        module: str,
        cwd: str,
        near: str,
        use: Callable[[str], Table | NotInProject | Undecided],
    ) -> Table | NotInProject | Undecided:
        """What ``use`` finds in a module, or in the only one of several candidates that has something."""
        path = self._modules.find(module, cwd, near)
        if path is None:
            return NotInProject(module)
        if isinstance(path, str):
            return use(path)
        found = [result for result in map(use, path.candidates) if isinstance(result, Table)]
        if len(found) == 1:
            return found[0]
        return Undecided(f"several files could be {module}: {', '.join(path.candidates[:3])}")

    def _attribute_app(self, world: World, path: str, attribute: str) -> Table | NotInProject | Undecided:
        table = world.run_module(path)
        if table is None:
            return Undecided(f"{path} cannot be read")
        name, calls, _ = attribute.partition("()")
        value = world.force(world.module_attribute(table, path, name))
        if calls and isinstance(value, Function):
            value = world.force(world.call_function(value, Arguments(), None))
        return self._as_app(value, f"{path}:{attribute}")

    @staticmethod
    def _as_app(value: Abstract, name: str) -> Table | NotInProject | Undecided:
        if isinstance(value, Table) and value.kind == "app":
            return value
        if isinstance(value, Dynamic):
            return Undecided(f"{name}: {value.reason}")
        return Undecided(f"{name} is not seen to be a Celery application")

    def _module_app(self, world: World, path: str, depth: int = 0) -> Table | NotInProject | Undecided:
        """``find_app`` for a module: its ``app``, its ``celery``, its submodule ``celery``, any application in it."""
        table = world.run_module(path)
        if table is None:
            return Undecided(f"{path} cannot be read")
        for name in ("app", "celery"):
            slot = table.slots.get(name)
            value = world.force(slot.value) if slot is not None else None
            if isinstance(value, Table) and value.kind == "app":
                return value
        inside = self._modules.submodule(path, "celery")
        if inside is not None and depth < 3:
            found = self._module_app(world, inside, depth + 1)
            if isinstance(found, Table):
                return found
        for slot in list(table.slots.values()):
            value = self._maybe_app(world, slot.value)
            if value is not None:
                return value
        return Undecided(f"no Celery application is seen in {path}")

    def _maybe_app(self, world: World, value: Abstract) -> Table | None:
        if isinstance(value, (Lazy, LazyCall)):
            source = self._modules.text(value.path if isinstance(value, Lazy) else value.function.module.name)
            if source is None or not _MENTIONS.search(source.text):
                return None
            value = world.force(value)
        return value if isinstance(value, Table) and value.kind == "app" else None

    def _evaluate_app(self, world: World, module: Module, receiver: ast.expr) -> Table | NotInProject | Undecided:
        table = world.run_module(module.path)
        if table is None:
            return Undecided(f"{module.path} cannot be read")
        value = world.force(world.evaluate(receiver, Frame(module, table, table)))
        return self._as_app(value, python.code(module.source, receiver))

    # --- all of them ---

    def _only_app(
        self,
        near: str,
        cwd: str,
        environment: Mapping[str, Word],
        version: CeleryVersion,
        django_settings: str | None,
    ) -> AppMatch:
        """The application of a command that names none: the only one of the project, or of the folder around."""
        places = self._all_places()
        folder = posixpath.dirname(near)
        while folder and not any(place.path.startswith(f"{folder}/") for place in places):
            folder = posixpath.dirname(folder)
        close = [place for place in places if place.path.startswith(f"{folder}/") or not folder]
        if not close:
            return NotInProject("")
        if len({place.at for place in close}) > 1:
            found = [
                self._at_place(place, cwd, environment, version, django_settings) for place in close[:MAX_CANDIDATES]
            ]
            apps = tuple(app for app in found if isinstance(app, App))
            complete = len(apps) == len(close)
            return Undecided("which of several applications is meant is not said", apps if complete else ())
        return self._at_place(close[0], cwd, environment, version, django_settings)

    def _at_place(
        self,
        place: _Place,
        cwd: str,
        environment: Mapping[str, Word],
        version: CeleryVersion,
        django_settings: str | None,
    ) -> AppMatch:
        def find(world: World) -> Table | NotInProject | Undecided:
            table = world.run_module(place.path)
            if table is None:
                return Undecided(f"{place.path} cannot be read")
            value = self._named(world, table, place)
            return value if value is not None else Undecided(f"{place.name} of {place.path} is made elsewhere")

        module = self._modules.module(place.path)
        name = f"{module.name}:{place.name}" if module is not None else place.name
        key = ("place", place.path, place.name, cwd, django_settings, flavours(version), version)
        return self._answer(key, name, find, (cwd, environment, version, django_settings))

    def _named(self, world: World, table: Table, place: _Place) -> Table | None:
        value = _reach(world, table, place.name)
        if isinstance(value, Function):
            value = world.force(world.call_function(value, Arguments(), place.at))
        if isinstance(value, Table) and value.kind == "app":
            return value
        return None

    def _all_places(self) -> list[_Place]:
        """Where the applications of the project are to be had: names of modules, then functions that make one."""
        if self._places is None:
            self._places = []
            world = World(self._modules, {}, "5.7")
            makers: dict[str, None] = {}
            candidates = [path for path in self._modules.mentioning(_MAKES_APPS) if self._may_make_app(path)]
            try:
                self._scan(world, candidates, makers)
                if makers:
                    calls = re.compile(rf"\b(?:{'|'.join(map(re.escape, makers))})\s*\(")
                    more = [path for path in self._modules.mentioning(calls) if path not in candidates]
                    more = [path for path in more if self._mentions_celery(path)]
                    self._scan(world, more, {})
                self._add_makers(world, candidates)
            except (ExhaustedError, RecursionError):
                pass
        return self._places

    def _scan(self, world: World, paths: list[str], makers: dict[str, None]) -> None:
        """Note the names of modules that are applications, and the functions that may make one."""
        assert self._places is not None
        for path in paths:
            module = self._modules.module(path)
            table = world.run_module(path) if module is not None else None
            if module is None or table is None:
                continue
            for name, slot in list(table.slots.items()):
                held = self._maybe_app(world, slot.value) if isinstance(slot.value, LazyCall) else None
                for reached, value in _within(name, held or slot.value):
                    if value.kind == "app" and value.at is not None and self._is_new(value.at):
                        self._places.append(_Place(path, reached, value.at))
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef) and _makes_celery(node):
                    makers[node.name] = None

    def _may_make_app(self, path: str) -> bool:
        module = self._modules.module(path)
        return module is not None and module.note("makes Celery", module.tree, _makes_celery)

    def _mentions_celery(self, path: str) -> bool:
        source = self._modules.text(path)
        return source is not None and _MENTIONS.search(source.text) is not None

    def _is_new(self, at: Location) -> bool:
        return all(place.at != at for place in self._places or ())

    def _add_makers(self, world: World, paths: list[str]) -> None:
        """Functions that return an application and that nothing in the project was seen to call."""
        assert self._places is not None
        for path in paths:
            table = world.run_module(path)
            for name, slot in list(table.slots.items()) if table is not None else ():
                value = slot.value
                if not isinstance(name, str) or not isinstance(value, Function) or isinstance(value.node, ast.Lambda):
                    continue
                if value.module is not table or not _makes_celery(value.node):
                    continue
                made = world.force(world.call_function(value, Arguments(), slot.at))
                if isinstance(made, Table) and made.kind == "app" and made.at is not None and self._is_new(made.at):
                    self._places.append(_Place(path, name, made.at))

    # --- imports ---

    def _imported_near(self, path: str, *, uses_django: bool) -> frozenset[str]:
        """Top-level packages that the app's module and the Celery modules of its package import when they load."""
        top = path.split("/")[0] if "/" in path else ""
        package = posixpath.dirname(path)
        while package and self._modules.exists(posixpath.join(posixpath.dirname(package), "__init__.py")):
            package = posixpath.dirname(package)
        if package not in self._imports:
            found: set[str] = set()
            for candidate in self._modules.paths:
                near = candidate == path or (package and candidate.startswith(f"{package}/"))
                source = self._modules.text(candidate) if near else None
                if source is not None and (candidate == path or _MENTIONS.search(source.text)):
                    found |= _top_level_imports(source.text)
            self._imports[package] = frozenset(found - {top})
        found_here = self._imports[package]
        return found_here | {"django"} if uses_django else found_here


def _top_level_imports(text: str) -> set[str]:
    found = set(_TOP_IMPORT.findall(text))
    for listed in _LISTED_IMPORTS.findall(text):
        found |= {name.strip().split(" ")[0].split(".")[0] for name in listed.split(",")}
    return {name for name in found if name.isidentifier() and name != "__future__"}


def _within(name: object, value: Abstract, depth: int = 0) -> list[tuple[str, Table]]:
    """A value and what it holds as attributes, with the dotted name of each."""
    if not isinstance(name, str) or not isinstance(value, Table):
        return []
    found = [(name, value)]
    if value.kind == "instance" and depth < 2:
        for key, slot in list(value.slots.items()):
            if isinstance(key, str):
                found += _within(f"{name}.{key}", slot.value, depth + 1)
    return found


def _reach(world: World, table: Table, dotted: str) -> Abstract | None:
    value: Abstract = table
    for part in dotted.split("."):
        slot = value.slots.get(part) if isinstance(value, Table) else None
        if slot is None:
            return None
        value = world.force(slot.value)
    return value


def _makes_celery(node: ast.AST) -> bool:
    """Whether code calls Celery, a name for it or a class called after it, or takes an application from Flask."""
    names = {"Celery"}
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom):
            names |= {alias.asname for alias in inner.names if alias.name == "Celery" and alias.asname}
        elif isinstance(inner, ast.Call):
            called = _name_of(inner.func)
            if called in names or "Celery" in called:
                return True
        elif isinstance(inner, ast.Subscript) and _name_of(inner.value) == "extensions":
            return True
    return False


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _receiver_of_call(module: Module, at: Location) -> ast.expr | None:
    """``app`` of the innermost ``app.worker_main(...)`` whose stretch holds ``at``."""
    best: tuple[int, ast.expr] | None = None
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in {"worker_main", "start", "Worker", "WorkController"}:
            continue
        start, end = python.span(module.source, node)
        if start <= at.start and at.end <= end and (best is None or end - start < best[0]):
            best = (end - start, node.func.value)
    return best[1] if best is not None else None
