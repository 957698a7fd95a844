"""Words of commands on their way to a worker: what callers give, defaults that stand for a program, whole commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from flake8_celery_oom.celery.programs import NO_LAUNCHERS
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.programs.wrappers import program_name, unwrap
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import word_of
from flake8_celery_oom.resolve.shell.variables import Variables
from flake8_celery_oom.syntax import shell_words

_SUBCOMMANDS = frozenset({"worker", "multi"})
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


def with_default_subcommand(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """A command whose subcommand is ``${WHAT:-worker}``: the words of the default stand for it.

    Only what names the subcommand is taken as said; the default's other words stay what they are by default.
    """
    made: list[Word] = []
    for word in words:
        hole = word.parts[0] if len(word.parts) == 1 and isinstance(word.parts[0], Hole) else None
        names = (hole.default or "").split() if hole is not None else []
        if hole is None or not _SUBCOMMANDS.intersection(names):
            made.append(word)
            continue
        for name in names:
            part = name if name in _SUBCOMMANDS else replace(hole, default=name, several=False)
            made.append(Word((part,), word.at))
    return tuple(made)


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
    """A word with the options that the program's caller gives: ``args.count`` is what stands behind ``--count``.

    An option that the caller does not give is its default, where all of the arguments are seen.
    """
    given = _given_options(arguments)
    parts: list[str | Hole] = []
    for part in word.parts:
        value = _option_value(part, given) if isinstance(part, Hole) and not part.several else None
        is_one_word = value is not None and value.text is not None and len(value.text.split()) == 1
        if value is not None and is_one_word:
            parts.extend(value.parts)
        elif value is not None and isinstance(part, Hole):
            parts.append(replace(part, default=None))
        else:
            parts.append(_default_of(part, arguments) if isinstance(part, Hole) else part)
    return _word_of(parts, word.at) if tuple(parts) != word.parts else word


def with_variables(word: Word, environment: Mapping[str, Word]) -> Word:
    """A word of a Python program with what its environment gives for ``os.getenv("N", 4)``.

    Text of several words is left unknown: how the program divides it is not seen.
    """
    parts: list[str | Hole] = []
    at = word.at
    for part in word.parts:
        value = environment.get(part.name) if isinstance(part, Hole) and part.name else None
        if value is None or not isinstance(part, Hole):
            parts.append(part)
        elif value.text is not None and len(value.text.split()) == 1 and not part.several:
            parts.append(value.text.strip())
            at = value.at or at
        else:
            parts.append(replace(part, default=value.default_text or None))
    return _word_of(parts, at) if tuple(parts) != word.parts else word


def _word_of(parts: list[str | Hole], at: Location | None) -> Word:
    if all(isinstance(part, str) for part in parts):
        parts = ["".join(part for part in parts if isinstance(part, str))]
    return Word(tuple(parts), at)


def _given_options(arguments: tuple[Word, ...]) -> dict[str, Word]:
    """The values that stand behind options, by the option as it is written."""
    given: dict[str, Word] = {}
    for index, argument in enumerate(arguments):
        name, equals, value = (argument.text or "").partition("=")
        if not name.startswith("-"):
            continue
        if name.startswith("--") and equals:
            given[name] = literal(value, argument.at)
        elif index + 1 < len(arguments):
            given[name] = arguments[index + 1]
        if not name.startswith("--") and len(name) > 2:
            given[name[:2]] = literal((argument.text or "")[2:], argument.at)
    return given


def _option_value(hole: Hole, given: dict[str, Word]) -> Word | None:
    named = next((given[name] for name in hole.options if name in given), None)
    match = _OPTION.search(hole.source) if named is None and not hole.options else None
    if match is None:
        return named
    wanted = match[1] or match[2]
    return next((value for name, value in given.items() if name[2:].replace("-", "_") == wanted), None)


def _default_of(hole: Hole, arguments: tuple[Word, ...]) -> str | Hole:
    """The default of an option that the caller does not give; the hole itself where that is not known."""
    default = hole.default if hole.options else None
    return default if default is not None and _all_seen(arguments, hole.options) else hole


def _all_seen(arguments: tuple[Word, ...], options: tuple[str, ...]) -> bool:
    """Whether none of the options is among the arguments, nor can be in what is not known of them.

    A variable right behind another option is that option's value.
    """
    for index, argument in enumerate(arguments):
        before = arguments[index - 1].text or "" if index else ""
        if argument.text is None and not (before.startswith("-") and "=" not in before):
            return False
        if (argument.text or "").partition("=")[0].startswith(options):
            return False
    return True
