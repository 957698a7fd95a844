"""Functions of texts: those of sprig and Go that keep the places of what they are given come first."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

from flake8_celery_oom.resolve.helm.calling import (
    LONGEST,
    Undecided,
    function,
    integer_of,
    made,
    plain,
    plainly,
    rope_of,
    text_of,
)
from flake8_celery_oom.resolve.helm.ropes import Rope, Spot, join
from flake8_celery_oom.resolve.helm.values import (
    Items,
    Number,
    Table,
    Unknown,
    Value,
    hole_of,
    number_text,
    printed,
    quoted,
)

_FORMAT = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>(?:[1-9]\d*)?)(?:\.(?P<precision>\d*))?(?P<verb>[a-zA-Z%])")
_BLANK = " \t\r\n\v\f"


def _text(value: Value, spot: Spot) -> Rope:
    """A text that may have holes; Helm refuses what is no text."""
    if isinstance(value, Unknown):
        return hole_of(value, spot)
    if isinstance(value, Rope):
        return value
    raise Undecided


@function("toString")
def _to_string(arguments: list[Value], spot: Spot) -> Value:
    (value,) = arguments
    if isinstance(value, Unknown):
        return value
    return Rope.at(spot, "<nil>") if value is None else rope_of(value, spot)


def _indented(*, fresh: bool) -> Callable[[list[Value], Spot], Value]:
    def built(arguments: list[Value], spot: Spot) -> Value:
        spaces, value = arguments
        width = integer_of(spaces)
        if not 0 <= width <= 1_000:
            raise Undecided
        rope = _text(value, spot)
        if len(rope) + width * (rope.text.count("\n") + 1) > LONGEST:
            raise Undecided
        body = rope.padded(Rope.at(spot, " " * width))
        return Rope.at(spot, "\n") + body if fresh else body

    return built


function("indent")(_indented(fresh=False))
function("nindent")(_indented(fresh=True))


@function("trim")
def _trim(arguments: list[Value], spot: Spot) -> Value:
    (value,) = arguments
    return value if isinstance(value, Unknown) else _text(value, spot).stripped(_BLANK)


@function("trimAll")
def _trim_all(arguments: list[Value], spot: Spot) -> Value:
    return _text(arguments[1], spot).stripped(text_of(arguments[0]))


@function("trimPrefix")
def _trim_prefix(arguments: list[Value], spot: Spot) -> Value:
    prefix, rope = text_of(arguments[0]), _text(arguments[1], spot)
    first = rope.pieces[0] if rope.pieces else None
    if first is None or first.hole is not None or not rope.text.startswith(prefix):
        return rope
    return rope.cut(len(prefix), len(rope))


@function("trimSuffix")
def _trim_suffix(arguments: list[Value], spot: Spot) -> Value:
    suffix, rope = text_of(arguments[0]), _text(arguments[1], spot)
    last = rope.pieces[-1] if rope.pieces else None
    if last is None or last.hole is not None or not suffix or not rope.text.endswith(suffix):
        return rope
    return rope.cut(0, len(rope) - len(suffix))


@function("trunc")
def _trunc(arguments: list[Value], spot: Spot) -> Value:
    """The first characters, or the last. A name with a hole in it is taken to be short enough (``trunc 63``)."""
    length, rope = integer_of(arguments[0]), _text(arguments[1], spot)
    if any(rope.holes):
        if length < 20:
            raise Undecided
        return rope
    return rope.cut(0, length) if length >= 0 else rope.cut(max(len(rope) + length, 0), len(rope))


def _each(change: Callable[[str], str]) -> Callable[[list[Value], Spot], Value]:
    def built(arguments: list[Value], spot: Spot) -> Value:
        (value,) = arguments
        if isinstance(value, Unknown):
            raise Undecided
        return _text(value, spot).replaced(change)

    return built


function("lower")(_each(str.lower))
function("upper")(_each(str.upper))
function("nospace")(_each(lambda char: "" if char.isspace() else char))


@function("replace")
def _replace(arguments: list[Value], spot: Spot) -> Value:
    old, new, value = arguments
    one, other, rope = text_of(old), text_of(new), _text(value, spot)
    if isinstance(value, Unknown) or not one:
        raise Undecided
    if len(one) == 1:
        return rope.replaced(lambda char: other if char == one else char)
    return made(text_of(rope).replace(one, other), spot)


@function("print", "println")
def _print(arguments: list[Value], spot: Spot) -> Value:
    """Go puts a blank between two operands when neither is a text."""
    ropes: list[Rope] = []
    for index, value in enumerate(arguments):
        if index and not isinstance(value, Rope) and not isinstance(arguments[index - 1], Rope):
            ropes.append(Rope.at(spot, " "))
        ropes.append(Rope.at(spot, "<nil>") if value is None else _printed(value, spot))
    return join(ropes)


@function("cat")
def _cat(arguments: list[Value], spot: Spot) -> Value:
    return join((_printed(value, spot) for value in arguments if value is not None), Rope.at(spot, " "))


def _printed(value: Value, spot: Spot) -> Rope:
    shown = printed(value, spot)
    return hole_of(shown, spot) if isinstance(shown, Unknown) else shown


@function("printf")
def _printf(arguments: list[Value], spot: Spot) -> Value:
    """Go's ``Sprintf`` for the verbs that charts use."""
    pattern, values = text_of(arguments[0]), arguments[1:]
    made_of: list[Rope] = []
    position = used = 0
    for match in _FORMAT.finditer(pattern):
        made_of.append(Rope.at(spot, pattern[position : match.start()]))
        position = match.end()
        if match["verb"] == "%":
            made_of.append(Rope.at(spot, "%"))
            continue
        if used >= len(values):
            raise Undecided
        made_of.append(_formatted(match, values[used], spot))
        used += 1
    if used < len(values):
        raise Undecided
    return join([*made_of, Rope.at(spot, pattern[position:])])


