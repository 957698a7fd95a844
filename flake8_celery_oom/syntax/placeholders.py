"""Pieces of a line that a template engine fills in before the file is used: ``{{ app.name }}``, ``{{.path}}``.

For notations that are read line by line; what has a structure to keep is masked by :mod:`.template` instead.
"""

from __future__ import annotations

import re

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.syntax.substitution import as_hole, joined, substitute
from flake8_celery_oom.syntax.template import optional_words

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_DEFAULT = re.compile(r"""\|\s*default[\s(]\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))""")
_CONTROL = re.compile(r"\{%.*?%\}", re.DOTALL)
_CONDITION = re.compile(
    r"\{%[-+]?\s*if\b(?:(?!%\}).)*%\}(?P<body>(?:(?!\{%[-+]?\s*(?:if|endif|for)\b).)*)\{%[-+]?\s*endif\s*[-+]?%\}",
    re.DOTALL,
)
"""A condition without another one or a loop in it."""
_CONTROL_LINE = re.compile(r"\s*\{(?:%.*%|#.*#)\}\s*\Z", re.DOTALL)


def with_template_holes(text: MappedText) -> MappedText:
    """The same text with a hole for every ``{{ ... }}`` of Jinja or of Go templates.

    The holes have no name: a template's variables are no environment variables. A condition of Jinja inside the text
    makes holes of the options in it, each of which is there or not, or one hole of what it chooses among.
    """
    if "{%" in text.text:
        text = substitute(text, _CONDITION, _chosen)
    return substitute(text, _EXPRESSION, _hole) if "{{" in text.text else text


def _chosen(match: re.Match[str], piece: MappedText) -> MappedText | Hole:
    branches = [branch.strip() for branch in _CONTROL.split(match["body"])]
    if all(branch.startswith("-") for branch in branches if branch) and (words := optional_words(match[0])):
        return _with_blanks(piece, words)
    between = _CONTROL.sub(" ", match[0]).strip()
    return Hole(match[0], at=piece.location(), several=not between or bool(re.search(r"[\s,]", between)))


def _with_blanks(piece: MappedText, words: list[tuple[int, int, str | None]]) -> MappedText:
    """The words as holes, with blanks where the rest of the block stands."""
    pieces: list[MappedText] = []
    position = 0
    for start, end, written in words:
        word = piece[start:end]
        pieces.append(_blank(piece[position:start]))
        pieces.append(as_hole(word, Hole(word.text, at=word.location(), several=True, perhaps=written)))
        position = end
    return joined([*pieces, _blank(piece[position:])])


def _blank(piece: MappedText) -> MappedText:
    return MappedText(piece.source, " " * len(piece.text), piece.offsets)


def _hole(match: re.Match[str], piece: MappedText) -> Hole:
    written = _DEFAULT.search(match[0])
    default = next((group for group in written.groups() if group is not None), None) if written else None
    return Hole(match[0], default=default, at=piece.location())


def is_template_control(line: str) -> bool:
    """Whether a line holds nothing but ``{% ... %}`` or ``{# ... #}``, so that it vanishes when the file is made."""
    return "{" in line and _CONTROL_LINE.match(line) is not None
