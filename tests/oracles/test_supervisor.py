"""Configurations of supervisord held against its own reader, ``supervisor.options``."""

from __future__ import annotations

import random
import shlex
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.config import Config
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.oracles.amount import derandomized, examples
from tests.resolve.started_project import follow

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    supervisor = pytest.importorskip("supervisor.options")

ENVIRONMENT = {"PATH": "/usr/bin", "COUNT": "3", "OPTIONS": "-E --without-gossip"}
COMMANDS = (
    "celery -A shop worker -c 2",
    "/usr/bin/celery -A shop worker --concurrency=4 -n w@%%h",
    'celery -A shop worker -Q "a b" -c 5',
    "celery -A shop worker -c %(ENV_COUNT)s",
    "celery -A shop worker -n %(program_name)s@%%h -c 6",
    "celery -A shop worker ; -c 9",
    "celery -A shop worker -c 7 ;comment",
    "celery -A shop worker -c 8 # 9",
    "celery -A shop worker\n    -c 1\n    -n x",
    "celery -A shop worker\n  ; no\n  -c 2",
    "celery -A shop worker -n '%(here)s' -c 4",
    "celery -A shop worker -Q a;b -c 3",
    "bash -c 'celery -A shop worker -c 2'",
)
OTHERS = (
    "autostart=false",
    "autostart = yes",
    "stopasgroup=true",
    "killasgroup: 1",
    "numprocs=2\nprocess_name=%(program_name)s_%(process_num)d",
    'environment=A="1",B=two',
    "environment=COUNT=9",
    "directory=/srv",
    "; autostart=false",
    "priority=10 ; soon",
)


def configuration(chance: random.Random) -> str:
    lines = ["[supervisord]", "nodaemon=true", ""]
    for number in range(chance.randint(1, 3)):
        lines += [f"[program:jobs{number}]", f"command{chance.choice(['=', ' = ', ': '])}{chance.choice(COMMANDS)}"]
        lines += chance.sample(OTHERS, chance.randint(0, 3))
        lines += chance.choice([[], ["", "# between"], ["", "; between", ""]])
    return "\n".join([*lines, ""])


def programs(folder: Path) -> Iterator[Any]:
    """What supervisord itself makes of the file: one configuration for each program."""
    with patch.dict("os.environ", ENVIRONMENT, clear=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = supervisor.ServerOptions()
        options.realize(["-c", str(folder / "supervisord.conf")], doc="")
        for group in options.process_group_configs:
            yield group.process_configs[0], len(group.process_configs)


@settings(
    max_examples=examples(128) * 8,
    deadline=None,
    database=None,
    derandomize=derandomized(),
    suppress_health_check=list(HealthCheck),
)
@given(st.randoms(use_true_random=False))
def test_generated_configurations(chance: random.Random) -> None:
    text = configuration(chance)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, {"supervisord.conf": text})
        try:
            real = {one.name.partition("_")[0]: (one, count) for one, count in programs(folder)}
        except SystemExit:
            return  # an option given twice
        started = {one.name: one for one in follow(folder, {"supervisord.conf": text})}
        launches = {one.name: one for one in Workspace(folder, Config()).facts.launches}
        assert set(launches) == set(real), text
        for program, (config, count) in real.items():
            launch = launches[program]
            assert launch.autostart == config.autostart, text
            assert bool(launch.stopped_as_group) == (config.stopasgroup or config.killasgroup), text
            assert launch.replicas == count, text
            assert_same_words(started[program].command.words, config.command, text)


def assert_same_words(ours: tuple[Any, ...], command: str, text: str) -> None:
    """A word that we know is the word that supervisord splits the command into."""
    real = shlex.split(command)
    real = shlex.split(real[-1]) if real[0] == "bash" else real
    if any(word.several for word in ours):
        return
    assert len(ours) == len(real), (text, command)
    for mine, theirs in zip(ours, real, strict=True):
        assert mine.text is None or mine.text == theirs or "/" in theirs, (text, command)
