"""Calls: builtins, instances of classes, and what the standard library and some packages give."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

from flake8_celery_oom.celery.third_party import CALLS_THAT_SET_NOTHING
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.resolve.python.arithmetic import as_flag, over
from flake8_celery_oom.resolve.python.instances import Instances, completed
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.paths import ProjectFiles, path_call, path_method
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    External,
    Function,
    Items,
    Lazy,
    LazyCall,
    Method,
    ProjectPath,
    Slot,
    Table,
    default_of,
    join,
)

_CPU_COUNTS = frozenset(
    f"{module}.{name}"
    for module in ("os", "multiprocessing", "psutil", "billiard", "billiard.context", "joblib", "loky")
    for name in ("cpu_count", "process_cpu_count", "sched_getaffinity")
)
_HOST_MEMORY = frozenset({"psutil.virtual_memory", "psutil.swap_memory", "psutil.phymem_usage"})
_TRANSPARENT = frozenset(
    {
        "typing.cast",
        "split_settings.tools.optional",
        "django.utils.functional.lazystr",
        "copy.copy",
        "copy.deepcopy",
    }
)
_DICTS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.UserDict", "types.MappingProxyType"})
_FILL_MODULES = frozenset({"dynaconf.DjangoDynaconf", "dynaconf.contrib.DjangoDynaconf"})
"""Libraries that write settings to the module that calls them."""
_PROXIES = ("lazy_object_proxy.Proxy", "celery.local.Proxy", ".PromiseProxy", ".LocalProxy", ".SimpleLazyObject")
"""Classes whose instances stand for what their function gives."""
_SECONDS = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1, "milliseconds": 1e-3}


MOST_SIBLINGS = 12
"""How many modules a computed name may mean before nothing is said of it."""


class Calls(Instances):
    """Evaluates calls."""

    # --- dispatch ---

    def _eval_call(self, node: ast.Call, frame: Frame) -> Abstract:
        callee = self.force(self.evaluate(node.func, frame))
        return self.call(callee, self.arguments(node, frame), node, frame)

    def arguments(self, node: ast.Call, frame: Frame) -> Arguments:
        """The evaluated arguments of a call."""
        arguments = Arguments()
        for argument in node.args:
            value = self.evaluate(argument, frame)
            if isinstance(argument, ast.Starred):
                known = self.elements(value)
                if known is None:
                    arguments.open = self.unclear(argument.value, frame)
                else:
                    arguments.positional += [Slot(item, self.at(argument, frame)) for item in known]
            else:
                arguments.positional.append(Slot(value, self.at(argument, frame)))
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, frame)
            if keyword.arg is not None:
                key_at = self.name_at(keyword, frame)
                arguments.keywords[keyword.arg] = Slot(value, self.at(keyword.value, frame), key_at)
                continue
            mapping = self.table("dict", "keywords")
            self.update(mapping, value, self.at(keyword.value, frame))
            arguments.keywords |= {key: slot for key, slot in mapping.slots.items() if isinstance(key, str)}
            arguments.open = mapping.open or arguments.open
        return arguments

    @staticmethod
    def path_of(callee: Abstract) -> str | None:
        """The dotted name of something from outside the project, or of what calling it gave."""
        if isinstance(callee, External):
            return callee.name
        return callee.name if isinstance(callee, Table) and callee.kind == "object" else None

    def call(self, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """What a call gives."""
        self.step()
        special = self.special_call(callee, arguments, node, frame)
        if special is not None:
            return special
        if isinstance(callee, Function):
            return self.call_function(callee, arguments, self.at(node, frame))
        if isinstance(callee, Table) and callee.kind == "class":
            return self.instantiate(callee, arguments, node, frame)
        if isinstance(callee, Table) and callee.kind == "partial":
            return self.call(self.force(callee.links["function"]), completed(callee, arguments), node, frame)
        if isinstance(callee, Method):
            receiver = self.force(callee.receiver)
            if callee.name == "__new__" and isinstance(receiver, Table) and receiver.kind == "class":
                return self.new_instance(receiver, self.at(node, frame))
            path = default_of(receiver)
            if isinstance(path, ProjectPath):
                return self._path_method(receiver, path, callee.name, arguments, node, frame)
            return self.call_method(receiver, callee.name, arguments, node, frame)
        if isinstance(callee, Dynamic) and self._is_of_one_object(callee, frame):
            each = [self.call(option, arguments, node, frame) for option in callee.options]
            return join(each, callee.cause, callee.at)
        if isinstance(callee, Dynamic) and callee.options:
            return self._call_one_of(callee, arguments, node, frame)
        name = self.path_of(callee)
        if name is not None:
            return self.call_external(name, callee, arguments, node, frame)
        if isinstance(callee, Table) and callee.kind == "instance":
            called = self.attribute(callee, "__call__", self.at(node, frame))
            if isinstance(called, Function):
                return self.call_function(called, arguments, self.at(node, frame))
        return self.unclear(node, frame)

    def _call_one_of(self, callee: Dynamic, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """A call of one of several classes or functions of the project: ``CONFIGS[stage]()``."""
        options = [self.force(option) for option in callee.options]
        if not all(isinstance(one, Function) or (isinstance(one, Table) and one.kind == "class") for one in options):
            return self.unclear(node, frame)
        default = default_of(callee)
        usual = None if default is None else self.force(default)

        def runner(option: Abstract) -> Callable[[], Abstract]:
            return lambda: self.force(self.call(option, arguments, node, frame))

        trials = [self.trial(runner(option)) for option in options]
        likely = next((index for index, option in enumerate(options) if option is usual), None)
        self.merge(trials, callee.cause, callee.at, likely)
        made = [trial.result for trial in trials]
        return join(made, callee.cause, callee.at, None if likely is None else made[likely])

    def _path_method(
        self,
        receiver: Abstract,
        path: ProjectPath,
        name: str,
        arguments: Arguments,
        node: ast.expr,
        frame: Frame,
    ) -> Abstract:
        """A method of a path; of one that the environment names, what its default gives is the default.

        A module that is missing is missing under whatever name (:meth:`ProjectFiles.exists`).
        """
        files, given = ProjectFiles(self.modules, self.missing), self._plain_arguments(arguments)
        found = path_method(path, name, given, files, self.at(node, frame)) or self.unclear(node, frame)
        if not isinstance(receiver, Dynamic) or found == Constant(value=False):
            return found
        return replace(receiver, default=default_of(found), options=(), text=False)

    def _is_of_one_object(self, callee: Dynamic, frame: Frame) -> bool:
        """Whether a method is that of an application which branches make differently: ``app`` after an if and else.

        Whichever it is, the method is called on it. One that has another name as well may also be left alone.
        """
        for option in callee.options:
            owner = self.force(option.receiver) if isinstance(option, Method) else None
            if not isinstance(owner, Table) or owner.kind not in {"app", "conf"}:
                return False
            app = owner.links.get("app", owner)
            if any(slot.value is app for slot in frame.globals.slots.values()):
                return False
        return bool(callee.options)

    @abstractmethod
    def special_call(self, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """A call that means something to Celery; None for all others."""

    def decorate(self, decorator: Abstract, value: Abstract, frame: Frame) -> None:
        """Give the function to a decorator that keeps it: ``@app.on_after_configure.connect``."""
        decorator = self.force(decorator)
        if isinstance(decorator, (Method, External)):
            node = ast.Constant(None, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
            self.special_call(decorator, Arguments([Slot(value)]), node, frame)

    # --- what comes from outside ---

    def call_external(
        self, name: str, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame
    ) -> Abstract:
        """A call of something that the project does not define."""
        found = self.environ_call(name, arguments, node, frame)
        if found is None:
            found = self.reader_call(name, callee, arguments, node, frame)
        if found is None and name.startswith("builtins."):
            found = self.call_builtin(name.removeprefix("builtins."), arguments, node, frame)
        if found is None:
            found = self._module_call(name, arguments, node, frame)
        if found is None:
            found = self._call_library(name, arguments, node, frame)
        if found is not None:
            return found
        if name not in CALLS_THAT_SET_NOTHING and any(slot.value is frame.globals for slot in arguments.positional):
            self.open_up(frame.globals, Dynamic(Cause(f"{name}() may set any name"), self.at(node, frame)))
        return self.new_object(f"{name}()", arguments, node, frame)

    def new_object(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Table:
        """An object that a call of something outside the project makes."""
        made = self.table("object", name, self.at(node, frame))
        for index, slot in enumerate(arguments.positional):
            made.links[f"argument {index}"] = slot.value
        for key, slot in arguments.keywords.items():
            made.links[f"argument {key}"] = slot.value
        return made

    def _call_library(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        at, written = self.at(node, frame), self.written(node, frame)
        first = arguments.get(0)
        if name in _CPU_COUNTS:
            return Constant(HostCpus(" ".join(written.split())))
        if name in _HOST_MEMORY or (name == "os.sysconf" and first == Constant("SC_PHYS_PAGES")):
            return Dynamic(Cause(" ".join(written.split()), "host-memory"), at)
        if name == "datetime.timedelta":
            return self._seconds(arguments, node, frame)
        if name in _DICTS:
            return self._make_dict(arguments, at)
        path = path_call(name, self._plain_arguments(arguments), ProjectFiles(self.modules, self.missing), at)
        if path is not None:
            return path
        if name in _TRANSPARENT and arguments.positional:
            return arguments.positional[-1].value
        if name.endswith("strtobool") and first is not None:
            return as_flag(self.force(first), written, at)
        if name in {"types.SimpleNamespace", "argparse.Namespace"}:
            made = self.table("instance", name, at)
            made.links["class"] = self.table("class", name)
            for key, slot in arguments.keywords.items():
                self.write(made, key, slot)
            return made
        if name.endswith(_PROXIES) and isinstance(first, Function):
            return LazyCall(first, Arguments(), at)
        return self.instance_call(name, arguments, node, frame)

    def _module_call(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """A call that loads a module, or writes names to the one that runs; None for any other."""
        first = arguments.get(0)
        if name == "split_settings.tools.include":
            self.include_files(Items(tuple(self.force(slot.value) for slot in arguments.positional)), frame)
            return NONE
        if name in _FILL_MODULES:
            why = Cause(f"{name} reads settings from files and the environment")
            self.open_up(frame.globals, Dynamic(why, self.at(node, frame)))
        if name == "importlib.util.module_from_spec" and isinstance(first, Table):
            source = first.links.get("argument 1", first.links.get("argument location"))
            return Lazy(source.path) if isinstance(source, ProjectPath) and self.modules.exists(source.path) else None
        if name == "importlib.import_module" and first is not None:
            return self._import_module(self.force(first), node, frame)
        if name.endswith(".import_string") and isinstance(first, Constant) and isinstance(first.value, str):
            module, _, attribute = first.value.replace(":", ".").rpartition(".")
            return self.attribute(self.module_value(module, frame), attribute, self.at(node, frame))
        return None

    def _plain_arguments(self, arguments: Arguments) -> list[Abstract]:
        """The positional arguments; none where there may be more than are seen."""
        return [self.force(slot.value) for slot in arguments.positional] if arguments.open is None else []

    def _import_module(self, named: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        """``importlib.import_module(name)``; with several possible names, one of their modules.

        So does ``__import__(name, globals(), locals(), ["*"])``; without a list of names it gives the top package.
        """

        def load(values: Sequence[Abstract]) -> Abstract:
            (value,) = values
            if isinstance(value, Constant) and isinstance(value.value, str):
                return self.module_value(value.value, frame)
            return self.unclear(node, frame)

        found = over([named], load, self.at(node, frame))
        if isinstance(found, Dynamic) and not found.options and isinstance(named, Dynamic):
            argument = node.args[0] if isinstance(node, ast.Call) and node.args else None
            alike = self.modules_named_like(argument, frame) if argument is not None else ()
            return replace(found, options=alike or self._siblings(named.default, frame))
        return found

    def _siblings(self, named: Abstract | None, frame: Frame) -> tuple[Abstract, ...]:
        """The modules beside the one that is usually meant, where only the last part of its name is computed."""
        package, _, _ = str(named.value).rpartition(".") if isinstance(named, Constant) else ("", "", "")
        path = self.find(package, frame) if package else None
        computed = re.compile(rf"""["']{re.escape(package)}\.(?:[{{%]|["'])""")
        if (
            not isinstance(path, str)
            or not path.endswith("/__init__.py")
            or not computed.search(frame.module.source.text)
        ):
            return ()
        folder = path.removesuffix("__init__.py")
        beside = [one for one in self.modules.paths if one.startswith(folder) and "/" not in one[len(folder) :]]
        modules = tuple(Lazy(one) for one in beside if one != path)
        return modules if len(modules) <= MOST_SIBLINGS else ()

    def _seconds(self, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """A timedelta, as seconds: that is what Celery makes of it."""
        order = ("days", "seconds", "microseconds")
        given = {order[index]: slot.value for index, slot in enumerate(arguments.positional[:3])}
        given |= {name: slot.value for name, slot in arguments.keywords.items()}
        names = list(given)

        def compute(values: Sequence[Abstract]) -> Abstract:
            total: float = 0
            for name, value in zip(names, values, strict=True):
                if not isinstance(value, Constant) or not isinstance(value.value, (int, float)):
                    return self.unclear(node, frame)
                total += value.value * _SECONDS.get(name, 1e-6)
            return Constant(int(total) if total == int(total) else total)

        return over([self.force(value) for value in given.values()], compute, self.at(node, frame))

    # --- builtins ---

    def call_builtin(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """A call of a builtin function; None when nothing is known of it."""
        values = [self.force(slot.value) for slot in arguments.positional]
        if name == "__import__" and values and (len(values) > 3 or "fromlist" in arguments.keywords):
            return self._import_module(values[0], node, frame)
        if name == "super":
            return self._super(frame)
        if name == "vars" and values and isinstance(values[0], Table) and values[0].kind == "instance":
            return self.fields_as_dict(values[0], self.at(node, frame))
        return super().call_builtin(name, arguments, node, frame)

    def _super(self, frame: Frame) -> Abstract:
        """The instance, seen from behind the class whose method is running."""
        seen = self.table("super", "super()")
        if self._active and isinstance(self._active[-1], (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = self._active[-1].args
            first = next(iter([*arguments.posonlyargs, *arguments.args]), None)
            slot = frame.names.slots.get(first.arg) if first is not None else None
            if slot is not None:
                seen.links["instance"] = self.force(slot.value)
        return seen

    def super_attribute(self, seen: Table, name: str) -> Abstract:
        """``super().name``."""
        instance = seen.links.get("instance")
        if not isinstance(instance, Table):
            return Dynamic(Cause(f"super().{name}"))
        running = self._active[-1] if self._active else None
        passed = False
        for owner in self.family(instance.links.get("class", instance)):
            slot = owner.slots.get(name) if isinstance(owner, Table) else None
            if passed and slot is not None:
                found = slot.value
                return replace(found, bound=instance) if isinstance(found, Function) else found
            if isinstance(owner, Table):
                passed = passed or any(
                    isinstance(held.value, Function) and held.value.node is running for held in owner.slots.values()
                )
        return Method(instance, name)

    def external_item(self, value: External, key: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        """An item of something outside the project."""
        if value.name == "os.environ":
            return self.read_variable(key, None, self.at(node, frame))
        if value.name == "sys.modules" and isinstance(key, Constant) and key.value == frame.module.name:
            return frame.globals
        return self.unclear(node, frame)
