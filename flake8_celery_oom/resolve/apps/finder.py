"""Finding the application that a name means, as ``find_app`` of ``celery/app/utils.py`` does."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.celery.settings import SETTINGS
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Setting
from flake8_celery_oom.core.value import Unknown, Unset, Value, same
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.modules import Module, Modules
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.values import (
    Abstract,
    Arguments,
    Dynamic,
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


Sought: TypeAlias = Table | NotInProject | Undecided
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
                if table is not None and last in table.slots:
                    value = world.force(table.slots[last].value)
                    if not isinstance(value, Table) or value.kind != "module":
                        return self.as_app(value, name)
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
            return NotInProject(module)
        if isinstance(path, str):
            return use(path)
        found = [result for result in map(use, path.candidates) if isinstance(result, Table)]
        if len(found) == 1:
            return found[0]
        return Undecided(f"several files could be {module}: {', '.join(path.candidates[:3])}")

    def attribute(self, world: World, path: str, attribute: str) -> Sought:
        """``module:attribute``; ``attribute()`` calls a function."""
        table = world.run_module(path)
        if table is None:
            return Undecided(f"{path} cannot be read")
        name, calls, _ = attribute.partition("()")
        value = world.force(world.module_attribute(table, path, name))
        if calls and isinstance(value, Function):
            value = world.force(world.call_function(value, Arguments(), None))
        return self.as_app(value, f"{path}:{attribute}")

    @staticmethod
    def as_app(value: Abstract, name: str) -> Sought:
        """The value when it is an application."""
        if isinstance(value, Table) and value.kind == "app":
            return value
        if isinstance(value, Dynamic):
            likely = default_of(value)
            options = [option for option in value.options if isinstance(option, Table) and option.kind == "app"]
            if likely is not None and any(likely is option for option in options):
                return next(option for option in options if option is likely)
            return options[0] if len(options) == 1 else Undecided(f"{name}: {value.cause}")
        return Undecided(f"{name} is not seen to be a Celery application")

    def in_module(self, world: World, path: str, depth: int = 0) -> Sought:
        """``find_app`` for a module: its ``app``, its ``celery``, its submodule ``celery``, any application in it."""
        table = world.run_module(path)
        if table is None:
            return Undecided(f"{path} cannot be read")
        why = Undecided(f"no Celery application is seen in {path}")
        for name in ("app", "celery"):
            slot = table.slots.get(name)
            made = world.force(slot.value) if slot is not None else None
            value = self.as_app(made, f"{path}:{name}") if made is not None else None
            if isinstance(value, Table):
                return value
            if isinstance(made, Dynamic) and isinstance(value, Undecided):
                why = value
        inside = self.modules.submodule(path, "celery")
        if inside is not None and depth < 3:
            found = self.in_module(world, inside, depth + 1)
            if isinstance(found, Table):
                return found
            why = found if isinstance(found, Undecided) else why
        for slot in list(table.slots.values()):
            value = self.maybe(world, slot.value)
            if value is not None:
                return value
        return why

    def maybe(self, world: World, value: Abstract) -> Table | None:
        """The value when it is an application; what cannot be one is not looked at."""
        if isinstance(value, (Lazy, LazyCall)):
            source = self.modules.text(value.path if isinstance(value, Lazy) else value.function.module.name)
            if source is None or not MENTIONS.search(source.text):
                return None
            value = world.force(value)
        return value if isinstance(value, Table) and value.kind == "app" else None

    def evaluate(self, world: World, module: Module, receiver: ast.expr) -> Sought:
        """The application that an expression of a module is."""
        table = world.run_module(module.path)
        if table is None:
            return Undecided(f"{module.path} cannot be read")
        value = world.force(world.evaluate(receiver, Frame(module, table, table)))
        return self.as_app(value, python.code(module.source, receiver))


def receiver_of_call(module: Module, at: Location) -> ast.expr | None:
    """``app`` of the innermost ``app.worker_main(...)`` that holds ``at``, or of all of them in the module."""
    best: tuple[int, ast.expr] | None = None
    receivers: dict[str, ast.expr] = {}
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in {"worker_main", "start", "Worker", "WorkController"}:
            continue
        receivers[python.code(module.source, node.func.value)] = node.func.value
        start, end = python.span(module.source, node)
        if start <= at.start and at.end <= end and (best is None or end - start < best[0]):
            best = (end - start, node.func.value)
    return best[1] if best is not None else None
