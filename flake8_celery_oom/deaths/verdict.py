"""One death from all signs: what it was, how sure that is, and what is missing to know more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from flake8_celery_oom.deaths.signs import Evidence, Running, Sign, SignKind, Subject

Certainty: TypeAlias = Literal["certain", "likely", "unknown"]
CERTAINTY: dict[SignKind, Certainty] = {"child-killed": "likely", "killed": "unknown"}
"""Of the kinds that are not certain."""
OF_MEMORY: frozenset[SignKind] = frozenset(
    {"container-limit", "machine-memory", "evicted", "platform-limit", "memory-killed", "child-killed", "killed"}
)
"""The kinds behind which memory stands, or may stand."""
CANNOT_RECYCLE = frozenset({"solo", "threads", "gevent", "eventlet"})
"""Pools without children that could be replaced (``celery/concurrency``)."""


@dataclass(frozen=True, slots=True)
class Death:
    """What happened. ``signs`` are those of its kind, ``others`` those of other kinds, both in the order given."""

    kind: SignKind
    certainty: Certainty
    signs: tuple[Sign, ...]
    others: tuple[Sign, ...]
    running: tuple[Running, ...]

    @property
    def is_of_memory(self) -> bool:
        """Whether memory is behind it, or may be."""
        return self.kind in OF_MEMORY

    @property
    def cannot_recycle(self) -> bool:
        """Whether a living worker says that its pool has no children which could be replaced."""
        return any(one.pool in CANNOT_RECYCLE for one in self.running)

    @property
    def subject(self) -> Subject:
        """The worker that died, put together from all that the signs say of it."""
        every = [one.subject for one in (*self.signs, *self.others)]
        node = _first([*(one.node for one in every), *(one.node for one in self.running)])
        command = next((one.command for one in every if one.command), ())
        return Subject(
            node,
            _first(one.pod for one in every),
            _first(one.container for one in every),
            _first(one.service for one in every),
            command,
            _first(one.task for one in every),
        )


def death(found: Sequence[Evidence]) -> Death | None:
    """The death that the evidence speaks of; None when there is no sign of one."""
    signs = [sign for one in found for sign in one.signs]
    kind: SignKind | None = next((one for one in get_args(SignKind) if any(sign.kind == one for sign in signs)), None)
    if kind is None:
        return None
    own = tuple(sign for sign in signs if sign.kind == kind)
    others = tuple(sign for sign in signs if sign.kind != kind)
    running = tuple(living for one in found for living in one.running)
    certainty = CERTAINTY.get(kind) or ("certain" if any(sign.sure for sign in own) else "likely")
    return Death(kind, certainty, own, others, running)


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")
