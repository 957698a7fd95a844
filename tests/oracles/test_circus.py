"""Configurations of Circus held against its own reader and what it starts: ``circus.config``, ``circus.process``."""

from __future__ import annotations

import random
import shlex
import tempfile
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

config = pytest.importorskip("circus.config")
process = pytest.importorskip("circus.process")

COMMANDS = (
    "celery -A shop worker -c 2",
    "/usr/bin/celery -A shop worker --concurrency=$(circus.env.count)",
    "celery -A shop worker -c ((circus.env.count)) -n w$(circus.wid)@%h",
    'celery -A shop worker -Q "a b" -c 5',
    "celery -A shop worker -c $(CIRCUS.ENV.COUNT)",
    "celery -A shop worker -c $COUNT",
    "celery -A shop worker -l info  ; -c 9",
    "celery -A shop worker -Q a;b -c 3",
    "celery -A shop worker # -c 8",
    "celery -A shop worker -n '$(circus.name)@%h' -c 6",
    "celery",
)
ARGUMENTS = (
    "-c 4",
    "--concurrency=$(circus.env.count) -E",
    "-l info",
    "-n '$(circus.wid) x'",
    "--max-tasks-per-child=7",
)
OTHERS = (
    "numprocesses = 2",
    "working_dir = /srv",
    "copy_env = True",
    "shell = True",
    "graceful_timeout = 30",
    "priority=5",
    "# autostart = no",
)
SECTIONS = (
    "[env:jobs0]\ncount = 3",
    "[env:jobs0,jobs1]\nCOUNT = 4\nOTHER = a b",
    "[env:jobs*]\ncount = 5",
    "[env]\ncount = 6",
    "[env]\ncount = 2\n\n[env:jobs1]\ncount = 8",
    "[socket:web]\nhost = 127.0.0.1\nport = 80",
)


def configuration(chance: random.Random) -> str:
    lines = ["[circus]", "check_delay = 5", ""]
    for number in range(chance.randint(1, 3)):
        command = chance.choice(COMMANDS)
        lines += [f"[watcher:jobs{number}]", f"cmd{chance.choice(['=', ' = '])}{command}"]
        if command == "celery":
            lines.append(f"args = -A shop worker {chance.choice(ARGUMENTS)}")
        elif chance.random() < 0.3 and not any(mark in command for mark in ";#"):
            lines.append(f"args = {chance.choice(ARGUMENTS)}")
        lines += [*chance.sample(OTHERS, chance.randint(0, 2)), ""]
    return "\n".join([*lines, *chance.sample(SECTIONS, chance.randint(0, 1)), ""])


def watchers(path: Path) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """What Circus reads of each watcher, and the words that it starts."""
    found = {}
    with patch.dict("os.environ", {"PATH": "/usr/bin"}, clear=True):
        for one in config.get_config(str(path))["watchers"]:
            keys = ("args", "working_dir", "shell", "env")
            given = {key: one[key] for key in keys if one.get(key) is not None}
            made = process.Process(one["name"], 1, one["cmd"], spawn=False, **given)
            found[one["name"]] = one, made.format_args()
    return found


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
        write_files(folder, {"circus.ini": text})
        try:
            real = watchers(folder / "circus.ini")
        except (KeyError, ValueError):
            return  # Circus does not start: a name that nothing gives, a quote that nothing ends
        started = {one.name: one for one in follow(folder, {"circus.ini": text})}
        launches = {one.name: one for one in Workspace(folder, Config()).facts.launches}
        assert set(launches) == set(real), text
        for watcher, (one, words) in real.items():
            assert launches[watcher].replicas == one.get("numprocesses", 1), text
            if one.get("shell"):
                words = shlex.split(words[0])
            held = started[watcher].command.words
            if any(word.several for word in held):
                continue
            shown = [word.text for word in held]
            assert len(shown) == len(words), (text, words, shown)
            for mine, theirs in zip(shown, words, strict=True):
                assert mine is None or mine == theirs, (text, words)
