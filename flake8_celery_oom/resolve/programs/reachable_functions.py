"""What a function of a Python program reaches: itself and the functions of the project that it calls or hands on."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.syntax import python

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Spans: TypeAlias = tuple[tuple[int, int], ...]

_MOST_FUNCTIONS = 200


def functions_of(tree: ast.Module) -> dict[str, Function]:
    """The functions that stand right in a module, by name."""
    return {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def reached(facts: Facts, path: str, names: Iterable[str]) -> list[tuple[str, Spans]]:
    """For every file: the stretches of it that belong to these functions of ``path`` and to those that they reach."""
    files: dict[str, tuple[dict[str, Function], dict[str, tuple[str, str]]]] = {}
    waiting = [(path, name) for name in names]
    found: dict[tuple[str, str], tuple[int, int]] = {}
    seen: set[tuple[str, str]] = set()
    while waiting and len(found) < _MOST_FUNCTIONS:
        where, name = waiting.pop()
        if (where, name) in seen:
            continue
        seen.add((where, name))
        if where not in files:
            files[where] = _read(facts, where)
        functions, imported = files[where]
        own = functions.get(name)
        if own is None:
            if name in imported:
                waiting += _imported(facts, where, *imported[name])
            continue
        source = facts.read(where)
        if source is None:
            continue
        found[where, name] = python.span(source, own)
        waiting += [(where, called) for called in _called(own)]
    by_file: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (where, _), span in found.items():
        by_file[where].append(span)
    return [(where, tuple(sorted(spans))) for where, spans in by_file.items()]


def _read(facts: Facts, path: str) -> tuple[dict[str, Function], dict[str, tuple[str, str]]]:
    """The functions of a file, and its names that are imported: ``name -> (module, name there)``."""
    source = facts.read(path)
    tree = python.parse(source) if source is not None else None
    if tree is None:
        return {}, {}
    imported: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = f"{'.' * node.level}{node.module or ''}"
            imported |= {alias.asname or alias.name: (module, alias.name) for alias in node.names}
    return functions_of(tree), imported


def _imported(facts: Facts, path: str, module: str, name: str) -> list[tuple[str, str]]:
    """The file and the function behind an imported name: one of this project, when exactly one fits."""
    level = len(module) - len(module.lstrip("."))
    if level:
        where = facts.modules.relative(path, level, module.lstrip("."))
    else:
        found = facts.modules.find(module, None, path)
        where = found if isinstance(found, str) else None
    return [(where, name)] if where is not None else []


def _called(function: Function) -> Iterator[str]:
    """Names that the function calls, or hands on: ``execute(worker)``, ``@task(pre=[worker])``."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
