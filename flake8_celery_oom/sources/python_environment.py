"""What Python programs ask of their environment and of the operating system."""

from __future__ import annotations

import ast
import re

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.python_names import dotted

_OVERRIDES = re.compile(r"\bload_dotenv\([^()]*override\s*=\s*True|\benviron\.(?:update|pop|clear)\(")
_SYSTEM = frozenset({"sys.platform", "os.name", "platform.system", "system"})
_USUAL = frozenset({"linux", "linux2", "posix"})
_OTHERS = frozenset({"windows", "win32", "win", "nt", "cygwin", "darwin", "macos", "java"})


def environment_hole(source: SourceText, shown: str, variable: str | None, default: str | Hole | None = None) -> Hole:
    """``os.getenv("N", default)``: it has the name of the variable unless the program itself may give it another value.

    ``os.environ.setdefault`` changes nothing that was given.
    """
    name = None if variable is None or _may_set(source, variable) else variable
    if isinstance(default, Hole):
        return Hole(shown, name=name, default=default.default, host_cpus=default.host_cpus)
    return Hole(shown, name=name, default=default)


def _may_set(source: SourceText, variable: str) -> bool:
    sets = rf"\benviron\[\s*[\"']{re.escape(variable)}[\"']\s*\]\s*=(?!=)|\bputenv\(\s*[\"']{re.escape(variable)}[\"']"
    return _OVERRIDES.search(source.text) is not None or re.search(sets, source.text) is not None


def is_usual_system(test: ast.expr) -> bool | None:
    """Whether a condition about the operating system holds on Linux; None for what is no such condition.

    ``platform.system() == "Windows"``, ``sys.platform.startswith("win")``, ``os.name in ("nt", "java")``.
    """
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        return _on_linux(test.func.value, test.args[0]) if test.args else None
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    holds = _on_linux(test.left, test.comparators[0])
    is_denied = isinstance(test.ops[0], (ast.NotEq, ast.NotIn))
    is_known = is_denied or isinstance(test.ops[0], (ast.Eq, ast.In))
    return holds is not is_denied if holds is not None and is_known else None


def _on_linux(asked: ast.expr, named: ast.expr) -> bool | None:
    """Whether what names the system is one of these names on Linux."""
    while isinstance(asked, ast.Call):
        inner = asked.func
        is_folded = isinstance(inner, ast.Attribute) and inner.attr in {"lower", "casefold"}
        asked = inner.value if is_folded and isinstance(inner, ast.Attribute) else inner
    if dotted(asked) not in _SYSTEM:
        return None
    listed = named.elts if isinstance(named, (ast.Tuple, ast.List, ast.Set)) else [named]
    names = {str(one.value).lower() for one in listed if isinstance(one, ast.Constant)}
    if not names or len(names) < len(listed) or names - _USUAL - _OTHERS:
        return None
    return bool(names & _USUAL)
