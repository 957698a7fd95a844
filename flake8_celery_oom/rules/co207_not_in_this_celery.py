"""A command or a configuration says something that the installed Celery does not know.

## What it finds

In commands, where the version is known:

- options that other versions have: `--maxtasksperchild` with Celery 5, `--max-memory-per-child` with Celery 3.1,
  `--disable-prefetch` before 5.6;
- options in the wrong place: `celery worker -A shop` with Celery 5;
- `-c=2` with Celery 5 or 3.1, abbreviated options with Celery 5, options that no version has although they are near
  to a real one: the name of the setting (`--worker-max-memory-per-child`, `--worker_concurrency`), that of another
  program (`--workers`), a slip (`--concurency`);
- programs that are gone: `celeryd`, and `celery.bin.worker.worker(app).run()` with Celery 5;
- `app.worker_main(["-c", "2"])` with Celery 5, which wants the word `worker` in the list.

With any version: `--concurrency 3` for `celery multi`, which takes long options with `=` only; options behind `--`.

In configurations: settings about processes and memory that came later, such as `worker_eta_task_limit` before 5.6.

## Why it matters

Most of these keep the worker from starting; settings that are not known yet are silently ignored. Both happen when
Celery is upgraded, or when an answer for another version is copied.

## Example

```text title="requirements.txt"
celery==5.4.0
```

```text title="Procfile"
worker: celery -A shop worker -c 2 --maxtasksperchild=100
```

## Fix

```text title="Procfile"
worker: celery -A shop worker -c 2 --max-tasks-per-child=100
```

## When to suppress

When the command is for an environment with another Celery than these requirements name.

## Evidence

The option parsers of Celery 3.1.26 to 5.7.0, asked about each option; `celery/apps/multi.py`;
`celery/app/defaults.py` of each release for the settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flake8_celery_oom.analysis.readings import commands_of
from flake8_celery_oom.celery.command_line import Refusal
from flake8_celery_oom.celery.nearest import is_same_name
from flake8_celery_oom.celery.settings import SETTINGS, exists
from flake8_celery_oom.celery.versions import shown
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import CeleryVersion, Project, Worker
from flake8_celery_oom.core.wishes import Respell, Safety, Wish
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import RELEVANT, every_app
from flake8_celery_oom.rules.places import Place, by_command, callers_related, each
from flake8_celery_oom.rules.wishes import moved_before_sub_command

RULE = Rule(
    code="CO207",
    name="not-in-this-celery",
    severity="error",
    on=True,
    summary="An option, a spelling or a setting that the installed Celery lacks: `--maxtasksperchild` with Celery 5",
)

WRONG_FOR_VERSION = frozenset(
    {
        "not-in-version",
        "misplaced-option",
        "abbreviated-option",
        "equals-in-short-option",
        "missing-subcommand",
        "no-such-program",
        "unexpected-argument",
    }
)
WRONG_FOR_ALL = frozenset({"needs-equals", "behind-dashes"})
_SPEAKS_OF_A_BOUND = re.compile(r"--.*(?:concurrency|autoscale|per-?child|prefetch|memory|mem-per|maxtasks|max-tasks)")


def check(project: Project, _: Config) -> Iterator[Finding]:
    """What commands say in vain, each place once; then settings that are too new."""
    found: dict[Location, tuple[Refusal, list[Worker]]] = {}
    for group in by_command(project.workers).values():
        for worker in group:
            for refusal in _refusals(worker):
                workers = found.setdefault(refusal.at or worker.command_at, (refusal, []))[1]
                workers += [] if worker in workers else [worker]
    for at, (refusal, workers) in found.items():
        place = Place(at, tuple(workers), callers_related(workers, at))
        message = f"{place.subject} {each(place, 'does not start', 'do not start')}: {refusal.message}"
        yield RULE.finding(at, message, place.related, _wish(refusal, workers[0]))
    yield from _settings(project)


def _refusals(worker: Worker) -> Iterator[Refusal]:
    for command in commands_of(worker):
        for refusal in command.refusals:
            known = bool(worker.version.specifier) and refusal.kind in WRONG_FOR_VERSION
            if known or refusal.kind in WRONG_FOR_ALL or _is_invented(refusal):
                yield refusal


def _is_invented(refusal: Refusal) -> bool:
    """Whether no version has the option; an app may add options, but hardly one that is near to a real one."""
    if refusal.kind != "unknown-option" or refusal.word is None:
        return False
    return bool(refusal.option) or _SPEAKS_OF_A_BOUND.match(refusal.word.shown) is not None


def _wish(refusal: Refusal, worker: Worker) -> Wish | None:
    word, respelled = refusal.word, refusal.respelled
    if refusal.kind == "misplaced-option" and word is not None:
        return moved_before_sub_command(worker, word)
    if word is None or word.at is None or respelled is None:
        return None
    if refusal.kind != "needs-equals":
        guessed = refusal.kind == "unknown-option" and not is_same_name(_option(word.shown), _option(respelled))
        safety: Safety = "unsafe" if guessed else "safe"
        return Respell(((word.at, word.shown, respelled),), safety, everywhere=False)
    following = next((other for one, other in zip(worker.words, worker.words[1:], strict=False) if one == word), None)
    if following is None or following.at is None or following.at.path != word.at.path:
        return None
    both = replace(word.at, end=following.at.end, end_line=following.at.end_line, end_column=following.at.end_column)
    return Respell(((both, f"{word.shown} {following.shown}", respelled),), "safe", everywhere=False)


def _option(word: str) -> str:
    return word.partition("=")[0]


def _settings(project: Project) -> Iterator[Finding]:
    """Settings that none of the versions which read them has, each once."""
    readers: dict[tuple[Location, str], list[CeleryVersion]] = {}
    for app in every_app(project):
        for name in sorted(RELEVANT & app.written.keys()):
            readers.setdefault((app.written[name], name), []).append(app.version)
    for (at, name), versions in readers.items():
        if all(exists(name, version) is False for version in versions):
            since = SETTINGS[name].since
            message = f"{name} has no effect: it came with Celery {since}, this is {shown(versions[0])}"
            yield RULE.finding(at, message)
