"""The examples of docs/architecture.md work as they stand there, and the folders it names exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Launch, ShellText
from flake8_celery_oom.core.results import Setting
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Unknown, Value
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.resolve.programs import wrapper_table, wrappers
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.resolve.python_project import app_of

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text()
EXAMPLES = dict(re.findall(r'^```python title="(\w+)"\n(.*?)^```$', TEXT, re.MULTILINE | re.DOTALL))
PACKAGE = ROOT / "flake8_celery_oom"
CONFIGURED = "from celery import Celery\napp = Celery('x')\napp.config_from_object('conf')\n"


def run(name: str) -> dict[str, Any]:
    """The names that an example defines."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(EXAMPLES[name], f"docs/architecture.md: {name}", "exec"), names)
    return names


def test_a_kind_of_file() -> None:
    source = run("source")
    assert source["claims"]("deploy/night.jobs", "")
    assert not source["claims"]("jobs.yml", "")
    facts = source["read"](SourceText("deploy/night.jobs", "date\n\n  celery -A shop worker \n"))
    assert all(isinstance(fact, Launch) and isinstance(fact.command, ShellText) for fact in facts)
    assert [(fact.command.text.text.strip(), fact.at.line) for fact in facts] == [
        ("date", 1),
        ("celery -A shop worker", 3),
    ]


def test_a_rule(tmp_path: Path) -> None:
    rule = run("rule")
    write_files(tmp_path, {"Procfile": "a: celery -A shop worker -c 64\nb: celery -A shop worker -c 4\n"})
    project = Workspace(tmp_path, Config()).project()
    found = list(rule["check"](project, Config()))
    assert [(one.code, one.message) for one in found] == [("CO999", "64 children in one worker")]


def test_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrappers, "WRAPPERS", {**wrapper_table.WRAPPERS, **run("wrapper")["ROW"]})
    words = [literal(word) for word in ["chronic", "celery", "-A", "shop", "worker"]]
    assert [word.text for word in wrappers.unwrap(words).words] == ["celery", "-A", "shop", "worker"]


def test_a_library() -> None:
    library = run("library")
    app = app_of({"app.py": CONFIGURED, "conf.py": library["MODULE"]})
    value: Value[Setting] = app.settings["worker_concurrency"]
    assert isinstance(value, Unknown)
    assert (value.default, value.cause.variables) == (library["DEFAULT"], frozenset({"CHILDREN"}))


def test_an_output_format(tmp_path: Path) -> None:
    write_files(tmp_path, {"Procfile": "a: celery -A shop worker\n"})
    found = Workspace(tmp_path, Config()).findings()
    lines = run("format")["tab_separated"](found).splitlines()
    assert lines == [f"Procfile\t1\t{one.code}" for one in found] != []


def named() -> Iterable[str]:
    """The paths of the package that the text names."""
    folders = "|".join(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    yield from re.findall(rf"`((?:{folders})/[\w/]*(?:\.py)?)`", TEXT)


@pytest.mark.parametrize("path", sorted(set(named())))
def test_what_is_named_exists(path: str) -> None:
    assert (PACKAGE / path).exists()


def test_every_package_of_resolve_is_named() -> None:
    packages = {path.parent.name for path in (PACKAGE / "resolve").glob("*/__init__.py")}
    block = TEXT[TEXT.index("resolve/project ") : TEXT.index("Three rules hold")]
    assert packages == {name for name in re.findall(r"\w+", block) if name in packages}
