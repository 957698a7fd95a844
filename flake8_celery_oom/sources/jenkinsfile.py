"""Jenkinsfiles: what the ``sh`` steps of a pipeline, declarative or scripted, hand to a shell.

Source: the Jenkins user handbook, "Using a Jenkinsfile" (String interpolation) and the ``sh`` step's reference.
"""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.substitution import substitute

KIND = "jenkinsfile"
TITLE = "Jenkinsfiles"
NAMES = ("Jenkinsfile*", "*.jenkinsfile")

_NAME = re.compile(r"Jenkinsfile(?:[._-][\w.-]+)?|[\w.-]+\.(?:jenkinsfile|Jenkinsfile)")
_STEP = re.compile(
    r"^[^\n]*?(?<![\w.$\"'])sh\b[ \t]*(?:\(\s*)?(?:[^'\"()\n]{0,200}?\bscript[ \t]*:[ \t]*)?"
    r"(?P<quote>'''|\"\"\"|'|\")(?P<text>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"[ \t]*(?://|\*)")
_PLACEHOLDER = re.compile(r"\$\{[^{}]*\}|(?<!\\)\$[A-Za-z_]\w*(?:\.\w+)*|\\(?:.|\n)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:.|\n)", re.DOTALL)


def claims(path: str, head: str) -> bool:
    """``Jenkinsfile``, ``Jenkinsfile.nightly``, ``nightly.jenkinsfile``."""
    return _NAME.fullmatch(posixpath.basename(path)) is not None and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for each ``sh`` step; what Groovy fills in (``"${params.N}"``) is a hole."""
    facts: list[Fact] = []
    for match in _STEP.finditer(source.text):
        if _COMMENT.match(match[0]):
            continue
        text = MappedText.plain(source, *match.span("text"))
        filled = substitute(text, _PLACEHOLDER if match["quote"][0] == '"' else _ESCAPE, _meaning)
        if filled.text.strip():
            at = text.location()
            facts.append(Launch(KIND, f"sh {at.line}", at, ShellText(filled, at), workdir="."))
    return facts


def _meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
    written = match[0]
    if not written.startswith("\\"):
        return Hole(written, at=piece.location())
    escaped = written[1]
    return {"n": "\n", "t": "\t", "r": "\r", "\n": "\\\n"}.get(escaped, escaped)
