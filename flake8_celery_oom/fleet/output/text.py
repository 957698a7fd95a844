"""What differs between two results, for people: one line a place."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.fleet.output.words import counted
from flake8_celery_oom.fleet.overview import Change
from flake8_celery_oom.fleet.risks import BY_KEY, Item


def difference(compared: Change) -> str:
    """What got worse, what was mended, and of which repositories nothing can be said."""
    return "".join(f"{line}\n" for line in _lines(compared))


def _lines(compared: Change) -> Iterator[str]:
    for title, changed in (("worse", compared.worse), ("mended", compared.mended)):
        yield f"{title}: {counted(len(changed), 'place')}"
        yield from map(_line, changed)
    for title, names in (
        ("new", compared.new_repositories),
        ("gone", compared.gone),
        ("looked at before and not now, so that nothing of them is known to be mended", compared.lost),
    ):
        if names:
            yield f"{counted(len(names), 'repository')} {title}:"
            yield from (f"    {name}" for name in names)


def _line(item: Item) -> str:
    return f"    {item.repository}/{item.path}:{item.line}: {BY_KEY[item.risk].title}: {item.subject}: {item.text}"
