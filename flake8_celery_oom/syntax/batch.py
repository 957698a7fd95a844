"""Batch files of Windows (``.bat``, ``.cmd``): the commands that they start, with variables filled in.

A character of a command stands where it was written, which for a variable's value is the line that sets it. Sources:
the help texts of ``cmd``, ``set``, ``start``, ``call``, ``if`` and ``for`` (``cmd /?`` and so on).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import as_hole, joined, stripped

MAX_COMMANDS = 5_000
MAX_HOLES = 20
"""A value with more unknown pieces is not known at all."""
MAX_HEAD = 500
"""The longest condition before a bracket."""
MAX_VARIABLES = 300
"""The variables of more are not handed to the commands."""
MAX_NESTED = 4
"""Commands inside one another: ``start cmd /c "cmd /c ..."``, or printed to a file that prints another."""
MAX_LENGTH = 20_000
"""Longer lines, as they are or with their variables filled in, are left out."""
_LINE = re.compile(r"[^\n]*\n?")
_VARIABLE = re.compile(
    r"%~[a-zA-Z]*\d|%[\d*]|%%~?[a-zA-Z]*|%(?P<name>[^\s%:=\"|&<>^]+)(?P<change>:[^%\n]*)?%|!(?P<late>[^\s!:=\"]+)!"
)
_SET = re.compile(r"set\s+(?P<quote>\"?)(?P<name>[^\s=\"/][^=\"]*)=(?P<value>[^\"]*)", re.IGNORECASE)
_SET_OTHERWISE = re.compile(r"set\s+/[aApP]\s+\"?(?P<name>[^\s=\"]+?)\s*[-+*/%&|^]?=", re.IGNORECASE)
_LOOP = re.compile(r"\bfor\s+(?:/\w+\s+|\"[^\"]*\"\s+)*%%", re.IGNORECASE)
_PASSED = re.compile(
    r"(?:rem|echo|title|color|goto|exit|setlocal|endlocal|pause|mode|cls|ver|del|type)\b", re.IGNORECASE
)
_FILE = r">>?\s*(?:\"[^\"]*\.(?:bat|cmd)\"|[^\s\"<>|&]+\.(?:bat|cmd))\s*"
_ECHO = r"echo(?:[.:,;/(\[+]|\s)\s*"
_WRITTEN = re.compile(rf"{_ECHO}(?P<body>.*?)\s*{_FILE}$|{_FILE}{_ECHO}(?P<behind>.*)$", re.IGNORECASE)
"""A line that is written to another batch file: ``echo command>> run.bat``, ``>> run.bat echo command``."""
_WRITTEN_BLOCK = re.compile(
    rf"^[ \t]*(?:>>?[^\n()]*\.(?:bat|cmd)\"?[ \t]*)?\([ \t]*\r?\n(?P<lines>(?:[ \t]*(?:@?echo\b[^\n]*|\r?)\n)+)[ \t]*\)"
    rf"(?P<behind>[ \t]*{_FILE})?",
    re.IGNORECASE | re.MULTILINE,
)
"""``(`` lines that print ``) > run.bat``, also with the redirection before the bracket."""
_PREFIX = re.compile(
    r"@|\(|else\b(?=[\s(])|call\s+(?!:)|do\s+(?=\S)"
    r"|if\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+(?:\"[^\"]*\"|\S+)|defined\s+\S+|errorlevel\s+\d+"
    r"|(?:\"[^\"]*\"|[^\s=]+)\s*(?:==|\s(?:equ|neq|lss|leq|gtr|geq)\s)\s*(?:\"[^\"]*\"|[^\s(]+))\s*"
    r"|for\s+(?:/[a-zA-Z](?:\s+\"[^\"]*\")?\s+)*\S+\s+in\s*\([^)]*\)\s*do\s+",
    re.IGNORECASE,
)
_START_SWITCH = re.compile(r"/(?:d\s*(?:\"[^\"]*\"|\S+)|(?:node|affinity|machine)\s+\S+|\w+)\s*", re.IGNORECASE)
_TITLE = re.compile(r"\"[^\"]*\"\s*")
"""The first quoted word of ``start``, also behind switches."""
_SHELL = re.compile(r"(?:\S*\\)?cmd(?:\.exe)?\s+(?:/[a-zA-Z:]+\s+)*/[ckCK]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BatchCommand:
    """One command: its words, where it stands, and the variables that are set for certain before it."""

    words: tuple[Word, ...]
    at: Location
    environment: Mapping[str, Word]
    directory: str | None


@dataclass(slots=True)
class _State:
    """What the lines so far say. ``depth`` counts open brackets; inside of them nothing is certain."""

    variables: dict[str, MappedText | None] = field(default_factory=dict)
    depth: int = 0
    directory: str | None = None
    jumps: bool = False
    """Whether lines may run in another order than they stand in."""
    written: tuple[tuple[int, int], ...] = ()
    """Where the blocks stand whose output is another batch file."""
    environment: Mapping[str, Word] = field(default_factory=dict)
    """The known variables as the commands get them; never changed, so that commands can share it."""

    def give(self, name: str, value: MappedText | None) -> None:
        """A variable gets a value; None is one that is not known."""
        if value is not None and len(value.holes) > MAX_HOLES:
            value = None
        self.variables[name] = value
        environment = {known: word for known, word in self.environment.items() if known != name}
        if value is not None and len(environment) < MAX_VARIABLES:
            environment[name] = Word.of(value)
        self.environment = environment


def parse(source: SourceText) -> tuple[BatchCommand, ...]:
    """The commands of a file in their order. Variables that are not known become holes."""
    state = _State(
        jumps=bool(re.search(r"^\s*@?(?:.*\s)?goto\s+:?(?!:?eof\b)", source.text, re.MULTILINE | re.IGNORECASE)),
        written=tuple(_written_blocks(source.text)),
    )
    found: list[BatchCommand] = []
    for line in _logical_lines(source):
        if re.match(r"\s*(?:@?rem\b|::|:)", line.text, re.IGNORECASE) or len(line.text) > MAX_LENGTH:
            continue
        filled = _filled(line, state)
        if len(filled.text) > MAX_LENGTH:
            _forget(line, state)
            continue
        for command in _split(filled, state):
            found.extend(_command(command, line, state, 0))
        if len(found) > MAX_COMMANDS:
            break
    return tuple(found)


def _logical_lines(source: SourceText) -> Iterator[MappedText]:
    """Lines with those that a caret at their end continues."""
    pieces: list[MappedText] = []
    for match in _LINE.finditer(source.text):
        if not match[0]:
            continue
        end = match.start() + len(match[0].rstrip("\r\n"))
        body = source.text[match.start() : end]
        continued = (len(body) - len(body.rstrip("^"))) % 2 == 1
        pieces.append(MappedText.plain(source, match.start(), end - continued))
        if not continued:
            yield joined(pieces)
            pieces = []
    if pieces:
        yield joined(pieces)


def _forget(line: MappedText, state: _State) -> None:
    """What a line that is too long may have set is not known."""
    for match in re.finditer(r"\bset\s+(?:/[aApP]\s+)?\"?([^\s=\"]+)", line.text, re.IGNORECASE):
        state.give(match[1].upper(), None)


def _filled(line: MappedText, state: _State) -> MappedText:
    pieces: list[MappedText] = []
    position = 0
    in_loop = _LOOP.search(line.text) is not None
    for match in _VARIABLE.finditer(line.text):
        piece = line[match.start() : match.end()]
        pieces.append(line[position : match.start()])
        pieces.append(_meaning(match, piece, state, in_loop=in_loop))
        position = match.end()
    return joined([*pieces, line[position:]]) if pieces else line


def _meaning(match: re.Match[str], piece: MappedText, state: _State, *, in_loop: bool) -> MappedText:
    name = match["name"] or match["late"]
    if match[0].startswith("%~dp0"):
        return MappedText(piece.source, "./", [piece.offsets[0]] * 2 + [piece.offsets[-1]])
    if match[0].startswith("%%") and not (in_loop and len(match[0]) > 2):
        return piece[1:]
    if name is None:
        return as_hole(piece, Hole(piece.text, at=piece.location(), several=match[0] in {"%*", "%1"}))
    value = state.variables.get(name.upper())
    if value is None or match["change"]:
        return as_hole(piece, Hole(piece.text, name, at=piece.location(), several=True))
    return value


def _split(line: MappedText, state: _State) -> Iterator[MappedText]:
    """The commands of a line: ``&``, ``&&``, ``||``, ``|`` and brackets part them outside of quotes."""
    text = line.text
    covered = {index for hole in line.holes for index in range(hole.start, hole.end)}
    start, position, quoted = 0, 0, False
    kept: list[MappedText] = []
    in_list = re.match(r"\s*@?for\b.*?\bin\s*\(", text, re.IGNORECASE)
    position = in_list.end() if in_list is not None else 0
    while position < len(text):
        char = text[position]
        if position in covered:
            pass
        elif char == '"':
            quoted = not quoted
        elif char == "^" and not quoted:
            kept.append(line[start:position])
            start = position + 1
            position += 1
        elif char in "&|" and not quoted and text[position - 1 : position] != ">":
            yield joined([*kept, line[start:position]])
            kept, start = [], position + 1
        elif char == "(" and not quoted and _opens_block(text[start:position]):
            state.depth += 1
            start = position + 1
        elif char == ")" and not quoted and state.depth and not in_list:
            yield joined([*kept, line[start:position]])
            state.depth -= 1
            kept, start = [], position + 1
        elif char == ")" and not quoted:
            in_list = None
        position += 1
    yield joined([*kept, line[start:]])


def _opens_block(before: str) -> bool:
    """Whether a bracket behind this text holds commands: ``if exist x (``, ``else (``, or nothing before it."""
    before = before.strip(" @\t)")
    while before and len(before) < MAX_HEAD and (match := _PREFIX.match(before + " ")):
        before = before[match.end() :].strip()
    return not before


def _command(text: MappedText, line: MappedText, state: _State, nested: int) -> Iterator[BatchCommand]:
    text = stripped(text)
    conditional = False
    while match := _PREFIX.match(text.text):
        conditional = conditional or text.text[:2].lower() in {"if", "fo", "el"}
        if match[0] == "(":
            state.depth += 1
        text = stripped(text[match.end() :])
    if nested < MAX_NESTED and (printed := _printed_to_batch(text, state)) is not None:
        for command in _split(printed, _State()):
            yield from _command(command, line, _State(), nested + 1)
        return
    if not text.text or _PASSED.match(text.text):
        return
    sure = not conditional and not state.depth and not nested
    if _assignment(text, state, sure=sure):
        return
    if re.match(r"(?:cd|chdir|pushd)\b", text.text, re.IGNORECASE):
        words = split(text)
        target = next((word.text for word in reversed(words[1:]) if (word.text or "/").lower() != "/d"), None)
        state.directory = target.replace("\\", "/") if target and sure and ":" not in target else None
        return
    text = _behind_start(text)
    if (shell := _SHELL.match(text.text)) and nested < MAX_NESTED:
        inner = stripped(text[shell.end() :])
        if inner.text.startswith('"'):
            inner = inner[1 : len(inner.text) - inner.text.endswith('"')]
        for command in _split(inner, _State()):
            yield from _command(command, line, state, nested + 1)
        return
    words = split(text)
    if words:
        yield BatchCommand(words, _place(text, line), state.environment, state.directory)


def _written_blocks(text: str) -> Iterator[tuple[int, int]]:
    for match in _WRITTEN_BLOCK.finditer(text):
        if match["behind"] or match[0].lstrip().startswith(">"):
            yield match.span("lines")


def _printed_to_batch(text: MappedText, state: _State) -> MappedText | None:
    """The command that an ``echo`` writes to another batch file, which is how a script opens several windows."""
    match = _WRITTEN.match(text.text)
    if match is not None:
        group = "body" if match["body"] is not None else "behind"
        return text[match.start(group) : match.end(group)]
    echo = re.compile(_ECHO, re.IGNORECASE).match(text.text) if state.written else None
    if echo is None or not any(start <= text.offsets[0] < end for start, end in state.written):
        return None
    return text[echo.end() :]


def _place(text: MappedText, line: MappedText) -> Location:
    """Where a command stands in its own line, whatever the variables in it stand for."""
    first, last = line.offsets[0], line.offsets[-1]
    own = [offset for offset in text.offsets if first <= offset < last]
    return line.source.location(min(own), max(own) + 1) if own else line.location()


def _assignment(text: MappedText, state: _State, *, sure: bool) -> bool:
    """``set NAME=value``; ``set /a`` and ``set /p`` give values that are not known."""
    other = _SET_OTHERWISE.match(text.text)
    if other is not None:
        state.give(other["name"].upper(), None)
        return True
    match = _SET.match(text.text)
    if match is None:
        return bool(re.match(r"set\b", text.text, re.IGNORECASE))
    name = match["name"].upper()
    again = name in state.variables
    value = text[match.start("value") : match.end("value")]
    state.give(name, value if sure and not (again and state.jumps) else None)
    return True


def _behind_start(text: MappedText) -> MappedText:
    """``start ["title"] [switches] command``."""
    match = re.match(r"start\b\s*", text.text, re.IGNORECASE)
    if match is None:
        return text
    position, titled = match.end(), False
    while (
        part := _START_SWITCH.match(text.text, position) or (not titled and _TITLE.match(text.text, position)) or None
    ):
        titled = titled or part.re is _TITLE
        position = part.end()
    return text[position:] if text.text[position:].strip() else text


def split(text: MappedText) -> tuple[Word, ...]:
    """The words of a command as a program of the C runtime takes them: blanks part them outside of double quotes.

    Redirections are left out.
    """
    words: list[Word] = []
    for start, end in _runs(text):
        run = text[start:end].text
        if re.match(r"\d?[<>]", run) and not words:
            return ()
        if re.match(r"\d?[<>]", run):
            break
        pieces: list[MappedText] = []
        position = start
        for index in range(start, end + 1):
            if index == end or text.text[index] == '"':
                pieces.append(text[position:index])
                position = index + 1
        words.append(Word.of(joined(pieces)))
    return tuple(words)


def _runs(text: MappedText) -> Iterator[tuple[int, int]]:
    covered = {index for hole in text.holes for index in range(hole.start, hole.end)}
    start, quoted = -1, False
    for index, char in enumerate(text.text):
        if index not in covered and char.isspace() and not quoted:
            if start >= 0:
                yield start, index
            start = -1
            continue
        start = index if start < 0 else start
        if char == '"' and index not in covered:
            quoted = not quoted
    if start >= 0:
        yield start, len(text.text)
