"""Justfiles: every line of a recipe is something that ``just <recipe>`` hands to a shell."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Argv, EnvironmentSource, Fact, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import literal

KIND = "justfile"
TITLE = "justfiles"
NAMES = ("justfile", ".justfile", "*.just")

_SHELL = re.compile(r"(?:.*[/ ])?(?:ba|da|a|k|z)?sh(?:\s.*)?")


def claims(path: str, head: str) -> bool:
    """``justfile`` in any case, ``.justfile``, ``*.just``."""
    name = posixpath.basename(path)
    return (name.lower() in {"justfile", ".justfile"} or name.endswith(".just")) and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch a line; a recipe with a ``#!`` line for a shell is one Launch. An alias is the command ``just x``."""
    from flake8_celery_oom.syntax import justfile

    parsed = justfile.parse(source)
    folder = posixpath.dirname(source.path)
    dotenv = parsed.settings.get("dotenv-load") or parsed.settings.get("dotenv-path")
    files: tuple[EnvironmentSource, ...] = ()
    if dotenv is not None and dotenv[0] != "false":
        path = dotenv[0].strip("'\"") if "dotenv-path" in parsed.settings else ".env"
        files = (EnvironmentSource("file", path, dotenv[1], posixpath.normpath(posixpath.join(folder, path))),)
    facts: list[Fact] = []
    for recipe in parsed.recipes:
        if recipe.interpreter is not None and not _SHELL.fullmatch(recipe.interpreter):
            continue
        for line in recipe.lines:
            facts.append(
                Launch(
                    KIND,
                    recipe.name,
                    line.at,
                    ShellText(line.text, line.at),
                    environment=recipe.environment,
                    environment_from=files,
                    workdir=folder or ".",
                )
            )
    for name, target, at in parsed.aliases:
        facts.append(
            Launch(KIND, name, at, Argv((literal("just", at), literal(target, at)), at), workdir=folder or ".")
        )
    return facts
