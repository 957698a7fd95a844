"""Odd but real shapes of files that start something, each with a snapshot of what is read from it."""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Argv, Fact, Launch, Script, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.compose.launches import compose_launches
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.syntax.compose_file import ComposeFile
from tests.facts_text import show

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"
MODULES = (
    "ansible",
    "app_desc",
    "circus",
    "compose",
    "execline",
    "fly",
    "heroku",
    "jenkinsfile",
    "justfile",
    "makefile",
    "monit",
    "nomad",
    "package_json",
    "procfile",
    "pyproject_tasks",
    "railway",
    "shell",
    "supervisor_json",
    "taskfile",
    "terraform",
    "tox",
    "tox_toml",
    "uwsgi",
    "vscode",
)
CASES = sorted(
    path.relative_to(FIXTURES).as_posix()
    for module in MODULES
    for path in (FIXTURES / module).rglob("*")
    if path.is_file() and path.suffix != ".facts"
)


def module_and_source(case: str) -> tuple[ModuleType, SourceText]:
    name, _, path = case.partition("/")
    module = importlib.import_module(f"flake8_celery_oom.sources.{name}")
    return module, SourceText.from_bytes(path, (FIXTURES / case).read_bytes())


def linked(source: SourceText, facts: list[Fact]) -> list[Fact]:
    """The facts, with the services of a compose file as they are run when no other file goes over it."""
    alone = Facts.of((source.path,), lambda _: source, {})
    alone.add(facts)
    kept = [fact for fact in facts if not isinstance(fact, ComposeFile)]
    return [*compose_launches(alone), *kept]


@pytest.mark.parametrize("case", CASES)
def test_facts_are_those_of_the_snapshot(case: str, accept: bool) -> None:
    module, source = module_and_source(case)
    assert module.claims(source.path, source.text[:4096])
    shown = show(linked(source, module.read(source)))
    snapshot = FIXTURES / f"{case}.facts"
    if accept:
        snapshot.write_text(shown, encoding="utf-8", newline="\n")
    assert snapshot.read_text(encoding="utf-8") == shown


def test_every_module_has_a_case_and_every_snapshot_a_file() -> None:
    assert {case.partition("/")[0] for case in CASES} == set(MODULES)
    snapshots = {path for module in MODULES for path in (FIXTURES / module).rglob("*.facts")}
    assert {path.relative_to(FIXTURES).as_posix().removesuffix(".facts") for path in snapshots} == set(CASES)


def texts(launch: Launch) -> list[MappedText]:
    found = [word.mapped for word in launch.environment.values()]
    for command in (launch.command, launch.entrypoint):
        if isinstance(command, ShellText):
            found.append(command.text)
        elif isinstance(command, Argv):
            found.extend(word.mapped for word in command.words)
    return [text for text in found if text is not None]


def hold_together(module: ModuleType, source: SourceText) -> None:
    size = len(source.text)
    for fact in linked(source, module.read(source)):
        if isinstance(fact, Launch):
            assert fact.kind == module.KIND
            assert 0 <= fact.at.start <= fact.at.end <= size
        for text in texts(fact) if isinstance(fact, Launch) else [fact.text] if isinstance(fact, Script) else []:
            assert text.source is source
            assert len(text.offsets) == len(text.text) + 1
            assert all(0 <= offset <= size for offset in text.offsets)
            assert all(0 <= hole.start <= hole.end <= len(text.text) for hole in text.holes)
            for part in text.parts():
                if isinstance(part, Hole) and part.at is not None:
                    assert 0 <= part.at.start <= part.at.end <= size


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CASES), st.integers(0), st.text(" \n\t\"'{}[]()$:=-%&*<#\\,ab1{é", max_size=6))
def test_damaged_files_are_read(case: str, seed: int, inserted: str) -> None:
    module, source = module_and_source(case)
    chance = random.Random(seed)
    start = chance.randrange(len(source.text) + 1)
    end = min(len(source.text), start + chance.choice([0, 0, 1, 3, 40]))
    hold_together(module, SourceText(source.path, source.text[:start] + inserted + source.text[end:]))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CASES), st.text(max_size=60))
def test_any_text_is_read(case: str, text: str) -> None:
    module, source = module_and_source(case)
    hold_together(module, SourceText(source.path, text))
