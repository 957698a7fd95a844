"""Arrays of options that grow under many conditions, held against bash."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.shell.alternatives import alternatives
from flake8_celery_oom.resolve.shell.fields import Field, Piece, known_text
from tests.oracles import real_shell
from tests.oracles.agreement import compare, workers_of
from tests.oracles.amount import BATCH, derandomized, examples
from tests.oracles.real_shell import Trial

OPTIONS = (
    '"-Q" "${QUEUES}"', '"-n" "w@%h"', '"--loglevel=${LEVEL}"', '"-E"', '"--logfile" "x.log"', '"--pidfile="',
    '"-c" "2"', '"--concurrency=3"', '"--max-tasks-per-child=7"', '"--max-tasks-per-child" "9"', '"-c" "${COUNT:-4}"',
)  # fmt: skip
TESTS = ('[[ -n "${A}" ]]', '[ "$B" = yes ]', 'test -n "$C"', '[[ "${D:-}" == 1 ]]', '[ -z "$A" ]', '[ "$C" != 2 ]')


def script(chance: random.Random) -> str:
    lines = ["#!/bin/bash", "ARGS=(-A shop worker)"]
    for _ in range(chance.randint(2, 8)):
        addition = f"ARGS+=({chance.choice(OPTIONS)})"
        kind = chance.random()
        if kind < 0.7:
            lines += [f"if {chance.choice(TESTS)}; then", f"  {addition}", "fi"]
        elif kind < 0.85:
            other = f"ARGS+=({chance.choice(OPTIONS)})"
            lines += [f"if {chance.choice(TESTS)}; then", f"  {addition}", "else", f"  {other}", "fi"]
        else:
            lines.append(addition)
    return "\n".join([*lines, 'exec celery "${ARGS[@]}"', ""])


def trial(chance: random.Random) -> Trial:
    values = ({}, *({name: chance.choice(["", "yes", "1", "2"]) for name in "ABCD"} for _ in range(6)))
    return Trial({"main.sh": script(chance)}, ("bash", "main.sh"), values)


@pytest.mark.skipif(not real_shell.available(), reason="needs bash, dash and the tools of a Unix shell")
@settings(
    max_examples=examples(48),
    deadline=None,
    database=None,
    derandomize=derandomized(),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.randoms(use_true_random=False), min_size=BATCH, max_size=BATCH))
def test_generated_scripts(chances: list[random.Random]) -> None:
    batch = [trial(chance) for chance in chances]
    with tempfile.TemporaryDirectory() as folder:
        runs = real_shell.run(batch, Path(folder))
    with tempfile.TemporaryDirectory() as root:
        for one, calls in zip(batch, runs, strict=True):
            tally = compare(workers_of(one.files, Path(root)), calls)
            assert not tally.wrong, "\n".join([*tally.wrong, one.files["main.sh"]])


def field(text: str) -> Field:
    return (Piece(text),)


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), min_size=1, max_size=6))
def test_every_list_is_one_of_the_alternatives(lists: list[list[str]]) -> None:
    made = alternatives([tuple(map(field, one)) for one in lists])
    words = [(known_text(item) or _perhaps(item), item[0].hole is None) for item in made]
    for one in lists:
        assert _fits(one, words)


def _perhaps(item: Field) -> str:
    hole = item[0].hole
    assert isinstance(hole, Hole)
    return hole.perhaps or ""


def _fits(one: list[str], words: list[tuple[str, bool]]) -> bool:
    """Whether a list is what is left when some of the words that are there or not are taken out."""
    reached = {0}
    for text, always in words:
        taken = {index + 1 for index in reached if index < len(one) and one[index] == text}
        reached = taken if always else reached | taken
    return len(one) in reached
