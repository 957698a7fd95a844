"""What the compose files of a small project launch, for the tests."""

from __future__ import annotations

from collections.abc import Mapping

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.compose.launches import compose_launches
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.sources.kinds import HEAD, kinds_of


def facts_of(files: Mapping[str, str]) -> Facts:
    texts = {path: SourceText(path, text) for path, text in sorted(files.items())}
    facts = Facts.of(tuple(texts), texts.get, {})
    for path, text in texts.items():
        for kind in kinds_of(path, text.text[:HEAD]):
            facts.add(kind.read(text))
    return facts


def launches(files: Mapping[str, str]) -> list[Launch]:
    return compose_launches(facts_of(files))


def service(body: str, path: str = "deploy/compose.yml") -> Launch:
    """The service ``worker`` with this body."""
    text = "services:\n  worker:\n" + "".join(f"    {line}\n" for line in body.splitlines())
    (found,) = launches({path: text})
    return found
