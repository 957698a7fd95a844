"""The functions of GNU make that work on plain text (GNU make manual, "Functions for Transforming Text")."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

MAX_RESULT = 20_000
_ECHO = re.compile(r"\s*(?:echo|printf)\s+(?:'([\w\s./:=,@+-]*)'\s*|\"([\w\s./:=,@+-]*)\"\s*|([\w\s./:=,@+-]*))\Z")


def applied(name: str, arguments: Sequence[str]) -> str | None:
    """What a function makes of its arguments; None for one that is not known, or that asks the system."""
    function = _FUNCTIONS.get(name)
    if function is None:
        return None
    needed, call = function
    if len(arguments) < needed:
        return None
    made = call(*arguments[: needed - 1], ",".join(arguments[needed - 1 :]))
    return made if made is not None and len(made) <= MAX_RESULT else None


def substituted(pattern: str, replacement: str, text: str) -> str:
    """``$(patsubst pattern,replacement,text)``; also what ``$(name:a=b)`` does with ``%`` before both."""
    return " ".join(_one_substituted(pattern, replacement, word) for word in text.split())


def _one_substituted(pattern: str, replacement: str, word: str) -> str:
    before, percent, behind = pattern.partition("%")
    if not percent:
        return replacement if word == pattern else word
    if len(word) < len(before) + len(behind) or not word.startswith(before) or not word.endswith(behind):
        return word
    stem = word[len(before) : len(word) - len(behind)]
    return replacement.replace("%", stem, 1)


def _matches(pattern: str, word: str) -> bool:
    before, percent, behind = pattern.partition("%")
    if not percent:
        return word == pattern
    return len(word) >= len(before) + len(behind) and word.startswith(before) and word.endswith(behind)


def _filtered(patterns: str, text: str, *, keep: bool) -> str:
    wanted = patterns.split()
    return " ".join(word for word in text.split() if any(_matches(one, word) for one in wanted) is keep)


def _nth(index: str, text: str) -> str | None:
    words = text.split()
    if not index.strip().isdigit() or int(index) < 1:
        return None
    return words[int(index) - 1] if int(index) <= len(words) else ""


def _list(first: str, last: str, text: str) -> str | None:
    if not (first.strip().isdigit() and last.strip().isdigit()) or int(first) < 1:
        return None
    return " ".join(text.split()[int(first) - 1 : int(last)])


def _joined(first: str, second: str) -> str:
    left, right = first.split(), second.split()
    longest = max(len(left), len(right))
    pad = [""] * longest
    return " ".join(a + b for a, b in zip((left + pad)[:longest], (right + pad)[:longest], strict=True))


def _folder(name: str) -> str:
    head, slash, _ = name.rpartition("/")
    return f"{head}/" if slash else "./"


def _suffix(name: str) -> str:
    return posixpath.splitext(posixpath.basename(name))[1]


def _stem(name: str) -> str:
    return name[: len(name) - len(_suffix(name))]


def _each(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: " ".join(filter(None, map(change, text.split())))


def shell_output(command: str) -> str | None:
    """What ``$(shell ...)`` gives for a command that only prints plain words."""
    match = _ECHO.match(command)
    return " ".join(next(filter(None, match.groups()), "").split()) if match is not None else None


_FUNCTIONS: Mapping[str, tuple[int, Callable[..., str | None]]] = {
    "subst": (3, lambda old, new, text: text.replace(old, new) if old else text + new),
    "patsubst": (3, lambda old, new, text: substituted(old.strip(), new.strip(), text)),
    "strip": (1, lambda text: " ".join(text.split())),
    "findstring": (2, lambda part, text: part if part in text else ""),
    "filter": (2, lambda patterns, text: _filtered(patterns, text, keep=True)),
    "filter-out": (2, lambda patterns, text: _filtered(patterns, text, keep=False)),
    "sort": (1, lambda text: " ".join(sorted(set(text.split())))),
    "word": (2, _nth),
    "wordlist": (3, _list),
    "words": (1, lambda text: str(len(text.split()))),
    "firstword": (1, lambda text: (text.split() or [""])[0]),
    "lastword": (1, lambda text: (text.split() or [""])[-1]),
    "dir": (1, _each(_folder)),
    "notdir": (1, _each(lambda name: name.rpartition("/")[2])),
    "suffix": (1, _each(_suffix)),
    "basename": (1, _each(_stem)),
    "addsuffix": (2, lambda suffix, text: " ".join(word + suffix for word in text.split())),
    "addprefix": (2, lambda prefix, text: " ".join(prefix + word for word in text.split())),
    "join": (2, _joined),
    "error": (1, lambda _: ""),
    "warning": (1, lambda _: ""),
    "info": (1, lambda _: ""),
    "shell": (1, shell_output),
}