def _formatted(match: re.Match[str], value: Value, spot: Spot) -> Rope:
    verb, plain_verb = match["verb"], not match["flags"] and not match["width"] and match["precision"] is None
    if isinstance(value, Unknown):
        return hole_of(value, spot)
    if plain_verb and verb == "v":
        return Rope.at(spot, "<nil>") if value is None else rope_of(value, spot)
    if plain_verb and verb == "s" and isinstance(value, Rope):
        return value
    if plain_verb and verb == "d" and isinstance(value, Number) and type(value.value) is int:
        return rope_of(value, spot)
    if plain_verb and verb == "t" and isinstance(value, Number) and isinstance(value.value, bool):
        return rope_of(value, spot)
    if plain_verb and verb == "q" and isinstance(value, Rope):
        return Rope.at(spot, '"') + value.replaced(lambda char: quoted(char)[1:-1]) + Rope.at(spot, '"')
    return Rope.at(spot, _padded(match, plain(value)))


def _padded(match: re.Match[str], value: object) -> str:
    verb, flags, width = match["verb"], match["flags"], int(match["width"][:3] or 0)
    if verb == "d" and type(value) is int:
        return f"{value:{'0' if '0' in flags else ''}{width or ''}d}" if "-" not in flags else f"{value:<{width}d}"
    if verb in "sv" and isinstance(value, str):
        return value.ljust(width) if "-" in flags else value.rjust(width)
    if verb == "f" and type(value) is float:
        return f"{value:{width or ''}.{int(match['precision'] or 6) if match['precision'] != '' else 0}f}"
    if verb in "xX" and type(value) is int:
        return f"{value:{verb}}"
    raise Undecided


@function("join")
def _join(arguments: list[Value], spot: Spot) -> Value:
    """Texts in a row; what is no list counts as a list of one, and nil is left out."""
    between, value = Rope.at(spot, text_of(arguments[0])), arguments[1]
    if isinstance(value, (Unknown, Table)):
        raise Undecided
    items = value.items if isinstance(value, Items) else [value]
    return join((_printed(item, spot) for item in items if item is not None), between)


@function("splitList")
def _split_list(arguments: list[Value], spot: Spot) -> Value:
    return Items(list(_split(arguments, spot)))


@function("split")
def _split_map(arguments: list[Value], spot: Spot) -> Value:
    return Table({f"_{index}": part for index, part in enumerate(_split(arguments, spot))})


