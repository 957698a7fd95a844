"""PowerShell scripts: the commands that they start, with variables filled in where the file alone says them.

Sources: Microsoft's "about_Parsing", "about_Quoting_Rules", "about_Variables" and the page of ``Start-Process``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.syntax.substitution import as_hole, joined

MAX_TOKENS = 60_000
MAX_LENGTH = 20_000
MAX_ITEMS = 200
MAX_WORD = 4_000
_SPACE = re.compile(r"(?:[ \t]|`\r?\n)+")
_COMMENT = re.compile(r"#[^\n]*")
_HERE = re.compile(r"@([\"'])[ \t]*\r?\n(.*?)\r?\n\1@", re.DOTALL)
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE = re.compile(r"\"((?:[^\"`]|`.|\"\")*)\"", re.DOTALL)
_BARE = re.compile(r"(?:`[^\r\n]|\$\{[^}\n]*\}|[^\s;|&(){},`'\"]|&(?!&))+")
_BARE_LIST = re.compile(r"[^\s;|&(){},`'\"$@#]{1,99}(?:,[^\s;|&(){},`'\"$@]{1,99}){1,40}(?=[\s;|)}]|\Z)")
"""``low,high`` behind an option: one word here, though PowerShell gives a program two."""
_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>[^}\n]+)\}|(?P<plain>(?:env:)?\w+))(?P<member>(?:\.\w+|\[[^\]\n]*\])*)", re.IGNORECASE
)
_PLAIN_VARIABLE = re.compile(r"[$@](?:env:)?\w+\Z", re.IGNORECASE)
_STARTERS = frozenset({"start-process", "saps", "start"})
_SWITCHES = frozenset(
    {"-wait", "-passthru", "-nonewwindow", "-usenewenvironment", "-loaduserprofile", "-confirm", "-whatif"}
)
_TEXT_RUNNERS = frozenset({"invoke-expression", "iex"})
_SHELLS = re.compile(r"(?:.*[\\/])?(?:powershell|pwsh)(?:\.exe)?\Z", re.IGNORECASE)
_COMMAND_OPTION = re.compile(r"-c(?:ommand)?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PowerShellCommand:
    """One command: its words, where it stands, and the variables of the environment that are set before it.

    ``listed``: its arguments are items of a list (``"-m", "celery"``).
    """

    words: tuple[Word, ...]
    at: Location
    environment: Mapping[str, Word]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, or a sign that stands for itself (``;``, ``|``, a bracket, a comma, a line end).

    ``literal`` words are quoted and hold no variables any more.
    """

    kind: str
    text: MappedText
    literal: bool = False

    @property
    def shown(self) -> str:
        return self.text.text


_Value: TypeAlias = "tuple[Word, ...] | None"
"""What a variable holds: one word, the words of an array, or None when it is not known."""


@dataclass(slots=True)
class _State:
    values: dict[str, _Value] = field(default_factory=dict)
    assigned: dict[str, int] = field(default_factory=dict)
    """How often each variable is assigned in the whole file."""
    environment: Mapping[str, Word] = field(default_factory=dict)


def parse(source: SourceText) -> tuple[PowerShellCommand, ...]:
    """The commands of a file in their order. Variables that are not known become holes."""
    tokens = list(_tokens(MappedText.plain(source)))
    state = _State()
    for statement in _statements(tokens):
        name = _target(statement)
        if name is not None:
            state.assigned[name] = state.assigned.get(name, 0) + 1
    found: list[PowerShellCommand] = []
    for statement in _statements(tokens):
        found.extend(_statement(statement, state))
    return tuple(found)


def _tokens(text: MappedText) -> Iterator[_Token]:
    body, position, count = text.text, 0, 0
    closes_here = max(body.rfind("\n'@"), body.rfind('\n"@'))
    while position < len(body) and count < MAX_TOKENS:
        if space := _SPACE.match(body, position):
            position = space.end()
            continue
        if body.startswith("<#", position):
            end = body.find("#>", position)
            position = end + 2 if end >= 0 else len(body)
            continue
        if body[position] == "#":
            position = (_COMMENT.match(body, position) or re.compile("#").match(body, position)).end()  # type: ignore[union-attr]
            continue
        count += 1
        token, position = _token(text, position, closes_here)
        yield token


