"""Celery applications as a program makes and configures them: what ``Celery(...)`` and its methods do to settings.

Follows ``celery/app/base.py`` of 4.4, 5.0, 5.6 and 5.7: nothing is read before the first access to ``app.conf``; what
is written before that is kept, converted, and looked at before the configuration object.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace

from flake8_celery_oom.celery.settings import NEW_TO_OLD, OLD_TO_NEW, Flavour
from flake8_celery_oom.model import Location, Word
from flake8_celery_oom.resolve.configuration import (
    POSITIONAL,
    SIGNATURE,
    Found,
    Style,
    converted,
    keys_of,
    keyword_sets,
    look_up,
    names_of,
    search,
)
from flake8_celery_oom.resolve.configuration_objects import ConfigurationObjects
from flake8_celery_oom.resolve.modules import Modules
from flake8_celery_oom.resolve.python_objects import Frame
from flake8_celery_oom.resolve.python_values import (
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
    truth,
)
from flake8_celery_oom.syntax import python

STEPS = 400_000

SOURCE = ("source",)
NAMESPACE = ("namespace",)
CHANGES = ("changes",)
WRITTEN = ("written",)
AUTO = ("auto",)
CONFIGURED = ("configured",)
CONFIGURING = ("configuring",)
DEFAULTS = ("defaults",)
PENDING = ("pending",)
CONFIG = ("config",)
STYLE = ("style",)
BROKEN = ("broken",)
IGNORED = ("ignored",)
REFUSED = ("refused",)
TOUCHED = ("touched",)

_CELERY = re.compile(r"celery\.(?:app\.(?:base\.)?)?Celery")
_FOREIGN = re.compile(r"(?!celery\.)[\w.]+\.\w*Celery")
"""Subclasses of Celery in packages outside the project, by the name they usually have."""
_CONF_METHODS = frozenset(
    {
        "update",
        "setdefault",
        "add_defaults",
        "get",
        "items",
        "keys",
        "values",
        "copy",
        "table",
        "humanize",
        "first",
        "finalize",
        "clear",
        "pop",
        "find_option",
        "without_defaults",
        "value_set_for",
    }
)
_SIGNALS = frozenset({"on_configure", "on_after_configure", "on_after_finalize", "on_after_fork"})
_YES, _NO = Constant(value=True), Constant(value=False)


class World(ConfigurationObjects):
    """One way the project may run: with one environment, under one release line of Celery."""

    def __init__(
        self,
        modules: Modules,
        environment: Mapping[str, Word],
        flavour: Flavour,
        cwd: str = "",
        django_settings: str | None = None,
    ) -> None:
        super().__init__(STEPS, environment)
        self.modules = modules
        self.flavour = flavour
        self.cwd = cwd
        self.django_settings = django_settings
        self.apps: list[Table] = []
        self.signals = self.table("dict", "signals")

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
        self.write(app, CONFIGURED, Slot(_NO, at))
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
        changes = self._held(app, CHANGES)
        if "changes" in given:
            self.update(changes, given["changes"].value, given["changes"].at)
        for name, key in (("broker", "broker_url"), ("backend", "result_backend"), ("include", "include")):
            if name in given:
                self._set_automatically(app, key, given[name])
        for name, slot in arguments.keywords.items():
            if keyword_sets(name, self.flavour):
                self._set_automatically(app, name, slot)
            elif name not in SIGNATURE:
                self.write(self._held(app, IGNORED), name, slot)
        if arguments.open is not None and self.flavour in {"5.1", "5.7"}:
            self.open_up(changes, arguments.open)
        if "loader" in given:
            self.write(app, "loader", given["loader"])
        started = self.attribute(app, "on_init", at) if "class" in app.links else None
        if isinstance(started, Function):
            self.call_function(started, Arguments(), at)

    def _set_automatically(self, app: Table, key: str, slot: Slot) -> None:
        value = self.force(slot.value)
        if value == NONE:
            return
        if isinstance(value, Dynamic):
            slot = replace(slot, value=value)
        self.write(self._held(app, CHANGES), key, slot)
        self.write(self._held(app, AUTO), key, slot)

    def _held(self, app: Table, key: tuple[str]) -> Table:
        """A table that an application keeps; an empty one when branches left several."""
        slot = app.slots.get(key)
        if slot is not None and isinstance(slot.value, Table):
            return slot.value
        made = self.table("dict", key[0], app.at)
        if slot is not None and isinstance(slot.value, Dynamic):
            self.open_up(made, slot.value)
        self.write(app, key, Slot(made, app.at))
        return made

    def instantiate(self, owner: Table, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """An instance of a class of the project; an application when the class is a subclass of Celery."""
        bases = self.base_names(owner)
        if any(_CELERY.fullmatch(name) for name in bases):
            return self.new_app(arguments, self.at(node, frame), owner)
        made = super().instantiate(owner, arguments, node, frame)
        if any(name.endswith("Flask") for name in bases) and isinstance(made, Table):
            self.prepare_flask(made)
        return made

    # --- hooks of the evaluator ---

    def special_attribute(self, value: Table, name: str, at: Location | None) -> Abstract | None:
        """An attribute of an application, its configuration, or other known objects."""
        if value.kind == "app":
            return self._app_attribute(value, name, at)
        if value.kind == "conf":
            if name == "changes":
                return self._held(self._app_of(value), CHANGES)
            if name in _CONF_METHODS:
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
            self.open_up(self._held(value, CHANGES), why)
        else:
            super().give_up_on(value, why)

    def _app_attribute(self, app: Table, name: str, at: Location | None) -> Abstract:
        if name == "conf":
            return app.links["conf"]
        slot = app.slots.get(name)
        if slot is not None:
            return slot.value
        owner = app.links.get("class")
        for table in self.family(owner) if owner is not None else ():
            held = table.slots.get(name) if isinstance(table, Table) else None
            if held is not None:
                found = held.value
                if isinstance(found, Function) and {"property", "cached_property"} & set(found.decorators):
                    return self.call_function(replace(found, bound=app), Arguments(), at)
                return replace(found, bound=app) if isinstance(found, Function) else found
        return Method(app, name)

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
            name = Constant(key) if isinstance(key, str) else key
            self.set_key(self._held(app, CHANGES), name, slot.value, slot.at, slot.key_at)
            self._touch(app, slot.at)
            return True
        if owner.kind == "app" and key == "conf":
            self.write(owner, BROKEN, Slot(Dynamic("app.conf is replaced", slot.at), slot.at))
            return True
        return False

    def _touch(self, app: Table, at: Location | None) -> None:
        if TOUCHED not in app.slots and at is not None:
            self.write(app, TOUCHED, Slot(NONE, at))

    def special_call(self, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """Calls that make or configure applications."""
        if isinstance(callee, External) and _CELERY.fullmatch(callee.name):
            return self.new_app(arguments, self.at(node, frame))
        if isinstance(callee, External):
            return self._external_call(callee.name, arguments, node, frame)
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
        if _FOREIGN.fullmatch(name):
            app = self.new_app(Arguments(), self.at(node, frame))
            why = Dynamic(f"configured by {name}, which is not in the project", app.at)
            self.write(app, SOURCE, Slot(why, app.at))
            app.links["foreign"] = External(name)
            return app
        if re.fullmatch(r"(?:\w+\.)+(?:Flask|Quart|APIFlask)", name):
            made = self.new_object(f"{name}()", arguments, node, frame)
            self.prepare_flask(made)
            return made
        return None

    def _connect_to_app(self, signal: Method, arguments: Arguments) -> Abstract | None:
        app = self.force(signal.receiver)
        if not isinstance(app, Table) or app.kind != "app" or signal.name not in _SIGNALS:
            return None
        handler = self.force(arguments.get(0) or NONE)
        if not isinstance(handler, Function):
            return Method(signal, "connect")
        key = f"handlers of {signal.name}"
        before = app.slots.get(key)
        handlers = before.value.values if before is not None and isinstance(before.value, Items) else ()
        self.write(app, key, Slot(Items((*handlers, handler))))
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
            self._add_defaults(app, arguments.get(0, "fun") or NONE, at)
        elif name == "config_from_cmdline":
            self.open_up(self._held(app, CHANGES), Dynamic("set from the command line", at))
        elif name in {"task", "on_task_init"}:
            first = arguments.get(0)
            return first if isinstance(first, Function) else External("celery.task")
        return NONE

    def config_from_object(self, app: Table, arguments: Arguments, at: Location) -> None:
        """``app.config_from_object``; once the configuration is made, it is made anew."""
        source = arguments.slot(0, "obj") or Slot(Dynamic("a computed configuration object", at), at)
        self.write(app, SOURCE, replace(source, key_at=at))
        namespace = arguments.slot(3, "namespace")
        if namespace is not None and truth(self.force(namespace.value)) is not False:
            self.write(app, NAMESPACE, namespace)
        self._touch(app, at)
        forced = arguments.get(2, "force")
        configured = self._is(app, CONFIGURED)
        if configured is True or (forced is not None and truth(self.force(forced)) is True):
            self.write(app, CONFIGURED, Slot(_NO, at))
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
        self.config_from_object(app, Arguments([Slot(value, at)]), at)

    def _add_defaults(self, app: Table, value: Abstract, at: Location) -> None:
        key = DEFAULTS if self._is(app, CONFIGURED) else PENDING
        slot = app.slots[key]
        held = slot.value.values if isinstance(slot.value, Items) else ()
        order = (value, *held) if key == DEFAULTS else (*held, value)
        self.write(app, key, Slot(Items(order), at))
        self._touch(app, at)

    def _conf_call(self, app: Table, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        at = self.at(node, frame)
        changes = self._held(app, CHANGES)
        first = arguments.get(0)
        if name == "update":
            self._dict_method(changes, "update", arguments, node, frame)
            self._touch(app, at)
        elif name == "setdefault" and first is not None:
            self._set_default(app, self.force(first), arguments, node, frame)
        elif name == "add_defaults" and first is not None:
            if self._is(app, CONFIGURED):
                self._add_defaults(app, first, at)
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
        changes = self._held(app, CHANGES)
        slot = arguments.slot(1, "default") or Slot(NONE, self.at(node, frame))
        self._touch(app, self.at(node, frame))
        if not isinstance(key, Constant) or not isinstance(key.value, str):
            self.open_up(changes, self.unclear(node, frame))
            return
        if not self._contains(app, key.value):
            self.set_key(changes, key, slot.value, slot.at, arguments.positional[0].at)

    def _contains(self, app: Table, key: str) -> bool:
        """``key in app.conf``: before the configuration is made only what was written counts, then defaults too."""
        configured = self._is(app, CONFIGURED) is True
        keys = keys_of(key, self.namespace(app), self.flavour)
        held = self.mappings(app) if configured else [self._held(app, CHANGES)]
        defaults = (OLD_TO_NEW if self.style(app) == "old" else NEW_TO_OLD) if configured else {}
        return any(name in defaults or any(name in table.slots for table in held) for name in keys)

    # --- the configuration ---

    def _is(self, app: Table, key: tuple[str]) -> bool | None:
        slot = app.slots.get(key)
        return truth(slot.value) if slot is not None else False

    def namespace(self, app: Table) -> str | None:
        """The namespace of an application's configuration object."""
        slot = app.slots.get(NAMESPACE)
        value = self.force(slot.value) if slot is not None else NONE
        if isinstance(value, Dynamic):
            self.write(app, BROKEN, Slot(replace(value, reason=f"the namespace is {value.reason}", default=None)))
        return value.value if isinstance(value, Constant) and isinstance(value.value, str) and value.value else None

    def finalize(self, app: Table) -> None:
        """Make the configuration, as the first access to ``app.conf`` does."""
        if self._is(app, CONFIGURED) is not False:
            if self._is(app, CONFIGURED) is None:
                why = Dynamic("configured on one of two ways", app.at)
                self.write(app, BROKEN, Slot(why, app.at))
            return
        if self._is(app, CONFIGURING) is not False:
            return
        self.write(app, CONFIGURING, Slot(_YES, app.at))
        self._run_handlers(app, "on_configure")
        self.write(app, CONFIGURED, Slot(_YES, app.at))
        self.write(app, CONFIGURING, Slot(_NO, app.at))
        slot = app.slots.get(SOURCE)
        source = self.force(slot.value) if slot is not None else NONE
        config = self.loaded(app, source)
        namespace = self.namespace(app)
        changes, auto = self._held(app, CHANGES), self._held(app, AUTO)
        deciding = config.names() if config is not None else changes.names()
        names = names_of([key for key in deciding if key not in auto.slots], self.flavour, namespace)
        settled = self.table("dict", "changes", app.at)
        for key, held in changes.slots.items():
            name = converted(key, names.style) if isinstance(key, str) and self.flavour != "3.1" else key
            self.write(settled, name, held)
        if names.style == "refused":
            why = Dynamic("old and new names are mixed: Celery refuses the configuration", app.at)
            self.write(app, BROKEN, Slot(why, app.at))
            self.write(app, REFUSED, Slot(_YES, app.at))
        self.write(app, STYLE, Slot(Constant(names.style)))
        self.write(app, CHANGES, Slot(settled, app.at))
        self.write(app, CONFIG, Slot(config if config is not None else NONE, app.at))
        pending = app.slots[PENDING].value
        self.write(app, PENDING, Slot(Items(()), app.at))
        for value in pending.values if isinstance(pending, Items) else ():
            self._add_defaults(app, value, app.at or Location("", 0, 0, 1, 1, 1, 1))
        self._run_handlers(app, "on_after_configure")

    def loaded(self, app: Table, source: Abstract) -> Table | None:
        """The configuration object that an application reads, None when it reads none."""
        near = app.at.path if app.at is not None else None
        if truth(source) is False:
            loader = app.slots.get("loader")
            if loader is None and "CELERY_CONFIG_MODULE" not in self.environment:
                return None
            named = self.read_variable(Constant("CELERY_CONFIG_MODULE"), Constant("celeryconfig"), app.at)
            return self.configuration_object(Constant("celeryconfig") if loader is not None else named, near)
        return self.configuration_object(source, near)

    def _run_handlers(self, app: Table, name: str) -> None:
        own = self._app_attribute(app, name, app.at) if "class" in app.links else None
        if isinstance(own, Function):
            self.call_function(own, Arguments(), app.at)
        slot = app.slots.get(f"handlers of {name}")
        handlers = slot.value.values if slot is not None and isinstance(slot.value, Items) else ()
        for handler in handlers:
            if isinstance(handler, Function):
                given = {"sender": Slot(app), "source": Slot(app.links["conf"])}
                self.call_function(handler, Arguments(keywords=self._accepted(handler, given)), app.at)

    @staticmethod
    def _accepted(handler: Function, given: dict[str, Slot]) -> dict[str, Slot]:
        parameters = handler.node.args
        names = [parameter.arg for parameter in [*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs]]
        kept = {name: slot for name, slot in given.items() if name in names or parameters.kwarg is not None}
        if names and names[0] not in given and names[0] not in {"self", "cls"}:
            kept[names[0]] = given["sender"]
        return kept

    def start_worker(self, app: Table) -> None:
        """What handlers of ``celeryd_init`` do to the configuration before a worker reads it."""
        for slot in list(self.signals.slots.values()):
            handler = slot.value
            if not isinstance(handler, Function) or not self._writes_conf(handler):
                continue
            given = {
                "sender": Slot(Dynamic("the name of the worker")),
                "instance": Slot(Dynamic("the worker")),
                "conf": Slot(app.links["conf"]),
                "options": Slot(Dynamic("the options of the worker")),
            }
            arguments = Arguments(keywords=self._accepted(handler, given))
            self.call_function(handler, arguments, app.at)

    def _writes_conf(self, handler: Function) -> bool:
        module = self.modules.module(handler.module.name)
        if module is None or isinstance(handler.node, ast.Lambda):
            return False
        start, end = python.span(module.source, handler.node)
        return re.search(r"\bconf\s*[.\[]", module.source.text[start:end]) is not None

    def mappings(self, app: Table) -> list[Table]:
        """Where settings are looked for, first the mapping that wins; the configuration must be made."""
        found = [self._held(app, CHANGES)]
        slot = app.slots.get(DEFAULTS)
        for value in slot.value.values if slot is not None and isinstance(slot.value, Items) else ():
            forced = self.force(value)
            if isinstance(forced, Function):
                forced = self.call_function(forced, Arguments(), app.at)
            found.append(self.as_mapping(self.force(forced)))
        config = app.slots.get(CONFIG)
        if config is not None and isinstance(config.value, Table):
            found.append(config.value)
        elif config is not None and isinstance(config.value, Dynamic):
            found.append(self.as_mapping(config.value))
        return found

    def style(self, app: Table) -> Style:
        """The names that an application's configuration uses."""
        slot = app.slots.get(STYLE)
        value = slot.value.value if slot is not None and isinstance(slot.value, Constant) else "new"
        return "old" if value == "old" else "refused" if value == "refused" else "new"

    def is_refused(self, app: Table) -> bool:
        """Whether the configuration mixes names so that Celery fails at its first access."""
        return self._is(app, REFUSED) is True

    def setting(self, app: Table, name: str) -> Found | Dynamic | None:
        """What a setting (new name) of an application is; None when nothing sets it."""
        self.finalize(app)
        broken = app.slots.get(BROKEN)
        if broken is not None and isinstance(broken.value, Dynamic):
            return broken.value
        return look_up(name, self.mappings(app), self.style(app), self.flavour, self.namespace(app))

    def read_setting(self, app: Table, name: str) -> Abstract:
        """``app.conf.name`` read by the program itself; None stands for a default."""
        found = self.setting(app, name)
        if found is None:
            own = search(name, (name,), self.mappings(app), by_key=True)
            found = own if own is not None else None
        if isinstance(found, Found):
            return found.slot.value
        return found if found is not None else Dynamic(f"the default of {name}", app.at)
