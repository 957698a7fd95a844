"""Celery applications as a program makes and configures them: what ``Celery(...)`` and its methods do to settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace

from flake8_celery_oom.celery.settings import Flavour
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.apps import libraries
from flake8_celery_oom.resolve.apps.app_configuration import (
    AUTO,
    BROKEN,
    CHANGES,
    CONFIGURED,
    DEFAULTS,
    IGNORED,
    NAMESPACE,
    NO,
    PENDING,
    SOURCE,
    WRITTEN,
    AppConfigurations,
)
from flake8_celery_oom.resolve.apps.key_lookup import CONF_METHODS, POSITIONAL, SIGNATURE, keyword_sets
from flake8_celery_oom.resolve.python.modules import Asked, Modules
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.systems import System
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    External,
    Function,
    Items,
    Method,
    Slot,
    Table,
    default_of,
    truth,
)

STEPS = 400_000

_CELERY = re.compile(r"celery\.(?:app\.(?:base\.)?)?Celery")
_FOREIGN = re.compile(r"(?!celery\.)[\w.]+\.\w*Celery")
"""Subclasses of Celery in packages outside the project, by the name they usually have."""
_SIGNALS = frozenset({"on_configure", "on_after_configure", "on_after_finalize", "on_after_fork"})


class World(AppConfigurations):
    """One way the project may run: with one environment, under one release line of Celery."""

    def __init__(
        self,
        modules: Modules,
        environment: Mapping[str, Word],
        flavour: Flavour,
        cwd: str = "",
        django_settings: str | None = None,
        steps: int = STEPS,
        system: System = "any",
    ) -> None:
        super().__init__(steps, environment, system)
        self.modules = modules
        self.flavour = flavour
        self.cwd = cwd
        self.django_settings = django_settings
        self.apps: list[Table] = []
        self.is_ready = False
        """Whether what Django runs when it starts has run."""
        self.signals = self.table("dict", "signals")
        self.asked: set[Asked] = set()
        """What of the project's modules was asked for so far, where several programs are followed in this world."""
        self._of_libraries: dict[str, Table] = {}

    # --- applications ---

    def new_app(self, arguments: Arguments, at: Location, owner: Table | None = None) -> Table:
        """The application that ``Celery(...)`` makes, or an instance of a subclass."""
        app = self.table("app", owner.name if owner is not None else "Celery", at)
        if owner is not None:
            app.links["class"] = owner
        conf = self.table("conf", "conf", at)
        conf.links["app"] = app
        app.links["conf"] = conf
        self.apps.append(app)
        written = self.table("dict", "changes", at)
        for key, value in ((CHANGES, written), (WRITTEN, written), (AUTO, self.table("dict", "auto", at))):
            self.write(app, key, Slot(value, at))
        for key in (PENDING, DEFAULTS):
            self.write(app, key, Slot(Items(()), at))
        self.write(app, IGNORED, Slot(self.table("dict", "ignored", at), at))
        self.write(app, CONFIGURED, Slot(NO, at))
        start = self.attribute(app, "__init__", at) if owner is not None else None
        if isinstance(start, Function):
            self.call_function(start, arguments, at)
        else:
            self.init_app(app, arguments, at)
        return app

    def init_app(self, app: Table, arguments: Arguments, at: Location) -> None:
        """``Celery.__init__``."""
        given = dict(zip(POSITIONAL, arguments.positional, strict=False)) | arguments.keywords
        for name, state in (("config_source", SOURCE), ("namespace", NAMESPACE)):
            if name in given:
                self.write(app, state, given[name])
        changes = self.held(app, CHANGES)
        if "changes" in given:
            self.update(changes, given["changes"].value, given["changes"].at)
        for name, key in (("broker", "broker_url"), ("backend", "result_backend"), ("include", "include")):
            if name in given:
                self._set_automatically(app, key, given[name])
        for name, slot in arguments.keywords.items():
            if keyword_sets(name, self.flavour):
                self._set_automatically(app, name, slot)
            elif name not in SIGNATURE:
                self.write(self.held(app, IGNORED), name, slot)
        if arguments.open is not None and self.flavour in {"5.1", "5.7"}:
            self.open_up(changes, arguments.open)
        if "loader" in given:
            self.write(app, "loader", given["loader"])
        if "class" in app.links and isinstance(started := self.attribute(app, "on_init", at), Function):
            self.call_function(started, Arguments(), at)

    def _set_automatically(self, app: Table, key: str, slot: Slot) -> None:
        value = self.force(slot.value)
        if value == NONE:
            return
        if isinstance(value, Dynamic):
            slot = replace(slot, value=value)
        self.write(self.held(app, CHANGES), key, slot)
        self.write(self.held(app, AUTO), key, slot)

    def instantiate(self, owner: Table, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """An instance of a class of the project; an application when the class is a subclass of Celery."""
        bases = self.base_names(owner)
        if any(_CELERY.fullmatch(name) for name in bases):
            return self.new_app(arguments, self.at(node, frame), owner)
        made = super().instantiate(owner, arguments, node, frame)
        if any(name.endswith("Flask") for name in bases) and isinstance(made, Table):
            self.prepare_flask(made)
        return made

    def app_of_library(self, name: str, at: Location) -> Table | None:
        """The application that a package outside of the project has under a full name; there is one of each.

        It is configured in the settings of Django, so that is its place.
        """
        make = libraries.OBJECTS.get(name)
        if make is not None and name not in self._of_libraries:
            place = self.place_of_django(at.path) or at
            self._of_libraries[name] = self.outside_trials(lambda: make(self, place))
        return self._of_libraries.get(name)

    def _default_app(self, at: Location) -> Table | None:
        """The application that Celery makes itself for ``current_app``; None once the program has made its own.

        ``celery/_state.py`` of 5.6: ``_get_current_app`` gives the application made last, else ``default_app``.
        """
        if not self.apps:
            loader = Arguments(keywords={"loader": Slot(Constant("default"), at)})
            self.outside_trials(lambda: self.new_app(loader, at)).links[libraries.DEFAULT_APP] = NONE
        return self.apps[0] if all(libraries.DEFAULT_APP in app.links for app in self.apps) else None

    # --- hooks of the evaluator ---

    def external_attribute(self, name: str, at: Location | None) -> Abstract | None:
        """An application that a package makes, besides what is known of Django and of the system."""
        found = self.app_of_library(name, at) if at is not None else None
        if found is None and at is not None and name in libraries.CURRENT_APP:
            found = self._default_app(at)
        return found if found is not None else super().external_attribute(name, at)

    def special_attribute(self, value: Table, name: str, at: Location | None) -> Abstract | None:
        """An attribute of an application, its configuration, or other known objects."""
        if value.kind == "app":
            return self.app_attribute(value, name, at)
        if value.kind == "conf":
            if name == "changes":
                return self.held(self._app_of(value), CHANGES)
            if name in CONF_METHODS:
                return Method(value, name)
            return self.read_setting(self._app_of(value), name)
        if value.kind == "super":
            return self.super_attribute(value, name)
        if value.kind == "instance" and "prefix" in value.links:
            return self.settings_field(value, name, at)
        return None

    def give_up_on(self, value: Abstract, why: Dynamic) -> None:
        """Something was given to code that could not be followed: it may hold anything now."""
        value = value.links["app"] if isinstance(value, Table) and value.kind == "conf" else value
        if isinstance(value, Table) and value.kind == "app":
            self.open_up(self.held(value, CHANGES), why)
        else:
            super().give_up_on(value, why)

    @staticmethod
    def _app_of(conf: Table) -> Table:
        app = conf.links["app"]
        assert isinstance(app, Table)
        return app

    def special_item(self, value: Table, key: Abstract, at: Location | None) -> Abstract | None:
        """``app.conf[key]``."""
        if value.kind == "conf" and isinstance(key, Constant):
            return self.read_setting(self._app_of(value), str(key.value))
        if value.kind == "environ":
            return self.read_variable(key, None, at)
        return None

    def special_write(self, owner: Table, key: Abstract | str, slot: Slot) -> bool:
        """``app.conf.name = value``, ``app.conf[key] = value``, ``os.environ[key] = value``."""
        if owner.kind == "conf":
            app = self._app_of(owner)
            self._before_change(app)
            name = Constant(key) if isinstance(key, str) else key
            self.set_key(self.held(app, CHANGES), name, slot.value, slot.at, slot.key_at)
            self.touch(app, slot.at)
            return True
        if owner.kind == "app" and key == "conf":
            self.write(owner, BROKEN, Slot(Dynamic(Cause("app.conf is replaced"), slot.at), slot.at))
            return True
        return False

    def _before_change(self, app: Table) -> None:
        """Celery 3.1 makes the configuration at every access, and forgets what was written when it is made anew."""
        self.finish_calls_that_matter()
        if self.flavour == "3.1":
            self.finalize(app)

    def special_call(self, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """Calls that make or configure applications."""
        if isinstance(callee, External) and _CELERY.fullmatch(callee.name):
            return self.new_app(arguments, self.at(node, frame))
        if isinstance(callee, External):
            return self._external_call(callee.name, arguments, node, frame)
        if isinstance(callee, Table) and callee.name in libraries.METHODS:
            return self._library_method(callee, arguments, self.at(node, frame))
        if not isinstance(callee, Method):
            return None
        receiver = self.force(callee.receiver)
        if isinstance(receiver, Method) and callee.name in {"connect", "connect_via"}:
            return self._connect_to_app(receiver, arguments)
        if isinstance(receiver, Table) and receiver.kind == "app":
            return self._app_call(receiver, callee.name, arguments, node, frame)
        if isinstance(receiver, Table) and receiver.kind == "conf":
            return self._conf_call(self._app_of(receiver), callee.name, arguments, node, frame)
        return None

    def _external_call(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        if name == "celery.signals.celeryd_init.connect":
            handler = self.force(arguments.get(0) or NONE)
            if isinstance(handler, Function):
                self.write(self.signals, len(self.signals.slots), Slot(handler))
                return handler
            return External(name)
        library = libraries.CALLS.get(name)
        if library is not None:
            return library(self, arguments, self.at(node, frame))
        if _FOREIGN.fullmatch(name):
            app = self.new_app(Arguments(), self.at(node, frame))
            why = Dynamic(Cause(f"configured by {name}, which is not in the project"), app.at)
            self.write(app, SOURCE, Slot(why, app.at))
            app.links["foreign"] = External(name)
            return app
        if re.fullmatch(r"(?:\w+\.)+(?:Flask|Quart|APIFlask)", name):
            made = self.new_object(f"{name}()", arguments, node, frame)
            self.prepare_flask(made)
            return made
        return None

    def _library_method(self, method: Table, arguments: Arguments, at: Location) -> Abstract:
        owner = self.force(method.links["owner"])
        if isinstance(owner, Table):
            libraries.METHODS[method.name](self, owner, arguments, at)
        return NONE

    def _connect_to_app(self, signal: Method, arguments: Arguments) -> Abstract | None:
        app = self.force(signal.receiver)
        if not isinstance(app, Table) or app.kind != "app" or signal.name not in _SIGNALS:
            return None
        handler = self.force(arguments.get(0) or NONE)
        if not isinstance(handler, Function):
            return Method(signal, "connect")
        key = f"handlers of {signal.name}"
        before = app.slots[key].value if key in app.slots else Items(())
        self.write(app, key, Slot(Items((*before.values, handler) if isinstance(before, Items) else (handler,))))
        return handler

    def _app_call(self, app: Table, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        at = self.at(node, frame)
        if name == "__init__":
            self.init_app(app, arguments, at)
        elif name == "config_from_object":
            self.config_from_object(app, arguments, at)
        elif name == "config_from_envvar":
            self._config_from_variable(app, arguments, at)
        elif name == "init_app" and "foreign" in app.links:
            self._take_flask_settings(app, arguments, at)
        elif name == "add_defaults":
            self.add_defaults(app, arguments.get(0, "fun") or NONE, at)
        elif name == "config_from_cmdline":
            self.open_up(self.held(app, CHANGES), Dynamic(Cause("set from the command line"), at))
        elif name in {"task", "on_task_init"}:
            first = arguments.get(0)
            return first if isinstance(first, Function) else External("celery.task")
        return NONE

    def config_from_object(self, app: Table, arguments: Arguments, at: Location) -> None:
        """``app.config_from_object``; once the configuration is made, it is made anew."""
        self.finish_calls_that_matter()
        source = arguments.slot(0, "obj") or Slot(Dynamic(Cause("a computed configuration object"), at), at)
        self.write(app, SOURCE, replace(source, key_at=at))
        namespace = arguments.slot(3, "namespace")
        if namespace is not None and truth(self.force(namespace.value)) is not False:
            self.write(app, NAMESPACE, namespace)
        self.touch(app, at)
        forced = arguments.get(2, "force")
        configured = self.state(app, CONFIGURED)
        if configured is True or (forced is not None and truth(self.force(forced)) is True):
            self.write(app, CONFIGURED, Slot(NO, at))
            self.write(app, CHANGES, app.slots[WRITTEN])
            self.write(app, DEFAULTS, Slot(Items(()), at))
            self.finalize(app)

    def _take_flask_settings(self, app: Table, arguments: Arguments, at: Location) -> None:
        """``init_app(flask_app)`` of a subclass outside the project: by custom ``config["CELERY"]`` is taken."""
        flask = self.force(arguments.get(0) or NONE)
        config = (
            self.force(flask.slots["config"].value) if isinstance(flask, Table) and "config" in flask.slots else NONE
        )
        slot = config.slots.get("CELERY") if isinstance(config, Table) else None
        if slot is not None:
            self.write(app, SOURCE, replace(slot, key_at=at))

    def _config_from_variable(self, app: Table, arguments: Arguments, at: Location) -> None:
        name = self.force(arguments.get(0, "variable_name") or NONE)
        value = self.read_variable(name, None, at)
        if name == Constant("CELERY_CONFIG_MODULE") and "CELERY_CONFIG_MODULE" in self.environ.slots:
            value = default_of(value) or value
        self.config_from_object(app, Arguments([Slot(value, at)]), at)

    def _conf_call(self, app: Table, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        at = self.at(node, frame)
        self._before_change(app)
        changes = self.held(app, CHANGES)
        first = arguments.get(0)
        if name == "update":
            self.dict_method(changes, "update", arguments, node, frame)
            self.touch(app, at)
        elif name == "setdefault" and first is not None:
            self._set_default(app, self.force(first), arguments, node, frame)
        elif name == "add_defaults" and first is not None:
            if self.state(app, CONFIGURED):
                self.add_defaults(app, first, at)
        elif name == "get" and first is not None:
            key = self.force(first)
            found = self.read_setting(app, str(key.value)) if isinstance(key, Constant) else self.unclear(node, frame)
            return (arguments.get(1, "default") or NONE) if found is NONE else found
        elif name in {"clear", "pop"}:
            self.open_up(changes, self.unclear(node, frame))
        elif name in {"items", "copy", "table", "finalize"}:
            self.finalize(app)
            return self.unclear(node, frame)
        return NONE

    def _set_default(self, app: Table, key: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> None:
        changes = self.held(app, CHANGES)
        slot = arguments.slot(1, "default") or Slot(NONE, self.at(node, frame))
        self.touch(app, self.at(node, frame))
        if not isinstance(key, Constant) or not isinstance(key.value, str):
            self.open_up(changes, self.unclear(node, frame))
            return
        if not self.contains(app, key.value):
            self.set_key(changes, key, slot.value, slot.at, arguments.positional[0].at)
