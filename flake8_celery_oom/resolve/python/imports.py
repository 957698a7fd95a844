"""Imports: which module of the project a statement means, and what it brings."""

from __future__ import annotations

import ast
import fnmatch
import posixpath
import re
import sys
from collections.abc import Callable, Sequence

from flake8_celery_oom.celery.third_party import sets_nothing
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.resolve.module_finder import NEVER_LOCAL, Ambiguous
from flake8_celery_oom.resolve.python.objects import Frame, Objects
from flake8_celery_oom.resolve.python.values import (
    OPEN,
    Abstract,
    Constant,
    Dynamic,
    External,
    Function,
    Items,
    Lazy,
    Slot,
    Table,
    default_of,
)

MOST_ALIKE = 12
"""How many modules a computed name may mean before nothing is said of it."""
_HARMLESS = frozenset(sys.stdlib_module_names) | NEVER_LOCAL | {"typing_extensions"}


_SECRETS = re.compile(r"secret|private|passw|credential|(?:\A|_)keys?(?:\Z|_)", re.IGNORECASE)
"""Names of modules that hold secrets."""
_SAMPLE = re.compile(r"sample|example|templ|tmpl|\.tpl|dist|copy|default|skel|orig", re.IGNORECASE)
"""What the name of a file says that shows how another one is written."""
_OF_WORKERS = re.compile(r"(?:worker_|CELERYD_)(?:pool|concurrency|max_)", re.IGNORECASE)


