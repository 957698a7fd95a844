"""What a shell knows at one point of one path through a script, and what becomes of it where paths part and meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.invocation import Copied
from flake8_celery_oom.resolve.shell.alternatives import alternatives
from flake8_celery_oom.resolve.shell.fields import Array, Field, Piece
from flake8_celery_oom.resolve.shell.variables import Saved, Variables
from flake8_celery_oom.syntax import shell_tree

MAX_STATES = 24
MAX_STATES_OF_A_ROUND = 8
ARGUMENTS = "@"
"""Stands for the positional arguments among the names that a part assigns."""


@dataclass(slots=True)
class State:
    """What a shell knows at one point of one path through the script."""

    variables: Variables
    directory: str
    functions: dict[str, tuple[shell_tree.Node, MappedText]] = field(default_factory=dict)
    status: bool | None = True
    usual_status: bool | None = None
    """What an unknown exit status is with an empty environment."""
    detours: int = 0
    """Number of branches taken that differ from the path with an empty environment; 0 is the default path."""
    flow: str = ""
    output: Field | None = None
    """What was printed so far, where that is wanted: inside ``$(...)``."""
    lines: tuple[Field, ...] | None = None
    """What is left to read, where that is known."""
    copied: tuple[Copied, ...] = ()
    """The files that were put into other places so far."""

    def fork(self) -> State:
        """A copy that goes its own way."""
        return State(
            self.variables.copy(),
            self.directory,
            dict(self.functions),
            self.status,
            self.usual_status,
            self.detours,
            self.flow,
            self.output,
            self.lines,
            self.copied,
        )

    def ending(self, status: bool | None, usual_status: bool | None = None) -> State:
        """Go on behind a command that ended so; gives this very state."""
        self.status, self.usual_status = status, usual_status
        return self

    def same(self, other: State) -> bool:
        """Whether both would behave alike from here on, however they came here."""
        mine, theirs = self.variables, other.variables
        return (
            self.status == other.status
            and self.usual_status == other.usual_status
            and self.flow == other.flow
            and self.directory == other.directory
            and mine.values == theirs.values
            and mine.arguments == theirs.arguments
            and mine.exported == theirs.exported
            and mine.exports_all == theirs.exports_all
            and mine.unset == theirs.unset
            and mine.saved == theirs.saved
            and mine.references == theirs.references
            and self.functions.keys() == other.functions.keys()
            and self.output == other.output
            and self.lines == other.lines
            and self.copied == other.copied
        )


def forget(state: State, names: Iterable[str], at: Location) -> None:
    """Variables get values that are not known, at ``at``."""
    for name in names:
        state.variables.assign(name, (Piece(f"${name}", hole=Hole(f"${name}", name, at=at)),))


def changed_names(before: Iterable[State], after: Iterable[State]) -> set[str]:
    """The variables that have another value in some state of ``after`` than in those of ``before``."""
    olds = [state.variables.values for state in before]
    return {
        name
        for state in after
        for name, value in state.variables.values.items()
        if any(old.get(name) != value for old in olds)
    }


def negated(state: State) -> State:
    """The state behind ``! command``."""
    return state.ending(_inverse(state.status), _inverse(state.usual_status))


def _inverse(status: bool | None) -> bool | None:
    return None if status is None else not status


def without(state: State, names: Iterable[str]) -> State:
    """A state behind a part that was passed over: what it assigns is unknown."""
    for name in names:
        if name == ARGUMENTS:
            state.variables.arguments = ((Piece("$@", hole=Hole("$@", "@", several=True)),),)
        else:
            state.variables.assign(name, (Piece(f"${name}", hole=Hole(f"${name}", name)),))
    return state.ending(None)


def taking(state: State, truth: bool) -> State:
    """A state on the side of a condition that ``truth`` leads to."""
    if state.status is None and state.usual_status is not None and state.usual_status is not truth:
        state.detours += 1
    return state


def next_round(states: Iterable[State]) -> list[State]:
    """The states that go on after one round of a loop."""
    return [replace(state, flow="") if state.flow == "continue" else state for state in states]


def after_loop(states: Iterable[State]) -> list[State]:
    """The states behind a loop."""
    return merged([replace(state, flow="") if state.flow in {"break", "continue"} else state for state in states])


def merged(states: list[State]) -> list[State]:
    """Drop states that are the same as another; past the bound make one of all that go on."""
    if len(states) == 1:
        return states
    kept: list[State] = []
    for state in states:
        if state.flow == "exit":
            continue
        twin = next((other for other in kept if state.same(other)), None)
        if twin is None:
            kept.append(state)
            kept = _few(kept) if len(kept) > 4 * MAX_STATES else kept
        else:
            twin.detours = min(twin.detours, state.detours)
    return kept if len(kept) <= MAX_STATES else _few(kept)


def few(states: list[State]) -> list[State]:
    """The states after a round of a loop; when they are many, one for all that go on."""
    return states if len(states) <= MAX_STATES_OF_A_ROUND else _few(states)


def _few(kept: list[State]) -> list[State]:
    """One state for all that go on, and a few of those that have left what they were in."""
    going = [state for state in kept if not state.flow]
    ended = [state for state in kept if state.flow]
    return [*ended[:MAX_STATES], *([_joined(going)] if going else [])]


def _joined(states: list[State]) -> State:
    """One state for many: what differs between them is unknown from here on."""
    first = states[0].fork()
    names = {name for state in states for name in state.variables.values}
    for name in names:
        held = [state.variables.values.get(name) for state in states]
        if any(value != held[0] for value in held):
            first.variables.values[name] = _one_of(name, held)
    first.variables.exported = frozenset().union(*(state.variables.exported for state in states))
    first.variables.unset = frozenset.intersection(*(state.variables.unset for state in states))
    first.variables.exports_all = any(state.variables.exports_all for state in states)
    calls = zip(*(state.variables.saved for state in states), strict=False)
    first.variables.saved = tuple(map(_one_frame, calls))
    if any(state.variables.arguments != first.variables.arguments for state in states):
        first.variables.arguments = ((Piece("$@", hole=Hole("$@", "@", several=True)),),)
    if any(state.status != first.status for state in states):
        first.status = None
    first.detours = min(state.detours for state in states)
    first.copied = tuple(one for one in first.copied if all(one in state.copied for state in states))
    return first


def _one_of(name: str, values: Sequence[Field | Array | None]) -> Field | Array:
    """A value for several that are possible: of arrays the items that all have are kept, others are there or not."""
    unknown: Field = (Piece(f"${name}", hole=Hole(f"${name}", name, several=True)),)
    if not all(isinstance(value, Array) for value in values):
        return unknown
    arrays = [value.items for value in values if isinstance(value, Array)]
    return Array(alternatives(arrays) or (unknown,))


def _one_frame(frames: Sequence[Mapping[str, Saved]]) -> Mapping[str, Saved]:
    """What the local variables of a function were before, for several paths through it."""
    made: dict[str, Saved] = {}
    for name in {name for frame in frames for name in frame}:
        held = [frame.get(name) for frame in frames]
        sure = held[0] is not None and all(one == held[0] for one in held)
        made[name] = held[0] if sure and held[0] else Saved(_one_of(name, [None]), exported=False, unset=False)
    return made
