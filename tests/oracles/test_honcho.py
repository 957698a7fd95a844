"""Procfiles held against Honcho, which reads them as Foreman does."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import procfile
from tests.oracles.amount import derandomized, examples

honcho = pytest.importorskip("honcho.environ")

NAMES = ("worker", "celery-worker", "worker_2", "Beat", "w3", "my.worker", "1st")
COMMANDS = (
    "celery -A shop worker -c 2",
    "celery -A shop worker --concurrency=${N:-3} # not more",
    "REMAP_SIGTERM=SIGQUIT celery -A shop worker -B",
    "cd src && celery -A shop worker -l info -c $N",
    "sh -c 'celery -A shop worker -c 4'",
    "celery -A shop worker -Q a:b,c",
    "trap '' SIGTERM; celery -A shop worker & celery -A shop beat & wait -n",
)
LINES = (
    "# worker: celery -A shop worker",
    "",
    "  worker: celery",
    "just text",
    ": celery",
    "key = value",
)
"""What is no process. A blank before the colon and a dot in a name are none for Honcho; we read them, as others do."""


def text_of(chance: random.Random) -> str:
    names = chance.sample(NAMES, chance.randint(1, 4))
    lines = [
        f"{name}:{chance.choice([' ', '  ', '', chr(9)])}{chance.choice(COMMANDS)}{chance.choice(['', ' '])}"
        for name in names
    ]
    lines += chance.sample(LINES, chance.randint(0, 2))
    chance.shuffle(lines)
    return chance.choice(["\n", "\r\n"]).join(lines) + chance.choice(["", "\n"])


@settings(
    max_examples=examples(128) * 8,
    deadline=None,
    database=None,
    derandomize=derandomized(),
    suppress_health_check=list(HealthCheck),
)
@given(st.randoms(use_true_random=False))
def test_generated_procfiles(chance: random.Random) -> None:
    text = text_of(chance)
    real = {name: command.strip() for name, command in honcho.parse_procfile(text).processes.items()}
    ours = {}
    for fact in procfile.read(SourceText("Procfile", text)):
        assert isinstance(fact, Launch)
        assert isinstance(fact.command, ShellText)
        ours[fact.name] = fact.command.text.text
    assert {name: command for name, command in ours.items() if "." not in name} == real, text
