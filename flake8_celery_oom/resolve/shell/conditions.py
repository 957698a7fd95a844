"""What ``[ ... ]`` and ``[[ ... ]]`` come to: true, false, or None when the files don't say.

``text_of`` decides what an unknown piece counts for: :func:`known_text` makes the answer None, :func:`usual_text` gives
the answer for an environment that sets nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Array, Field, Piece, known_text
from flake8_celery_oom.syntax import shell_tree

_PORTABLE = re.compile(
    r"(?:[\w@%=:,/ .^$-]|\[\^?(?:\[:(?:digit|space):\]|[\w., :/@=-])+\]"
    r"|\((?![?*+{])|\)(?![?*+{])|(?<![?*+}])[?*+])*"
)
"""Regular expressions without alternatives, escapes, and repeated groups."""
MAX_SUBJECT = 100
"""Longer texts are not matched: some patterns take the third power of their length."""
_OR_DEFAULT = re.compile(r"\$\{\w+:[-=]")
TextOf: TypeAlias = Callable[[Field], "str | None"]


def holds(
    condition: shell_tree.Condition, text: MappedText, expander: Expander, text_of: TextOf = known_text
) -> bool | None:
    """Evaluate a condition that stands in ``text``."""
    if isinstance(condition, shell_tree.Negation):
        inner = holds(condition.body, text, expander, text_of)
        return None if inner is None else not inner
    if isinstance(condition, shell_tree.Both):
        left = holds(condition.left, text, expander, text_of)
        right = holds(condition.right, text, expander, text_of)
        decisive = not condition.conjunction
        if left is decisive or right is decisive:
            return decisive
        return None if left is None or right is None else condition.conjunction
    if isinstance(condition, shell_tree.Unary):
        return unary(condition.operator, expander.text(text.cut(condition.word.start, condition.word.end)), text_of)
    if isinstance(condition, shell_tree.Binary) and condition.operator == "=~":
        subject = known_text(expander.text(text.cut(condition.left.start, condition.left.end)))
        return _matches(subject, expander.text(text.cut(condition.right.start, condition.right.end)), expander)
    if isinstance(condition, shell_tree.Binary):
        left_text = text_of(expander.text(text.cut(condition.left.start, condition.left.end)))
        right_text = text_of(expander.text(text.cut(condition.right.start, condition.right.end)))
        return binary(condition.operator, left_text, right_text)
    return None


def _matches(subject: str | None, pattern: Field, expander: Expander) -> bool | None:
    """``[[ subject =~ pattern ]]``, which leaves the groups in BASH_REMATCH; quoted pieces of the pattern are plain.

    Only patterns that mean the same to Python are tried, and none that could take long.
    """
    unknown: Field = (Piece("BASH_REMATCH", hole=Hole("${BASH_REMATCH}", several=True)),)
    expander.variables.values["BASH_REMATCH"] = unknown
    plain = "".join(piece.text for piece in pattern if not piece.quoted)
    if subject is None or known_text(pattern) is None or len(subject) > MAX_SUBJECT or not _PORTABLE.fullmatch(plain):
        return None
    written = "".join(re.escape(piece.text) if piece.quoted else piece.text for piece in pattern)
    try:
        found = re.search(written.replace("[:digit:]", "0-9").replace("[:space:]", " \t\n"), subject)
    except re.error:
        return None
    groups = [] if found is None else [found[0], *(group or "" for group in found.groups())]
    expander.variables.values["BASH_REMATCH"] = Array(tuple((Piece(group),) if group else () for group in groups))
    return found is not None


def of_words(words: list[Field], text_of: TextOf = known_text) -> bool | None:
    """``test -n x`` and ``[ a = b ]`` given as words."""
    texts = [text_of(word) for word in words]
    if texts[:1] == ["!"]:
        inner = of_words(words[1:], text_of)
        return None if inner is None else not inner
    if len(words) == 3 and texts[1] is not None:
        return binary(texts[1], texts[0], texts[2])
    if len(words) == 2 and texts[0] is not None:
        return unary(texts[0], words[1], text_of)
    return None


def unary(operator: str, value: Field, text_of: TextOf = known_text) -> bool | None:
    """``-n`` and ``-z``; questions to the file system can't be answered here."""
    if operator in {"", "-n", "-z"}:
        sure = any(piece.text if piece.hole is None else _never_empty(piece.hole) for piece in value)
        text = text_of(value)
        if text is None and not sure:
            return None
        return (text != "") is (operator != "-z") if text is not None else operator != "-z"
    return None


def _never_empty(hole: Hole) -> bool:
    """``${N:-2}``: an empty variable gives way to the default as well."""
    return bool(hole.default) and _OR_DEFAULT.match(hole.source) is not None


def binary(operator: str, left: str | None, right: str | None) -> bool | None:
    """Comparison of two known texts or numbers."""
    if left is None or right is None:
        return None
    if operator in {"=", "==", "!="}:
        return fnmatchcase(left, right) is (operator != "!=")
    try:
        first, second = int(left), int(right)
    except ValueError:
        return None
    answers = {
        "-eq": first == second,
        "-ne": first != second,
        "-lt": first < second,
        "-le": first <= second,
        "-gt": first > second,
        "-ge": first >= second,
    }
    return answers.get(operator)
