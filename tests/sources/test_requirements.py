from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Problem, Requirement
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import requirements

NAMES = (
    "pyproject.toml",
    "Pipfile",
    "Pipfile.lock",
    "setup.cfg",
    "setup.py",
    "uv.lock",
    "requirements.txt",
    "environment.yml",
)


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "requirements-dev.txt",
        "dev-requirements.in",
        "requirements_for_test.txt",
        "requirements/base.txt",
        "backend/requirements/py3/base.in",
        "constraints.txt",
        "requirements.lock",
        "app/pyproject.toml",
        "poetry.lock",
        "pdm.lock",
        "pylock.toml",
        "pylock.worker.toml",
        "Pipfile",
        "setup.py",
    ],
)
def test_claims_by_name(path: str) -> None:
    assert requirements.claims(path, "")


@pytest.mark.parametrize("path", ["yarn.lock", "requirements.yml", "MANIFEST.in", "robots.txt", "requirements.py"])
def test_leaves_other_files_alone(path: str) -> None:
    assert not requirements.claims(path, "dependencies:\n")


def test_a_conda_environment_shows_its_dependencies() -> None:
    assert requirements.claims("environment-dev.yml", "name: x\ndependencies:\n")
    assert not requirements.claims("environment.yml", "production:\n  dependencies: 1\n")


@given(st.sampled_from(NAMES), st.text(alphabet='acelry=">^~[]{}#:-\n\t \\;,.0159', max_size=80))
@settings(max_examples=200, deadline=None)
def test_anything_can_be_read(name: str, text: str) -> None:
    for head in (
        "",
        '[project]\ndependencies = ["',
        "dependencies:\n",
        "[options]\ninstall_requires=",
        "setup(install_requires=",
    ):
        requirements.read(SourceText(name, head + text))


def test_broken_toml_is_a_problem_and_keeps_what_can_be_read() -> None:
    facts = requirements.read(SourceText("pyproject.toml", '[project]\ndependencies = ["celery==5.4.0"]\n???\n'))
    assert [type(fact) for fact in facts] == [Problem, Requirement]


def test_a_template_of_a_pyproject_is_no_problem() -> None:
    text = '[project]\ndependencies = ["celery==5.4.0"]\n{% if x %}\n[tool.x]\n{% endif %}\n'
    assert [type(fact) for fact in requirements.read(SourceText("pyproject.toml", text))] == [Requirement]


@pytest.mark.parametrize("text", ["def setup(:\n", "\0", "(" * 5000])
def test_a_broken_setup_py_says_nothing(text: str) -> None:
    assert requirements.read(SourceText("setup.py", text)) == []


def test_versions_of_a_lock_stand_on_their_own_line() -> None:
    text = '[[package]]\r\nname = "celery"\r\nversion = "5.4.0"\r\n'
    (found,) = requirements.read(SourceText("poetry.lock", text))
    assert isinstance(found, Requirement)
    assert (found.locked, found.at.line, text[found.at.start : found.at.end]) == (True, 3, "5.4.0")
