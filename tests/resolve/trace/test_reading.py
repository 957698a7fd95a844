"""A script that led to nothing is not run again where it would ask the same and get the same answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.resolve.trace import shell_hops
from flake8_celery_oom.resolve.trace.launcher import Launcher
from flake8_celery_oom.resolve.trace.reading import Reading
from tests.resolve.trace.test_leads import facts, started

COMPOSE = """\
services:
  one:
    image: shop
    command: ./outer.sh
    environment: {{{one}}}
  two:
    image: shop
    command: ./outer.sh
    environment: {{{two}}}
"""
OUTER = "./inner.sh first\n"
INNER = 'if [ "$1" = second ]; then celery -A shop worker; fi\n[ "$MODE" = work ] && celery -A shop worker -c "$N"\n'


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scripts that are interpreted because something runs them, in order."""
    seen: list[str] = []
    original = shell_hops.read_script

    def read_script(run, script, arguments, **options) -> Reading:  # type: ignore[no-untyped-def]
        if options["known_caller"]:
            seen.append(script.path)
        return original(run, script, arguments, **options)

    monkeypatch.setattr(shell_hops, "read_script", read_script)
    return seen


def files(one: str, two: str, **scripts: str) -> dict[str, str]:
    named = {f"{name}.sh": text for name, text in scripts.items()}
    return {"docker-compose.yml": COMPOSE.format(one=one, two=two), "outer.sh": OUTER, "inner.sh": INNER, **named}


def launches_of(tmp_path: Path, files: dict[str, str]) -> set[str]:
    """The compose services that lead to a worker."""
    launcher = Launcher(facts(tmp_path, files), lambda _path: CeleryVersion("==5.4.0"))
    return {one.name for one in launcher.started() if one.kind == "compose"}


def test_variables_that_nothing_looks_at_make_no_second_run(tmp_path: Path, runs: list[str]) -> None:
    started(tmp_path, files("MODE: web, X: a", "MODE: web, X: b"))
    assert runs == ["outer.sh", "inner.sh", "inner.sh"]  # for both services, and where outer.sh is read alone


def test_a_variable_that_decides_is_looked_at_again(tmp_path: Path) -> None:
    found = started(tmp_path, files("MODE: web, N: 3", "MODE: work, N: 3"))
    assert "celery -A shop worker -c 3" in found


def test_a_variable_that_is_unset_is_another_answer_than_an_unknown_one(tmp_path: Path) -> None:
    unknown = started(tmp_path, files("MODE: web, N: 3", "MODE: '${MODE}', N: 4"))
    assert "celery -A shop worker -c 4" in unknown


def test_a_script_with_another_file_beside_it_is_read_again(tmp_path: Path) -> None:
    compose = """\
services:
  one: {build: {context: ., dockerfile: a/Dockerfile}, command: ./outer.sh}
  two: {build: {context: ., dockerfile: b/Dockerfile}, command: ./outer.sh}
"""
    image = "FROM python\nWORKDIR /app\nCOPY outer.sh /app/outer.sh\nCOPY {}/step.sh /app/step.sh\n"
    files = {
        "docker-compose.yml": compose,
        "outer.sh": "./step.sh\n",
        "a/Dockerfile": image.format("a"),
        "a/step.sh": "true celery\n",
        "b/Dockerfile": image.format("b"),
        "b/step.sh": "celery -A shop worker -c 7\n",
    }
    assert launches_of(tmp_path, files) == {"two"}


def test_what_was_passed_over_for_having_been_followed_is_no_answer_for_others(tmp_path: Path) -> None:
    compose = """\
services:
  one: {image: shop, command: ./outer.sh}
  two: {image: shop, command: ./twice.sh}
"""
    files = {
        "docker-compose.yml": compose,
        "Makefile": "worker:\n\tcelery -A shop worker -c 5\n",
        "outer.sh": "./once.sh\n./twice.sh\n",
        "once.sh": "make worker\n",
        "twice.sh": "make worker\n",
    }
    assert launches_of(tmp_path, files) == {"one", "two"}
