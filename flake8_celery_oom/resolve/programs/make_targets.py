"""What ``make target`` runs besides the target's own recipe: those of its prerequisites, which come first."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from flake8_celery_oom.core.once import once
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.sources.makefile import MakefileNeeds

MOST_TARGETS = 200


def with_prerequisites(facts: Facts, targets: Iterable[str], folder: str) -> list[str]:
    """The targets in the order in which make brings them up to date, as far as their names are written out."""
    needs = _needs(facts)
    here = [path for path in needs if posixpath.dirname(path) == ("" if folder == "." else folder)]
    paths = here or (list(needs) if len(needs) == 1 else [])
    known: dict[str, list[str]] = {}
    for path in paths:
        for target, wanted in needs[path].items():
            known.setdefault(target, []).extend(wanted)
    found: dict[str, None] = {}
    for target in targets:
        found.update(dict.fromkeys(_before(target, known, set())))
    return list(found)[:MOST_TARGETS]


def _before(target: str, needs: Mapping[str, list[str]], around: set[str]) -> Iterator[str]:
    if target in around or len(around) > MOST_TARGETS:
        return
    around.add(target)
    for wanted in needs.get(target, ()):
        yield from _before(wanted, needs, around)
    yield target


@once()
def _needs(facts: Facts) -> dict[str, Mapping[str, tuple[str, ...]]]:
    return {fact.path: fact.needs for fact in facts.notation_facts if isinstance(fact, MakefileNeeds)}
