"""What commands print, as far as it can be told: ``echo``, ``printf``, a few filters; and what ``read`` makes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.shell.fields import Field, Piece, join, known_text
from flake8_celery_oom.resolve.shell.filters import READING, edited, grepped, unquoted_words
from flake8_celery_oom.resolve.shell.operators import cut, shown

MOST_CHARACTERS = 40_000
"""Longer outputs are not compared."""
MOST_NUMBERS = 100
PRINTING = frozenset({"echo", "printf", *READING})
_CONVERSION = re.compile(r"%(?:[sbdq]|%)")
_CLASSES = {"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:blank:]": " \t", "[:space:]": " \t\n"}


def unknown(source: str, default: str | None = None) -> Piece:
    """A piece of output that can't be told."""
    return Piece(source, hole=Hole(source, default=default, several=True))


def echoed(arguments: Sequence[Field]) -> Field:
    """What ``echo`` prints."""
    words, newline = list(arguments), True
    while words and re.fullmatch(r"-[neE]+", known_text(words[0]) or ""):
        newline = newline and "n" not in (known_text(words.pop(0)) or "")
    return (*join(words), Piece("\n")) if newline else join(words)


def printed(arguments: Sequence[Field]) -> Field:
    """What ``printf`` prints: its format once for each argument that it takes."""
    if not arguments:
        return ()
    form = arguments[0]
    text = known_text(form)
    if text is None or re.search(r"%[^sbdq%]", text):
        return (unknown("printf"),)
    made: list[Piece] = []
    rest = list(arguments[1:])
    while True:
        position, before = 0, len(rest)
        for match in _CONVERSION.finditer(text):
            made.extend(_unescaped(cut(form, position, match.start())))
            value = (Piece("%"),) if match[0] == "%%" else rest.pop(0) if rest else ()
            made.extend(_quoted(value) if match[0] == "%q" else value)
            position = match.end()
        made.extend(_unescaped(cut(form, position, len(text))))
        if not rest or len(rest) == before:
            return tuple(made)


def _quoted(value: Field) -> Field:
    """A value as one word of a command."""
    if re.fullmatch(r"[\w@%+=:,./-]+", shown(value)):
        return value
    if "'" in shown(value):
        return (unknown("printf %q"),)
    return (Piece("'"), *value, Piece("'"))


def _unescaped(value: Field) -> Field:
    return tuple(
        replace(piece, text=piece.text.replace("\\n", "\n").replace("\\t", "\t"), mapped=None)
        if "\\" in piece.text
        else piece
        for piece in value
    )


def filtered(value: Field, words: Sequence[str]) -> Field | None:
    """What a filter of a pipeline prints for an input; None for a filter that is not known."""
    text = known_text(value)
    words = list(words)
    if words and words[0] in {"tee", "cat"}:
        return value
    if text is None:
        return None
    if words[:1] == ["tr"] and len(words) == 3:
        first, second = (_CLASSES.get(word, word) for word in words[1:])
        if words[1] == "-d":
            gone = _characters(second)
            return (Piece("".join(char for char in text if char not in gone)),)
        if (first, second) in {("A-Z", "a-z"), ("a-z", "A-Z")}:
            return (Piece(text.lower() if second == "a-z" else text.upper()),)
        if len(first) == len(second) == 1 or second == "\\n":
            return (Piece(text.replace(first, "\n" if second == "\\n" else second)),)
    if words[:1] == ["cut"]:
        return _cut_fields(text, words[1:])
    if words[:1] in (["grep"], ["egrep"]):
        return grepped(value, words)
    if words[:1] == ["sed"]:
        return edited(value, words)
    if words in (["xargs", "-d", "\\n"], ["xargs", "-d\\n"]):
        return (Piece(" ".join(text.removesuffix("\n").split("\n")) + "\n"),)
    read = unquoted_words(text) if words == ["xargs"] else None
    return (Piece(" ".join(read) + "\n"),) if read is not None else None


