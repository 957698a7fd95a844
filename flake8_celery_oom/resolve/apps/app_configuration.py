"""How an application's configuration is made: what was written, the configuration object, defaults, and their order.

Follows ``celery/app/base.py`` of 4.4, 5.0, 5.6 and 5.7: nothing is read before the first access to ``app.conf``; what
is written before that is kept, converted, and looked at before the configuration object.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_celery_oom.celery.settings import NEW_TO_OLD, OLD_TO_NEW, Flavour
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.apps.configuration_objects import ConfigurationObjects
from flake8_celery_oom.resolve.apps.key_lookup import Found, Style, converted, keys_of, look_up, names_of, search
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    Function,
    Items,
    Method,
    Slot,
    Table,
    truth,
)

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
UNNAMED = ("unnamed",)
IGNORED = ("ignored",)
REFUSED = ("refused",)
TOUCHED = ("touched",)

YES, NO = Constant(value=True), Constant(value=False)


class AppConfigurations(ConfigurationObjects):
    """Makes the configurations of applications."""

    flavour: Flavour

    def held(self, app: Table, key: tuple[str]) -> Table:
        """A table that an application keeps; an empty one when branches left several."""
        slot = app.slots.get(key)
        if slot is not None and isinstance(slot.value, Table):
            return slot.value
        made = self.table("dict", key[0], app.at)
        if slot is not None and isinstance(slot.value, Dynamic):
            self.open_up(made, slot.value)
        self.write(app, key, Slot(made, app.at))
        return made

    def app_attribute(self, app: Table, name: str, at: Location | None) -> Abstract:
        """An attribute of an application: its own, its class' or a method of Celery."""
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

    def touch(self, app: Table, at: Location | None) -> None:
        """Remember the first place that configures an application."""
        if TOUCHED not in app.slots and at is not None:
            self.write(app, TOUCHED, Slot(NONE, at))

    def add_defaults(self, app: Table, value: Abstract, at: Location) -> None:
        """``app.add_defaults``: kept until the configuration is made, then put before the configuration object."""
        key = DEFAULTS if self.state(app, CONFIGURED) else PENDING
        slot = app.slots[key]
        held = slot.value.values if isinstance(slot.value, Items) else ()
        order = (value, *held) if key == DEFAULTS else (*held, value)
        self.write(app, key, Slot(Items(order), at))
        self.touch(app, at)

    def contains(self, app: Table, key: str) -> bool:
        """``key in app.conf``: before the configuration is made only what was written counts, then defaults too."""
        configured = self.state(app, CONFIGURED) is True
        keys = keys_of(key, self.namespace(app), self.flavour)
        held = self.mappings(app) if configured else [self.held(app, CHANGES)]
        defaults = (OLD_TO_NEW if self.style(app) == "old" else NEW_TO_OLD) if configured else {}
        return any(name in defaults or any(name in table.slots for table in held) for name in keys)

    # --- the configuration ---

    def state(self, app: Table, key: tuple[str]) -> bool | None:
        """Whether something holds of an application; None when that depends on the way that is taken."""
        slot = app.slots.get(key)
        return truth(slot.value) if slot is not None else False

    def namespace(self, app: Table) -> str | None:
        """The namespace of an application's configuration object."""
        slot = app.slots.get(NAMESPACE)
        value = self.force(slot.value) if slot is not None else NONE
        if isinstance(value, Dynamic):
            self.write(
                app,
                UNNAMED,
                Slot(replace(value, cause=value.cause.said(f"the namespace is {value.cause}"), default=None)),
            )
        return value.value if isinstance(value, Constant) and isinstance(value.value, str) and value.value else None

    def finalize(self, app: Table) -> None:
        """Make the configuration, as the first access to ``app.conf`` does."""
        if self.state(app, CONFIGURED) is not False:
            if self.state(app, CONFIGURED) is None:
                why = Dynamic(Cause("configured on one of two ways"), app.at)
                self.write(app, BROKEN, Slot(why, app.at))
            return
        if self.state(app, CONFIGURING) is not False:
            return
        self.write(app, CONFIGURING, Slot(YES, app.at))
        self._run_handlers(app, "on_configure")
        self.write(app, CONFIGURED, Slot(YES, app.at))
        self.write(app, CONFIGURING, Slot(NO, app.at))
        slot = app.slots.get(SOURCE)
        source = self.force(slot.value) if slot is not None else NONE
        config = self.loaded(app, source)
        namespace = self.namespace(app)
        changes, auto = self.held(app, CHANGES), self.held(app, AUTO)
        deciding = config.names() if config is not None else changes.names()
        names = names_of([key for key in deciding if key not in auto.slots], self.flavour, namespace)
        settled = self.table("dict", "changes", app.at)
        for key, held in changes.slots.items():
            name = converted(key, names.style) if isinstance(key, str) and self.flavour != "3.1" else key
            self.write(settled, name, held)
        if names.style == "refused":
            why = Dynamic(Cause("old and new names are mixed: Celery refuses the configuration"), app.at)
            self.write(app, BROKEN, Slot(why, app.at))
            self.write(app, REFUSED, Slot(YES, app.at))
        self.write(app, STYLE, Slot(Constant(names.style)))
        self.write(app, CHANGES, Slot(settled, app.at))
        self.write(app, CONFIG, Slot(config if config is not None else NONE, app.at))
        pending = app.slots[PENDING].value
        self.write(app, PENDING, Slot(Items(()), app.at))
        for value in pending.values if isinstance(pending, Items) else ():
            self.add_defaults(app, value, app.at or Location("", 0, 0, 1, 1, 1, 1))
        self._run_handlers(app, "on_after_configure")

    def loaded(self, app: Table, source: Abstract) -> Table | None:
        """The configuration object that an application reads, None when it reads none."""
        near = app.at.path if app.at is not None else None
        if truth(source) is False:
            loader = app.slots.get("loader")
            named = self.has_variable(Constant("CELERY_CONFIG_MODULE"), app.at)
            if loader is None and isinstance(named, Dynamic):
                return None
            named = self.read_variable(Constant("CELERY_CONFIG_MODULE"), Constant("celeryconfig"), app.at)
            return self.configuration_object(Constant("celeryconfig") if loader is not None else named, near)
        return self.configuration_object(source, near)

    def finish_app(self, app: Table) -> None:
        """What ``app.finalize()`` runs before a worker starts."""
        self._run_handlers(app, "on_after_finalize")

    def _run_handlers(self, app: Table, name: str) -> None:
        own = self.app_attribute(app, name, app.at) if "class" in app.links else None
        if isinstance(own, Function):
            self.call_function(own, Arguments(), app.at)
        slot = app.slots.get(f"handlers of {name}")
        handlers = slot.value.values if slot is not None and isinstance(slot.value, Items) else ()
        for handler in handlers:
            if isinstance(handler, Function):
                given = {"sender": Slot(app), "source": Slot(app.links["conf"])}
                self.call_function(handler, Arguments(keywords=self.accepted(handler, given)), app.at)

    @staticmethod
    def accepted(handler: Function, given: dict[str, Slot]) -> dict[str, Slot]:
        """Those of the arguments that a signal's handler takes."""
        parameters = handler.node.args
        names = [parameter.arg for parameter in [*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs]]
        kept = {name: slot for name, slot in given.items() if name in names or parameters.kwarg is not None}
        if names and names[0] not in given and names[0] not in {"self", "cls"}:
            kept[names[0]] = given["sender"]
        return kept

    def mappings(self, app: Table) -> list[Table]:
        """Where settings are looked for, first the mapping that wins; the configuration must be made."""
        found = [self.held(app, CHANGES)]
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
        return self.state(app, REFUSED) is True

    def setting(self, app: Table, name: str) -> Found | Dynamic | None:
        """What a setting (new name) of an application is; None when nothing sets it."""
        self.finalize(app)
        broken = app.slots.get(BROKEN)
        if broken is not None and isinstance(broken.value, Dynamic):
            return broken.value
        namespace, mappings = self.namespace(app), self.mappings(app)
        unnamed = app.slots.get(UNNAMED)
        if unnamed is not None and isinstance(unnamed.value, Dynamic) and _in_some_namespace(name, mappings):
            return unnamed.value
        return look_up(name, mappings, self.style(app), self.flavour, namespace)

    def read_setting(self, app: Table, name: str) -> Abstract:
        """``app.conf.name`` read by the program itself; None stands for a default."""
        found = self.setting(app, name)
        if found is None:
            own = search(name, (name,), self.mappings(app), by_key=True)
            found = own if own is not None else None
        if isinstance(found, Found):
            return found.slot.value
        return found if found is not None else Dynamic(Cause(f"the default of {name}"), app.at)


def _in_some_namespace(name: str, mappings: list[Table]) -> bool:
    """Whether a key could be a setting if only the namespace were known."""
    ends = (name, NEW_TO_OLD.get(name, name).lower())
    keys = (key for mapping in mappings for key in mapping.slots if isinstance(key, str))
    return any(key.lower().endswith(ends) for key in keys)
