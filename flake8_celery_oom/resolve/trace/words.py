"""Words of commands on their way to a worker: what callers give, defaults that stand for a program, whole commands."""

from __future__ import annotations

import re
from dataclasses import replace

from flake8_celery_oom.celery.programs import NO_LAUNCHERS
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.programs.wrappers import program_name, unwrap
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Field, known_text, word_of
from flake8_celery_oom.resolve.shell.variables import Variables
from flake8_celery_oom.syntax import shell_words

_A_WORKER = re.compile(r"(^|\s)worker(\s|$)")
_OPTION = re.compile(r"(?:\.([a-z]\w*)|\[[\"']([a-z]\w*)[\"']\])\}?\Z")
_FROM = re.compile(r"\[([1-9]\d*):\]\Z")
"""A piece of a Python program that may be an option it was called with: ``args.count``, ``options["count"]``."""


def runs_its_arguments(words: tuple[Word, ...]) -> bool:
    """Whether a program that is not here is called with a celery command: ``/opt/bin/with-secrets celery ...``."""
    if "/" not in (words[0].text or "") or program_name(words[0]) in NO_LAUNCHERS:
        return False
    inner = unwrap(words[1:]).words
    return len(inner) > 1 and program_name(inner[0]) == "celery"


def with_default_program(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """A command whose program is ``${MULTI:-celery multi}``: the words of the default stand for it."""
    first = words[0]
    default = first.default_text if len(first.parts) == 1 and first.text is None else None
    names = (default or "").split()
    return (*(literal(name, first.at) for name in names), *words[1:]) if len(names) > 1 else words


def open_word(word: Word) -> Word:
    """A word that a caller gives, as one that may be several."""
    parts = tuple(part if isinstance(part, str) else replace(part, several=True) for part in word.parts)
    return replace(word, parts=parts)


def filled(word: Word, arguments: tuple[Word, ...], first: int = 1) -> list[Word]:
    """A word of a Python program with what its caller gives for it; the first argument is ``sys.argv[first]``.

    ``sys.argv[1:]`` is all the arguments of a script. Another value that may be several words is the one argument that
    holds a whole worker command, if there is one: that is how a reloading command is told what to run.
    """
    word = with_options(word, arguments)
    if len(word.parts) != 1 or not word.holes:
        return [word]
    if word.holes[0].source.startswith("sys.argv"):
        start = _FROM.search(word.holes[0].source)
        return list(arguments[max(0, int(start[1]) - first) :] if start is not None else arguments)
    whole = [argument for argument in arguments if _A_WORKER.search(argument.shown)]
    if len(whole) != 1 or (not word.several and " " not in whole[0].shown.strip()):
        return [word]
    at = whole[0].at
    expander = Expander(Variables({}))
    text = whole[0].mapped
    if text is None or at is None:
        return [word]
    return [word_of(value, at) for piece in shell_words.split(text) for value in expander.fields(piece)]


def with_options(word: Word, arguments: tuple[Word, ...]) -> Word:
    """A word with the options that the program's caller gives: ``args.count`` is what stands behind ``--count``."""
    given: dict[str, Word] = {}
    for index, argument in enumerate(arguments):
        name, equals, value = (argument.text or "").partition("=")
        if name.startswith("--") and equals:
            given[name[2:].replace("-", "_")] = literal(value, argument.at)
        elif name.startswith("--") and index + 1 < len(arguments):
            given[name[2:].replace("-", "_")] = arguments[index + 1]
    parts: list[str | Hole] = []
    for part in word.parts:
        match = _OPTION.search(part.source) if isinstance(part, Hole) and not part.several else None
        value_given = given.get(match[1] or match[2]) if match is not None else None
        is_one_word = value_given is not None and value_given.text is not None and len(value_given.text.split()) == 1
        parts.extend(value_given.parts if value_given is not None and is_one_word else (part,))
    if tuple(parts) == word.parts:
        return word
    if all(isinstance(part, str) for part in parts):
        parts = ["".join(part for part in parts if isinstance(part, str))]
    return Word(tuple(parts), word.at)


def written(value: Field) -> str:
    """What is written of a path: all of it, or what follows its last unknown piece (``$HERE/start.sh``)."""
    text = known_text(value)
    if text is not None:
        return text
    last = value[-1]
    return last.text if last.hole is None and last.text.startswith("/") else ""
