"""Shell scripts, with or without an extension: also the ``run`` files of s6, and templates of scripts."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Script
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.substitution import unfilled
from flake8_celery_oom.syntax.template import Kind

KIND = "shell"
TITLE = "shell scripts"
NAMES = ("*.sh", "*.bash", "*.ksh", "*.zsh", "**/bin/*", "entrypoint*", "docker-entrypoint*")

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "zsh"})
_SUFFIXES = {".sh": "sh", ".bash": "bash", ".ksh": "ksh", ".zsh": "zsh", ".dash": "dash"}
_GO_SUFFIXES = frozenset({".tpl", ".tmpl", ".gotmpl"})
_JINJA_SUFFIXES = frozenset({".j2", ".jinja", ".jinja2", ".template", ".in"})
_TEMPLATE_VARIABLE = re.compile(r"(?<![$\w{])\{\{ ?[A-Za-z_]\w* ?\}\}")
"""``{{ name }}`` alone; the formats of Docker (``{{.Names}}``, ``{{json .}}``) are none."""
_TEMPLATE_TAG = re.compile(r"^[ \t]*\{%-?\s*(?:if|for|set|raw|block|macro|include|extends|import)\b", re.MULTILINE)
_SHEBANG = re.compile(r"(?:[ \t]*(?:\{%.*?%\}|\{#.*?#\})[ \t]*\r?\n?)*\ufeff?#![ \t]*([^\r\n]*)")


def claims(path: str, head: str) -> bool:
    """Whether the name ends like a shell script's, or the first line names a shell."""
    if "\0" in head or head.startswith("#compdef"):
        return False
    named = _interpreter_of_name(path)
    if head.lstrip("\ufeff").startswith(("#!", "{%", "{#")):
        first = interpreter_of_first_line(head)
        return bool(first) if first is not None else named is not None
    return named is not None


def read(source: SourceText) -> list[Fact]:
    """The script; its interpreter is what the first line says, else what the name says."""
    interpreter = interpreter_of_first_line(source.text) or _interpreter_of_name(source.path) or "sh"
    return [Script(source.path, unfilled(source, _template_kind(source)), interpreter)]


def _template_kind(source: SourceText) -> Kind | None:
    suffix = posixpath.splitext(source.path)[1]
    if "{{" not in source.text and "{%" not in source.text:
        return None
    if suffix in _GO_SUFFIXES and "{%" not in source.text:
        return "go"
    named = suffix in _GO_SUFFIXES or suffix in _JINJA_SUFFIXES or "{{" in source.path
    filled = _TEMPLATE_TAG.search(source.text) or _TEMPLATE_VARIABLE.search(source.text)
    return "jinja" if named or filled else None


def _interpreter_of_name(path: str) -> str | None:
    stem, suffix = posixpath.splitext(posixpath.basename(path))
    if suffix in _GO_SUFFIXES or suffix in _JINJA_SUFFIXES:
        suffix = posixpath.splitext(stem)[1]
    return _SUFFIXES.get(suffix)


def interpreter_of_first_line(head: str) -> str | None:
    """The shell that the ``#!`` line names, empty when it names another program, None without such a line."""
    match = _SHEBANG.match(head)
    if match is None:
        return None
    for word in match[1].split():
        name = posixpath.basename(word)
        if name in _SHELLS:
            return name
        if name not in {"env", "with-contenv", "busybox"} and not word.startswith("-") and "=" not in word:
            return ""
    return ""
