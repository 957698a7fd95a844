"""Sentences about a fleet that several formats say."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_celery_oom.fleet.overview import Change, Overview
from flake8_celery_oom.fleet.risks import RiskKey

_PLURALS = {"repository": "repositories"}


@dataclass(frozen=True, slots=True)
class TrendOf:
    """How many dangers of a kind there were, and are."""

    before: int
    after: int

    @property
    def text(self) -> str:
        """``12 before``, with what has changed."""
        difference = self.after - self.before
        return f"{difference:+d} ({self.before} before)" if difference else "as before"


def trends(compared: Change | None) -> dict[RiskKey, TrendOf]:
    """The trend of each kind of which there are some, or were."""
    if compared is None:
        return {}
    found = {risk: TrendOf(compared.before[risk], number) for risk, number in compared.after.items()}
    return {risk: trend for risk, trend in found.items() if trend.before or trend.after}


def counted(number: int, noun: str) -> str:
    """``1 repository``, ``2 repositories``."""
    return f"{number:,} {noun if number == 1 else _PLURALS.get(noun, f'{noun}s')}"


def headline(found: Overview) -> str:
    """What matters most, in one sentence."""
    groups = found.by_risk()
    workers = counted(found.counts["workers"], "worker")
    over = len(groups["idle-over"]) + len(groups["over"])
    parts = [f"{counted(over, 'container')} above the memory limit"] if over else []
    parts += (
        [f"{counted(len(groups['cpus']), 'worker')} with a child for every CPU of the host"] if groups["cpus"] else []
    )
    parts += [f"{counted(len(groups['unbounded']), 'worker')} without any bound"] if groups["unbounded"] else []
    if not parts:
        return f"{workers}: none is known to be above its limit, to grow with its host, or to grow without a bound."
    return f"{workers}: {', '.join(parts)}."


def looked_at(found: Overview) -> str:
    """What the sentence above rests on."""
    counts = found.counts
    parts = [
        f"{counted(counts['scanned'], 'repository')} of {counts['repositories']:,} looked at",
        f"{counts['with_celery']:,} with Celery",
        f"{counted(counts['files'], 'file')}",
        f"{counted(counts['unknown'], 'value')} of workers not known from the files",
    ]
    for key, said in (("unread", "files not read"), ("suppressed", "findings suppressed"), ("baselined", "baselined")):
        parts += [f"{counts[key]:,} {said}"] if counts[key] else []
    when = f"; {found.ended}" if found.ended else "; the run is not complete"
    return f"{', '.join(parts)}{when}, celery-oom {found.program}."
