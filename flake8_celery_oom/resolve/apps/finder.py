"""Finding the application that a name means, as ``find_app`` of ``celery/app/utils.py`` does."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from flake8_celery_oom.celery.settings import SETTINGS
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Setting
from flake8_celery_oom.core.value import Unknown, Unset, Value, same
from flake8_celery_oom.resolve.apps import libraries
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.modules import Module, Modules
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Dynamic,
    External,
    Function,
    Lazy,
    LazyCall,
    Table,
    default_of,
)
from flake8_celery_oom.syntax import python

MENTIONS = re.compile(r"celery", re.IGNORECASE)


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
    is_other: bool = False
    """Whether what the name means is known, and is something else than an application."""

    @property
    def settings(self) -> Mapping[str, Value[Setting]]:
        """What all candidates agree on; Unknown for the rest."""
        unknown: Unknown[Setting] = Unknown(Cause(self.reason), origin="settings")
        found: dict[str, Value[Setting]] = {}
        for name in SETTINGS:
            values = [app.settings[name] for app in self.candidates]
            alike = bool(values) and all(same(value, values[0]) and not isinstance(value, Unknown) for value in values)
            found[name] = values[0] if alike else unknown
        return found


AppMatch: TypeAlias = App | NotInProject | Undecided


@dataclass(frozen=True, slots=True)
class Several:
    """One of several applications, and why nobody knows which."""

    reason: str
    apps: tuple[Table, ...]


Sought: TypeAlias = Table | Several | NotInProject | Undecided
"""An application while a world is being followed, or why there is none."""


class Finder:
    """Finds applications in worlds."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules

    def find(self, world: World, name: str, cwd: str, near: str) -> Sought:
        """What ``-A name`` means for a command run in ``cwd`` and written in the file ``near``."""
        if ":" in name:
            module, _, attribute = name.partition(":")
            return self._through(world, module, cwd, near, lambda path: self.attribute(world, path, attribute))
        parent, _, last = name.rpartition(".")
        if parent:
            path = self.modules.find(parent, cwd, near)
            if isinstance(path, str):
                table = world.run_module(path)
                value = _own_name(world, table, path, last) if table is not None else None
                if value is not None and (not isinstance(value, Table) or value.kind != "module"):
                    return self._named(world, path, last, value, name)
        found = self._through(world, name, cwd, near, lambda path: self.in_module(world, path))
        if isinstance(found, NotInProject):
            inside = self._through(world, f"{name}.celery", cwd, near, lambda path: self.in_module(world, path))
            return found if isinstance(inside, NotInProject) else inside
        return found

    def _through(
        self,
        world: World,
        module: str,
        cwd: str,
        near: str,
        use: Callable[[str], Sought],
    ) -> Sought:
        """What ``use`` finds in a module, or in the only one of several candidates that has something."""
        path = self.modules.find(module, cwd, near)
        if path is None:
            if module in libraries.CONFIGURED_BY:
                return self._configured_by(world, *libraries.CONFIGURED_BY[module], cwd, near)
            name = libraries.MODULES.get(module, module)
            place = world.place_of_django(near) if name in libraries.OBJECTS else None
            library = world.app_of_library(name, place) if place is not None else None
            return library if library is not None else NotInProject(module)
        if isinstance(path, str):
            made = use(path)
            is_another = isinstance(made, Undecided) and made.is_other and self._is_guessed(path, module, cwd, near)
            return NotInProject(module) if is_another and _holds_no_app(world, path) else made
        found = [result for result in map(use, path.candidates) if isinstance(result, Table)]
        return _one_of(found, f"several files could be {module}: {', '.join(path.candidates[:3])}")

    def _configured_by(self, world: World, module: str, name: str, cwd: str, near: str) -> Sought:
        """The application of a program that takes its settings from an object of a module of the project."""
        path = self.modules.find(module, cwd, near)
        table = world.run_module(path) if isinstance(path, str) else None
        if not isinstance(path, str) or table is None or name not in table.slots:
            return Undecided(f"its settings are {name} of {module}, which is not seen here")
        at = Location(path, 0, 0, 1, 1, 1, 1)
        app = world.new_app(Arguments(), at)
        world.config_from_object(app, Arguments([replace(table.slots[name], key_at=at)]), at)
        return app

    def _is_guessed(self, path: str, module: str, cwd: str, near: str) -> bool:
        """Whether a module was found for its name alone, in a folder that the command's imports do not start from."""
        root = self.modules.root_of(path, module)
        folder = posixpath.dirname(root) if posixpath.basename(root) == "src" else root
        return bool(folder) and not any(
            f"{place}/".startswith(f"{folder}/") for place in (cwd, posixpath.dirname(near))
        )

    def attribute(self, world: World, path: str, attribute: str) -> Sought:
        """``module:attribute``; ``attribute()`` calls a function."""
        table = world.run_module(path)
        if table is None:
            return Undecided(f"{path} cannot be read")
        name, calls, _ = attribute.partition("()")
        value = world.force(world.module_attribute(table, path, name))
        if calls and isinstance(value, Function):
            value = world.force(world.call_function(value, Arguments(), None))
        return self._named(world, path, attribute, value, f"{path}:{attribute}")

    def _named(self, world: World, path: str, attribute: str, value: Abstract, shown: str) -> Sought:
        """The application that a name of a module is; where it is None, the one that a function there gives it."""
        if isinstance(value, External) and _OF_PACKAGE.fullmatch(value.name):
            return NotInProject(value.name)
        if value != NONE:
            return self.as_app(value, shown)
        makers = world.functions_that_set(path, attribute)
        for function in makers:
            world.call_function(function, Arguments(), None)
        made = self.as_app(world.force(Lazy(path, attribute)), shown)
        if isinstance(made, Table) and len(makers) == 1:
            return Several(f"{shown} is None until {makers[0].name}() was called", (made,))
        return self.as_app(value, shown)

    @staticmethod
    def as_app(value: Abstract, name: str) -> Sought:
        """The value when it is an application."""
        if isinstance(value, Table) and value.kind == "app":
            return value
        if isinstance(value, Dynamic):
            likely = default_of(value)
            options = [option for option in value.options if isinstance(option, Table) and option.kind == "app"]
            if isinstance(likely, Table) and likely.kind == "app" and (not options or likely in options):
                return likely
            return _one_of(options, f"{name}: {value.cause}")
        is_other = not isinstance(value, Table) or value.kind != "object" or _is_web_app(value)
        return Undecided(f"{name} is not seen to be a Celery application", is_other=is_other)

    def in_module(self, world: World, path: str, depth: int = 0) -> Sought:
        """``find_app`` for a module: its ``app``, its ``celery``, its submodule ``celery``, any application in it."""
        table = world.run_module(path)
        if table is None:
            return Undecided(f"{path} cannot be read")
        why: Sought = Undecided(f"no Celery application is seen in {path}", is_other=table.open is None)
        for name in ("app", "celery"):
            made = _own_name(world, table, path, name)
            if isinstance(made, External) and _OF_PACKAGE.fullmatch(made.name):
                why = NotInProject(made.name)
                continue
            value = self.as_app(made, f"{path}:{name}") if made is not None else None
            if isinstance(value, Table):
                return value
            if isinstance(made, Dynamic) and isinstance(value, (Undecided, Several)):
                why = value
        inside = self.modules.submodule(path, "celery")
        if inside is not None and depth < 3:
            found = self.in_module(world, inside, depth + 1)
            if isinstance(found, Table):
                return found
            why = found
        return self._any_of(world, table, path) or why

    def _any_of(self, world: World, table: Table, path: str) -> Table | Several | None:
        """The first application that a module has under any name, be it one of several."""
        default: Table | None = None
        several: Several | None = None
        for name, slot in list(table.slots.items()):
            value = self.maybe(world, slot.value)
            if isinstance(value, Dynamic):
                likely = self.as_app(value, f"{path}:{name}")
                value = likely if isinstance(likely, Table) else None
                several = several or (likely if isinstance(likely, Several) else None)
            if value is not None and libraries.DEFAULT_APP not in value.links:
                return value
            default = default or value
        return default or several

    def maybe(self, world: World, value: Abstract) -> Table | Dynamic | None:
        """The value when it is an application, or one of several; what cannot be one is not looked at."""
        if isinstance(value, (Lazy, LazyCall)):
            source = self.modules.text(value.path if isinstance(value, Lazy) else value.function.module.name)
            if source is None or not source.mentions(MENTIONS, "celery"):
                return None
            value = world.force(value)
        if isinstance(value, Dynamic):
            return value if any(isinstance(one, Table) and one.kind == "app" for one in value.options) else None
        return value if isinstance(value, Table) and value.kind == "app" else None

    def evaluate(self, world: World, module: Module, receiver: ast.expr) -> Sought:
        """The application that an expression of a module is, which is run as a program."""
        world.program = module.path
        table = world.run_module(module.path)
        if table is None:
            return Undecided(f"{module.path} cannot be read")
        value = world.force(world.evaluate(receiver, Frame(module, table, table)))
        return self.as_app(value, python.code(module.source, receiver))


