from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Argv, Launch, Variables
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import celeryd_defaults

BOTH = 'CELERYD_NODES="w1"\nCELERYD_OPTS="-c 4"\n'


def read(text: str) -> tuple[Variables, Launch | None]:
    facts = celeryd_defaults.read(SourceText("etc/default/celeryd", text))
    variables = [fact for fact in facts if isinstance(fact, Variables)]
    launches = [fact for fact in facts if isinstance(fact, Launch)]
    assert [one.kind for one in variables] == ["file", "unit"]
    return variables[0], launches[0] if launches else None


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("etc/default/celeryd", 'CELERYD_OPTS="-c 4"\n'),
        ("conf.d/celery", "CELERYD_NODES=w1\n"),
        ("files/celeryd.conf", "CELERY_BIN=celery\n"),
        ("files/workers.j2", BOTH),
    ],
)
def test_claims_defaults_files(path: str, head: str) -> None:
    assert celeryd_defaults.claims(path, head)


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("etc/init.d/celeryd", f"#!/bin/sh\n{BOTH}"),
        ("docs/daemon.rst", BOTH),
        ("worker.env", BOTH),
        ("files/workers", 'CELERYD_OPTS="-c 4"\n'),
        ("etc/default/celeryd", "OTHER=1\n"),
    ],
)
def test_leaves_other_files_alone(path: str, head: str) -> None:
    assert not celeryd_defaults.claims(path, head)


def test_an_init_script_without_its_first_line_is_no_file_of_defaults() -> None:
    head = "# jobs\n### BEGIN INIT INFO\n# Provides: jobs\n### END INIT INFO\nCELERYD_NODES=a\nCELERYD_OPTS=b\n"
    assert celeryd_defaults.claims("templates/celeryd", head.replace("### BEGIN INIT INFO\n", ""))
    assert not celeryd_defaults.claims("templates/celeryd", head)


def test_the_words_of_the_command_stand_in_the_variables() -> None:
    text = 'CELERY_APP=app\nCELERYD_NODES=2\nCELERYD_OPTS="--pool=solo \\\n  -c 4"\n'
    _, launch = read(text)
    assert launch is not None
    assert isinstance(launch.command, Argv)
    shown = [word.text for word in launch.command.words]
    assert shown == ["celery", "-A", "app", "multi", "start", "2", "--pool=solo", "-c", "4"]
    at = launch.command.words[-1].at
    assert at is not None
    assert (text[at.start : at.end], at.line) == ("4", 4)
    assert launch.at.line == 3


def test_options_alone_start_nothing() -> None:
    assert read("CELERYD_OPTS=-c4\n")[1] is None


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("CELERYD_NODES=2\nCELERY_BIN=/v/celery\n#CELERYD_OPTS=-c4\n", ["/v/celery", "multi", "start", "2"], 2),
        ("# here\nCELERYD_NODES='a b'\n", ["celery", "multi", "start", "a", "b"], 2),
        (
            "CELERY_BIN='cd /srv && pipenv run celery'\nCELERYD_OPTS=-c4\n",
            ["pipenv", "run", "celery", "multi", "start", "celery", "-c4"],
            2,
        ),
        ("CELERY_BIN='cd /srv; python -m celery'\n", ["python", "-m", "celery", "multi", "start", "celery"], 1),
    ],
)
def test_a_file_that_sets_no_options_starts_a_worker_too(text: str, words: list[str], line: int) -> None:
    _, launch = read(text)
    assert launch is not None
    assert isinstance(launch.command, Argv)
    assert ([word.text for word in launch.command.words], launch.at.line) == (words, line)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"/srv/bin/python manage.py celeryd_multi"', "/srv/bin/python manage.py celeryd_multi start w1 -A shop -c 4"),
        ("/srv/bin/celeryd-multi", "/srv/bin/celeryd-multi start w1 -A shop -c 4"),
        ("multi", "celery -A shop multi start w1 -c 4"),
    ],
)
def test_the_variable_that_runs_multi(value: str, expected: str) -> None:
    """``$CELERYD_MULTI start $CELERYD_NODES ... $CELERY_APP_ARG ... $CELERYD_OPTS`` (generic-init.d/celeryd, 5.7.0)."""
    _, launch = read(f'CELERYD_NODES=w1\nCELERY_APP=shop\nCELERYD_MULTI={value}\nCELERYD_OPTS="-c 4"\n')
    assert launch is not None
    assert isinstance(launch.command, Argv)
    assert " ".join(word.shown for word in launch.command.words) == expected


@pytest.mark.parametrize("path", ["etc/default/celerybeat", "celerybeat", "conf.d/celery-beat"])
def test_the_files_of_beat_start_no_worker(path: str) -> None:
    facts = celeryd_defaults.read(SourceText(path, f"CELERY_BIN=celery\n{BOTH}"))
    assert not [fact for fact in facts if isinstance(fact, Launch)]


def test_systemd_takes_the_rest_of_a_line_as_the_value() -> None:
    facts = celeryd_defaults.read(SourceText("etc/jobs.conf", "CELERYD_NODES=w1 w2\nCELERYD_OPTS=-Q mail\n"))
    values = {fact.kind: fact.values["CELERYD_OPTS"].text for fact in facts if isinstance(fact, Variables)}
    assert values == {"file": "-Q", "unit": "-Q mail"}
