"""Finding modules by their dotted names."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.module_finder import Ambiguous
from flake8_celery_oom.resolve.python.modules import Modules


def find(files: list[str], dotted: str, cwd: str = "", near: str | None = None) -> str | Ambiguous | None:
    return Modules(files, lambda path: SourceText(path, "")).find(dotted, cwd, near)


@pytest.mark.parametrize(
    ("files", "dotted", "cwd", "near", "path"),
    [
        (["a.py"], "a", "", None, "a.py"),
        (["p/__init__.py", "p/a.py"], "p.a", "", None, "p/a.py"),
        (["p/__init__.py", "p.py"], "p", "", None, "p/__init__.py"),
        (["x/a.py", "a.py"], "a", "x", None, "x/a.py"),
        (["x/a.py"], "a", "x/y", None, "x/a.py"),
        (["src/p/a.py"], "p.a", "", None, "src/p/a.py"),
        (["s/src/p/a.py", "t/src/p/a.py"], "p.a", "", "s/docker/compose.yml", "s/src/p/a.py"),
        (["s/p/a.py", "t/p/a.py"], "p.a", "", "t/Procfile", "t/p/a.py"),
        (["deep/er/p/a.py"], "p.a", "", None, "deep/er/p/a.py"),
        (["s/p/a.py", "t/p/a.py"], "p.a", "", None, Ambiguous(("s/p/a.py", "t/p/a.py"))),
        (["s/p/a.py", "t/p/a.py", "t/manage.py"], "p.a", "", None, "t/p/a.py"),
        (["s/p/a.py", "t/src/p/a.py", "t/setup.py"], "p.a", "", None, "t/src/p/a.py"),
        (["q/__init__.py", "q/p/a.py", "t/p/a.py"], "p.a", "", None, "t/p/a.py"),
        (["p/a.py"], "b", "", None, None),
        (["proj/celery.py"], "celery", "", "proj/celery.py", None),
        (["x/json.py"], "json", "", None, None),
        (["json.py"], "json", "", None, "json.py"),
        (["p/config.py", "config.py", "p/__init__.py"], "config", "", "p/x.py", "config.py"),
        (["p/config.py", "p/__init__.py"], "config", "", "p/x.py", "p/config.py"),
        (["q/r/config.py", "q/__init__.py", "q/r/__init__.py"], "config", "", "p/x.py", None),
        (["q/r/config.py", "q/__init__.py", "q/r/__init__.py"], "r.config", "", "p/x.py", "q/r/config.py"),
        (["q/r/config.py", "q/__init__.py", "q/r/__init__.py"], "config", "", "Procfile", "q/r/config.py"),
        (["q/r/config.py"], "config", "", "p/x.py", "q/r/config.py"),
        (["a.py"], "a b", "", None, None),
        (["a.py"], "", "", None, None),
        (
            ["{{cookiecutter.slug}}/config/celery_app.py"],
            "config.celery_app",
            "",
            None,
            "{{cookiecutter.slug}}/config/celery_app.py",
        ),
    ],
)
def test_modules_are_found_as_python_would(
    files: list[str], dotted: str, cwd: str, near: str | None, path: str | Ambiguous | None
) -> None:
    assert find(files, dotted, cwd, near) == path


def test_relative_imports() -> None:
    modules = Modules(["a/b/__init__.py", "a/b/c.py", "a/d.py", "a/__init__.py"], lambda path: SourceText(path, ""))
    assert modules.relative("a/b/c.py", 1, "") == "a/b/__init__.py"
    assert modules.relative("a/b/__init__.py", 1, "c") == "a/b/c.py"
    assert modules.relative("a/b/c.py", 2, "d") == "a/d.py"
    assert modules.relative("a/d.py", 3, "x") is None
    assert modules.root_of("x/a/d.py", "a.d") == "x"
    assert modules.root_of("x/a/__init__.py", "a") == "x"


def test_files_are_read_once_and_only_when_asked_for() -> None:
    asked: list[str] = []

    def read(path: str) -> SourceText | None:
        asked.append(path)
        return SourceText(path, "x = 1") if path == "a.py" else None

    modules = Modules(["a.py", "b.py", "c.yml"], read)
    assert asked == []
    module = modules.module("a.py")
    assert module is not None
    assert module is modules.module("a.py")
    assert modules.module("b.py") is None
    assert modules.module("missing.py") is None
    assert asked == ["a.py", "b.py"]
    assert module.name == "a"
