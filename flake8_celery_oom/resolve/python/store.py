"""The memory of the evaluator: tables that can be changed on trial, so that both ways of a branch can be followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.values import OPEN, Abstract, Dynamic, Slot, Table, join, same

T = TypeVar("T")

Key = tuple[int, object]


class ExhaustedError(Exception):
    """The evaluation took more steps than it may."""


class CallTooLongError(Exception):
    """A function took more steps than one call may."""


@dataclass(frozen=True, slots=True)
class Trial(Generic[T]):
    """What came of a trial: its result, and what it wrote to the tables. ``start`` is the serial it started with."""

    result: T
    writes: dict[Key, tuple[Table, object, Slot | None]]
    start: int


class Store:
    """Makes tables and writes to them; every write can be undone and done again."""

    def __init__(self, steps: int) -> None:
        self._most_steps = self._steps = steps
        self._call_ends = -1
        self._serial = 0
        self._trail: list[dict[Key, tuple[Table, object, Slot | None]]] = []

    def step(self, count: int = 1) -> None:
        """Count a step of work; raises :class:`ExhaustedError` when there were too many."""
        self._steps -= count
        if self._steps < 0:
            raise ExhaustedError
        if self._steps < self._call_ends:
            raise CallTooLongError

    @property
    def spent(self) -> int:
        """How many steps were taken since the budget was last filled up."""
        return self._most_steps - self._steps

    @property
    def left(self) -> int:
        """How many steps may still be taken."""
        return self._steps

    def refill(self) -> None:
        """Give back the whole budget: what was evaluated for another application does not count for the next."""
        if self._call_ends < 0:
            self._steps = self._most_steps

    @contextmanager
    def limited(self, count: int) -> Iterator[None]:
        """Only ``count`` steps in here, then :class:`CallTooLongError`."""
        before, self._call_ends = self._call_ends, self._steps - count
        try:
            yield
        finally:
            self._call_ends = before

    @contextmanager
    def unlimited(self) -> Iterator[None]:
        """Steps in here do not count for the call under way."""
        ends, steps = self._call_ends, self._steps
        self._call_ends = -1
        try:
            yield
        finally:
            self._call_ends = ends if ends < 0 else ends - (steps - self._steps)

    def table(self, kind: str, name: str, at: Location | None = None) -> Table:
        """A new, empty table."""
        self._serial += 1
        return Table(kind, name, self._serial, at)

    def write(self, table: Table, key: object, slot: Slot | None) -> None:
        """Set a name of a table; None takes it away."""
        if self._trail:
            self._trail[-1].setdefault((id(table), key), (table, key, table.slots.get(key)))
        if slot is None:
            table.slots.pop(key, None)
        else:
            table.slots[key] = slot

    def open_up(self, table: Table, why: Dynamic) -> None:
        """From now on the table may hold anything: names it has become uncertain, others may be there."""
        if table.open is None:
            self.write(table, OPEN, Slot(why, why.at))
        for key, slot in list(table.slots.items()):
            if key is not OPEN and not isinstance(slot.value, Dynamic):
                maybe = Dynamic(why.cause, why.at, slot.value)
                self.write(table, key, Slot(maybe, slot.at, slot.key_at))

    def trial(self, run: Callable[[], T]) -> Trial[T]:
        """Do something and undo it again, remembering what it wrote."""
        start = self._serial
        self._trail.append({})
        try:
            result = run()
        finally:
            before = self._trail.pop()
            writes = {key: (table, name, table.slots.get(name)) for key, (table, name, _) in before.items()}
            for table, name, slot in before.values():
                self._restore(table, name, slot)
        return Trial(result, writes, start)

    @staticmethod
    def _restore(table: Table, name: object, slot: Slot | None) -> None:
        if slot is None:
            table.slots.pop(name, None)
        else:
            table.slots[name] = slot

    def outside_trials(self, run: Callable[[], T]) -> T:
        """Do something that stays done whatever becomes of the trials under way (a module is run once)."""
        trail, self._trail = self._trail, []
        try:
            return run()
        finally:
            self._trail = trail

    def replay(self, trial: Trial[T]) -> None:
        """Do again what a trial wrote."""
        for table, name, slot in trial.writes.values():
            self.write(table, name, slot)

    def merge(
        self,
        trials: Sequence[Trial[T]],
        why: Cause,
        at: Location | None,
        default: int | None,
        *,
        last_known: bool = False,
    ) -> None:
        """Write the join of the states after each of ``trials``; ``default`` is the index of the likely one.

        With ``last_known``, a value that only the last trial knows is the default (what an ``except`` sets).
        """
        keys = {key: (table, name) for trial in trials for key, (table, name, _) in trial.writes.items()}
        start = min(trial.start for trial in trials)
        for key, (table, name) in keys.items():
            if table.serial > start:
                self.write(table, name, next(trial.writes[key][2] for trial in trials if key in trial.writes))
                continue
            now = table.slots.get(name)
            slots = [trial.writes[key][2] if key in trial.writes else now for trial in trials]
            values = [None if slot is None else slot.value for slot in slots]
            if all(value is None for value in values):
                self.write(table, name, None)
                continue
            likely = self._likely(values, default, last_known=last_known)
            value = join(values, why, at, likely)
            written = next(slot for slot in [*slots[(default or 0) :], *slots] if slot is not None)
            self.write(table, name, Slot(value, written.at, written.key_at))

    @staticmethod
    def _likely(values: Sequence[Abstract | None], default: int | None, *, last_known: bool) -> Abstract | None:
        if last_known and values[-1] is not None and all(isinstance(value, Dynamic) for value in values[:-1]):
            first = values[0]
            return values[-1] if not isinstance(first, Dynamic) or first.default is None else first
        return values[default] if default is not None else None

    def forget(self, trial: Trial[T], why: Cause, at: Location | None) -> None:
        """Write what holds after a trial that happens an unknown number of times: what it changes is uncertain."""
        for table, name, slot in trial.writes.values():
            now = table.slots.get(name)
            unchanged = slot is not None and now is not None and _may_stay(slot.value, now.value)
            if table.serial > trial.start or unchanged:
                self.write(table, name, slot)
            else:
                known = slot or now or Slot(Dynamic(why, at))
                self.write(table, name, Slot(Dynamic(why, at), known.at, known.key_at))


def _may_stay(after: Abstract, before: Abstract) -> bool:
    """Whether a value is what it was before, or may be and is most likely."""
    likely = after.default if isinstance(after, Dynamic) else None
    return same(after, before) or (likely is not None and same(likely, before))
