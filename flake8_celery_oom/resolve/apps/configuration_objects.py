"""Configuration objects: what ``config_from_object`` is given - a module, a class, a dict, the settings of Django."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from flake8_celery_oom.core.cause import Cause, from_environment
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.apps.settings_peers import peers
from flake8_celery_oom.resolve.module_finder import Ambiguous
from flake8_celery_oom.resolve.python.arithmetic import cast
from flake8_celery_oom.resolve.python.calls import Calls
from flake8_celery_oom.resolve.python.environment import BY_CONFIGURATIONS
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    External,
    Function,
    ProjectPath,
    Slot,
    Table,
    default_of,
    join,
    truth,
)

DJANGO_VARIABLE = "DJANGO_SETTINGS_MODULE"
LOWER_CASE = "lower case"
"""The link from the settings of Django to the names of their module that Django does not take."""
_DJANGO_SETTINGS = re.compile(r"django\.conf(?::|\.)settings")
_NAMED_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")
_CONFIGURATION = frozenset({"configurations.Configuration", "configurations.base.Configuration", "cbs.BaseSettings"})
"""What settings that are written as classes derive from: django-configurations, django-classy-settings."""
_FLASK_MODULES = ("config", "configs", "settings", "configuration")
_ENTRY_FILES = frozenset({"manage.py", "wsgi.py", "asgi.py"})


class ConfigurationObjects(Calls):
    """Reads configuration objects as mappings from names to values."""

    django_settings: str | None

    def configuration_object(self, source: Abstract, near: str | None) -> Table:
        """The names that an object holds, as a table of kind "dict"."""
        source = self.force(source)
        if isinstance(source, Constant) and isinstance(source.value, str):
            return self._named(source.value, near)
        if isinstance(source, External) and _DJANGO_SETTINGS.fullmatch(source.name):
            return self.django(near)
        if isinstance(source, Dynamic) and source.options:
            return self._of_several(
                [self.configuration_object(option, near) for option in source.options], source, near
            )
        return self.as_mapping(source)

    def _of_several(self, tables: Sequence[Table], why: Dynamic, near: str | None) -> Table:
        """What several objects agree on; the default of ``why`` says which is the likely one."""
        default = default_of(why)
        likely = self.configuration_object(default, near) if default is not None else None
        return self._agreed(tables, why, likely)

    def _agreed(self, tables: Sequence[Table], why: Dynamic, likely: Table | None) -> Table:
        joined = self.table("dict", "configuration")
        keys = {key for table in tables for key in table.slots}
        for key in sorted(keys, key=str):
            slots = [table.slots.get(key) for table in tables]
            likely_slot = likely.slots.get(key) if likely is not None else None
            values = [None if slot is None else slot.value for slot in slots]
            value = join(values, why.cause, why.at, None if likely_slot is None else likely_slot.value)
            written = likely_slot or next(slot for slot in slots if slot is not None)
            self.write(joined, key, Slot(value, written.at, written.key_at))
        return joined

    def unreadable(self, why: Dynamic) -> Table:
        """A configuration that may hold anything."""
        table = self.table("dict", "configuration")
        self.open_up(table, why)
        return table

    def _named(self, name: str, near: str | None) -> Table:
        """``"module"``, ``"module:attribute"`` or ``"module.attribute"``, as Celery imports it."""
        if _DJANGO_SETTINGS.fullmatch(name):
            return self.django(near)
        if ":" in name:
            module, _, attribute = name.partition(":")
        else:
            found = self.modules.find(name, self.cwd, near)
            if isinstance(found, str):
                return self._of_module(found)
            module, _, attribute = name.rpartition(".")
        path = self.modules.find(module, self.cwd, near) if module else None
        if isinstance(path, Ambiguous):
            return self.unreadable(Dynamic(Cause(f"several files could be {module}: {', '.join(path.candidates[:3])}")))
        table = self.run_module(path) if path is not None else None
        if path is None or table is None:
            return self.unreadable(Dynamic(Cause(f"{name} is not in the project")))
        return self.configuration_object(self.module_attribute(table, path, attribute), near)

    def _of_module(self, path: str) -> Table:
        table = self.run_module(path)
        return (
            self.as_mapping(table) if table is not None else self.unreadable(Dynamic(Cause(f"{path} cannot be read")))
        )

    def as_mapping(self, value: Abstract) -> Table:
        """The names of a module, class, instance or dict."""
        value = self.force(value)
        if isinstance(value, Table) and value.kind in {"module", "dict", "conf", "locals"}:
            return value
        if isinstance(value, Table) and value.kind in {"class", "instance"}:
            return self._of_class(value)
        if isinstance(value, Dynamic) and value.options:
            tables = [self.as_mapping(option) for option in value.options]
            default = default_of(value)
            return self._agreed(tables, value, None if default is None else self.as_mapping(default))
        if isinstance(value, Dynamic):
            return self.unreadable(value)
        if isinstance(value, External):
            return self.unreadable(Dynamic(Cause(f"{value.name} is not in the project")))
        return self.unreadable(Dynamic(Cause("a computed configuration object"), getattr(value, "at", None)))

    def _of_class(self, value: Table) -> Table:
        made = self.table("dict", value.name, value.at)
        family = self.family(value.links.get("class", value))
        for owner in reversed(family):
            if isinstance(owner, Dynamic):
                self.open_up(made, owner)
                continue
            if owner.open is not None:
                self.open_up(made, owner.open)
            for key, slot in owner.slots.items():
                if not isinstance(slot.value, Function) or "property" in slot.value.decorators:
                    self.write(made, key, slot)
            self._add_fields(made, owner, value)
        if value.kind == "instance":
            self.update(made, self._own(value), value.at)
            for key, slot in list(made.slots.items()):
                if isinstance(slot.value, Function) and isinstance(key, str):
                    found = self.force(self.attribute(value, key, slot.at))
                    self.write(made, key, Slot(found, slot.at, slot.key_at))
        return made

    def _own(self, value: Table) -> Table:
        made = self.table("dict", value.name, value.at)
        for key, slot in value.slots.items():
            self.write(made, key, slot)
        return made

    def _add_fields(self, made: Table, owner: Table, value: Table) -> None:
        """The fields of a pydantic settings class, as an instance of it has them."""
        annotations = owner.links.get("annotations")
        if value.kind != "instance" or "prefix" not in value.links or not isinstance(annotations, Table):
            return
        for key in annotations.names():
            slot = owner.slots.get(key)
            at = slot.at if slot is not None else owner.at
            field = self.settings_field(value, key, at)
            if field is not None:
                self.write(made, key, Slot(field, at, slot.key_at if slot is not None else at))

    # --- Django ---

    def external_attribute(self, name: str, at: Location | None) -> Abstract | None:
        """``django.conf.settings.NAME``, and what the standard library says of the system."""
        if not name.startswith("django.conf.settings.") or name.count(".") != 3:
            return super().external_attribute(name, at)
        key = name.rpartition(".")[2]
        if not key.isupper():
            return None
        table = self.django(at.path if at is not None else None)
        slot = table.slots.get(key)
        if slot is not None:
            return slot.value
        return table.open or Dynamic(Cause(f"{key} is not set in the Django settings"), at)

    def holds(self, owner: Abstract, name: str, near: str) -> bool | None:
        """Whether an object has an attribute, the settings of Django too; None when that is not known."""
        if not isinstance(owner, External) or not _DJANGO_SETTINGS.fullmatch(owner.name) or not name.isupper():
            return super().holds(owner, name, near)
        table = self.django(near)
        slot = table.slots.get(name)
        if slot is None:
            return False if table.open is None else None
        return None if isinstance(slot.value, Dynamic) else True

    def django(self, near: str | None) -> Table:
        """The settings of Django: the upper-case names of the settings module, or what several of them agree on."""
        paths, why, primary = self._settings_modules(near)
        if not paths:
            return self.unreadable(why)
        tables = [self._upper_names(path) for path in paths]
        if len(tables) == 1 and primary is not None:
            return tables[0]
        likely = tables[paths.index(primary)] if primary in paths else None
        return self._agreed(tables if len(tables) > 1 else [*tables, self.table("dict", "none")], why, likely)

    def place_of_django(self, near: str) -> Location | None:
        """The start of the settings module of Django that is most likely used."""
        paths, _, primary = self._settings_modules(near)
        path = primary or (paths[0] if paths else None)
        return Location(path, 0, 0, 1, 1, 1, 1) if path is not None else None

    def _upper_names(self, path: str) -> Table:
        table = self.run_module(path)
        if table is None:
            return self.unreadable(Dynamic(Cause(f"{path} cannot be read")))
        table = self._of_configurations(table, path) or table
        made = self.table("dict", path)
        if table.open is not None:
            self.open_up(made, table.open)
        ignored = made.links[LOWER_CASE] = self.table("dict", path)
        for key, slot in table.slots.items():
            if isinstance(key, str):
                self.write(made if key.isupper() else ignored, key, slot)
        return made

    def _of_configurations(self, module: Table, path: str) -> Table | None:
        """The class of a settings module that django-configurations takes settings from; None where it is not used.

        Where only the environment says which class that is, what all of them agree on holds.
        """
        classes = [slot.value for slot in module.slots.values() if isinstance(slot.value, Table)]
        own = [one for one in classes if one.kind == "class" and _CONFIGURATION & set(self.base_names(one))]
        if not own:
            return None
        named = self.read_variable(Constant("DJANGO_CONFIGURATION"), None, None)
        name = default_of(named)
        slot = module.slots.get(str(name.value)) if isinstance(name, Constant) else None
        usual = slot.value if slot is not None and isinstance(slot.value, Table) and slot.value in own else None
        if usual is not None and isinstance(named, Constant):
            return self._read_by_configurations(usual)
        bases = [base for one in own for base in self.family(one)[1:]]
        leaves = [one for one in own if one not in bases]
        why = Dynamic(from_environment("DJANGO_CONFIGURATION", "the environment variable DJANGO_CONFIGURATION decides"))
        tables = [self._read_by_configurations(one) for one in leaves]
        return self._agreed(tables, why, self._read_by_configurations(usual) if usual is not None else None)

    def _read_by_configurations(self, owner: Table) -> Table:
        """The attributes of a class; those of ``configurations.values`` are read from ``DJANGO_NAME``."""
        made = self._of_class(owner)
        for key, slot in list(made.slots.items()):
            value = slot.value
            if not isinstance(value, Dynamic) or value.cause != BY_CONFIGURATIONS or not isinstance(key, str):
                continue
            read: Abstract = self.read_variable(Constant(f"DJANGO_{key}"), value.default, slot.at)
            default = default_of(value)
            if isinstance(default, Constant) and type(default.value) in {int, float}:
                read = cast(type(default.value).__name__, read, key, slot.at)
            self.write(made, key, Slot(read, slot.at, slot.key_at))
        return made

    def _settings_modules(self, near: str | None) -> tuple[list[str], Dynamic, str | None]:
        """The paths of the settings modules that may hold, why it is not one, and the likeliest."""
        if self.django_settings is not None:
            named: Abstract = Constant(self.django_settings)
        else:
            named = self.read_variable(Constant(DJANGO_VARIABLE), None, None)
        why = named if isinstance(named, Dynamic) else Dynamic(Cause(f"{DJANGO_VARIABLE} decides"))
        first = default_of(named)
        primary = self._path_of_settings(first.value, near) if isinstance(first, Constant) else None
        if isinstance(named, Constant):
            missing = Dynamic(Cause(f"the settings module {named.value!s} is not in the project"))
            return ([primary] if primary is not None else []), missing, primary
        if DJANGO_VARIABLE in self.environment:
            return ([primary] if primary is not None else []), why, None
        others = [path for path in self._named_by_entry_files(near) if path != primary]
        if primary is not None:
            package = self._package(primary)
            others = [path for path in others if self._package(path) == package]
            others += self._named_in_branches(named, near)
            others += [path for path in peers(self.modules, primary) if path not in others]
            others = [path for path in dict.fromkeys(others) if path != primary]
            return [primary, *others], Dynamic(Cause(f"{DJANGO_VARIABLE} decides")), primary
        if not others:
            return [], Dynamic(Cause("which Django settings module is used is not said")), None
        likely = others[0] if len(others) == 1 else None
        others += [path for path in peers(self.modules, others[0]) if path not in others]
        return others, Dynamic(Cause(f"{DJANGO_VARIABLE} decides")), likely

    def _named_in_branches(self, named: Abstract, near: str | None) -> list[str]:
        """The modules that a program chooses from: one where the environment says production, else another."""
        options = named.options if isinstance(named, Dynamic) else ()
        paths = [self._path_of_settings(one.value, near) for one in options if isinstance(one, Constant)]
        return [path for path in paths if path is not None]

    def _path_of_settings(self, dotted: object, near: str | None) -> str | None:
        found = self.modules.find(str(dotted), self.cwd, near)
        return found if isinstance(found, str) else None

    @staticmethod
    def _package(path: str) -> str:
        return posixpath.dirname(path.removesuffix("/__init__.py") if path.endswith("/__init__.py") else path)

    def _named_by_entry_files(self, near: str | None) -> list[str]:
        """The settings modules that manage.py, wsgi.py and asgi.py name, nearest first, without those for tests."""
        entry_files = [path for path in self.modules.paths if posixpath.basename(path) in _ENTRY_FILES]
        folder = posixpath.dirname(near or "")
        while True:
            below = [path for path in entry_files if path.startswith(f"{folder}/") or not folder]
            found = dict.fromkeys(settings for path in below for settings in self._named_by(path))
            if found or not folder:
                return list(found)
            folder = posixpath.dirname(folder)

    def _named_by(self, path: str) -> Iterator[str]:
        """The settings modules of the project that one file names as such, without those for tests."""
        source = self.modules.text(path)
        for dotted in source.matches(_NAMED_SETTINGS) if source is not None else ():
            settings = self._path_of_settings(dotted, path) if "test" not in dotted.rpartition(".")[2] else None
            if settings is not None:
                yield settings

    # --- Flask ---

    def prepare_flask(self, made: Table) -> None:
        """Give a Flask application the mappings it has: ``config`` and ``extensions``."""
        for name in ("config", "extensions"):
            held = self.table("dict", f"flask {name}", made.at)
            held.links["in instance folder"] = made.links.get("argument instance_relative_config", NONE)
            self.write(made, name, Slot(held, made.at))

    def flask_config(self, config: Table, name: str, arguments: Arguments, frame: Frame, at: Location) -> Abstract:
        """A method of a Flask application's ``config`` that reads other objects: only upper-case names count."""
        first = arguments.get(0)
        found: Table
        if name == "from_mapping":
            found = self.table("dict", "mapping")
            if first is not None:
                self.update(found, first, at)
            for keyword, slot in arguments.keywords.items():
                self.write(found, keyword, slot)
        elif name == "from_object" and first is not None:
            chosen = self.force(first)
            among = self._flask_classes(frame) if isinstance(chosen, Dynamic) and not chosen.options else []
            if isinstance(chosen, Dynamic) and among:
                found = self._agreed(among, chosen, None)
            else:
                found = self.configuration_object(chosen, frame.module.path)
        elif name == "from_prefixed_env":
            return NONE
        else:
            path = self._flask_file(config, first, frame) if name == "from_pyfile" and first is not None else None
            silent = arguments.get(1, "silent")
            if path is None and silent is not None and self.force(silent) == Constant(value=True):
                return NONE
            why = Dynamic(Cause(f"{name}() reads settings from elsewhere"), at)
            found = self._of_module(path) if path is not None else self.unreadable(why)
        if found.open is not None:
            self.open_up(config, found.open)
        for key, held in found.slots.items():
            if isinstance(key, str) and key.isupper():
                self.write(config, key, held)
        return NONE

    def _flask_file(self, config: Table, named: Abstract, frame: Frame) -> str | None:
        """The file that ``from_pyfile`` reads: beside the application's module, or in its instance folder."""
        value = self.force(named)
        name = value.path if isinstance(value, ProjectPath) else value.value if isinstance(value, Constant) else None
        if not isinstance(name, str):
            return None
        folder = frame.module.folder
        if truth(self.force(config.links["in instance folder"])) is False:
            folders = ["" if isinstance(value, ProjectPath) else folder]
        else:
            folders = [posixpath.join(above, "instance") for above in (folder, posixpath.dirname(folder))]
        paths = (posixpath.normpath(posixpath.join(one, name)) for one in folders)
        return next((path for path in paths if self.modules.exists(path)), None)

    def _flask_classes(self, frame: Frame) -> list[Table]:
        """The configuration classes of the module that a computed name most likely leads into.

        That is ``config``, or the like, beside the module that asks, else from where the program starts; the classes
        are those that no other class of it derives from.
        """
        for name in _FLASK_MODULES:
            beside = self.modules.in_folder(frame.module.folder, name)
            found = self.modules.find(name, self.cwd, frame.module.path)
            for path in (beside, found):
                table = self.run_module(path) if isinstance(path, str) else None
                slots = table.slots.values() if table is not None else ()
                classes = [slot.value for slot in slots if isinstance(slot.value, Table) and slot.value.kind == "class"]
                own = [
                    one
                    for one in classes
                    if any(key.isupper() for family in self._tables(one) for key in family.names())
                ]
                bases = [base for one in own for base in self.family(one)[1:]]
                if own:
                    return [self._of_class(one) for one in own if one not in bases]
        return []

    def _tables(self, owner: Table) -> list[Table]:
        return [one for one in self.family(owner) if isinstance(one, Table)]