def _token(text: MappedText, position: int, closes_here: int) -> tuple[_Token, int]:
    """The token at a position, and where it ends. Behind ``closes_here`` no here-string can end."""
    body = text.text
    char = body[position]
    if char == "@" and closes_here > position and (here := _HERE.match(body, position)):
        kind = "word" if here[1] == "'" else "expanded"
        return _Token(kind, text[here.start(2) : here.end(2)], literal=here[1] == "'"), here.end()
    if char in "'\"" and (quoted := (_SINGLE if char == "'" else _DOUBLE).match(body, position)):
        end = quoted.end()
        if end >= len(body) or not _BARE.match(body, end) or body[end] in "$@#":
            return _Token("word" if char == "'" else "expanded", text[position + 1 : end - 1], literal=char == "'"), end
    if char == "\r" and body[position + 1 : position + 2] == "\n":
        return _Token("\n", text[position : position + 2]), position + 2
    for sign in ("@(", "@{", "$(", "&&", "||"):
        if body.startswith(sign, position):
            return _Token(sign, text[position : position + 2]), position + 2
    if char in "\n;|&(){},":
        return _Token(char, text[position : position + 1]), position + 1
    if names := _BARE_LIST.match(body, position):
        return _Token("expanded", text[position : names.end()]), names.end()
    if bare := _BARE.match(body, position):
        end = bare.end()
        while (
            end < len(body)
            and body[end] in "'\""
            and (more := (_SINGLE if body[end] == "'" else _DOUBLE).match(body, end))
        ):
            end = more.end()
            end = rest.end() if (rest := _BARE.match(body, end)) else end
        return _Token("expanded", text[position:end]), end
    return _Token("word", text[position : position + 1], literal=True), position + 1