def _own_name(world: World, table: Table, path: str, name: str) -> Abstract | None:
    """What a module has under a name, be it by its function ``__getattr__``; None where it has nothing."""
    if name not in table.slots and "__getattr__" not in table.slots:
        return None
    value = world.force(Lazy(path, name))
    return value if name in table.slots or isinstance(value, Table) else None


def _one_of(apps: list[Table], reason: str) -> Sought:
    return apps[0] if len(apps) == 1 else Several(reason, tuple(apps)) if apps else Undecided(reason)


def _holds_no_app(world: World, path: str) -> bool:
    """Whether all that a module has is known, and is no application."""
    table = world.run_module(path)
    values = [world.force(slot.value) for slot in table.slots.values()] if table is not None else []
    return table is not None and not any(
        isinstance(value, Dynamic)
        or (
            isinstance(value, Table)
            and value.kind == "object"
            and value.name.split(".")[0] not in sys.stdlib_module_names
        )
        for value in values
    )


_OF_PACKAGE = re.compile(r"(?!celery\.)\w+(?:\.\w+)*\.(?:\w*app|celery)")
"""An application that a package outside of the project makes, by the name it usually has: ``shop.celery``."""
_WEB_APP = re.compile(r"(?:\w+\.)+(?:Flask|Quart|APIFlask|FastAPI|Starlette|Sanic|Litestar)\(\)")


