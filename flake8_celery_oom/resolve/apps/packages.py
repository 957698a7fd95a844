"""Which packages the modules of an application load: they decide what a worker's child weighs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from flake8_celery_oom.core.per_text import per_text
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.apps.finder import MENTIONS
from flake8_celery_oom.resolve.python.modules import Modules

MOST_FOLLOWED = 200
"""Modules of one package that are looked at for what they import."""

_STATEMENT = re.compile(
    r"^(import[ \t]+[^\n#(;]+|from[ \t]+[\w.]*[ \t]+import[ \t]+(?:\([^)]*\)|[^\n#;]+))", re.MULTILINE
)
_FROM = re.compile(r"from[ \t]+(\.*)((?:\w[\w.]*)?)[ \t]+import[ \t]+(.+)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")


class LoadedPackages:
    """Reads the imports of modules, and of the modules of the project that they import; each package once.

    Only what stands at the beginning of a line counts: what a function or a condition imports may never be loaded.
    """

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._known: dict[str, frozenset[str]] = {}

    def near(self, path: str) -> frozenset[str]:
        """Top-level packages that the module at ``path`` and the Celery modules of its package load."""
        top = path.split("/")[0] if "/" in path else ""
        package = posixpath.dirname(path)
        while package and self._modules.exists(posixpath.join(posixpath.dirname(package), "__init__.py")):
            package = posixpath.dirname(package)
        if package not in self._known or not package:
            self._known[package] = frozenset(self._loaded(path, package) - {top})
        return self._known[package]

    def _loaded(self, path: str, package: str) -> set[str]:
        root = posixpath.dirname(package)
        waiting = sorted(one for one in {path, *self._modules.of_celery} if self._is_celery_module(one, path, package))
        seen = set(waiting)
        found: set[str] = set()
        while waiting and len(seen) < MOST_FOLLOWED + len(waiting):
            here = waiting.pop()
            source = self._modules.text(here)
            for name in _imported(source, root) if source is not None else ():
                module = self._path_of(name, root)
                if module is None and "/" not in name:
                    found.add(name)
                elif module is not None and module not in seen:
                    seen.add(module)
                    waiting.append(module)
        return found

    def _is_celery_module(self, candidate: str, path: str, package: str) -> bool:
        if candidate == path:
            return True
        if not package or not candidate.startswith(f"{package}/"):
            return False
        source = self._modules.text(candidate)
        return source is not None and source.mentions(MENTIONS, "celery")

    def _path_of(self, name: str, root: str) -> str | None:
        """The module of the project that ``shop/mail`` names; None where there is none."""
        name = name.rstrip("/")
        for path in (f"{name}.py", f"{name}/__init__.py"):
            whole = posixpath.join(root, path)
            if self._modules.exists(whole):
                return whole
        return None


@per_text
def _imported(source: SourceText, root: str) -> tuple[str, ...]:
    """What a module imports, as paths from the root without an ending; packages from elsewhere by their first name.

    What can only be a module of the project has a slash.
    """
    folder = posixpath.relpath(posixpath.dirname(source.path) or ".", root or ".")
    return tuple(_imported_into(source, folder))


def _imported_into(source: SourceText, folder: str) -> Iterator[str]:
    for statement in source.matches(_STATEMENT):
        found = _FROM.match(statement)
        if found is not None:
            yield from _imported_from(found[1], found[2], _NAME.findall(found[3]), folder)
        else:
            for name in statement.removeprefix("import").split(","):
                yield from _ways(name.strip().split(" ")[0].split("."))


def _imported_from(dots: str, module: str, names: list[str], folder: str) -> Iterator[str]:
    """``from ..more import x``: the module, and the modules that the names may be."""
    base = [part for part in module.split(".") if part]
    if not dots and base[:1] != ["__future__"]:
        yield from _ways(base)
    elif dots:
        above = [part for part in folder.split("/") if part not in {"", "."}]
        base = [*above[: len(above) - len(dots) + 1], *base]
        yield "/".join(base) + "/"
    if base and base[0] != "__future__":
        yield from ("/".join([*base, name]) for name in names)


def _ways(parts: list[str]) -> Iterator[str]:
    """``shop.mail.send`` loads ``shop``, ``shop/mail`` and ``shop/mail/send``."""
    if parts and all(part.isidentifier() for part in parts):
        yield from ("/".join(parts[: length + 1]) for length in range(len(parts)))
