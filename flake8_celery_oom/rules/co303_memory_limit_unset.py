"""Nothing limits the memory of a worker's container: a worker that grows takes the memory of the whole machine.

## What it finds

A worker in a container of Kubernetes, of a Helm chart or of compose without a memory limit, or in a systemd service
without `MemoryMax`. In Kubernetes the default of a `LimitRange` of the project counts as a limit in its namespace.

Off by default: few projects set a limit in compose, and many machines run one thing only.

## Why it matters

Without a limit the kernel chooses its victim among all processes of the machine when memory runs out, and that may be
the database. With a limit it is the worker that grew, and the rules of CO3 can say beforehand whether it will.

## Example

```yaml title="pod.yaml"
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers:
    - name: worker
      image: shop
      args: ["celery", "-A", "shop", "worker", "-c", "4"]
```

## Fix

```yaml title="pod.yaml"
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers:
    - name: worker
      image: shop
      args: ["celery", "-A", "shop", "worker", "-c", "4", "--max-memory-per-child=150000"]
      resources:
        limits:
          memory: 1Gi
```

`celery-oom plan --concurrency 4 --max-memory-per-child 150000` says how much that worker needs.

## When to suppress

When the limit is set elsewhere: by a `LimitRange` of the cluster, by a systemd slice, by options of the container
runtime.

## Evidence

Kubernetes, "Resource Management for Pods and Containers"; Docker, "Resource constraints";
`systemd.resource-control(5)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.loads import ENCLOSURES
from flake8_celery_oom.analysis.naming import subject
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Unset
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule

RULE = Rule(
    code="CO303",
    name="memory-limit-unset",
    severity="info",
    on=False,
    summary="A worker's container has no memory limit",
)

WITHOUT = {
    "kubernetes": "resources.limits.memory",
    "helm": "resources.limits.memory",
    "compose": "mem_limit or deploy.resources.limits.memory",
    "systemd": "MemoryMax",
}
"""Where a limit is looked for, by the kind of the file."""


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Containers with workers and without a limit, each once."""
    containers: dict[tuple[Location, str], list[Worker]] = {}
    for worker in project.workers:
        if worker.kind in WITHOUT and isinstance(worker.memory_limit, Unset):
            containers.setdefault((worker.at, worker.container), []).append(worker)
    for (at, _container), workers in containers.items():
        kind = workers[0].kind
        enclosure = ENCLOSURES.get(kind, "container")
        message = f"{subject(workers)}: nothing limits the memory of the {enclosure}; set {WITHOUT[kind]}"
        yield RULE.finding(at, message, wish=Advise(f"choose a number for {WITHOUT[kind]}"))