def _is_web_app(value: Table) -> bool:
    return _WEB_APP.fullmatch(value.name) is not None


_OF_APPS = frozenset({"worker_main", "start", "Worker", "WorkController"})


def receiver_of_call(module: Module, at: Location) -> ast.expr | None:
    """``app`` of the innermost ``app.worker_main(...)`` that holds ``at``.

    Also of ``Worker(app=app)``, and of ``worker.run()`` where the worker was made so.
    """
    best: tuple[int, ast.expr] | None = None
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        found = _app_of_call(module.tree, node)
        if found is None:
            continue
        start, end = python.span(module.source, node)
        if start <= at.start and at.end <= end and (best is None or end - start < best[0]):
            best = (end - start, found)
    return best[1] if best is not None else None


def _app_of_call(tree: ast.Module, call: ast.Call) -> ast.expr | None:
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "app"), None)
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if given is not None and (name or getattr(call.func, "id", "")) in {"Worker", "WorkController", "worker"}:
        return given
    if not isinstance(call.func, ast.Attribute):
        return None
    receiver = call.func.value
    if name in _OF_APPS:
        return receiver
    if name != "run" or not isinstance(receiver, (ast.Name, ast.Call)):
        return None
    made = receiver if isinstance(receiver, ast.Call) else _assigned_call(tree, receiver.id)
    return _app_of_call(tree, made) if made is not None else None


def _assigned_call(tree: ast.Module, name: str) -> ast.Call | None:
    """The one call that a name is assigned in a module; None when there are several."""
    calls = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    return calls[0] if len(calls) == 1 else None
