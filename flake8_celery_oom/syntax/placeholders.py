"""Pieces of a line that a template engine fills in before the file is used: ``{{ app.name }}``, ``{{.path}}``.

For notations that are read line by line; what has a structure to keep is masked by :mod:`.template` instead.
"""

from __future__ import annotations

import re

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.syntax.substitution import substitute

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_DEFAULT = re.compile(r"""\|\s*default[\s(]\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))""")
_CONTROL_LINE = re.compile(r"\s*\{(?:%.*%|#.*#)\}\s*\Z", re.DOTALL)


def with_template_holes(text: MappedText) -> MappedText:
    """The same text with a hole for every ``{{ ... }}`` of Jinja or of Go templates.

    The holes have no name: a template's variables are no environment variables.
    """
    return substitute(text, _EXPRESSION, _hole) if "{{" in text.text else text


def _hole(match: re.Match[str], piece: MappedText) -> Hole:
    written = _DEFAULT.search(match[0])
    default = next((group for group in written.groups() if group is not None), None) if written else None
    return Hole(match[0], default=default, at=piece.location())


def is_template_control(line: str) -> bool:
    """Whether a line holds nothing but ``{% ... %}`` or ``{# ... #}``, so that it vanishes when the file is made."""
    return "{" in line and _CONTROL_LINE.match(line) is not None
