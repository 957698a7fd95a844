"""What is asked of a process that scans, and what it answers; both go over a pipe or the network as JSON lines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

Result: TypeAlias = Literal["scanned", "unchanged", "broken", "timeout", "memory", "died"]
"""``broken``: it cannot be read. ``died``: the process that scanned it died, several times."""
FAILED: frozenset[Result] = frozenset({"broken", "timeout", "memory", "died"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one repository may take: seconds of the processor, and five times as many by the clock; bytes."""

    seconds: float = 60.0
    memory: int = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Job:
    """One repository to look at. ``known`` is the state in which it was scanned before, empty if it was not.

    ``config`` is the path of a TOML file that counts instead of the repository's own configuration. ``fix`` asks for
    a patch instead of a scan.
    """

    number: int
    name: str
    path: str
    known: str = ""
    config: str = ""
    fix: Fixes | None = None

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, text: str | bytes) -> Job:
        """From one line of JSON."""
        values: dict[str, Any] = json.loads(text)
        fix = values.pop("fix")
        return cls(**values, fix=Fixes(**fix) if fix is not None else None)


@dataclass(frozen=True, slots=True)
class Fixes:
    """Which findings a patch mends: codes or beginnings of codes as a user writes them, empty for all."""

    select: str = ""
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job. ``body`` is the report, or the patch, as one line of JSON; empty where there is none.

    ``seconds`` by the clock, ``cpu`` seconds of the processor; ``memory`` is what the process held at most until then,
    in bytes, ``resident`` what it holds now.
    """

    number: int
    name: str
    path: str
    result: Result
    reason: str = ""
    kind: str = ""
    commit: str = ""
    state: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    resident: int = 0
    body: str = ""

    def lines(self) -> str:
        """As two lines of JSON: all but the body, and the body."""
        return f"{json.dumps(asdict(replace(self, body='')))}\n{self.body}\n"

    @classmethod
    def from_lines(cls, head: str | bytes, body: str) -> Outcome:
        """From two lines."""
        return cls(**{**json.loads(head), "body": body})

    @classmethod
    def failed(cls, job: Job, result: Result, reason: str, seconds: float = 0.0) -> Outcome:
        """A job that ended without an answer."""
        return cls(job.number, job.name, job.path, result, reason, seconds=seconds)