def _statements(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """Statements: parted by line ends, ``;``, ``|`` and braces; line ends inside of round brackets part nothing."""
    current: list[_Token] = []
    depth = 0
    for token in tokens:
        if token.kind in {"(", "@(", "$("}:
            depth += 1
        elif token.kind == ")":
            depth = max(depth - 1, 0)
        if token.kind in {"{", "}", "@{"} or (token.kind in {"\n", ";", "|", "&&", "||"} and not depth):
            if token.kind in {"{", "}", "@{"}:
                depth = 0
            if token.kind == "|" or not current or current[-1].kind != ",":
                if current:
                    yield current
                current = []
            continue
        if token.kind != "\n":
            current.append(token)
    if current:
        yield current


def _target(statement: Sequence[_Token]) -> str | None:
    """The variable that a statement assigns, in lower case; ``[int]$n = 4`` has a type before it."""
    for index, token in enumerate(statement[:3]):
        name = re.sub(r"^(?:\[[\w.\[\]]+\])?", "", token.shown)
        if name.startswith("$") and len(statement) > index + 1 and statement[index + 1].shown in {"=", "+="}:
            return name[1:].lower()
    return None


def _statement(statement: list[_Token], state: _State) -> Iterator[PowerShellCommand]:
    name = _target(statement)
    if name is not None:
        sign = next(index for index, token in enumerate(statement) if token.shown in {"=", "+="})
        right = statement[sign + 1 :]
        if _assign(name, right, state, append=statement[sign].shown == "+="):
            return
        statement = right
    calls = (
        index for index, token in enumerate(statement) if token.kind not in {"&", "(", "$("} and token.shown != "."
    )
    statement = statement[next(calls, len(statement)) :]
    at = _place(statement)
    if at is None:
        return
    words = tuple(word for token in statement if token.kind not in {",", ")"} for word in _words(token, state))
    for command, listed in _started(words, statement, state):
        if command:
            yield PowerShellCommand(command, at, state.environment, listed)


def _assign(name: str, right: Sequence[_Token], state: _State, *, append: bool) -> bool:
    """Keep what an assignment says; false when its right side is a command."""
    kinds = {token.kind for token in right}
    simple = not right or right[0].kind in {"word", "expanded", "@("}
    is_list = bool(right) and (right[0].kind == "@(" or "," in kinds)
    if simple and (is_list or len(right) == 1):
        value = tuple(word for token in right if token.kind in {"word", "expanded"} for word in _words(token, state))
    elif right and right[0].kind == "expanded" and not right[0].shown.startswith(("$", '"')) and len(right) > 1:
        return False
    else:
        state.values[name] = None
        return not right or right[0].kind not in {"&", "expanded", "("}
    if name.startswith("env:"):
        if len(value) == 1:
            state.environment = {**state.environment, name[4:].upper(): value[0]}
        return True
    held = state.values.get(name)
    if len(value) > MAX_ITEMS or (append and held is not None and len(held) > MAX_ITEMS):
        state.values[name] = None
    elif append:
        state.values[name] = (*held, *value) if held is not None else None
    else:
        state.values[name] = value if state.assigned.get(name, 0) < 2 or is_list else None
    return True


def _words(token: _Token, state: _State) -> tuple[Word, ...]:
    """The words that one token is: several for a variable that holds an array."""
    if token.literal:
        return (Word.of(token.text),)
    if _PLAIN_VARIABLE.match(token.shown):
        held = state.values.get(token.shown[1:].lower())
        if held is not None:
            return held
    return (Word.of(_unescaped(_expanded(token.text, state))),)


def _expanded(text: MappedText, state: _State) -> MappedText:
    pieces: list[MappedText] = []
    position = 0
    for match in _VARIABLE.finditer(text.text):
        if match.start() < position or text.text[: match.start()].endswith("`"):
            continue
        name = (match["braced"] or match["plain"] or "").lower()
        held = state.values.get(name) if not match["member"] else None
        word = held[0] if held is not None and len(held) == 1 else None
        pieces.append(text[position : match.start()])
        piece = text[match.start() : match.end()]
        shown = name.partition(":")[2].upper() if name.startswith("env:") else name
        if word is not None and word.mapped is not None:
            pieces.append(word.mapped)
        elif name == "psscriptroot" and not match["member"]:
            pieces.append(MappedText(text.source, ".", [piece.offsets[0], piece.offsets[-1]]))
        else:
            pieces.append(as_hole(piece, Hole(piece.text, shown, at=piece.location(), several=False)))
        position = match.end()
    made = joined([*pieces, text[position:]]) if pieces else text
    return made if len(made.text) <= MAX_LENGTH else as_hole(text, Hole(text.text[:40], at=text.location()))


def _unescaped(text: MappedText) -> MappedText:
    """Without the quotes inside of a word, and without the backtick before a character."""
    if len(text.text) > MAX_WORD:
        return text
    covered = {index for hole in text.holes for index in range(hole.start, hole.end)}
    pieces: list[MappedText] = []
    position = 0
    for index, char in enumerate(text.text):
        if index >= position and index not in covered and char in "`\"'":
            pieces.append(text[position:index])
            position = index + 1
            if char == "`" and index + 1 < len(text.text):
                pieces.append(text[index + 1 : index + 2])
                position = index + 2
    return joined([*pieces, text[position:]]) if pieces else text


def _place(statement: Sequence[_Token]) -> Location | None:
    """From the first written word of a statement to the last."""
    first = next((token for token in statement if token.shown.strip()), None)
    last = next((token for token in reversed(statement) if token.shown.strip()), None)
    if first is None or last is None:
        return None
    return first.text.source.location(first.text.location().start, last.text.location().end)


def _started(
    words: tuple[Word, ...], statement: Sequence[_Token], state: _State, *, listed: bool = False
) -> Iterator[tuple[tuple[Word, ...], bool]]:
    """The commands behind one: of Start-Process, of a text that is run, of another PowerShell; and whether listed."""
    first = (words[0].text or "").lower() if words else ""
    if first in _STARTERS:
        program, arguments = _of_start_process(statement[1:], state)
        is_shell = bool(program) and _SHELLS.match(program[0].text or "") is not None
        parted = arguments if is_shell else [one for word in arguments for one in _parted(word)]
        if program:
            yield from _started((*program, *parted), (), state, listed=len(arguments) > 1)
    elif first in _TEXT_RUNNERS and len(words) > 1:
        yield from ((command.words, False) for command in _parsed_again(words[1]))
    elif _SHELLS.match(first) and any(_COMMAND_OPTION.match(word.text or "") for word in words):
        index = next(i for i, word in enumerate(words) if _COMMAND_OPTION.match(word.text or ""))
        if len(words) == index + 2:
            yield from ((command.words, False) for command in _parsed_again(words[index + 1]))
        elif len(words) > index + 2:
            yield words[index + 1 :], listed
    elif words:
        splatted = any(token.shown.startswith("@") and not token.literal for token in statement)
        yield words, listed or splatted


def _parsed_again(word: Word) -> tuple[PowerShellCommand, ...]:
    """The commands in a word that holds a whole text."""
    if word.mapped is None or len(word.mapped.text) > MAX_LENGTH:
        return ()
    state = _State()
    statements = _statements(list(_tokens(word.mapped)))
    return tuple(command for statement in statements for command in _statement(statement, state))


def _of_start_process(tokens: Sequence[_Token], state: _State) -> tuple[tuple[Word, ...], list[Word]]:
    """``Start-Process [-FilePath] program [-ArgumentList] a, b``: the program, and the arguments as written."""
    program: tuple[Word, ...] = ()
    arguments: list[Word] = []
    wanted = ""
    for token in tokens:
        shown = token.shown.lower()
        if token.kind in {",", "@(", "(", ")", "$("}:
            continue
        if not token.literal and token.kind == "expanded" and shown in _SWITCHES:
            wanted = "other" if program else ""
            continue
        if not token.literal and re.fullmatch(r"-(?:filepath|path)", shown):
            wanted = "program"
        elif not token.literal and re.fullmatch(r"-arg(?:s|umentlist)?", shown):
            wanted = "arguments"
        elif not token.literal and re.fullmatch(
            r"-(?:workingdirectory|windowstyle|verb|redirect\w+|credential|erroraction)", shown
        ):
            wanted = "other"
        elif wanted == "other":
            wanted = ""
        elif wanted == "program" or not program:
            program = _words(token, state)
            wanted = ""
        else:
            arguments.extend(_words(token, state))
    return program, arguments


def _parted(word: Word) -> Iterator[Word]:
    if word.mapped is None or not any(char.isspace() for char in word.mapped.text):
        yield word
        return
    for match in re.finditer(r"\"[^\"]*\"|\S+", word.mapped.text):
        start, end = match.span()
        yield Word.of(word.mapped[start + match[0].startswith('"') : end - match[0].endswith('"')])


def as_python(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """``& $python -m celery``: a program that only a variable names, and that gets a module to run, is Python."""
    if len(words) > 2 and words[0].text is None and words[1].text == "-m":
        return (literal("python", words[0].at), *words[1:])
    return words
