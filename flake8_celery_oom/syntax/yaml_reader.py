"""Builds the YAML tree from parser events, without recursion: deep files are refused instead of crashing the process.

With a template, the actions that were blanked out of the text are put where they belong: on the scalar that they are a
part of, on the empty value that they fill, or on the collection that they add to.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.syntax.yaml_builder import NEXT_DOCUMENT, Builder, Inserted, Placed, RefusedError
from flake8_celery_oom.syntax.yaml_nodes import Document, YamlProblem
from flake8_celery_oom.syntax.yaml_text import ParsedText

LARGEST = 2_000_000
"""Characters; larger files are refused."""
LARGEST_WITHOUT_C = 500_000
"""The same where only a parser in Python is present."""
_MOST_RESTARTS = 50


class Reader:
    """Reads all documents of one text: a whole file, or what is left of a template without its ``actions``."""

    def __init__(self, text: MappedText, actions: Iterable[Inserted] = (), *, retries: int = 0) -> None:
        self._text = ParsedText(text)
        self._actions = [action for action in actions if not action.control]
        self._retries = retries

    def documents(self) -> list[Document]:
        """Every document, in the order of the file."""
        with _collector_paused():
            return self._documents()

    def _documents(self) -> list[Document]:
        parse, largest = _event_parser()
        if len(self._text.text) > largest:
            return [Document(None, YamlProblem(1, f"larger than {largest} characters: not read"))]
        result: list[Document] = []
        blanked: list[int] = []
        position = restarts = 0
        while True:
            builder = Builder(self._text, self._placed(), position)
            try:
                for node in builder.documents(parse):
                    result.append(Document(node, None, tuple(blanked)))
                    blanked = []
            except RefusedError as refused:
                restarts += 1
                position = builder.document_start
                without = self._text.without_line(refused.offset) if len(blanked) < self._retries else None
                if without is not None and refused.curable:
                    blanked.append(without[0])
                    self._text = without[1]
                    continue
                line = self._text.source_line(refused.offset)
                result.append(Document(None, YamlProblem(line, refused.reason), tuple(blanked)))
                following = NEXT_DOCUMENT.search(self._text.text, max(refused.offset, position + 1))
                if following is None or restarts > _MOST_RESTARTS:
                    return result
                position, blanked = following.start(), []
            else:
                return result

    def _placed(self) -> list[Placed]:
        placed: list[Placed] = []
        for action in self._actions:
            start, end = bisect_left(self._text.offsets, action.start), bisect_left(self._text.offsets, action.end)
            indent = self._text.source.position(action.start)[1] - 1 if action.indent is None else action.indent
            placed.append(Placed(start, end, self._text.text[start:end][:1] == " ", indent, action))
        return placed


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Nothing of a tree that is being built is garbage: looking for it costs a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _event_parser() -> tuple[Callable[[str], Iterable[Any]], int]:
    """A function from text to parser events, and how much text it may be given."""
    try:
        import yaml
    except ImportError:
        pass
    else:
        if getattr(yaml, "__with_libyaml__", False):
            return (lambda text: yaml.parse(text, Loader=yaml.CSafeLoader)), LARGEST
    from ruamel.yaml import YAML

    return (lambda text: YAML(typ="safe", pure=True).parse(text)), LARGEST_WITHOUT_C
