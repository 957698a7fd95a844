"""Scripts that are templates: a deployment writes them under names of its own, by which others call them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from flake8_celery_oom.core.facts import Launch, Script, ShellText

_TEMPLATE = re.compile(r"(.+)\.(?:j2|jinja2?|tmpl|tpl|erb|in)")


def given_arguments(scripts: Iterable[Script], launches: Iterable[Launch]) -> Iterator[str]:
    """The paths of the templates that some launch calls with arguments, under a name that ends like theirs."""
    names = {script.path: match[1] for script in scripts if (match := _TEMPLATE.fullmatch(_name(script.path)))}
    if not names:
        return
    texts = [_text(launch) for launch in launches]
    for path, name in names.items():
        called = re.compile(rf"(?<![A-Za-z0-9.]){re.escape(name)}[\"']?(?:\s|\\\n)+[^\s;&|]")
        if any(called.search(text) for text in texts):
            yield path


def _name(path: str) -> str:
    return posixpath.basename(path)


def _text(launch: Launch) -> str:
    pieces = []
    for command in (launch.entrypoint, launch.command):
        if isinstance(command, ShellText):
            pieces.append(command.text.text)
        elif command is not None:
            pieces.extend(word.shown for word in command.words)
    return " ".join(pieces)
