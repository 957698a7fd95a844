"""Celery applications that packages outside of the project make: one function each, by the name programs know it by.

To add one, write what the package does as calls of a :class:`Maker`, and register it in :data:`OBJECTS` or
:data:`CALLS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.values import NONE, Abstract, Arguments, Constant, Function, Slot, Table


class Maker(Protocol):
    """What makes applications in a world."""

    def new_app(self, arguments: Arguments, at: Location, owner: Table | None = None) -> Table:
        """``Celery(...)``."""

    def config_from_object(self, app: Table, arguments: Arguments, at: Location) -> None:
        """``app.config_from_object(...)``."""

    def set_variable(self, key: Abstract, value: Abstract, at: Location | None, *, only_default: bool) -> None:
        """``os.environ[key] = value``, or ``setdefault``."""

    def call_function(self, function: Function, arguments: Arguments, at: Location | None) -> Abstract:
        """What a function of the project returns."""

    def table(self, kind: str, name: str, at: Location | None = None) -> Table:
        """A new, empty table."""

    def write(self, table: Table, key: object, slot: Slot | None) -> None:
        """Set a name of a table."""

    def force(self, value: Abstract) -> Abstract:
        """The value itself when it stands for one that was not looked at yet."""


MakesObject: TypeAlias = Callable[[Maker, Location], Table]
Called: TypeAlias = Callable[[Maker, Arguments, Location], Table]


def _blueapps(world: Maker, at: Location) -> Table:
    """``blueapps/core/celery/celery.py`` of blueapps 4.17.4."""
    world.set_variable(Constant("DJANGO_SETTINGS_MODULE"), Constant("settings"), at, only_default=True)
    app = world.new_app(Arguments([Slot(Constant("proj"), at)]), at)
    world.config_from_object(app, Arguments([Slot(Constant("django.conf:settings"), at)]), at)
    return app


def _djcelery(world: Maker, at: Location) -> Table:
    """``djcelery/loaders.py`` of django-celery 3.3.1 (``read_configuration``): Django settings, no namespace."""
    app = world.new_app(Arguments(), at)
    world.config_from_object(app, Arguments([Slot(Constant("django.conf:settings"), at)]), at)
    return app


_MAPPED_BY_CELERYEXT = frozenset(
    f"worker_{name}" for name in ("concurrency", "pool", "max_tasks_per_child", "prefetch_multiplier")
)
"""The settings of workers in ``flask_celeryext/_mapping.py`` of Flask-CeleryExt 0.5.1."""


def _celeryext_app(world: Maker, arguments: Arguments, at: Location) -> Table:
    """``create_celery_app(flask_app)`` of Flask-CeleryExt 0.5.1: Flask's configuration, some of its keys renamed."""
    app = world.new_app(Arguments(), at)
    flask = world.force(arguments.get(0, "flask_app") or NONE)
    held = flask.slots.get("config") if isinstance(flask, Table) else None
    config = world.force(held.value) if held is not None else NONE
    if not isinstance(config, Table):
        return app
    renamed = world.table("dict", "config", at)
    for key, slot in config.slots.items():
        name = key.removeprefix("CELERY_").lower() if isinstance(key, str) and key.startswith("CELERY_") else ""
        world.write(renamed, name if name in _MAPPED_BY_CELERYEXT else key, slot)
    world.config_from_object(app, Arguments([Slot(renamed, at)]), at)
    return app


def _celeryext(world: Maker, arguments: Arguments, at: Location) -> Table:
    """``FlaskCeleryExt(flask_app)``: its ``celery`` is the application."""
    made = world.table("object", "flask_celeryext.FlaskCeleryExt()", at)
    made.links["factory"] = arguments.get(1, "create_celery_app") or NONE
    if arguments.get(0, "app") is not None:
        _celeryext_init_app(world, made, arguments, at)
    return made


def _celeryext_init_app(world: Maker, extension: Table, arguments: Arguments, at: Location) -> None:
    """``init_app(flask_app)``: the application is what the function gives that the extension was made with."""
    factory = world.force(extension.links["factory"])
    given = Arguments([arguments.slot(0, "app") or Slot(NONE, at)])
    own = world.call_function(factory, given, at) if isinstance(factory, Function) else None
    made = own if own is not None else _celeryext_app(world, given, at) if factory == NONE else None
    if made is not None:
        world.write(extension, "celery", Slot(made, at))


DEFAULT_APP = "default app"
"""The link of the application that Celery makes where the program makes none."""
CURRENT_APP = frozenset({"celery.current_app", "celery._state.current_app", "celery.app.default_app"})
"""The names under which programs import it."""
OBJECTS: Mapping[str, MakesObject] = {
    "blueapps.core.celery.celery_app": _blueapps,
    "blueapps.core.celery.celery.app": _blueapps,
    "djcelery.app.app": _djcelery,
}
"""By the full name of an object that programs import."""
CALLS: Mapping[str, Called] = {
    "flask_celeryext.FlaskCeleryExt": _celeryext,
    "flask_celeryext.create_celery_app": _celeryext_app,
}
"""By the full name of what programs call."""
METHODS: Mapping[str, Callable[[Maker, Table, Arguments, Location], None]] = {
    "flask_celeryext.FlaskCeleryExt().init_app": _celeryext_init_app,
}
"""By full name: what a method does to the object that it belongs to."""
MODULES: Mapping[str, str] = {
    "blueapps.core.celery": "blueapps.core.celery.celery_app",
    "blueapps.core.celery.celery": "blueapps.core.celery.celery_app",
    "djcelery.app": "djcelery.app.app",
    "djcelery": "djcelery.app.app",
}
"""What ``-A module`` of such a package means."""
_SUPERSET = ("superset_config", "CELERY_CONFIG")
CONFIGURED_BY: Mapping[str, tuple[str, str]] = {
    "superset.tasks.celery_app": _SUPERSET,
    "superset.sql_lab": _SUPERSET,
}
"""Modules with the application of a program, which takes its settings from an object of a module that users write.

Superset: ``superset/initialization/__init__.py`` (``configure_celery``) and ``superset/config.py`` of Superset 1 to 5.
"""
