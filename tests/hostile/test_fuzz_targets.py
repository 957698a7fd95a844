"""The targets of ``tools/fuzz.py`` take their seeds, and small changes of them, without a mistake of the program."""

from __future__ import annotations

import random

import pytest

from flake8_celery_oom.sources import kinds
from tools import fuzz
from tools.mutate_corpus import OPERATORS

SEEDS = 12
TARGETS = fuzz.targets()


def test_every_kind_of_file_has_a_target_and_seeds() -> None:
    assert {f"read {kind.__name__.rpartition('.')[2]}" for kind in kinds.kinds()} | set(fuzz.EVALUATORS) <= set(TARGETS)
    assert all(seeds for _, seeds in TARGETS.values())


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_seeds_and_their_mutants_meet_no_mistake(name: str) -> None:
    run, seeds = TARGETS[name]
    chosen = random.Random(name)
    examples = [path.read_bytes() for path in chosen.sample(seeds, min(len(seeds), SEEDS))]
    for data in examples:
        run(data)
        operator = OPERATORS[chosen.choice(sorted(OPERATORS))]
        run(operator(data, chosen.randrange(len(data) or 1), chosen.choice(examples)))
