"""States of containers: ``kubectl get pod -o json`` or ``-o yaml``, and ``docker inspect``.

``OOMKilled`` follows from the count of kills in the container's cgroup, which also grows when the machine runs out of
memory: with a limit the limit is likely behind it, without one only the machine can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flake8_celery_oom.deaths.signs import Place, Sign, SignKind, Subject
from flake8_celery_oom.quantity import human_bytes, kubernetes_bytes

KILLED = 137
"""The exit status of a process that SIGKILL ended: 128 and the number of the signal."""
Document = Mapping[str, Any]


def is_pods(document: object) -> bool:
    """Whether a document is a pod of Kubernetes, or a list of them."""
    if not isinstance(document, Mapping):
        return False
    return document.get("kind") == "Pod" or (document.get("kind") in ("List", "PodList") and "items" in document)


def is_docker(document: object) -> bool:
    """Whether a document is what ``docker inspect`` prints."""
    return isinstance(document, list) and any(isinstance(one, Mapping) and "HostConfig" in one for one in document)


def pod_signs(document: Document, source: str) -> Iterator[Sign]:
    """What pods say of containers that ended. ``state`` and ``lastState`` count, as v1 of the API has them."""
    for pod in _items(document.get("items")) or [document]:
        if pod.get("kind", "Pod") == "Pod":
            yield from _pod(pod, Place(source))


def _pod(pod: Document, at: Place) -> Iterator[Sign]:
    name = str(_in(pod, "metadata", "name") or "")
    status = _mapping(pod.get("status"))
    message = str(status.get("message") or "")
    if status.get("reason") == "Evicted" and "memory" in message:
        yield Sign("evicted", at, f"pod {name} was evicted: {message.strip()}", Subject(pod=name))
    made = {str(one.get("name")): one for one in _items(_in(pod, "spec", "containers"))}
    for told in _items(status.get("containerStatuses")):
        container = str(told.get("name"))
        yield from _container(told, made.get(container, {}), Subject(pod=name, container=container), at)


def _container(told: Document, spec: Document, subject: Subject, at: Place) -> Iterator[Sign]:
    words = (*_words(spec.get("command")), *_words(spec.get("args")))
    subject = Subject(pod=subject.pod, container=subject.container, command=words)
    limit = kubernetes_bytes(str(_in(spec, "resources", "limits", "memory") or ""))
    restarts = told.get("restartCount")
    count = restarts if isinstance(restarts, int) else 0
    for state in ("state", "lastState"):
        ended = _mapping(_in(told, state, "terminated"))
        if not ended:
            continue
        where = f"container {subject.container} of pod {subject.pod}"
        shown = f", limit {human_bytes(limit)}" if limit else ", no limit"
        if ended.get("reason") == "OOMKilled":
            said = f"{where}: OOMKilled{shown}, {count} restart{'' if count == 1 else 's'}"
            kind: SignKind = "container-limit" if limit else "machine-memory"
            yield Sign(kind, at, said, subject, limit, restarts=count, sure=False)
            return
        if ended.get("exitCode") == KILLED:
            said = f"{where}: exit status {KILLED}, and the container is not called OOMKilled"
            yield Sign("killed", at, said, subject, limit, restarts=count)
            return


def docker_signs(document: Sequence[object], source: str) -> Iterator[Sign]:
    """What ``docker inspect`` says of containers that ended."""
    for one in _items(document):
        config, state = _mapping(one.get("Config")), _mapping(one.get("State"))
        labels = _mapping(config.get("Labels"))
        name = str(one.get("Name") or "").lstrip("/")
        words = (*_words(config.get("Entrypoint")), *_words(config.get("Cmd")))
        subject = Subject(container=name, service=str(labels.get("com.docker.compose.service") or ""), command=words)
        limit = _in(one, "HostConfig", "Memory") or None
        limit = limit if isinstance(limit, int) else None
        shown = f"limit {human_bytes(limit)}" if limit else "no limit"
        if state.get("OOMKilled") is True:
            kind: SignKind = "container-limit" if limit else "machine-memory"
            said = f"container {name}: OOMKilled, {shown}"
            yield Sign(kind, Place(source), said, subject, limit, sure=False)
        elif state.get("ExitCode") == KILLED:
            said = f"container {name}: exit status {KILLED}, and not OOMKilled, {shown}"
            yield Sign("killed", Place(source), said, subject, limit)


def _in(document: object, *keys: str) -> Any:
    """What stands below keys; None where one is absent."""
    for key in keys:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document


def _mapping(value: object) -> Document:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> list[Document]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) else []


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else ()