class Imports(Objects):
    """Runs import statements."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.missing: dict[str, None] = {}
        """Modules that the project imports if they exist, and does not have."""

    def find(self, dotted: str, frame: Frame) -> str | Dynamic | None:
        """The path of an absolute module, a Dynamic when several files could be it, None when it is no file here."""
        found = self.modules.find(dotted, self.cwd, frame.module.path)
        if isinstance(found, Ambiguous):
            return Dynamic(Cause(f"several files could be {dotted}: {', '.join(found.candidates[:3])}"))
        return found

    def _run_import(self, node: ast.Import, frame: Frame) -> None:
        for alias in node.names:
            dotted = alias.name if alias.asname else alias.name.split(".")[0]
            self._bind_name(alias.asname or dotted, self.module_value(dotted, frame), node, frame)

    def module_value(self, dotted: str, frame: Frame) -> Abstract:
        """The module ``dotted`` as a value."""
        found = self.find(dotted, frame)
        if isinstance(found, Dynamic):
            return found
        return External(dotted) if found is None else Lazy(found)

    def modules_named_like(self, node: ast.expr, frame: Frame) -> tuple[Abstract, ...]:
        """The modules of the project that a computed name may mean: ``f"sites.{version}.settings"``."""
        pattern = _pattern_of(node)
        if pattern is None:
            return ()
        found: list[Abstract] = []
        for path in self.modules.paths:
            match = pattern.search(path.removesuffix("/__init__.py").removesuffix(".py").replace("/", "."))
            if match is not None and self.find(match[1], frame) == path:
                found.append(Lazy(path))
        return tuple(found) if len(found) <= MOST_ALIKE else ()

    def _run_importfrom(self, node: ast.ImportFrom, frame: Frame) -> None:
        found = self._source_of(node, frame)
        for alias in node.names:
            if alias.name == "*":
                self._import_all(node, found, frame)
            else:
                self._bind_name(alias.asname or alias.name, self._imported(node, alias.name, found, frame), node, frame)

    def _bind_name(self, name: str, value: Abstract, node: ast.stmt, frame: Frame) -> None:
        table = frame.globals if name in frame.globals_declared else frame.names
        self.write(table, name, Slot(value, self.at(node, frame)))

    def _source_of(self, node: ast.ImportFrom, frame: Frame) -> str | Dynamic | None:
        if node.level:
            return self.modules.relative(frame.module.path, node.level, node.module or "")
        return self.find(node.module or "", frame)

    def _imported(self, node: ast.ImportFrom, name: str, found: str | Dynamic | None, frame: Frame) -> Abstract:
        if isinstance(found, str):
            return self._own_name(found, name, frame) if found == frame.module.path else Lazy(found, name)
        inside = self._in_plain_folder(node, name, frame)
        if inside is not None:
            return Lazy(inside)
        if isinstance(found, Dynamic):
            return found
        if self._belongs_here(node, frame):
            return Dynamic(Cause(f"{_shown(node)} is not in the project"), self.at(node, frame))
        dotted = f"{node.module}.{name}"
        return self.external_attribute(dotted, self.at(node, frame)) or External(dotted)

    def _own_name(self, path: str, name: str, frame: Frame) -> Abstract:
        """What a package gets that imports from itself: the name that it has by now, else its module of that name."""
        slot = frame.globals.slots.get(name)
        if slot is not None:
            return slot.value
        submodule = self.modules.submodule(path, name)
        return Lazy(submodule) if submodule is not None else Lazy(path, name)

    def _in_plain_folder(self, node: ast.ImportFrom, name: str, frame: Frame) -> str | None:
        """The module ``name`` of a folder that has no ``__init__.py``."""
        if node.level:
            dotted = f"{node.module}.{name}" if node.module else name
            return self.modules.relative(frame.module.path, node.level, dotted)
        found = self.find(f"{node.module}.{name}", frame)
        return found if isinstance(found, str) else None

    def _belongs_here(self, node: ast.ImportFrom, frame: Frame) -> bool:
        """Whether a module that is missing would be a file of the project."""
        if node.level:
            return True
        top = (node.module or "").split(".")[0]
        return "." in (node.module or "") and isinstance(self.find(top, frame), str)

    def _import_all(self, node: ast.ImportFrom, found: str | Dynamic | None, frame: Frame) -> None:
        if isinstance(found, str):
            table = self.run_module(found)
            if table is None:
                self.open_up(frame.names, Dynamic(Cause(f"{found} cannot be read"), self.at(node, frame)))
                return
            listed = table.slots.get("__all__")
            names = self.elements(listed.value) if listed is not None else None
            wanted = {value.value for value in names if isinstance(value, Constant)} if names is not None else None
            if table.open is not None:
                self.open_up(frame.names, table.open)
            for key, slot in list(table.slots.items()):
                public = isinstance(key, str) and (key in wanted if wanted is not None else not key.startswith("_"))
                if public and not _came_from_here(slot.value, frame):
                    self.write(frame.names, key, slot)
            return
        if isinstance(found, Dynamic):
            self._replace_any(frame.names, found)
        elif node.level or not _is_harmless(node.module or ""):
            if self._is_kept_out(node, frame):
                self.missing[_path_of(node, frame)] = None
                return
            why = Dynamic(Cause(f"from {_shown(node)} import *: not in the project"), self.at(node, frame))
            self._replace_any(frame.names, why)

    def _replace_any(self, names: Table, why: Dynamic) -> None:
        """Unknown names are taken over: settings may be among them, imports, functions and classes hardly are."""
        kept = {key: slot for key, slot in names.slots.items() if _is_definition(slot.value)}
        self.open_up(names, why)
        for key, slot in kept.items():
            self.write(names, key, slot)

    def _is_kept_out(self, node: ast.ImportFrom, frame: Frame) -> bool:
        """Whether a module is one of the project's own that is kept out of the repository and sets nothing of workers.

        Secrets are taken to set nothing, as is a module whose sample beside its place shows what it sets
        (``local_untracked.py.dist``). A sample that names a setting of workers makes either count.
        """
        dotted = node.module or ""
        package, _, name = dotted.rpartition(".")
        inside = self.find(package, frame) if package and not node.level else None
        is_own = bool(node.level) or isinstance(inside, str) or not package
        if not is_own:
            return False
        folder = posixpath.dirname(inside if isinstance(inside, str) else _path_of(node, frame))
        folder = folder if package or node.level else frame.module.folder
        beside = [one for one in self.modules.entries(folder) if one.startswith(name) and _SAMPLE.search(one)]
        samples = [self.modules.text(posixpath.join(folder, one)) for one in beside]
        if any(sample is not None and sample.mentions(_OF_WORKERS) for sample in samples):
            return False
        return bool(samples) or _SECRETS.search(name) is not None

    def import_succeeds(self, statement: ast.stmt, frame: Frame) -> bool:
        """Whether a statement of a ``try`` is an import that certainly works, or one that plays no part.

        ``from .local_settings import *`` of a file that the project does not have plays none: what the files say is
        what holds without it. The name is kept in :attr:`missing`.
        """
        if isinstance(statement, ast.Pass):
            return True
        if isinstance(statement, ast.Import):
            return all(isinstance(self.find(alias.name, frame), str) for alias in statement.names)
        if not isinstance(statement, ast.ImportFrom):
            return False
        return isinstance(self._source_of(statement, frame), str)

    def skips_missing(self, block: Sequence[ast.stmt], frame: Frame) -> bool:
        """Whether a ``try`` starts with bringing in all names of a module that the project does not have.

        It does so by ``from module import *``, or by ``import module`` and a loop over ``dir(module)``.
        """
        statement = block[0]
        if isinstance(statement, ast.Import) and _all_names_are_read(statement.names[0], block[1:]):
            missing = self.find(statement.names[0].name, frame) is None
            if missing:
                self.missing[statement.names[0].name.replace(".", "/") + ".py"] = None
            return missing
        if not isinstance(statement, ast.ImportFrom) or statement.names[0].name != "*":
            return False
        if self._source_of(statement, frame) is not None:
            return False
        self.missing[_path_of(statement, frame)] = None
        return True

    def include_files(self, patterns: Items, frame: Frame) -> None:
        """``include("components/*.py")`` of django-split-settings: the names of those files, in order.

        A path that the environment decides on is one of those beside its default: ``environments/{env}.py``.
        """
        for pattern in patterns.values:
            usual = default_of(pattern)
            if not isinstance(usual, Constant) or not isinstance(usual.value, str):
                self.open_up(frame.globals, Dynamic(Cause("include() of a computed path")))
            elif isinstance(pattern, Dynamic):
                self._include_one_of(pattern, usual.value, frame)
            else:
                for path in self._files_like(usual.value, frame):
                    self.include_file(path, frame)

    def _files_like(self, pattern: str, frame: Frame) -> list[str]:
        """The modules that a pattern means beside the module that runs."""
        wanted = posixpath.normpath(posixpath.join(frame.module.folder, pattern))
        others = (path for path in self.modules.paths if path != frame.module.path)
        return [path for path in others if fnmatch.fnmatchcase(path, wanted)]

    def _include_one_of(self, why: Dynamic, usual: str, frame: Frame) -> None:
        """Include one of the modules in a folder: what they agree on holds."""
        beside = self._files_like(posixpath.join(posixpath.dirname(usual), "*.py"), frame)
        choices = [path for path in beside if posixpath.basename(path) != "__init__.py"]
        likely = self._files_like(usual, frame)
        if not posixpath.dirname(usual) or not likely or len(choices) > MOST_ALIKE:
            self.open_up(frame.globals, Dynamic(Cause("include() of a computed path")))
            return

        def runner(path: str) -> Callable[[], None]:
            return lambda: self.include_file(path, frame)

        trials = [self.trial(runner(path)) for path in choices]
        self.merge(trials, why.cause, why.at, choices.index(likely[0]) if likely[0] in choices else None)

    def include_file(self, path: str, frame: Frame) -> None:
        """Take over all names of a module."""
        table = self.run_module(path)
        if table is None:
            self.open_up(frame.globals, Dynamic(Cause(f"{path} cannot be read")))
            return
        if table.open is not None:
            self.open_up(frame.globals, table.open)
        for key, slot in list(table.slots.items()):
            if key is not OPEN:
                self.write(frame.globals, key, slot)


def _pattern_of(node: ast.expr) -> re.Pattern[str] | None:
    """What a name of a module that is put together may be; None where its beginning is not written out."""
    if isinstance(node, ast.JoinedStr):
        written = "".join(str(piece.value) if isinstance(piece, ast.Constant) else "{}" for piece in node.values)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        written = str(node.left.value).replace("%s", "{}")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = node.func.value.value if isinstance(node.func.value, ast.Constant) else ""
        written = re.sub(r"\{\w*\}", "{}", str(text))
    else:
        return None
    pieces = written.split("{}")
    if len(pieces) < 2 or not re.fullmatch(r"\w+(?:\.\w+)*\.\w*", pieces[0]):
        return None
    name = r"[A-Za-z_]\w*".join(map(re.escape, pieces))
    return re.compile(rf"(?:\A|\.)({name})\Z")


def _all_names_are_read(module: ast.alias, block: Sequence[ast.stmt]) -> bool:
    """Whether code asks for all names of a module that it imported: ``dir(module)``, ``vars(module)``."""
    name = module.asname or module.name
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"dir", "vars"}
        and any(isinstance(argument, ast.Name) and argument.id == name for argument in node.args)
        for statement in block
        for node in ast.walk(statement)
    )


def _is_definition(value: Abstract) -> bool:
    """Whether a name stands for something imported, a function or a class."""
    return isinstance(value, (External, Lazy, Function)) or (isinstance(value, Table) and value.kind == "class")


def _came_from_here(value: Abstract, frame: Frame) -> bool:
    """Whether a name was imported from the very module that now takes it back, and has it already."""
    return isinstance(value, Lazy) and value.path == frame.module.path and value.name in frame.names.slots


def _is_harmless(module: str) -> bool:
    """Whether the names of a module outside of the project are none of Celery's settings for workers."""
    return module.split(".")[0] in _HARMLESS or sets_nothing(module)


def _shown(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def _path_of(node: ast.ImportFrom, frame: Frame) -> str:
    name = (node.module or "").replace(".", "/")
    if not node.level:
        return f"{name}.py"
    folder = frame.module.folder
    for _ in range(node.level - 1):
        folder = posixpath.dirname(folder)
    return posixpath.join(folder, f"{name}.py")
