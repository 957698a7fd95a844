"""``celery multi``: which nodes an argument list means, and the options of each.

Source: ``celery/bin/multi.py`` of 3.1.26, ``celery/apps/multi.py`` of 4.0.2 to 5.7.0; held against ``multi show``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flake8_celery_oom.celery.grammar import begins_with_dash, head
from flake8_celery_oom.celery.options import table
from flake8_celery_oom.celery.values import integer
from flake8_celery_oom.celery.versions import holds, may_hold
from flake8_celery_oom.celery.worker_command import Refusal
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.word import Word, literal

STARTING_VERBS = frozenset({"start", "restart"})
_RESERVED = ("--nosplash", "--quiet", "-q", "--verbose", "--no-color")
_CONSUMED = frozenset({"--cmd", "--append", "--hostname", "-n", "--prefix", "--suffix", "--range-prefix"})
_NODE_VARIABLE = re.compile(r"node|name|worker", re.IGNORECASE)
MOST_NODES = 512
"""Nodes of one command that are looked at."""

Options = dict[str, tuple[Word, ...]]
"""Options by their spelling, without the node they are for: the words that give each."""


@dataclass(frozen=True, slots=True)
class Node:
    """One worker of ``celery multi``: its name as written, the words of its options, what is wrong with them."""

    name: str
    words: tuple[Word, ...]
    refusals: tuple[Refusal, ...]


@dataclass
class _Arguments:
    """The arguments of a verb, sorted out."""

    names: list[Word] = field(default_factory=list)
    shared: Options = field(default_factory=dict)
    special: dict[str, Options] = field(default_factory=dict)
    """Options for some nodes only, by the text behind the colon (``-c:w1``, ``-c:1,2``)."""
    blanks: list[Word] = field(default_factory=list)
    behind: tuple[Word, ...] = ()
    refusals: list[Refusal] = field(default_factory=list)


def nodes(words: Sequence[Word], version: CeleryVersion) -> list[Node]:
    """The nodes that ``start`` or ``restart`` starts; none for other verbs, and where a node does not exist.

    ``words`` follow the word ``multi``; global options that stood before it are at the end.
    """
    left = [*words]
    for reserved in _RESERVED:
        found = next((index for index, word in enumerate(left) if word.text == reserved), None)
        if found is not None:
            del left[found]
    if not left or left[0].text not in STARTING_VERBS:
        return []
    arguments = _sorted_out(left[1:], version)
    return list(_nodes(arguments, version))


def _sorted_out(words: Sequence[Word], version: CeleryVersion) -> _Arguments:
    found = _Arguments()
    index = 0
    while index < len(words):
        word = words[index]
        following = words[index + 1] if index + 1 < len(words) else None
        value = following if following is not None and not begins_with_dash(following) else None
        text = head(word)
        if word.text == "--":
            found.behind = tuple(words[index:])
            break
        if text.startswith("--"):
            index += _take_long(found, word, value, version)
        elif text.startswith("-"):
            _add(found, word, text, value)
            index += 1 if value is not None else 0
        elif text or _is_node(word, found):
            found.names.append(word)
        elif word.holes:
            found.blanks.append(word)
        index += 1
    return found


def _is_node(word: Word, found: _Arguments) -> bool:
    """Whether a variable stands for nodes rather than for options, as what a template chooses among does."""
    if any(hole.source.startswith("{%") for hole in word.holes):
        return False
    names = [hole.name or hole.source for hole in word.holes]
    return bool(names) and (not found.names or any(map(_NODE_VARIABLE.search, names)))


def _take_long(found: _Arguments, word: Word, value: Word | None, version: CeleryVersion) -> int:
    """Note a long option; how many of the following words are meant to belong to it."""
    spelling = head(word).partition("=")[0]
    option = table(version, with_global=True, with_worker=True).options.get(spelling.partition(":")[0])
    if "=" in head(word) or value is None or option is None or not option.takes_value or len(word.parts) > 1:
        _add(found, word, spelling, None)
        return 0
    joined = f"{word.shown}={value.shown}"
    message = (
        f"celery multi reads {word.shown} as an option without a value and {value.shown} as the name of a node; "
        f"write {joined}"
    )
    found.refusals.append(Refusal("needs-equals", word.at, message, word, option.name, joined))
    _add(found, word, spelling, value)
    return 1


def _add(found: _Arguments, word: Word, spelling: str, value: Word | None) -> None:
    """Note an option, for all nodes or for those behind a colon; the same spelling replaces what was there."""
    name, colon, which = spelling.partition(":")
    if colon:
        word = Word((name + head(word)[len(spelling) :], *word.parts[1:]), word.at)
    options = found.special.setdefault(which, {}) if colon else found.shared
    options[name] = (word,) if value is None else (word, value)


def _nodes(found: _Arguments, version: CeleryVersion) -> Iterator[Node]:
    count = integer(found.names[0].text or "") if len(found.names) == 1 else None
    if count is not None:
        names = [str(number) for number in range(1, min(count, MOST_NODES) + 1)]
    else:
        names = [name.shown for name in found.names[:MOST_NODES]]
    special = _special_by_name(found.special, names, version, counted=count is not None)
    if special is None:
        return
    prefix = _prefix(found.shared, version, counted=count is not None)
    for name in names:
        own = dict(found.shared)
        own.update(special.get(name, special.get(name.partition("@")[0], {})))
        if holds(version, "<4.0") and "@" in name:
            own = {**found.shared, **special.get(name.partition("@")[0], {})}
        words = [word for spelling, given in own.items() if not _is_consumed(spelling, version) for word in given]
        appended = [literal(piece, word.at) for word in own.get("--append", ()) for piece in _appended(word)]
        shown = name if "@" in name else prefix + name
        yield Node(shown, (*words, *found.blanks, *found.behind, *appended), tuple(found.refusals))


def _is_consumed(spelling: str, version: CeleryVersion) -> bool:
    """Whether ``celery multi`` keeps an option to itself; 3.1 knows no ``--range-prefix``."""
    return spelling in _CONSUMED and (spelling != "--range-prefix" or may_hold(version, ">=4.0"))


def _prefix(shared: Options, version: CeleryVersion, *, counted: bool) -> str:
    """What stands before the names of nodes."""
    option = "--range-prefix" if counted and may_hold(version, ">=4.0") else "--prefix"
    words = shared.get(option, ())
    given = words[0].shown.partition("=")[2] if words else ""
    return given or ("celery" if counted else "")


def _appended(word: Word) -> list[str]:
    return (word.text or "").partition("=")[2].split()


def _special_by_name(
    special: dict[str, Options], names: list[str], version: CeleryVersion, *, counted: bool
) -> dict[str, Options] | None:
    """The options of single nodes by the node's name; None when a node is meant that does not exist.

    Numbers mean the place in the list of names; lists (``-c:1,2``) and, where nodes are only counted, ranges
    (``-c:1-3``) mean each of theirs. From 4.0 to 5.6 numbers in a list are names, not places.
    """
    by_name = {which: dict(options) for which, options in special.items()}
    lists_first = not counted and not (holds(version, ">=4.0") and not may_hold(version, ">=5.7"))
    if lists_first or (counted and holds(version, "<4.0")):
        by_name = _split_lists(by_name, counted=counted)
    for which in [*by_name]:
        if which.isdigit():
            place = int(which) - 1
            if not 0 <= place < len(names):
                return None
            by_name.setdefault(names[place], {}).update(by_name[which])
    return by_name if lists_first else _split_lists(by_name, counted=counted)


def _split_lists(special: dict[str, Options], *, counted: bool) -> dict[str, Options]:
    split = {which: options for which, options in special.items() if not _is_list(which, counted=counted)}
    for which, options in special.items():
        if _is_list(which, counted=counted):
            for name in _members(which, counted=counted):
                split[name] = {**split.get(name, {}), **options}
    return split


def _is_list(which: str, *, counted: bool) -> bool:
    return "," in which or (counted and "-" in which)


def _members(which: str, *, counted: bool) -> Iterator[str]:
    for piece in which.split(","):
        first, dash, last = piece.partition("-")
        start, stop = integer(first), integer(last)
        if counted and dash and start is not None and stop is not None:
            yield from (str(number) for number in range(start, min(stop, start + MOST_NODES) + 1))
        else:
            yield piece
