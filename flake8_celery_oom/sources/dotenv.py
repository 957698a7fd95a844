"""Environment files: ``.env``, ``.env.production``, ``worker.env``, the files below ``.envs`` and ``env.d``."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Variables
from flake8_celery_oom.core.per_text import per_text
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.dotenv import parse

KIND = "dotenv"
TITLE = ".env files"
NAMES = (".env", ".env.*", "*.env", "**/.envs/**", "**/env.d/**")

_NAME = re.compile(r"\.?env|\.?env[._-][\w.-]+|[\w.-]+\.env|[\w.-]+\.env\.[\w.-]+|\.flaskenv|env\.\w+", re.IGNORECASE)
_FOLDER = re.compile(r"(?:^|/)(?:\.?envs|env\.d|env[-_]files?)/(?:[^/]+/)*[^/]+\Z")
_OTHER = re.compile(
    r"\.(?:py|pyi|[cm]?[jt]sx?|json|ya?ml|toml|sh|bash|md|rst|html?|css|sql|rb|go|php|gpg|enc|age|vault|lock|cfg|ini|tf)"
    r"(?:\.(?:j2|tpl|tmpl))?\Z",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(
    r"(?:[^\S\n]*(?:#[^\n]*|\{[%#][^\n]*)?\n)*[^\S\n]*(?:export\s+)?[A-Za-z_][\w.-]*[ \t\r]*(?:[=:\n]|\Z)"
)


def claims(path: str, head: str) -> bool:
    """By name or folder, when the first line that says something is an assignment."""
    name = posixpath.basename(path)
    if _OTHER.search(name) or (_NAME.fullmatch(name) is None and _FOLDER.search(path) is None):
        return False
    return _ASSIGNMENT.match(head) is not None and not head.startswith("#!")


def read(source: SourceText) -> list[Fact]:
    """The variables of the file under its path; the last assignment of a name counts, at its own place."""
    values: dict[str, Word] = {}
    for name, word in assignments(source):
        values.pop(name, None)
        values[name] = word
    return [Variables("file", source.path, source.path, values)]


@per_text
def assignments(source: SourceText) -> list[tuple[str, Word]]:
    """All assignments of a file, as they follow each other: a value sees those in front of it."""
    return [(variable.name, Word.of(variable.value)) for variable in parse(source)]
