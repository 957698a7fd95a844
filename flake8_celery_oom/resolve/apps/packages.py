"""Which packages the modules of an application load: they decide what a worker's child weighs."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.apps.finder import MENTIONS
from flake8_celery_oom.resolve.python.modules import Modules

_TOP_IMPORT = re.compile(r"^(?:from|import)[ \t]+([A-Za-z_]\w*)(?=[\s.,]|$)", re.MULTILINE)
_LISTED_IMPORTS = re.compile(r"^import[ \t]+([^\n#(]+)", re.MULTILINE)


class LoadedPackages:
    """Reads the imports of modules; each package of the project is looked through once."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._known: dict[str, frozenset[str]] = {}

    def near(self, path: str) -> frozenset[str]:
        """Top-level packages that the module at ``path`` and the Celery modules of its package import."""
        top = path.split("/")[0] if "/" in path else ""
        package = posixpath.dirname(path)
        while package and self._modules.exists(posixpath.join(posixpath.dirname(package), "__init__.py")):
            package = posixpath.dirname(package)
        if package not in self._known or not package:
            found: set[str] = set()
            for candidate in {path, *self._modules.of_celery}:
                inside = candidate == path or (package and candidate.startswith(f"{package}/"))
                source = self._modules.text(candidate) if inside else None
                if source is not None and (candidate == path or source.mentions(MENTIONS)):
                    found |= _top_level_imports(source)
            self._known[package] = frozenset(found - {top})
        return self._known[package]


def _top_level_imports(source: SourceText) -> set[str]:
    found = set(source.matches(_TOP_IMPORT))
    for listed in source.matches(_LISTED_IMPORTS):
        found |= {name.strip().split(" ")[0].split(".")[0] for name in listed.split(",")}
    return {name for name in found if name.isidentifier() and name != "__future__"}
