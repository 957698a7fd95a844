"""Which kind of text a piece of evidence is, told by what it holds, and what it says."""

from __future__ import annotations

import json
import re

from flake8_celery_oom.deaths import containers, living, worker_log
from flake8_celery_oom.deaths.signs import Evidence

HEAD = 2_000
"""Characters in which a manifest shows that it is one."""
MOST_OF_YAML = 20_000_000
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
"""Celery 3.1 prints them wherever its output goes."""
_YAML = re.compile(r"^(?:apiVersion|kind|metadata):", re.MULTILINE)


def evidence(text: str, source: str, first: int = 1) -> Evidence:
    """What a text says; ``source`` is what it is called, ``first`` the number of its first line.

    A text of no known kind is read as a log.
    """
    text = _COLORS.sub("", text)
    document = _document(text)
    if containers.is_pods(document):
        assert isinstance(document, dict)
        return Evidence(tuple(containers.pod_signs(document, source)))
    if containers.is_docker(document):
        assert isinstance(document, list)
        return Evidence(tuple(containers.docker_signs(document, source)))
    if living.is_stats(document):
        assert isinstance(document, dict)
        return Evidence(running=tuple(living.stats(document, source)))
    running = (*living.stats_in_text(text, source), *living.report(text, source))
    return Evidence(tuple(worker_log.signs_in(text, source, first)), running)


def _document(text: str) -> object:
    """The JSON or YAML that a text is; None for other text."""
    found: object
    if text.lstrip()[:1] in {"{", "["}:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return found
    if _YAML.search(text, 0, HEAD) is None or len(text) > MOST_OF_YAML:
        return None
    import yaml

    try:
        found = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return found
