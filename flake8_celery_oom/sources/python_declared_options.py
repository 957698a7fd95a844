"""Options that a Python program declares (argparse, click, typer), and the defaults of parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.syntax.python_names import Scope, dotted


def destination(call: ast.Call) -> str:
    """The attribute that a call of argparse's ``add_argument`` fills (its ``dest``, else its first long option)."""
    given = next((item.value for item in call.keywords if item.arg == "dest"), None)
    names = [str(item.value) for item in (given, *call.args) if isinstance(item, ast.Constant)]
    first = next((name for name in names if not name.startswith("-") or name.startswith("--")), "")
    return first.lstrip("-").replace("-", "_")


def default_of(call: ast.Call) -> str | None:
    """The constant that a call gives as ``default``."""
    value = keyword_value(call, "default")
    return str(value.value) if isinstance(value, ast.Constant) and value.value is not None else None


def declares_option(default: ast.expr) -> bool:
    """Whether a parameter's default is an option of Click or Typer."""
    return isinstance(default, ast.Call) and dotted(default.func).rsplit(".", 1)[-1] in {"Option", "Argument"}


def parameter_default(scope: Scope, name: str) -> str | None:
    """What a parameter is when nobody gives it: its default, or that of its option of Click or Typer."""
    default = scope.parameters.get(name)
    if isinstance(default, ast.Call) and declares_option(default):
        default = default.args[0] if default.args else keyword_value(default, "default")
    if isinstance(default, ast.Constant) and default.value not in {None, ...}:
        return str(default.value)
    decorators = getattr(scope.node, "decorator_list", ())
    options = [call for call in decorators if isinstance(call, ast.Call) and dotted(call.func).endswith("option")]
    found = [default_of(call) for call in options if _parameter_of(call) == name]
    return found[0] if len(found) == 1 else None


def parameter_hole(shown: str, scope: Scope, name: str) -> Hole:
    """A parameter that the file gives nothing for: its default, and the options that give it."""
    declared = scope.parameters.get(name)
    decorators = [one for one in getattr(scope.node, "decorator_list", ()) if isinstance(one, ast.Call)]
    options: tuple[str, ...] = ()
    for call in decorators:
        if dotted(call.func).endswith("option") and _parameter_of(call) == name:
            options = _names_of(call)
    if isinstance(declared, ast.Call) and dotted(declared.func).endswith("Option"):
        usual = () if keyword_value(declared, "envvar") is not None else (f"--{name.replace('_', '-')}",)
        options = _names_of(declared) or usual
    return Hole(shown, default=parameter_default(scope, name), options=options)


def argument_hole(shown: str, name: str | None, declared: Iterable[ast.Call]) -> Hole:
    """``args.name`` or ``options["name"]``, by the calls of ``add_argument`` that fill it."""
    calls = [call for call in declared if destination(call) == name]
    defaults = {default_of(call) for call in calls}
    names = {_names_of(call) for call in calls}
    return Hole(
        shown,
        default=defaults.pop() if len(defaults) == 1 else None,
        options=names.pop() if len(names) == 1 else (),
    )


def _names_of(call: ast.Call) -> tuple[str, ...]:
    """The options that a call declares; none where a variable of the environment gives the value as well."""
    if keyword_value(call, "envvar") is not None:
        return ()
    texts = [item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return tuple(text for text in texts if text.startswith("-") and "/" not in text)


def _parameter_of(option: ast.Call) -> str:
    """The parameter that an option of Click fills: its name without dashes, else its first long option."""
    names = [str(item.value) for item in option.args if isinstance(item, ast.Constant)]
    bare = next((name for name in names if not name.startswith("-")), None)
    return bare if bare is not None else destination(option)


def keyword_value(call: ast.Call, name: str) -> ast.expr | None:
    """The keyword argument of this name."""
    return next((item.value for item in call.keywords if item.arg == name), None)
