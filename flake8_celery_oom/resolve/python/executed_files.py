"""Files of the project whose content a program executes: ``exec(open(path).read())``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.resolve.python.expressions import Expressions
from flake8_celery_oom.resolve.python.imports import Imports
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.values import Dynamic, ProjectPath, Table


class ExecutedFiles(Imports, Expressions):
    """What ``exec`` gives."""

    def succeeds(self, statement: ast.stmt, frame: Frame) -> bool:
        """Whether a statement of a ``try`` brings in names of files that are there, or plays no part."""
        executed = list(self._executed(statement, frame))
        return all(map(self.modules.exists, executed)) if executed else self.import_succeeds(statement, frame)

    def skips_or_executes_missing(self, block: Sequence[ast.stmt], frame: Frame) -> bool:
        """Whether a block starts with names of a file that the project does not have: it imports or executes it."""
        absent = [path for path in self._executed(block[0], frame) if not self.modules.exists(path)]
        self.missing.update(dict.fromkeys(absent))
        return bool(absent) or self.skips_missing(block, frame)

    def _executed(self, statement: ast.stmt, frame: Frame) -> Iterator[str]:
        """The files of the project that a statement opens, when it executes something: ``exec(open(path).read())``."""
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        if any(isinstance(call.func, ast.Name) and call.func.id in {"exec", "execfile"} for call in calls):
            for call in calls:
                if isinstance(call.func, ast.Name) and call.func.id in {"open", "execfile"} and call.args:
                    path = self.forced(call.args[0], frame)
                    if isinstance(path, ProjectPath):
                        yield path.path

    def execute(self, call: ast.Call, frame: Frame) -> None:
        """``exec(file.read())`` of a file of the project gives its names; what else is executed may set any."""
        given = call.args[0] if call.args else None
        if isinstance(given, ast.Call) and isinstance(given.func, ast.Name) and given.func.id == "compile":
            given = given.args[0] if given.args else None
        opened = given.func.value if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) else None
        file = self.forced(opened, frame) if opened is not None else None
        path = file.links.get("argument 0") if isinstance(file, Table) and file.name == "builtins.open()" else None
        if isinstance(path, ProjectPath) and self.modules.exists(path.path):
            self.include_file(path.path, frame)
        else:
            self.open_up(frame.globals, Dynamic(Cause("exec() may set any name"), self.at(call, frame)))
