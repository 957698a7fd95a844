"""What ``[ ... ]`` and ``[[ ... ]]`` come to: true, false, or None when the files don't say."""

from __future__ import annotations

from fnmatch import fnmatchcase

from flake8_celery_oom.resolve.shell_values import Expander, Field, known_text
from flake8_celery_oom.syntax import shell
from flake8_celery_oom.text import MappedText


def holds(condition: shell.Condition, text: MappedText, expander: Expander) -> bool | None:
    """Evaluate a condition that stands in ``text``."""
    if isinstance(condition, shell.Negation):
        inner = holds(condition.body, text, expander)
        return None if inner is None else not inner
    if isinstance(condition, shell.Both):
        left, right = holds(condition.left, text, expander), holds(condition.right, text, expander)
        decisive = not condition.conjunction
        if left is decisive or right is decisive:
            return decisive
        return None if left is None or right is None else condition.conjunction
    if isinstance(condition, shell.Unary):
        return unary(condition.operator, expander.text(text[condition.word.start : condition.word.end]))
    if isinstance(condition, shell.Binary):
        left_text = known_text(expander.text(text[condition.left.start : condition.left.end]))
        right_text = known_text(expander.text(text[condition.right.start : condition.right.end]))
        return binary(condition.operator, left_text, right_text)
    return None


def of_words(words: list[Field]) -> bool | None:
    """``test -n x`` and ``[ a = b ]`` given as words."""
    texts = [known_text(word) for word in words]
    if texts[:1] == ["!"]:
        inner = of_words(words[1:])
        return None if inner is None else not inner
    if len(words) == 3 and texts[1] is not None:
        return binary(texts[1], texts[0], texts[2])
    if len(words) == 2 and texts[0] is not None:
        return unary(texts[0], words[1])
    return None


def unary(operator: str, value: Field) -> bool | None:
    """``-n`` and ``-z``; questions to the file system can't be answered here."""
    if operator in {"", "-n", "-z"}:
        sure = any(piece.hole is None and piece.text for piece in value)
        text = known_text(value)
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
