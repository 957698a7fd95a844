"""What happens to infra files when flake8 changes inside: nothing worse than before this plugin."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flake8 import checker  # type: ignore[import-untyped]
from flake8.discover_files import expand_paths  # type: ignore[import-untyped]

from flake8_celery_oom.frontends import flake8 as plugin
from flake8_celery_oom.frontends import flake8_infra


@pytest.fixture
def file_checker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A copy of flake8's file checker as it was before anything was wrapped."""
    original = checker.FileChecker
    copy = type("FileChecker", (), dict(original.__dict__))
    for name in ("run_checks", "_make_processor"):
        setattr(copy, name, getattr(getattr(original, name), "__wrapped__", getattr(original, name)))
    monkeypatch.setattr(checker, "FileChecker", copy)
    monkeypatch.setattr(checker, "expand_paths", expand_paths)
    plugin._said.clear()
    return copy


@pytest.fixture
def tree(project: Path, engine: Any) -> Path:
    (project / "app.py").write_text("import celery\n\ncelery.run()\n")
    (project / "Procfile").write_text("worker: celery -A proj worker\n")
    return project


def without_should_process(kind: Any) -> None:
    def run_checks(self: Any) -> Any:
        if self.processor is None:
            return self.display_name, self.results, self.statistics
        self.run_ast_checks()
        return self.display_name, self.results, self.statistics

    kind.run_checks = run_checks


def without_run_checks(kind: Any) -> None:
    kind.check_file = kind.run_checks
    del kind.run_checks


def with_another_report(kind: Any) -> None:
    original = kind.report
    kind.report = lambda self, violation: original(self, *violation)


def without_make_processor(kind: Any) -> None:
    del kind._make_processor


CHANGES = [without_should_process, without_run_checks, with_another_report, without_make_processor]


def test_wraps_once(file_checker: Any) -> None:
    assert flake8_infra.install()
    first = file_checker.run_checks
    assert flake8_infra.install()
    assert file_checker.run_checks is first


def test_the_copy_works_as_the_original(file_checker: Any, flake8: Any, tree: Path) -> None:
    output = flake8(".")
    assert [line.split(":")[0] for line in output.lines] == ["./Procfile", "./app.py"]
    assert output.stderr == ""


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_wrapped_where_flake8_is_not_as_expected(file_checker: Any, change: Callable[[Any], None]) -> None:
    change(file_checker)
    before = dict(file_checker.__dict__)
    assert not flake8_infra.install()
    assert dict(file_checker.__dict__) == before


def test_python_is_still_checked_and_one_warning_says_so(file_checker: Any, flake8: Any, tree: Path) -> None:
    without_should_process(file_checker)
    output = flake8(".")
    assert [line.split(":")[0] for line in output.lines] == ["./app.py", "./app.py"]
    assert output.lines[0].startswith("./app.py:1:1: CO001 only Python files were checked: ")
    assert output.stderr.count("\n") == 1
    assert output.stderr.startswith("flake8-celery-oom: ")
    assert "celery-oom check" in output.stderr
    again = flake8(".")
    assert (again.lines, again.stderr) == (output.lines, "")


def test_no_warning_where_infra_is_not_wanted(file_checker: Any, flake8: Any, tree: Path) -> None:
    without_should_process(file_checker)
    assert flake8("--celery-oom-infra=no", ".").stderr == ""


def test_worker_processes_do_not_repeat_the_warning(
    file_checker: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("multiprocessing.parent_process", lambda: object())
    plugin._say_once("something")
    assert capsys.readouterr().err == ""


def test_a_subclass_that_replaces_the_file_checker(file_checker: Any, flake8: Any, tree: Path) -> None:
    expected = flake8(".").lines

    class Replacement(file_checker):  # type: ignore[misc]
        def run_checks(self) -> Any:
            return super().run_checks()

    checker.FileChecker = Replacement  # put back by the fixture
    assert flake8(".").lines == expected
    assert flake8(".").lines == expected


def test_the_plugin_is_silent_without_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin.Plugin, "session", None)
    assert list(plugin.Plugin(ast.parse(""), "app.py", ["import celery"]).run()) == []
