"""How a value of a project is quoted in a message: nothing that may be a secret is printed again."""

from __future__ import annotations

import re

HIDDEN = "***"
_WORDS = frozenset(
    """
    auto all cpu cpus default false high inf infinity low max maximum min minimum nil no none null off on true
    undefined unlimited unset yes half few many zero one two three four five six seven eight nine ten twelve sixteen
    custom eventlet gevent prefork processes solo threads
    amqp beat call celery celeryd control events flower graph inspect list logtool migrate multi purge report result
    shell status upgrade worker workers
    critical debug error fatal info warning fair
    """.split()  # noqa: SIM905
)
_NUMBER = re.compile(
    r"[-+~<>=!]{0,3}[\d.,_]{1,20}(?:e[-+]?\d{1,5})?(?: ?[A-Za-z%/]{1,5})?(?:,[\d.]{1,20})?", re.IGNORECASE
)
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w{0,60}\}?|%\([A-Za-z_]\w{0,60}\)s|\$\([A-Za-z_]\w{0,60}\)")
_OPTION = re.compile(r"--?[A-Za-z][A-Za-z_-]{0,40}")

_SETTING = re.compile(r"[A-Za-z]{1,40}(?:[._][A-Za-z]{1,40}){1,10}")
_PATH = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+")


def value_called(value: object) -> str:
    """How a sentence begins that is about a value: with it in quotes, or with ``the value`` where it is not shown."""
    shown = quoted(value)
    return "the value" if shown == HIDDEN else shown


def quoted(value: object) -> str:
    """``'200MB'``: a value in quotes where it looks like a number, an amount, a variable, an option or a known word.

    Anything else, which may be a password in the wrong place, is ``***``.
    """
    if not isinstance(value, str):
        return repr(value)
    text = value.strip()
    name, equals, assigned = text.partition("=")
    if equals and _SETTING.fullmatch(name):
        return repr(value) if quoted(assigned) != HIDDEN else f"'{name}={HIDDEN}'"
    known = text.lower().strip("'\"") in _WORDS or not text
    return repr(value) if known or any(one.fullmatch(text) for one in (_NUMBER, _VARIABLE, _OPTION)) else HIDDEN


def quoted_word(word: str) -> str:
    """``--concurrency=4``: a word of a command line, without what :func:`quoted` would not show of its value."""
    name, equals, value = word.partition("=")
    return word if not equals or quoted(value) != HIDDEN else f"{name}={HIDDEN}"


def quoted_name(name: str) -> str:
    """The name of a pool: one that is known, an unknown one (``gevent?``) or the path of a class."""
    text = name.removesuffix("?")
    return name if quoted(text) != HIDDEN or _PATH.fullmatch(text) or not text else HIDDEN
