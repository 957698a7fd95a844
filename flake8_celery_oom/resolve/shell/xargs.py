"""``xargs``: the command lines that it makes of its own words and of what it reads (xargs(1), GNU)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.shell.fields import Field, Piece, known_text, split_fields
from flake8_celery_oom.resolve.shell.output import lines_of

MAX_COMMANDS = 32
_VALUED = frozenset(
    "-n -L -I -P -d -E -s -a --max-args --max-lines --replace --max-procs --delimiter --arg-file".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class _Options:
    most: int | None = None
    by_line: bool = False
    replaced: str = ""
    nothing_when_empty: bool = False
    readable: bool = True
    """Whether what is read is split at blanks or lines, and comes from the standard input."""


def command_lines(words: Sequence[Field], given: Field | None) -> Iterator[list[Field]]:
    """The commands that ``xargs words`` runs for an input; what is not known of the input is unknown in them."""
    options, command = _options(words)
    if not command:
        return
    if given is None or not options.readable or any(char in "\"'\\" for char in _plain(given)):
        yield _with_unknown(command, options)
        return
    lines = [line for line in lines_of(given) if line]
    if options.replaced:
        for line in lines[:MAX_COMMANDS]:
            yield [_replaced(word, options.replaced, _stripped(line)) for word in command]
        return
    groups = [_words(line) for line in lines] if options.by_line else [[one for line in lines for one in _words(line)]]
    groups = [group for group in groups if group]
    if not groups and not options.nothing_when_empty:
        yield list(command)
    made = 0
    for group in groups:
        size = options.most or len(group)
        for start in range(0, len(group), size):
            made += 1
            if made > MAX_COMMANDS:
                return
            yield [*command, *group[start : start + size]]


def _options(words: Sequence[Field]) -> tuple[_Options, list[Field]]:
    texts = [known_text(word) or "" for word in words]
    options = _Options()
    index = 0
    while index < len(texts) and texts[index].startswith("-") and len(texts[index]) > 1:
        text = texts[index]
        index += 1
        name, equals, value = text.partition("=")
        if not text.startswith("--") and len(text) > 2 and text[:2] in _VALUED:
            name, value = text[:2], text[2:]
        elif text in _VALUED and text != "--replace":
            value = texts[index] if index < len(texts) else ""
            index += 1
        options = _with_option(options, name, value if value or not equals else "")
    return options, list(words[index:])


def _with_option(options: _Options, name: str, value: str) -> _Options:
    if name in {"-n", "--max-args"}:
        return replace(options, most=int(value) if value.isdigit() and value != "0" else None)
    if name in {"-L", "--max-lines"}:
        return replace(options, by_line=value == "1", readable=options.readable and value == "1")
    if name in {"-I", "-i", "--replace"}:
        return replace(options, replaced=value or "{}")
    if name in {"-r", "--no-run-if-empty"}:
        return replace(options, nothing_when_empty=True)
    if name in {"-0", "--null", "-d", "--delimiter", "-a", "--arg-file", "-E"}:
        return replace(options, readable=False)
    return options


def _plain(value: Field) -> str:
    return "".join(piece.text for piece in value if piece.hole is None)


def _words(line: Field) -> list[Field]:
    return list(split_fields(tuple(replace(piece, quoted=False) for piece in line)))


def _stripped(line: Field) -> Field:
    first = line[0]
    return line if first.hole is not None else (first.cut(_blanks(first), len(first.text)), *line[1:])


def _blanks(piece: Piece) -> int:
    return len(piece.text) - len(piece.text.lstrip(" \t"))


def _unknown(*, several: bool) -> Piece:
    return Piece("$(xargs)", hole=Hole("what xargs reads", several=several))


def _with_unknown(command: list[Field], options: _Options) -> list[Field]:
    if options.replaced:
        return [_replaced(word, options.replaced, (_unknown(several=False),)) for word in command]
    return [*command, (_unknown(several=True),)]


def _replaced(word: Field, mark: str, value: Field) -> Field:
    """A word with the line in place of the mark."""
    made: list[Piece] = []
    for piece in word:
        if piece.hole is not None or mark not in piece.text:
            made.append(piece)
            continue
        position = 0
        while (found := piece.text.find(mark, position)) >= 0:
            made += [*([piece.cut(position, found)] if found > position else []), *value]
            position = found + len(mark)
        if position < len(piece.text):
            made.append(piece.cut(position, len(piece.text)))
    return tuple(made)
