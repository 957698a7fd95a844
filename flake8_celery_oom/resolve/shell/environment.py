"""The environment of a shell, with a note of which of its variables mattered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flake8_celery_oom.core.word import Word


class ReadEnvironment(Mapping[str, Word]):
    """An environment that adds each name that is asked for to ``names``, whether it is set or not.

    What comes of a script is the same in every environment that answers those names alike. To go through all
    variables asks for none of them: a child process inherits what its parent never looked at.
    """

    def __init__(self, inner: Mapping[str, Word], names: set[str]) -> None:
        self.inner = inner
        self.names = names

    def __getitem__(self, name: str) -> Word:
        self.names.add(name)
        return self.inner[name]

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self.names.add(name)
        return name in self.inner

    def __iter__(self) -> Iterator[str]:
        return iter(self.inner)

    def __len__(self) -> int:
        return len(self.inner)


def inherited(environment: Mapping[str, Word]) -> dict[str, Word]:
    """A copy for a child process."""
    return dict(environment.inner if isinstance(environment, ReadEnvironment) else environment)


def answers(environment: Mapping[str, Word], names: Iterable[str]) -> frozenset[tuple[str, object]]:
    """What an environment says to some names, wherever that is written; None for one that is not set."""
    return frozenset((name, _said(word) if (word := environment.get(name)) is not None else None) for name in names)


def _said(word: Word) -> tuple[str, str | None]:
    return word.shown, word.default_text
