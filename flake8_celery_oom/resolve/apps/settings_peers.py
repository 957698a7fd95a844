"""Settings modules that may stand in for one another: ``dev.py`` and ``live.py``, both written over ``base.py``."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.resolve.python.modules import Modules

_STAR_IMPORT = re.compile(r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]+\(?\*", re.MULTILINE)
_NAMED = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")
_MAKES_APP = re.compile(r"\bCelery\(")
_MAX_DEPTH = 8


def peers(modules: Modules, path: str) -> list[str]:
    """The modules beside ``path`` that are written over the same module as it, without those for tests, sorted.

    A module that ``path`` itself is written over is none, nor is one that is written over ``path``: that one goes
    beyond the usual settings, where a peer takes their place. One that another application chooses is for that one.
    """
    bases = _all_bases(modules, path)
    folder = posixpath.dirname(path)
    found = []
    for name in modules.entries(folder) if bases else ():
        beside = posixpath.join(folder, name)
        if name.endswith(".py") and name != "__init__.py" and "test" not in name and beside not in {path, *bases}:
            others = _all_bases(modules, beside)
            if others & bases and path not in others:
                found.append(beside)
    taken = _chosen_by_other_apps(modules, path) if found else set()
    return [peer for peer in found if peer not in taken]


def _chosen_by_other_apps(modules: Modules, path: str) -> set[str]:
    """The settings modules that files which make an application name, where those do not name ``path``."""
    found: set[str] = set()
    for one in modules.mentioning(_NAMED):
        source = modules.text(one)
        if source is None or not source.mentions(_MAKES_APP):
            continue
        named = {modules.find(dotted, None, one) for dotted in source.matches(_NAMED)}
        if path not in named:
            found |= {module for module in named if isinstance(module, str)}
    return found


def _all_bases(modules: Modules, path: str) -> set[str]:
    """The modules of the project that a module takes all names of, directly or through others."""
    found: set[str] = set()
    near = {path}
    for _ in range(_MAX_DEPTH):
        near = {base for one in near for base in _bases(modules, one)} - found - {path}
        found |= near
    return found


def _bases(modules: Modules, path: str) -> set[str]:
    source = modules.text(path)
    found = set()
    for dotted in source.matches(_STAR_IMPORT) if source is not None else ():
        name = dotted.lstrip(".")
        level = len(dotted) - len(name)
        base = modules.relative(path, level, name) if level else modules.find(name, None, path)
        if isinstance(base, str):
            found.add(base)
    return found
