"""Syntax of Python 2, respelled so that Python 3 can read it: every character keeps its place.

Projects on Celery 3 and 4 are often written so. What has no words in Python 3 is blanked, or becomes a name that nobody
knows. Source: the grammar of Python 2.7 (Grammar/Grammar, Lib/lib2to3/fixes of 2.7).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

_OPAQUE = re.compile(
    r"'''(?:\\.|[^\\])*?(?:'''|\Z)"
    r'|"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'(?:\\(?:\r\n|.)|[^\\'\r\n])*'?"
    r'|"(?:\\(?:\r\n|.)|[^\\"\r\n])*"?'
    r"|\#[^\r\n]*",
    re.DOTALL,
)
"""A string or a comment. In the text that the patterns below see, its characters are ``"`` or blanks."""
_START = r"(?:^|(?<=[:;]))([ \t]*)"
_PRINT = re.compile(
    _START + r'print(?=[ \t]*["`{~]|[ \t]+(?!(?:if|else|in|is|and|or|for)\b)\w|[ \t]*[uUrRbB]{1,2}")', re.MULTILINE
)
"""``print "a", b``; with brackets, ``>>`` or nothing behind it, it is an expression in Python 3 as well."""
_EXEC = re.compile(_START + r'exec(?=[ \t]*"|[ \t]+\w)', re.MULTILINE)
_EXCEPT = re.compile(r"^([ \t]*except(?:[ \t]*\([^()]*\)|[ \t]+[\w.]+))([ \t]*,[ \t]*\w+)(?=[ \t]*:)", re.MULTILINE)
"""``except A, error:``"""
_RAISE = re.compile(_START + r"raise[ \t]+[\w.]+[ \t]*(?=,)", re.MULTILINE)
"""``raise Error, "text"``"""
_BACKQUOTES = re.compile(r"`([^`\r\n]*)`")
_OCTAL = re.compile(r"(?<![\w.])0[0-7]+(?![\w.])")
_LONG = re.compile(r"(?<![\w.])(\d+|0[xX][0-9a-fA-F]+)[lL](?!\w)")
_RAW_UNICODE = re.compile(r'(?<!\w)[uU]([rR])(?=")')
_TUPLE_PARAMETER = re.compile(r"(lambda[ \t]*|def[ \t]+\w+[ \t]*\((?:[\w \t,]*,)?[ \t]*)(\([\w \t,]+\))(?=[ \t]*[:,)])")
_ASYNC = re.compile(r"\basync\b(?![ \t]+(?:def|for|with)\b)")
"""A name like any other before Python 3.7; Celery and kombu used it."""
_FOR_ASYNC = "_sync"


def respelled(text: str) -> str:
    """A text of the same length in which the statements and literals of Python 2 are written as Python 3 has them."""
    made = list(text)
    seen = _OPAQUE.sub(_covered, text)

    def put(start: int, words: str) -> None:
        made[start : start + len(words)] = words

    def each(pattern: re.Pattern[str], change: Callable[[re.Match[str]], tuple[int, str]]) -> None:
        for found in pattern.finditer(seen):
            put(*change(found))

    each(_PRINT, lambda found: (found.end(1), "None,"))
    each(_EXEC, lambda found: (found.end(1), "0,  "))
    each(_EXCEPT, lambda found: (found.start(2), " " * len(found[2])))
    each(_OCTAL, lambda found: (found.start(), found[0] if set(found[0]) == {"0"} else "_" * len(found[0])))
    each(_LONG, lambda found: (found.end() - 1, " "))
    each(_RAW_UNICODE, lambda found: (found.start(), " " + found[1]))
    each(_TUPLE_PARAMETER, lambda found: (found.start(2), "_" * len(found[2])))
    each(_ASYNC, lambda found: (found.start(), _FOR_ASYNC))
    for found in _BACKQUOTES.finditer(seen):
        put(found.start(), "(")
        put(found.end() - 1, ")")
    for found in re.finditer("<>", seen):
        put(found.start(), "!=")
    for found in _RAISE.finditer(seen):
        for position in range(found.end(), _statement_end(seen, found.end())):
            if made[position] not in "\r\n":
                made[position] = " "
    return "".join(made)


def with_own_names(tree: ast.Module) -> ast.Module:
    """The tree of a respelled text, with ``async`` as the name that was written."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            written = getattr(node, field, None)
            if isinstance(written, str) and _FOR_ASYNC in written:
                setattr(node, field, ".".join("async" if one == _FOR_ASYNC else one for one in written.split(".")))
    return tree


def _covered(match: re.Match[str]) -> str:
    """A string as quotes, a comment as blanks; lines stay lines unless the string goes on over them."""
    character = " " if match[0][0] == "#" else '"'
    return character * len(match[0])


def _statement_end(seen: str, position: int) -> int:
    """Where the statement that goes on at ``position`` ends: at a line end or ``;`` outside of brackets."""
    depth = 0
    while position < len(seen):
        character = seen[position]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "\\" and seen[position + 1 : position + 2] in {"\n", "\r"}:
            position += 1
        elif character in "\r\n;" and depth <= 0:
            break
        position += 1
    return position
