from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_celery_oom.analysis.container_groups import copies, crowds
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Launch, ShellText
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.workspace import Workspace
from tests.rules.workers import worker

DOCKERFILE = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"
SUPERVISOR = """\
[supervisord]
nodaemon=true

[program:one]
command=celery -A shop worker -c 1
numprocs=3

[program:two]
command=/app/two.sh
autostart={autostart}
"""


def project(root: Path, command: str, **files: str) -> Project:
    """A service of compose that runs a command; ``_`` of a file's name stands for a dot."""
    (root / "compose.yml").write_text(f"services:\n  web:\n    build: .\n    command: {command}\n    mem_limit: 1g\n")
    (root / "Dockerfile").write_text(DOCKERFILE)
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    return Workspace(root, Config()).project()


def together(one: Project) -> list[list[int]]:
    """The groups of workers that have a limit, each worker by its concurrency."""
    limited = ([each for each in crowd if isinstance(each.memory_limit, Known)] for crowd in crowds(one))
    return sorted(sorted(map(children, group)) for group in limited if group)


def children(one: Worker) -> int:
    assert isinstance(one.concurrency, Known)
    assert isinstance(one.concurrency.value, int)
    return one.concurrency.value


def of_script(root: Path, body: str) -> list[list[int]]:
    lines = re.sub(r"\bW(?=\d)", "celery -A shop worker -c ", body)
    return together(project(root, "./start.sh", start_sh=f"#!/bin/sh\n{lines}\n"))


@pytest.mark.parametrize(
    "body",
    [
        "W1 &\nW2 &\nwait",
        "W1 & W2",
        "set -e\ncd /app\nexport A=b\nW1 &\nsleep 5\nexec W2",
        "cd /app && W1 &\ncd /app && W2",
        "(cd /app; W1) &\n{ W2 --loglevel=INFO; } &\nwait",
        "W1 2>&1 | tee one.log &\nW2 | tee two.log",
        "W1 --detach\nW2",
        'if [ -n "$PAIR" ]; then\n  W1 &\n  W2\nfi',
        'case "$ROLE" in\n  both) W1 & W2 ;;\nesac',
        "pair() {\n  W1 &\n  W2 &\n}\npair\nwait",
    ],
)
def test_commands_beside_each_other(tmp_path: Path, body: str) -> None:
    assert of_script(tmp_path, body) == [[1, 2]]


@pytest.mark.parametrize(
    "body",
    [
        "W1\nW2",
        "W1 &\nwait\nW2",
        "W1 || W2",
        'W1 &\nif [ -n "$PAIR" ]; then W2; fi',
        'if [ -n "$PAIR" ]; then W1; else W2; fi',
        'case "$ROLE" in\n  one) W1 & ;;\n  two) W2 & ;;\nesac\nwait',
        'W1 &\n[ -n "$PAIR" ] || W2',
        'ONE="W1"\nTWO="W2"\nif [ -n "$PAIR" ]; then $ONE; else $TWO; fi',
        'one() { W1; }\ntwo() { W2; }\nif [ -n "$PAIR" ]; then one; else two; fi',
    ],
)
def test_commands_that_may_be_alternatives(tmp_path: Path, body: str) -> None:
    assert of_script(tmp_path, body) == [[1], [2]]


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'celery -A shop worker -c 1 & celery -A shop worker -c 2'",
        'bash -c "celery -A shop worker -c 1 & exec celery -A shop worker -c 2"',
        '["sh", "-c", "celery -A shop worker -c 1 & celery -A shop worker -c 2"]',
    ],
)
def test_the_text_of_a_shell_in_a_command(tmp_path: Path, command: str) -> None:
    assert together(project(tmp_path, command)) == [[1, 2]]


def test_a_line_that_one_of_two_services_runs(tmp_path: Path) -> None:
    text = "#!/bin/sh\ncelery -A shop worker -c 1 &\nexec celery -A shop worker -c 2\n"
    one = project(tmp_path, "./start.sh", start_sh=text, other_sh="#!/bin/sh\nexec celery -A shop worker -c 3\n")
    assert together(one) == [[1, 2]]
    assert sorted(len(crowd) for crowd in crowds(one)) == [1, 2, 2]


TWO = "#!/bin/sh\nexec celery -A shop worker -c 2\n"


def test_programs_of_one_supervisord(tmp_path: Path) -> None:
    one = project(tmp_path, "supervisord -c my.conf", my_conf=SUPERVISOR.format(autostart="true"), two_sh=TWO)
    assert together(one) == [[1, 2]]
    assert sorted(copies(each, one) for each in one.workers if isinstance(each.memory_limit, Known)) == [1, 3]


def test_a_program_that_waits_to_be_started(tmp_path: Path) -> None:
    one = project(tmp_path, "supervisord -c my.conf", my_conf=SUPERVISOR.format(autostart="False"), two_sh=TWO)
    assert together(one) == [[1], [2]]


def test_processes_of_one_runner(tmp_path: Path) -> None:
    text = "one: celery -A shop worker -c 1\nweb: gunicorn shop\ntwo: celery -A shop worker -c 2\n"
    assert together(project(tmp_path, "honcho start", Procfile=text)) == [[1, 2]]


def test_processes_of_a_platform_have_containers_of_their_own(tmp_path: Path) -> None:
    text = "one: celery -A shop worker -c 1\ntwo: celery -A shop worker -c 2\n"
    one = project(tmp_path, "gunicorn shop", Procfile=text)
    assert [len(crowd) for crowd in crowds(one)] == [1, 1]


def test_what_a_shell_inside_a_statement_runs_is_not_looked_at() -> None:
    source = SourceText("deploy.yml", "sh -c 'celery 1; celery 2' &\ncelery 3 & celery 4")
    launch = Launch("compose", "web", source.location(0, 1), ShellText(MappedText.plain(source), source.location(0, 1)))
    starts = [found.start() for found in re.finditer("celery", source.text)]
    workers = [worker(str(start), command=source.location(start, start + 8), container="web") for start in starts]
    groups = crowds(Project(tuple(workers), (), (launch,), (), ()))
    assert [len(group) for group in groups] == [1, 1, 2]