def printed_by(name: str, arguments: Sequence[Field], given: Field | None, held: Field | None) -> Field:
    """What a command of PRINTING prints: ``given`` is fed to it, ``held`` is what the file of its last word holds."""
    made: Field | None = None
    if name in {"echo", "printf"}:
        made = echoed(arguments) if name == "echo" else printed(arguments)
    elif name == "cat":
        made = held if len(arguments) == 1 else given
    else:
        words = [known_text(one) for one in arguments]
        source = held if held is not None else given
        own = words[:-1] if held is not None else words
        if source is not None and None not in own:
            made = filtered(source, [name, *(word or "" for word in own)])
    return made if made is not None else (unknown("$(...)"),)


def _characters(written: str) -> str:
    return written.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")


def _cut_fields(text: str, words: Sequence[str]) -> Field | None:
    options = re.fullmatch(r"-d ?(.) -f ?(\d+)|-f ?(\d+) -d ?(.)", " ".join(words))
    if options is None:
        return None
    delimiter, index = options[1] or options[4], int(options[2] or options[3])
    lines = [line.split(delimiter) for line in text.splitlines()]
    return (Piece("\n".join(line[index - 1] if index <= len(line) else "" for line in lines) + "\n"),)


def substituted(output: Field) -> Field:
    """An output as ``$(...)`` gives it: without the line ends behind it."""
    text = shown(output)
    return cut(output, 0, len(text.rstrip("\n")))


def common(outputs: Sequence[Field], usual: int) -> Field:
    """One output for several that are possible: what all begin and end with, and between them what is unknown.

    The default of the unknown piece is what the ``usual`` of the outputs has there.
    """
    chosen = outputs[usual]
    if all(shown(one) == shown(chosen) for one in outputs):
        return chosen
    texts = [shown(one) for one in outputs]
    if any(len(text) > MOST_CHARACTERS for text in texts):
        return (unknown("$(...)"),)
    shortest = min(map(len, texts))
    start = next((i for i in range(shortest) if len({text[i] for text in texts}) > 1), shortest)
    end = next((i for i in range(shortest - start) if len({text[-1 - i] for text in texts}) > 1), shortest - start)
    text = texts[usual]
    middle = cut(chosen, start, len(text) - end)
    hole = unknown("$(...)", known_text(middle))
    return (*cut(chosen, 0, start), hole, *cut(chosen, len(text) - end, len(text)))


def lines_of(value: Field) -> tuple[Field, ...]:
    """The lines of an input."""
    text = shown(value)
    made: list[Field] = []
    position = 0
    for line in text.splitlines(keepends=True):
        made.append(cut(value, position, position + len(line.rstrip("\n"))))
        position += len(line)
    return tuple(made)


def counted(words: Sequence[str | None]) -> list[str] | None:
    """What ``seq`` prints for its arguments: ``seq LAST``, ``seq FIRST LAST``, ``seq FIRST STEP LAST``."""
    if not 0 < len(words) < 4 or not all(word is not None and re.fullmatch(r"-?\d{1,9}", word) for word in words):
        return None
    numbers = [int(word or 0) for word in words]
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) == 3 else 1
    if not step or (numbers[-1] - first) // step > MOST_NUMBERS:
        return None
    return [str(number) for number in range(first, numbers[-1] + (1 if step > 0 else -1), step)]


def split_line(line: Field, separators: str) -> list[Field]:
    """The fields of a line as ``read -a`` splits it: blanks run together, other separators each end a field."""
    text = shown(line)
    if not separators.strip():
        return [cut(line, *match.span()) for match in re.finditer(r"\S+", text)]
    made: list[Field] = []
    start = 0
    for index, char in enumerate(text):
        if char in separators:
            made.append(cut(line, start, index))
            start = index + 1
    return [*made, cut(line, start, len(text))] if start < len(text) else made


def read_into(line: Field, names: Sequence[str], separators: str) -> dict[str, Field]:
    """What ``read`` makes of a line: one field for each name, the last name gets the rest."""
    made: dict[str, Field] = {}
    text = shown(line)
    blank = not separators.strip()
    position = 0
    for index, name in enumerate(names):
        if blank:
            while position < len(text) and text[position] in separators:
                position += 1
        end = position
        if index + 1 < len(names):
            while end < len(text) and text[end] not in separators:
                end += 1
        else:
            end = len(text.rstrip(separators)) if blank else len(text)
        made[name] = cut(line, position, max(end, position))
        position = end + 1
    return made
