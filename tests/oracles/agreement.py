"""Whether our reading of a project's workers agrees with the calls that were really made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flake8_celery_oom.celery.command_line import read_commands
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import CeleryVersion, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.resolve.workers.effective import effective
from flake8_celery_oom.workspace import Workspace
from tests.oracles.real_shell import Call

FIELDS = ("concurrency", "max_tasks_per_child")
"""What is compared. What Celery makes of an argument list and its environment is held against Celery elsewhere."""
_VERSION = CeleryVersion("==5.4.0")


@dataclass
class Tally:
    """How many values agreed, were not known to us, or were wrong; with a line for each that was wrong."""

    agreed: int = 0
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)
    unknown_for: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count those of another one as well."""
        self.agreed += other.agreed
        self.unknown += other.unknown
        self.wrong += other.wrong
        self.unknown_for += other.unknown_for

    @property
    def text(self) -> str:
        """The figures in one line."""
        return f"{self.agreed} agree, {self.unknown} unknown, {len(self.wrong)} wrong"


def workers_of(files: Mapping[str, str], root: Path) -> list[Worker]:
    """The workers that we see in a project of these files."""
    overlays = {**files, "requirements.txt": "celery==5.4.0\n"}
    return list(Workspace(root, Config(), overlays).project().workers)


def compare(workers: Sequence[Worker], runs: Sequence[Sequence[Call]], main: str = "main.sh") -> Tally:
    """Hold our workers against the calls that were made in each environment; the first is the empty one.
    ``main`` is the file that was started.

    With several environments there may be others in which more is started: those that were tried are not all.
    """
    tally = Tally()
    ours: dict[str, list[Worker]] = defaultdict(list)
    for worker in workers:
        if worker.at.path != main:
            continue  # a script that is read alone as well
        ours[worker.app_name or "?"].append(worker)
    real = [_by_app(calls) for calls in runs]
    for app in sorted({*ours, *(name for calls in real for name in calls)}):
        seen = [calls.get(app, []) for calls in real]
        if not any(seen) and len(runs) > 1:
            continue
        if not any(seen):
            tally.wrong.append(f"{app}: nothing starts it")
        elif not ours[app]:
            tally.wrong.append(f"{app}: not found")
        else:
            for name in FIELDS:
                tally.add(_field(app, name, [getattr(worker, name) for worker in ours[app]], seen))
    return tally


def _field(app: str, name: str, ours: list[Value[int]], seen: list[list[dict[str, int | None]]]) -> Tally:
    tally = Tally()
    values = {one[name] for calls in seen for one in calls}
    usual = {one[name] for one in seen[0]}
    if len(ours) > 1 and all(isinstance(one, (Known, Unset)) for one in ours):
        held = {one.value if isinstance(one, Known) else None for one in ours}
        if held == values:
            tally.agreed += 1
        else:
            tally.wrong.append(f"{app}: {name} is {_shown(values)}, said: {_shown(held)}")
        return tally
    for one in ours:
        if isinstance(one, Unknown):
            tally.unknown += 1
            tally.unknown_for.append(f"{app}: {name} is {_shown(values)}, said: {one}")
            if one.default is not None and usual and one.default not in usual:
                tally.wrong.append(f"{app}: {name} is {_shown(usual)} by default, said: {one.default}")
            continue
        held_value = one.value if isinstance(one, Known) else None
        if values == {held_value} or (len(ours) > 1 and held_value in values):
            tally.agreed += 1
        else:
            tally.wrong.append(f"{app}: {name} is {_shown(values)}, said: {held_value}")
    return tally


def _by_app(calls: Iterable[Call]) -> dict[str, list[dict[str, int | None]]]:
    made: dict[str, list[dict[str, int | None]]] = defaultdict(list)
    for call in calls:
        words = [literal("celery"), *map(literal, call.arguments)]
        environment = {name: literal(value) for name, value in call.environment.items()}
        for command in read_commands(words, _VERSION):
            app = command.app.value if isinstance(command.app, Known) else "?"
            values = effective(command, environment, lambda _: Unset(), _VERSION)
            fields = {name: getattr(values, name) for name in FIELDS}
            made[app].append({name: one.value if isinstance(one, Known) else None for name, one in fields.items()})
    return made


def _shown(values: Iterable[int | None]) -> str:
    return ", ".join(sorted(map(str, values)))


def most_common(lines: Iterable[str], count: int = 12) -> str:
    """The most frequent of some messages."""
    return "\n".join(f"{number:5} {line}" for line, number in Counter(lines).most_common(count))
