"""The text that a YAML parser gets, with the way back to the file it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText

_ODD_BREAK = re.compile("[\x85\u2028\u2029]")


class ParsedText:
    """The text that is parsed. Offsets into it are not those of the file when a template was cut."""

    def __init__(self, mapped: MappedText) -> None:
        self.source = mapped.source
        self.text = mapped.text
        self.offsets = mapped.offsets
        self._straight = isinstance(mapped.offsets, range)
        self._lines = SourceText("", _ODD_BREAK.sub("\n", mapped.text))

    def location(self, start: int, end: int) -> Location:
        """Where ``text[start:end]`` stands in the file."""
        if self._straight or end <= start:
            return self.source.location(self.offsets[start], self.offsets[max(start, end)])
        return self.source.location(self.offsets[start], self.offsets[end - 1] + 1)

    def mapped(self, text: str, offsets: Sequence[int], holes: tuple[TextHole, ...] = ()) -> MappedText:
        """Text whose characters stand at ``offsets`` of this one."""
        own = offsets if self._straight else [self.offsets[offset] for offset in offsets]
        return MappedText(self.source, text, own, holes)

    def column(self, offset: int) -> int:
        """The column, from 0."""
        return self._lines.position(offset)[1] - 1

    def line_start(self, offset: int) -> int:
        """The offset at which the line starts."""
        return offset - self.column(offset)

    def source_line(self, offset: int) -> int:
        """The line in the file, from 1."""
        return self.source.position(self.offsets[min(offset, len(self.text))])[0]

    def without_line(self, offset: int) -> tuple[int, ParsedText] | None:
        """The number of the line at an offset, or of the last one before it that is not blank, and the text without."""
        line = self._lines.position(offset)[0]
        while line > 0 and not self._lines.line_text(line).strip():
            line -= 1
        if line == 0:
            return None
        start = self._lines.offset(line)
        end = start + len(self._lines.line_text(line))
        text, offsets = self.text[:start] + self.text[end:], [*self.offsets[:start], *self.offsets[end:]]
        return self.source_line(start), ParsedText(MappedText(self.source, text, offsets))
