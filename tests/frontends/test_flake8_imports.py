"""flake8 pays for nothing that it does not use: what is imported, and when."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flake8_celery_oom

PACKAGE = Path(flake8_celery_oom.__file__).parent
HEAVY = {
    "dockerfile_parse",
    "libcst",
    "lsprotocol",
    "packaging",
    "pathspec",
    "pygls",
    "rich",
    "ruamel",
    "tree_sitter",
    "yaml",
}
LIBCST_HOME = {PACKAGE / "changes" / name for name in ("python.py", "python_entries.py", "python_replace.py")}
LANGUAGE_SERVER = PACKAGE / "frontends" / "language_server"
"""Imported by the command ``lsp`` alone; it speaks the protocol in the protocol's types."""
OWN_HEAVY = "flake8_celery_oom.(resolve|rules|sources|syntax|changes|formats)"


def imported(tree: ast.AST, *, lazy: bool) -> Iterator[str]:
    """The top-level packages that a module imports; with ``lazy``, inside its functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        elif lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imported(node, lazy=lazy)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def run(code: str, cwd: Path) -> set[str]:
    """The modules that are loaded after ``code``."""
    end = "\nimport sys\nsys.stdout.write('\\n--\\n' + '\\n'.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + end], cwd=cwd, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split("\n--\n")[1].splitlines())


def test_only_the_python_changes_import_libcst() -> None:
    users = {path for path in modules() if "libcst" in imported(ast.parse(path.read_text("utf-8")), lazy=True)}
    assert users <= LIBCST_HOME


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_heavy_packages_are_imported_inside_functions(path: Path) -> None:
    if path not in LIBCST_HOME and path.parent != LANGUAGE_SERVER:
        assert HEAVY.isdisjoint(imported(ast.parse(path.read_text("utf-8")), lazy=False))


def test_importing_the_plugin_loads_no_parser_and_no_engine(tmp_path: Path) -> None:
    before = run("pass", tmp_path)
    after = run("import flake8_celery_oom.frontends.flake8", tmp_path) - before
    assert {name for name in after if name.startswith("flake8_celery_oom")} == {
        "flake8_celery_oom",
        "flake8_celery_oom.frontends",
        "flake8_celery_oom.frontends.flake8",
        "flake8_celery_oom.frontends.flake8_infra",
        "flake8_celery_oom.frontends.flake8_options",
    }
    assert HEAVY.isdisjoint(name.split(".")[0] for name in after)
    assert "flake8" not in after
