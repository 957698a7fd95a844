"""Where the applications of a project are to be had, without a command that names them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flake8_celery_oom.celery.settings import Flavour
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.storing import NOT_STORED
from flake8_celery_oom.resolve.apps import libraries
from flake8_celery_oom.resolve.apps.finder import MENTIONS, Finder
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.modules import Asked, Modules
from flake8_celery_oom.resolve.python.store import ExhaustedError
from flake8_celery_oom.resolve.python.values import Abstract, Arguments, Function, LazyCall, Table

_MAKES_APPS = re.compile(r"Celery\(|\(Celery\)|import\b[^\n]*\bCelery\b|extensions\[['\"]celery")
_DJANGO_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")
STEPS = 400_000
"""How much work one module of the project may be, with all that it imports."""
MOST_STEPS = 6_000_000
"""How much work all of them may be."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an application is to be had: the module that has it under ``name``."""

    path: str
    name: str
    at: Location


@dataclass(frozen=True, slots=True)
class KeptPlaces:
    """What one look for applications leaves for the next one."""

    found: list[Place] | None
    spent: int
    django: set[str]
    asked: set[Asked]
    worlds: Mapping[Flavour, World] = field(default_factory=dict, metadata=NOT_STORED)


class Places:
    """Looks for applications in all modules that speak of Celery."""

    def __init__(self, modules: Modules, finder: Finder, earlier: KeptPlaces | None = None) -> None:
        """``earlier`` are the places at another time, which count while nothing that they follow from has changed."""
        self.modules = modules
        self.finder = finder
        self._found: list[Place] | None = None
        self._seen: set[Location] = set()
        self._spent = 0
        self._worlds: dict[Flavour, World] = {}
        self._django: set[str] = set()
        self._asked: set[Asked] = set()
        if earlier is not None and modules.hold(earlier.asked):
            self._found, self._spent, self._django = earlier.found, earlier.spent, earlier.django
            self._asked = earlier.asked
            self._worlds = {flavour: world for flavour, world in earlier.worlds.items() if modules.hold(world.asked)}
            for world in self._worlds.values():
                world.modules = modules

    def kept(self) -> KeptPlaces:
        """What another look at the project can start from."""
        return KeptPlaces(self._found, self._spent, self._django, self._asked, self._worlds)

    def named(self, world: World, table: Table, place: Place) -> Table | None:
        """The application at a place, in the world in which ``table`` is its module."""
        value = _reach(world, table, place.name)
        if isinstance(value, Function):
            value = world.force(world.call_function(value, Arguments(), place.at))
        if isinstance(value, Table) and value.kind == "app":
            return value
        return None

    def all(self) -> list[Place]:
        """Where the applications of the project are to be had: names of modules, then functions that make one."""
        if self._found is None:
            self._found = []
            world = self._worlds["5.7"] = World(self.modules, {}, "5.7", steps=STEPS)
            with self.modules.recording() as self._asked:
                self._look(world)
            world.asked |= self._asked
        return self._found

    def _look(self, world: World) -> None:
        makers: dict[str, None] = {}
        candidates = [path for path in self.modules.mentioning(_MAKES_APPS) if self._may_make_app(path)]
        try:
            self._scan(world, candidates, makers)
            self._django = {name for path in candidates for name in self._django_settings_in(path)}
            if makers:
                calls = re.compile(rf"\b(?:{'|'.join(map(re.escape, makers))})\s*\(")
                calling = self.modules.mentioning(calls, *map(str.lower, makers))
                more = [path for path in calling if path not in candidates and self._mentions_celery(path)]
                self._scan(world, more, {})
            self._add_makers(world, candidates)
        except (ExhaustedError, RecursionError):
            pass

    def _scan(self, world: World, paths: list[str], makers: dict[str, None]) -> None:
        """Note the names of modules that are applications, and the functions that may make one."""
        assert self._found is not None
        for path in paths:
            if self._spent > MOST_STEPS:
                return
            module = self.modules.module(path)
            world.refill()
            table = self._run(world, path) if module is not None else None
            self._spent += world.spent
            if module is None or table is None:
                continue
            for name, slot in list(table.slots.items()):
                held = self.finder.maybe(world, slot.value) if isinstance(slot.value, LazyCall) else None
                for reached, value in _within(name, held or slot.value):
                    if value.kind != "app" or value.at is None or libraries.DEFAULT_APP in value.links:
                        continue
                    self._add(Place(path, reached, value.at))
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef) and _makes_celery(node):
                    makers[node.name] = None

    @staticmethod
    def _run(world: World, path: str) -> Table | None:
        """The names of a module; None when it is too long to be followed."""
        try:
            return world.run_module(path)
        except (ExhaustedError, RecursionError):
            return None

    def _django_settings_in(self, path: str) -> list[str]:
        source = self.modules.text(path)
        return source.matches(_DJANGO_SETTINGS) if source is not None else []

    def world(self, flavour: Flavour) -> World | None:
        """A world that all applications of the project may share when no variables are set for them.

        None when they set different Django settings for themselves: then each needs a world of its own.
        """
        if len(self._django) > 1:
            return None
        if flavour not in self._worlds:
            self._worlds[flavour] = World(self.modules, {}, flavour, steps=STEPS)
        return self._worlds[flavour]

    def _may_make_app(self, path: str) -> bool:
        module = self.modules.module(path)
        return module is not None and module.note("makes Celery", module.tree, _makes_celery)

    def _mentions_celery(self, path: str) -> bool:
        source = self.modules.text(path)
        return source is not None and source.mentions(MENTIONS, "celery")

    def _add(self, place: Place) -> None:
        """Keep the first name of each application."""
        assert self._found is not None
        if place.at not in self._seen:
            self._seen.add(place.at)
            self._found.append(place)

    def _add_makers(self, world: World, paths: list[str]) -> None:
        """Functions that return an application and that nothing in the project was seen to call."""
        assert self._found is not None
        for path in paths:
            table = world.run_module(path)
            for name, slot in list(table.slots.items()) if table is not None else ():
                value = slot.value
                if not isinstance(name, str) or not isinstance(value, Function) or isinstance(value.node, ast.Lambda):
                    continue
                if value.module is not table or not _makes_celery(value.node):
                    continue
                made = world.force(world.call_function(value, Arguments(), slot.at))
                if isinstance(made, Table) and made.kind == "app" and made.at is not None:
                    self._add(Place(path, name, made.at))


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
