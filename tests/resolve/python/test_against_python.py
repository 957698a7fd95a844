"""The evaluator against the real interpreter: generated settings modules, run in both.

What the evaluator says it knows must be what Python computes. Where it names a default ("what holds when the
environment says nothing more"), Python must compute that too. More programs: CELERY_OOM_ORACLE_EXAMPLES=50000.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from flake8_celery_oom.core.results import HostCpus, Setting
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Value
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.modules import Modules
from flake8_celery_oom.resolve.python.store import ExhaustedError
from flake8_celery_oom.resolve.python.values import as_setting
from tests.interpreter import Other, Outcome, Program, examples, run_all
from tests.resolve.python.settings_programs import Maker

PROGRAMS = examples(1_000)
MOST_UNKNOWN = 0.1
"""The share of names that may be Unknown; it only ever falls."""


def evaluated(program: Program) -> dict[str, Value[Setting]]:
    """The upper-case names of a program as the evaluator sees them."""
    texts = {"run.py": program.text, **{f"{name}.py": text for name, text in program.modules.items()}}
    sources = {path: SourceText(path, text) for path, text in texts.items()}
    world = World(
        Modules(sources, sources.get), {name: literal(value) for name, value in program.environment.items()}, "5.7"
    )
    try:
        table = world.run_module("run.py")
    except (ExhaustedError, RecursionError):
        return {}
    assert table is not None, program.text
    found: dict[str, Value[Setting]] = {}
    for name, slot in table.slots.items():
        if isinstance(name, str) and name.isupper():
            found[name] = as_setting(world.plain(slot.value), slot.at)
    return found


def same(ours: object, real: object) -> bool:
    """Equal in value and type, all the way down; a dict is a dict in whatever order."""
    if type(ours) is not type(real):
        return False
    if isinstance(ours, (list, tuple)):
        assert isinstance(real, (list, tuple))
        return len(ours) == len(real) and all(map(same, ours, real))
    if isinstance(ours, dict):
        assert isinstance(real, dict)
        return list(ours) == list(real) and all(same(ours[key], real[key]) for key in ours)
    return ours == real


def holds_other(real: object) -> bool:
    """Whether a value is no plain data, or holds any that is not: nothing can be said of it."""
    if isinstance(real, dict):
        return any(map(holds_other, real.values()))
    return isinstance(real, Other) or (isinstance(real, (list, tuple)) and any(map(holds_other, real)))


def disagreements(program: Program, outcome: Outcome, counts: Counter[str]) -> list[str]:
    """What the evaluator says wrongly of a program."""
    wrong: list[str] = []
    for name, value in evaluated(program).items():
        if outcome.error is not None:
            counts["fails"] += 1
            continue
        real = outcome.names.get(name, "missing")
        if holds_other(real):
            continue
        if isinstance(value, Known) and not isinstance(value.value, HostCpus):
            counts["known"] += 1
            if not same(value.value, real):
                wrong.append(f"{name}: known as {value.value!r}, is {real!r}")
        elif isinstance(value, Unknown):
            counts["unknown"] += 1
            counts[f"why {value.cause.text.partition(':')[0][:40]}"] += 1
            if value.default is not None and not same(value.default, real):
                wrong.append(f"{name}: its default is called {value.default!r}, is {real!r}")
    return wrong


def test_settings_are_what_python_makes_of_them(tmp_path: Path) -> None:
    programs = [Maker(seed).program() for seed in range(PROGRAMS)]
    outcomes = run_all(programs, tmp_path)
    counts: Counter[str] = Counter()
    shown: list[str] = []
    for seed, (program, outcome) in enumerate(zip(programs, outcomes, strict=True)):
        wrong = disagreements(program, outcome, counts)
        if wrong:
            environment = " ".join(f"{key}={value!r}" for key, value in program.environment.items())
            body = program.text.partition('LIMITS = {"small": 100, "large": 400}\n')[2]
            shown.append("\n".join([f"--- seed {seed}: {environment}", body, *wrong]))
    share = counts["unknown"] / max(1, counts["unknown"] + counts["known"])
    print(dict(counts.most_common(30)), f"unknown: {share:.1%}")
    assert not shown, f"{len(shown)} programs of {len(programs)}\n" + "\n".join(shown[:12])
    assert counts["known"] > 3 * PROGRAMS // 2
    assert share < MOST_UNKNOWN
