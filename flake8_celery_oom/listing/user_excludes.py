"""The excludes file of the user who runs the program: ``core.excludesFile``, else git's default place.

Only the configuration of the machine and of the user is read (git-config(1)), never that of a repository. Sections
under a condition (``includeIf``) are passed over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from flake8_celery_oom.listing.regular_file import read_regular_file

_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 10
_SECTION = re.compile(r'\[\s*([A-Za-z0-9.-]+)\s*(?:"(?:[^"\\]|\\.)*"\s*)?\]')
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$")
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", '"': '"', "\\": "\\"}


def user_excludes_file() -> str:
    """The path of the file; it may be absent. Empty where the user's configuration names none."""
    chosen = None
    for path in _configurations():
        for key, value in _settings(path, 0):
            if key == "core.excludesfile":
                chosen = value
    if chosen is None:
        chosen = os.path.join(_xdg_home(), "git", "ignore")
    path = os.path.expanduser(chosen)
    return path if os.path.isabs(path) else ""


def _xdg_home() -> str:
    return os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")


def _configurations() -> Iterator[str]:
    """The files that git reads outside a repository, the last one counts most."""
    if not os.environ.get("GIT_CONFIG_NOSYSTEM"):
        yield os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"
    own = os.environ.get("GIT_CONFIG_GLOBAL")
    if own is not None:
        yield own
        return
    yield os.path.join(_xdg_home(), "git", "config")
    yield os.path.join(os.path.expanduser("~"), ".gitconfig")


def _settings(path: str, depth: int) -> Iterator[tuple[str, str]]:
    """``section.key`` in lower case and value of each setting, with those of included files in their place."""
    data = read_regular_file(path, _MAX_BYTES, follow_links=True) if path and depth < _MAX_DEPTH else None
    if data is None:
        return
    section = ""
    for line in os.fsdecode(data).replace("\r\n", "\n").replace("\\\n", "").split("\n"):
        text = line.strip()
        if found := _SECTION.match(text):
            section = found[1].lower() if '"' not in found[0] else ""
            text = text[found.end() :].strip()
        if found := _KEY.match(text):
            value = _value(found[2] or "")
            if section == "include" and found[1].lower() == "path":
                included = os.path.expanduser(value)
                yield from _settings(os.path.join(os.path.dirname(path), included), depth + 1)
            yield f"{section}.{found[1].lower()}", value


def _value(text: str) -> str:
    """A value without its quotes, escapes and comment."""
    result, quoted, position = "", False, 0
    while position < len(text):
        character = text[position]
        position += 1
        if character == '"':
            quoted = not quoted
        elif character == "\\" and position < len(text):
            result += _ESCAPES.get(text[position], text[position])
            position += 1
        elif character in "#;" and not quoted:
            break
        else:
            result += character
    return result if quoted or text.endswith('"') else result.rstrip()