def _split(arguments: list[Value], spot: Spot) -> list[Rope]:
    separator, rope = text_of(arguments[0]), _text(arguments[1], spot)
    text = text_of(rope)
    if not separator:
        return [rope.cut(index, index + 1) for index in range(len(text))]
    parts, position = [], 0
    for part in text.split(separator):
        parts.append(rope.cut(position, position + len(part)))
        position += len(part) + len(separator)
    return parts


@function("repeat")
def _repeat(arguments: list[Value], spot: Spot) -> Value:
    count, text = integer_of(arguments[0]), text_of(arguments[1])
    if count < 0 or count * len(text) > LONGEST:
        raise Undecided
    return made(text * count, spot)


@function("regexMatch", "mustRegexMatch")
def _regex_match(arguments: list[Value], spot: Spot) -> Value:
    return Number(_pattern(arguments[0]).search(text_of(arguments[1])) is not None)


@function("regexReplaceAll", "mustRegexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAllLiteral")
def _regex_replace(arguments: list[Value], spot: Spot) -> Value:
    pattern, text, new = _pattern(arguments[0]), text_of(arguments[1]), text_of(arguments[2])
    if "$" in new or "\\" in new:
        raise Undecided
    return made(pattern.sub(lambda _: new, text), spot)


_SIMPLE_PATTERN = re.compile(r"(?:[\w\s/:.,@=^$\-]|\\[.dws\-/]|\[[\w\s.\-^/:]+\][+*?]?|[+](?![+*?]))*")
"""Patterns that Python and Go read alike and that no text makes slow: no groups, no repeated repetition."""


def _pattern(value: Value) -> re.Pattern[str]:
    written = text_of(value)
    if len(written) > 200 or _SIMPLE_PATTERN.fullmatch(written) is None:
        raise Undecided
    try:
        return re.compile(written, re.ASCII)
    except re.error as error:
        raise Undecided from error


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


@plainly("title")
def _title(text: object) -> str:
    return re.sub(r"(?<!\S)\S", lambda match: match[0].upper(), _string(text))


@plainly("untitle")
def _untitled(text: object) -> str:
    return re.sub(r"(?<!\S)\S", lambda match: match[0].lower(), _string(text))


@plainly("contains")
def _contains(part: object, text: object) -> bool:
    return _string(part) in _string(text)


@plainly("hasPrefix")
def _has_prefix(part: object, text: object) -> bool:
    return _string(text).startswith(_string(part))


@plainly("hasSuffix")
def _has_suffix(part: object, text: object) -> bool:
    return _string(text).endswith(_string(part))


@plainly("substr")
def _substr(start: object, end: object, text: object) -> str:
    first, last = int(str(start)), int(str(end))
    whole = _string(text)
    return whole[:last] if first < 0 else whole[first : last if 0 <= last <= len(whole) else None]


@plainly("b64enc")
def _b64enc(text: object) -> str:
    return base64.b64encode(_string(text).encode()).decode()


@plainly("b64dec")
def _b64dec(text: object) -> str:
    return base64.b64decode(_string(text), validate=True).decode()


@plainly("sha256sum")
def _sha256sum(text: object) -> str:
    return hashlib.sha256(_string(text).encode("utf-8", "surrogateescape")).hexdigest()


@plainly("kebabcase")
def _kebabcase(text: object) -> str:
    return _words_between(_string(text), "-")


@plainly("snakecase")
def _snakecase(text: object) -> str:
    return _words_between(_string(text), "_")


def _words_between(text: str, mark: str) -> str:
    """``fooBar`` as ``foo-bar``; only for what all readings of sprig's rules agree on."""
    if not re.fullmatch(r"[a-z0-9]+(?:[A-Z][a-z0-9]+)*(?:[-_ ][a-z0-9]+)*", text):
        raise ValueError
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: mark + match[1], re.sub(r"[-_ ]", mark, text)).lower()


@plainly("toStrings")
def _to_strings(values: object) -> list[str]:
    made: list[str] = []
    for item in values if isinstance(values, list) else [values]:
        if not isinstance(item, (str, bool, int, float)):
            raise TypeError
        made.append(item if isinstance(item, str) else number_text(item))
    return made
