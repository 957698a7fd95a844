"""What ``[ ... ]`` and ``[[ ... ]]`` come to: true, false, or None when the files don't say.

``text_of`` decides what an unknown piece counts for: :func:`known_text` makes the answer None, :func:`usual_text` gives
the answer for an environment that sets nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TypeAlias

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Field, known_text
from flake8_celery_oom.syntax import shell_tree

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
    if isinstance(condition, shell_tree.Binary):
        left_text = text_of(expander.text(text.cut(condition.left.start, condition.left.end)))
        right_text = text_of(expander.text(text.cut(condition.right.start, condition.right.end)))
        return binary(condition.operator, left_text, right_text)
    return None


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
        sure = any(piece.hole is None and piece.text for piece in value)
        text = text_of(value)
        if text is None and not sure:
            return None
        return (text != "") is (operator != "-z") if text is not None else operator != "-z"
    return None


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
