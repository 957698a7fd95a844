"""A task whose process is killed goes back to the queue, for ever: the same task kills the next process too.

## What it finds

`task_acks_late` and `task_reject_on_worker_lost` that are both true for a task, with Celery 4.4.3 or later: both in the
settings, both at the task (`@app.task(acks_late=True, reject_on_worker_lost=True)`), or one here and one there. It is
reported where the pair is completed.

It is silent where something bounds the deliveries: `task_retry_on_worker_lost` (Celery 5.7), or quorum queues, which
give up after their delivery limit.

## Why it matters

A task that needs more memory than there is takes its process along. With both options the message is put back at once,
and the next process meets the same task. Run with Celery 5.7.0 and Redis: five deliveries in twelve seconds, and no
end. Before 4.4.3 such a message was requeued once.

## Example

```text title="requirements.txt"
celery==5.6.3
```

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.task_acks_late = True
app.conf.task_reject_on_worker_lost = True
```

## Fix

Leave the second option out, so that a task whose process was killed fails; or give up after some deliveries.

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.task_acks_late = True
```

## When to suppress

When the broker itself stops to deliver a message after some times.

## Evidence

`celery/worker/request.py` (`on_failure`) of Celery 4.4.2, 4.4.3 and 5.7.0; workers that were killed while they ran a
task.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import forks
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding, Related, SharedCause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Part, Project, TaskOptions
from flake8_celery_oom.core.value import Known, Unset, or_default
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import every_app

RULE = Rule(
    code="CO403",
    name="oom-redelivery-loop",
    severity="warning",
    on=True,
    summary="acks_late and reject_on_worker_lost together: a task that is killed kills the next process, without end",
)

ENDLESS_SINCE = ">=4.4.3"
ACKS, REJECTS = "task_acks_late", "task_reject_on_worker_lost"
HAPPENS = "a task that runs out of memory is delivered again without end: acks_late with reject_on_worker_lost"
SHARED = "are delivered again without end: acks_late with reject_on_worker_lost"
WISH = Advise("leave reject_on_worker_lost out, or bound the deliveries")


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Pairs of options, each where it is completed."""
    seen: set[Location] = set()
    for part in project.parts:
        childless = _without_children(part)
        apps = [app for app in every_app(part) if _is_endless(app, part) and app.at not in childless]
        for app in apps:
            at = app.written.get(REJECTS) if _is_true(app, ACKS) and _is_true(app, REJECTS) else None
            if at is not None and at not in seen:
                seen.add(at)
                related = [Related(app.written[ACKS], "task_acks_late is set here")] if ACKS in app.written else []
                yield RULE.finding(at, HAPPENS, related, WISH)
        tasks = [one.at for one in part.tasks if one.at not in seen and all(_completes(one, app) for app in apps)]
        seen.update(tasks if apps else ())
        for at in tasks if apps else ():
            cause = SharedCause(tasks[0], "tasks that run out of memory", SHARED, "a task with both options", WISH)
            yield RULE.finding(at, HAPPENS, wish=WISH, cause=cause)


def _is_endless(app: App, part: Part) -> bool:
    """Whether a message of an app is delivered again without end; a quorum queue may be the queue of any task."""
    queues = app.settings.get("task_default_queue_type", Unset())
    is_quorum = "quorum" in part.uses or not (isinstance(queues, Unset) or or_default(queues) == "classic")
    bounded = _is_true(app, "task_retry_on_worker_lost") or is_quorum
    return holds(app.version, ENDLESS_SINCE) is True and not bounded


def _without_children(part: Part) -> set[Location]:
    """The apps whose workers have no children for certain; where a thread runs the task, Celery sees no lost worker."""
    workers = [(worker.app.at, forks(worker.pool)) for worker in part.workers if worker.app is not None]
    return {at for at, _ in workers} - {at for at, forking in workers if forking is not False}


def _is_true(app: App, name: str) -> bool:
    value = app.settings.get(name, Unset())
    return isinstance(value, Known) and value.value is True


def _completes(task: TaskOptions, app: App) -> bool:
    """Whether a task says at least one of the two itself, and both hold for it with the settings of an app."""
    given = (task.acks_late, task.reject_on_worker_lost)
    both = [
        _is_true(app, name) if isinstance(value, Unset) else isinstance(value, Known) and value.value
        for name, value in zip((ACKS, REJECTS), given, strict=True)
    ]
    settled = _is_true(app, ACKS) and _is_true(app, REJECTS)
    return all(both) and not settled
