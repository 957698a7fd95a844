"""XML with exact positions, as far as configuration files use it: elements, attributes, text.

Read tolerantly: an element that is never closed ends where its parent ends; declarations, comments and processing
instructions are passed over. No entity but the five of XML itself and character references is filled in, so that no
document can grow.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.substitution import substitute

DEEPEST = 100
"""Elements inside one another; what is deeper is not read."""
_TOKEN = re.compile(
    r"<!--(?s:.*?)(?:-->|\Z)|<!\[CDATA\[(?P<data>(?s:.*?))(?:\]\]>|\Z)|<[?!][^>]*>?"
    r"|</(?P<closed>[\w:.-]+)[^>]*>|<(?P<opened>[\w:.-]+)(?P<attributes>(?:\"[^\"]*\"|'[^']*'|[^>\"']){0,500})>"
)
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|lt|gt|amp|quot|apos);")


@dataclass(slots=True)
class Element:
    """An element: its attributes, the elements in it, and the text that stands directly in it."""

    name: str
    at: Location
    attributes: Mapping[str, MappedText] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    pieces: list[MappedText] = field(default_factory=list)

    @property
    def text(self) -> MappedText | None:
        """The text directly inside; None where there is none."""
        return MappedText.joined(self.pieces) if self.pieces else None

    def all(self, name: str) -> Iterator[Element]:
        """The elements of this name, however deep they stand inside."""
        waiting = list(reversed(self.children))
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting.extend(reversed(element.children))


def parse(source: SourceText) -> Element:
    """The elements of a file, in one without a name."""
    mapped = MappedText.plain(source)
    root = Element("", source.location(0, 0))
    stack = [root]
    position = 0
    for match in _TOKEN.finditer(source.text):
        if match.start() > position:
            stack[-1].pieces.append(_decoded(mapped[position : match.start()]))
        position = match.end()
        if match["data"]:
            stack[-1].pieces.append(mapped[match.start("data") : match.end("data")])
        elif match["opened"]:
            start, end = match.span("attributes")
            element = Element(match["opened"], mapped.location(*match.span()), dict(_attributes(mapped[start:end])))
            stack[-1].children.append(element)
            if not match["attributes"].endswith("/") and len(stack) < DEEPEST:
                stack.append(element)
        elif match["closed"]:
            depth = next((i for i in range(len(stack) - 1, 0, -1) if stack[i].name == match["closed"]), None)
            del stack[depth if depth is not None else len(stack) :]
    return root


def _attributes(text: MappedText) -> Iterator[tuple[str, MappedText]]:
    for match in _ATTRIBUTE.finditer(text.text):
        group = 2 if match[2] is not None else 3
        yield match[1], _decoded(text[match.start(group) : match.end(group)])


def _decoded(text: MappedText) -> MappedText:
    return substitute(text, _REFERENCE, lambda match, _: html.unescape(match[0])) if "&" in text.text else text
