"""Memory limits of Helm templates, which mostly stand in a block of resources in the values."""

from __future__ import annotations

from typing import Protocol

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.quantity import kubernetes_bytes
from flake8_celery_oom.resolve.helm.evaluate import Evaluator, text_of
from flake8_celery_oom.resolve.helm.values import Found
from flake8_celery_oom.syntax.template import Action, Masked
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar


class Template(Protocol):
    """A template with the values of its chart."""

    @property
    def path(self) -> str:
        """The template's file."""

    @property
    def masked(self) -> Masked:
        """Its actions."""

    @property
    def evaluator(self) -> Evaluator:
        """What evaluates them."""

    def lives(self, at: Location, beside: Location | None) -> bool | None:
        """Whether what stands at a place is rendered together with ``beside``; None when that is not known."""

    def source_text(self, start: int, end: int) -> str:
        """A stretch as it is written."""


def memory_limit(filler: Template, limit: Value[int], launch_at: Location) -> Value[int]:
    """A limit in bytes, from the block of resources in the values where the template inserts that."""
    at = limit.at if isinstance(limit, (Known, Unknown)) else None
    if at is None or at.path != filler.path:
        return limit
    alive = filler.lives(at, launch_at)
    if alive is False:
        return Unset((str(at),))
    if isinstance(limit, Known):
        return limit if alive else Unknown(Cause("depends on a condition of the chart"), at, limit.value, "limit")
    inside = [action for action in filler.masked.actions if at.start <= action.start < at.end and not action.control]
    if len(inside) != 1:
        return limit
    found = filler.evaluator.found(inside[0].expression)
    if found is not None and (found.node is not None or found.others):
        for names in (("limits", "memory"), ("memory",), ()):
            below = found.select(names)
            if isinstance(below.node, Scalar) or below.others or not names:
                return _amount(filler, below.settled, found.node, inside[0], at)
    outcome = filler.evaluator.outcome(inside[0].expression)
    written = text_of(outcome)
    if written is not None and written.strip():
        amount = kubernetes_bytes(_around(filler, inside[0], at, written))
        return Known(amount, at, "limit") if amount else limit
    return limit if written is None else Unset((str(at),))


def _amount(filler: Template, found: Found, block: Node | None, action: Action, at: Location) -> Value[int]:
    if isinstance(found.node, Mapping) or found.node is None:
        looked_at = block.at if block is not None else at
        return Unknown(Cause(action.source), at, origin="limit") if found.others else Unset((str(looked_at),))
    written = text_of(found.node)
    amount = kubernetes_bytes(_around(filler, action, at, written)) if written is not None else None
    if amount is None:
        return Unknown(Cause(action.source), found.node.at, origin="limit")
    return Known(amount, found.node.at, "limit") if amount else Unset((str(found.node.at),))


def _around(filler: Template, action: Action, at: Location, written: str) -> str:
    """An amount with what the template writes before and behind it: ``{{ .Values.memory }}Mi``."""
    before, after = filler.source_text(at.start, action.start), filler.source_text(action.end, at.end)
    return (before + written + after).strip("\"' ")
