"""A suppression silences nothing, or names a code that no rule has.

## What it finds

`# celery-oom: ignore[CO101]`, or `# noqa: CO101`, on a line (or above a line) about which this rule is silent anyway; a
misspelt code; an `ignore` without a code. A bare `# noqa` and other tools' codes are never reported, nor is a code
whose rule does not run (by `--select`, `ignore` or because it is off).

## Why it matters

A suppression that is no longer needed hides the next mistake on its line.

## Example

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 2  # celery-oom: ignore[CO101]
```

## Fix

Take the comment away:

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 2
```

## When to suppress

It cannot be suppressed in place. Put `ignore = ["CO002"]` into `[tool.celery-oom]`.

## Evidence

None needed: the rule looks at what the other rules have just said.
"""

from __future__ import annotations

from flake8_celery_oom.rules import Rule

RULE = Rule(
    code="CO002",
    name="unused-suppression",
    severity="info",
    on=True,
    summary="A suppression silences nothing or names an unknown code",
)
