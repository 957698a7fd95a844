"""Files of ``NAME=value`` lines: .env files as dotenv and compose read them, and files that a shell sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.placeholders import is_template_control, with_template_holes
from flake8_celery_oom.syntax.substitution import as_hole, joined, substitute

_NAME = re.compile(r"[ \t\ufeff]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:([=:])[ \t]*|(?=[\r\n]|\Z))")
_SHELL_NAME = re.compile(r"[ \t\ufeff]*(?:(?:export|readonly|declare(?:[ \t]+-\w+)*)[ \t]+)?([A-Za-z_]\w*)(=)")
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_TO_END_OF_LINE = re.compile(r"[^\r\n]*")
_UNQUOTED = re.compile(r"(?:(?!(?:\A|(?<=\s))#)[^\r\n])*")
_SHELL_UNQUOTED = re.compile(r"(?:\{\{[^\r\n]*?\}\}|[^\s\\;&|'\"#]|(?<=\S)#|\\.)+", re.DOTALL)
_EXPANSION = re.compile(
    r"\$\{(?P<braced>[A-Za-z_]\w*)(?!\w)(?:(?P<operator>:?[-+?=])(?P<operand>[^{}]*(?:\{[^{}]*\}[^{}]*)*)|[^{}]*)\}"
    r"|\$(?P<plain>[A-Za-z_]\w*)|(?P<command>\$\([^()]*(?:\([^()]*\)[^()]*)*\)|`[^`]*`)|\\(?P<escaped>\r\n|.)",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_HOST_CPUS = re.compile(r"[$`(\s]*(?:nproc|getconf\s+_NPROCESSORS_ONLN)\b")


@dataclass(frozen=True)
class Variable:
    """``name`` and its value; what only the environment knows (``${X}``) is a hole. ``at`` is where the name stands."""

    name: str
    value: MappedText
    at: Location


def parse(source: SourceText, *, sourced: bool = False) -> Iterator[Variable]:
    """The variables in order. ``sourced`` means that a shell reads the file: words may be put together from pieces.

    A name without ``=`` stands for the variable of the surrounding environment.
    """
    position = 0
    text = source.text
    pattern = _SHELL_NAME if sourced else _NAME
    while position < len(text):
        match = pattern.match(text, position)
        end = _line_end(text, position)
        if match is None or is_template_control(text[position:end]):
            position = end
            continue
        at = source.location(*match.span(1))
        if match[2] is None:
            piece = MappedText.plain(source, *match.span(1))
            yield Variable(match[1], as_hole(piece, Hole(match[1], match[1], at=at)), at)
            end = match.end()
        else:
            value, end = _shell_value(source, match.end()) if sourced else _value(source, match.end())
            yield Variable(match[1], value, at)
        position = _line_end(text, end)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _value(source: SourceText, start: int) -> tuple[MappedText, int]:
    """The value and where it ends: the inside of quotes, or the line up to a comment."""
    quoted = _QUOTED.match(source.text, start)
    if quoted:
        return _inside(source, quoted), quoted.end()
    line = _TO_END_OF_LINE.match(source.text, start)
    content = _UNQUOTED.match(line[0] if line else "")
    length = len(content[0].rstrip()) if content else 0
    return _expanded(MappedText.plain(source, start, start + length), escapes="$"), start + length


def _shell_value(source: SourceText, start: int) -> tuple[MappedText, int]:
    """The value and where it ends: quoted and bare pieces without blanks between them are one word."""
    pieces = [MappedText.plain(source, start, start)]
    position = start
    while True:
        quoted = _QUOTED.match(source.text, position)
        bare = None if quoted else _SHELL_UNQUOTED.match(source.text, position)
        if quoted:
            pieces.append(_inside(source, quoted, continuations=True))
            position = quoted.end()
        elif bare:
            pieces.append(_expanded(MappedText.plain(source, *bare.span()), escapes=None))
            position = bare.end()
        else:
            return joined(pieces), position


def _inside(source: SourceText, quoted: re.Match[str], *, continuations: bool = False) -> MappedText:
    if quoted[1] is not None:
        return with_template_holes(MappedText.plain(source, *quoted.span(1)))
    return _expanded(MappedText.plain(source, *quoted.span(2)), escapes='"\\$`' + ("\n" if continuations else "ntr"))


def _expanded(text: MappedText, escapes: str | None) -> MappedText:
    """Holes for variables and commands; a backslash is taken off before ``escapes`` (None: before everything)."""

    def meaning(match: re.Match[str], piece: MappedText) -> str | Hole | None:
        escaped = "\n" if match["escaped"] == "\r\n" else match["escaped"]
        if escaped == "\n" and (escapes is None or escaped in escapes):
            return " "
        if escaped is not None:
            known = escapes is None or escaped in escapes
            return (_ESCAPES.get(escaped, escaped) if escapes and "n" in escapes else escaped) if known else None
        return _hole(match, piece)

    return substitute(with_template_holes(text), _EXPANSION, meaning)


def _hole(match: re.Match[str], piece: MappedText) -> Hole:
    at = piece.location()
    if match["command"]:
        return Hole(match[0], at=at, host_cpus=_HOST_CPUS.match(match[0]) is not None)
    operator, operand = match["operator"] or "", match["operand"] or ""
    default = "" if operator.endswith("+") else operand if operator.endswith(("-", "=")) else None
    return Hole(match[0], match["braced"] or match["plain"], None if default and "$" in default else default, at)
