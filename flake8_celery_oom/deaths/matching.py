"""Which workers of a project a death may be of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.deaths.signs import Subject
from flake8_celery_oom.deaths.verdict import Death

_Fits = Callable[[Worker, Subject], int]
"""How well a worker fits: 0 where it does not."""
NAMED = frozenset({"compose", "supervisor", "systemd"})
"""The kinds of launches whose keeper calls a worker as the project does."""
OPTIONS = frozenset({"-n", "--hostname"})
"""What names the node of a worker."""


def workers_of(death: Death, workers: Sequence[Worker]) -> list[Worker]:
    """The workers that fit what is known of the one that died; all of them when nothing tells them apart.

    What is known is tried from the surest on; the first that some worker fits decides, and the next ones among those.
    """
    left = list(workers)
    for fits in (_has_service, _has_command, _has_container, _has_node, _has_limit(death)):
        rank = [fits(worker, death.subject) for worker in left]
        best = max(rank, default=0)
        left = [worker for worker, one in zip(left, rank, strict=True) if one == best]
    return left


def _has_service(worker: Worker, subject: Subject) -> bool:
    return worker.kind in NAMED and bool(subject.service) and worker.name.removesuffix(".service") == subject.service


def _has_command(worker: Worker, subject: Subject) -> int:
    """How many words of the worker the container runs: 0 where one that is known is not among them."""
    words = " ".join(subject.command).split()
    known = [word.text for word in worker.words if word.text is not None]
    return len(known) if words and len(known) > 1 and all(word in words for word in known[1:]) else 0


def _has_container(worker: Worker, subject: Subject) -> bool:
    """Whether pod and container are called like the launch: a pod has the name of its Deployment before its own."""
    if not subject.container and not subject.pod:
        return False
    workload, _, container = worker.name.rpartition("/")
    return container == subject.container and subject.pod.startswith(workload)


def _has_node(worker: Worker, subject: Subject) -> bool:
    """Whether the worker is given the name of the node that spoke: ``-n shop@%h`` is ``shop@`` anything."""
    own = subject.node.partition("@")[0]
    texts = [word.text or "" for word in worker.words]
    given = [after for before, after in pairwise(texts) if before in OPTIONS]
    given += [text.partition("=")[2] for text in texts if text.startswith("--hostname=")]
    return bool(own) and own != "celery" and any(name.partition("@")[0] == own for name in given)


def _has_limit(death: Death) -> _Fits:
    limits = {sign.limit for sign in death.signs if sign.limit}

    def fits(worker: Worker, _: Subject) -> bool:
        return isinstance(worker.memory_limit, Known) and worker.memory_limit.value in limits

    return fits
