"""Sessions for nox: the tests with the oldest and the newest dependencies, and with each Python that is here.

``nox -s oldest`` installs the lower bounds of pyproject.toml, so that a bound that is too low is found.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nox

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
PROJECT = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = ("completion", "history", "lsp")
# What asks a tool of the tests or of one newest library is left to the newest session.
OLDEST_TESTS = (
    "tests/analysis", "tests/celery", "tests/changes", "tests/core", "tests/deaths", "tests/formats", "tests/frontends",
    "tests/listing", "tests/resolve", "tests/rules", "tests/sources", "tests/syntax", "tests/test_config.py",
)  # fmt: skip

nox.options.sessions = ["newest"]
nox.options.error_on_missing_interpreters = False


def lower_bounds() -> list[str]:
    """Each dependency, and those of the extras that a user installs, at the lowest version that is allowed."""
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(one for extra in EXTRAS for one in extras[extra])]
    return [re.sub(r">=([\w.]+)(?:,<[\w.]+)?", r"==\1", one) for one in wanted]


@nox.session(python=PYTHONS)
def newest(session: nox.Session) -> None:
    """All tests with what pip installs today."""
    session.install("--upgrade", ".[test]")
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """The tests of the package with the oldest dependencies that it allows."""
    session.install(".[test]")
    session.install(*lower_bounds())
    warnings = ("-W", "default::DeprecationWarning")  # old releases warn of what newer ones have settled
    session.run("pytest", "-n", "2", *warnings, *(session.posargs or OLDEST_TESTS))


@nox.session
def lint(session: nox.Session) -> None:
    """The linters, the types and the layers."""
    session.install(".[test]")
    for command in (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",)):
        session.run(*command)


@nox.session
def docs(session: nox.Session) -> None:
    """The site, strictly."""
    session.install(".[docs]")
    session.run("mkdocs", "build", "--strict", *session.posargs)
