"""A file whose name says that it starts or configures workers cannot be read, so nothing in it was checked.

## What it finds

A compose file, manifest, Dockerfile, ini file or other file that is claimed by its name and whose text is broken: YAML
that does not parse, a JSON file with an open bracket, a file that is no text. Python files are left to flake8 (`E999`).

Templates (Helm, Jinja) are not broken files: what only the rendered file says counts as unknown.

## Why it matters

A check that skips a file in silence says "clean" about something it has not seen.

## Example

```yaml title="compose.yml"
services:
  worker:
    command: "celery -A shop worker
```

## Fix

Mend the file; or, when it is not meant to be read, leave it out:

```toml title="pyproject.toml"
[tool.celery-oom]
exclude = ["compose.yml"]
```

## When to suppress

When the file is broken on purpose: leave it out as above.

## Evidence

The parser's own message, with its line.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.rules import Rule

RULE = Rule(
    code="CO001",
    name="unreadable-file",
    severity="error",
    on=True,
    summary="A file that may start workers cannot be read",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Every problem that reading the files met."""
    for problem in project.problems:
        yield RULE.finding(problem.at, problem.message)
