"""The text of a file with exact positions.

``ast`` counts UTF-8 bytes, the Language Server Protocol UTF-16 units by default, flake8 zero-based code points.
Every conversion is made here, once.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right

from flake8_celery_oom.core.location import Location

UTF_8 = "utf-8"
_MARKS = {
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
"""The longer marks first: that of UTF-32 begins like that of UTF-16."""


def encoding_of(data: bytes) -> str:
    """What the byte order mark of UTF-16 or UTF-32 says of a file's bytes; empty where there is none."""
    if data[:1] not in (b"\xff", b"\xfe", b"\0"):
        return ""
    return next((name for name, mark in _MARKS.items() if data.startswith(mark)), "")


def has_match(pattern: re.Pattern[str], text: str, letters: tuple[str, ...] = ()) -> bool:
    """Whether a text has a match for a pattern.

    Every match must contain one of ``letters`` (in lower case), if there are any: to look for those first costs a
    hundredth of what the pattern does.
    """
    if letters:
        low = text.lower()
        if not any(one in low for one in letters):
            return False
    return pattern.search(text) is not None


class SourceText:
    """The decoded text of one file. Bytes that are no UTF-8 survive as surrogates, so encoding gives the file back."""

    __slots__ = ("_starts", "bom", "encoding", "made", "mentioned", "path", "text")

    def __init__(self, path: str, text: str, *, bom: bool = False, encoding: str = UTF_8) -> None:
        self.path = path
        self.text = text
        self.bom = bom
        self.encoding = encoding
        self._starts: list[int] | None = None
        self.made: dict[tuple[object, ...], object] = {}
        """What functions made of this text: see :func:`core.per_text.per_text`."""
        self.mentioned: dict[re.Pattern[str], bool] = {}
        """Which patterns the text was found to have a match for, or none."""

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> SourceText:
        """Decode as UTF-8 with surrogateescape; a byte order mark is taken off and remembered.

        A mark of UTF-16 or UTF-32 says that the text is that: raises UnicodeDecodeError where it is not.
        """
        encoding = encoding_of(data)
        if encoding:
            return cls(path, data[len(_MARKS[encoding]) :].decode(encoding), bom=True, encoding=encoding)
        bom = data.startswith(codecs.BOM_UTF8)
        body = data[len(codecs.BOM_UTF8) :] if bom else data
        return cls(path, body.decode("utf-8", "surrogateescape"), bom=bom)

    def to_bytes(self, text: str | None = None) -> bytes:
        """Encode ``text`` (this file's own by default) as the file was encoded."""
        if self.encoding != UTF_8:
            return _MARKS[self.encoding] + (self.text if text is None else text).encode(self.encoding)
        body = (self.text if text is None else text).encode(UTF_8, "surrogateescape")
        return codecs.BOM_UTF8 + body if self.bom else body

    def is_of(self, data: bytes) -> bool:
        """Whether this is the text of a file with this content."""
        return self.to_bytes() == data

    def only(self, start: int, end: int) -> SourceText:
        """A stretch of the file as a file of its own: everything around it is blank, so that places stay the same."""
        around = (self.text[:start], self.text[end:])
        before, behind = ("".join(char if char in "\r\n" else " " for char in part) for part in around)
        return SourceText(self.path, f"{before}{self.text[start:end]}{behind}", bom=self.bom)

    def mentions(self, pattern: re.Pattern[str], *letters: str) -> bool:
        """Whether the text has a match for a pattern; see :func:`has_match` for ``letters``."""
        if pattern not in self.mentioned:
            self.mentioned[pattern] = has_match(pattern, self.text, letters)
        return self.mentioned[pattern]

    def matches(self, pattern: re.Pattern[str]) -> list[str]:
        """What ``findall`` of a pattern with at most one group gives."""
        return pattern.findall(self.text)

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts. LF, CRLF and a lone CR end a line, as in Python's tokenizer."""
        if self._starts is None:
            starts = [0]
            text = self.text
            position = text.find("\n")
            if "\r" not in text:
                while position >= 0:
                    starts.append(position + 1)
                    position = text.find("\n", position + 1)
            else:
                for index, char in enumerate(text):
                    if char == "\n" or (char == "\r" and text[index + 1 : index + 2] != "\n"):
                        starts.append(index + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both from 1, in code points) of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a line and column (both from 1), held inside the text."""
        if line > len(self.starts):
            return len(self.text)
        return min(self.starts[max(line, 1) - 1] + max(column, 1) - 1, len(self.text))

    def offset_of_utf8(self, line: int, byte_column: int) -> int:
        """The offset of a line (from 1) and a column in UTF-8 bytes (from 0), as ``ast`` gives them."""
        head = self.line_text(line)
        if head.isascii():
            return self.starts[line - 1] + byte_column
        encoded = head.encode("utf-8", "surrogateescape")[:byte_column]
        return self.starts[line - 1] + len(encoded.decode("utf-8", "replace"))

    def utf16_column(self, offset: int) -> int:
        """The column (from 0) of an offset in UTF-16 units."""
        line, column = self.position(offset)
        head = self.line_text(line)[: column - 1]
        return len(head.encode("utf-16-le", "surrogatepass")) // 2

    def line_text(self, line: int) -> str:
        """A line (from 1) without its line end."""
        starts = self.starts
        if not 0 < line <= len(starts):
            return ""
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    @property
    def line_count(self) -> int:
        """How many lines there are; an empty last line does not count."""
        return len(self.starts) - (1 if self.starts[-1] == len(self.text) and len(self.starts) > 1 else 0)

    def location(self, start: int, end: int) -> Location:
        """The location of ``text[start:end]``."""
        line, column = self.position(start)
        end_line, end_column = self.position(max(start, end))
        return Location(self.path, start, max(start, end), line, column, end_line, end_column)

    def line_location(self, line: int) -> Location:
        """The location of a whole line (from 1) without indentation and line end."""
        line = min(max(line, 1), len(self.starts))
        content = self.line_text(line)
        start = self.starts[line - 1] + len(content) - len(content.lstrip())
        return self.location(start, self.starts[line - 1] + len(content))
