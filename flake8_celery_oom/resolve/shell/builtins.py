"""What the builtins of a shell do to its state: ``cd``, ``set``, ``shift``, ``source``, ``eval``, ``test``..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from posixpath import join as join_path
from posixpath import normpath
from typing import Protocol, TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell import conditions
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Field, Piece, join, known_text, mapped_of, usual_text
from flake8_celery_oom.resolve.shell.output import printed
from flake8_celery_oom.resolve.shell.states import State, forget
from flake8_celery_oom.syntax.shell_arithmetic import UNKNOWN


class Shell(Protocol):
    """The interpreter that runs a builtin."""

    find_script: Callable[[Field, str], MappedText | None]

    def execute(self, text: MappedText, state: State) -> list[State]:
        """Follow a whole text; gives the states in which it may end."""

    def source(self, text: MappedText, at: Location, state: State) -> list[State]:
        """Follow a file that the command at ``at`` sources."""


Builtin: TypeAlias = Callable[[Shell, list[Field], Location, State], list[State]]


def _nothing(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    return [state.ending(True)]


def _false(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    return [state.ending(False)]


def _unknown(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    return [state.ending(None)]


def _exit(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    return [replace(state, flow="exit")]


def _return(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    text = known_text(arguments[0]) if arguments else None
    status = state.status if not arguments else None if text is None else text == "0"
    return [replace(state, flow="return", status=status)]


def _break(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    return [replace(state, flow="break")]


def _continue(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    return [replace(state, flow="continue")]


def _cd(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    targets = [argument for argument in arguments if not (known_text(argument) or "").startswith("-")]
    target = known_text(targets[0]) if targets else None
    if target is not None:
        state.directory = normpath(join_path(state.directory, target))
    return [state.ending(None if target is None else True)]


def _set(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    texts = [known_text(argument) for argument in arguments]
    for before, text in zip(["", *texts], texts, strict=False):
        if text == "--" or (text is not None and not text.startswith(("-", "+")) and before not in {"-o", "+o"}):
            break
        if text is not None and ((text == "allexport") or (not text.startswith(("--", "++")) and "a" in text[1:])):
            sign = before if text == "allexport" else text
            state.variables.exports_all = (sign or "").startswith("-")
    if "--" in texts:
        state.variables.take(arguments[texts.index("--") + 1 :])
    elif texts[:1] and not (texts[0] or "-").startswith(("-", "+")):
        state.variables.take(arguments)
    return [state.ending(True)]


def _shift(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    text = known_text(arguments[0]) if arguments else "1"
    held = state.variables.arguments
    several = any(piece.hole is not None and piece.hole.several for item in held[:1] for piece in item)
    if text is None or not text.isdigit():
        state.variables.arguments = (*held[:0], (Piece("$@", hole=Hole("$@", "@", at=at, several=True)),))
    elif not several:
        state.variables.arguments = held[int(text) :]
    return [state.ending(True if held else None)]


def _unset(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    for argument in arguments:
        name = known_text(argument) or ""
        if name.isidentifier():
            state.variables.remove(name)
        elif name.partition("[")[0].isidentifier():
            forget(state, [name.partition("[")[0]], at)
    return [state.ending(True)]


def _read(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    forget(state, (name for argument in arguments if (name := known_text(argument) or "").isidentifier()), at)
    return [state.ending(None)]


def _getopts(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    """``getopts letters name [words]``, where each letter stands in a word of its own."""
    variables = state.variables
    letters, name = [known_text(argument) or "" for argument in arguments[:2]] if len(arguments) > 1 else ("", "")
    words = tuple(arguments[2:]) or variables.arguments
    held = variables.get("OPTIND") or (Piece("1"),)
    index = known_text(held) if isinstance(held, tuple) else None
    texts = [known_text(word) for word in words]
    position = int(index) - 1 if index is not None and index.isdigit() else -1
    if not name.isidentifier() or variables.open_arguments or position < 0 or None in texts[: position + 1]:
        forget(state, [*([name] if name.isidentifier() else []), "OPTARG", "OPTIND"], at)
        return [state.ending(None)]
    text = texts[position] or "" if position < len(texts) else ""
    if not text.startswith("-") or text in {"-", "--"}:
        variables.assign(name, (Piece("?"),))
        variables.assign("OPTIND", (Piece(str(position + 1 + (text == "--"))),))
        return [state.ending(False)]
    takes_value = f"{text[1]}:" in letters
    refused = text[1] not in letters.replace(":", "")
    if refused and len(text) == 2:
        variables.assign(name, (Piece("?"),))
        variables.assign("OPTARG", (Piece(text[1]),) if letters.startswith(":") else ())
        variables.assign("OPTIND", (Piece(str(position + 2)),))
        return [state.ending(True)]
    if refused or (len(text) > 2 and not takes_value):
        forget(state, [name, "OPTARG", "OPTIND"], at)
        return [state.ending(None)]
    variables.assign(name, (Piece(text[1]),))
    used = 1
    if takes_value and len(text) > 2:
        variables.assign("OPTARG", (Piece(text[2:]),))
    elif takes_value:
        used = 2
        variables.assign("OPTARG", words[position + 1] if position + 1 < len(words) else ())
    variables.assign("OPTIND", (Piece(str(position + 1 + used)),))
    return [state.ending(True)]


def _let(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    value: int | None = None
    for argument in arguments:
        text = "".join(piece.text if piece.hole is None else UNKNOWN for piece in argument)
        value = Expander(state.variables).number_of_text(text)
    return [state.ending(None if value is None else value != 0)]


def _printf(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    name = known_text(arguments[1]) if len(arguments) > 2 and known_text(arguments[0]) == "-v" else None
    if name is not None and name.isidentifier():
        state.variables.assign(name, printed(arguments[2:]))
    return [state.ending(True)]


def _test(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    if arguments and known_text(arguments[-1]) == "]":
        arguments = arguments[:-1]
    usual = conditions.of_words(arguments, usual_text)
    return [state.ending(conditions.of_words(arguments), usual)]


def _source(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    text = shell.find_script(arguments[0], state.directory) if arguments else None
    if text is None:
        state.variables.source_unknown()
        return [state.ending(None)]
    made = shell.source(text, at, state)
    for after in made:
        if after.flow == "return":
            after.flow = ""
    return made


def _eval(shell: Shell, arguments: list[Field], at: Location, state: State) -> list[State]:
    pieces = join(arguments)
    source = next((piece.mapped.source for piece in pieces if piece.mapped is not None), None)
    text = mapped_of(pieces, at, source)
    return shell.execute(text, state) if text is not None else [state]


BUILTINS: Mapping[str, Builtin] = {
    ":": _nothing,
    "true": _nothing,
    "echo": _nothing,
    "printf": _printf,
    "trap": _nothing,
    "umask": _nothing,
    "ulimit": _nothing,
    "shopt": _nothing,
    "hash": _nothing,
    "wait": _nothing,
    "false": _false,
    "exit": _exit,
    "return": _return,
    "break": _break,
    "continue": _continue,
    "cd": _cd,
    "pushd": _cd,
    "set": _set,
    "shift": _shift,
    "unset": _unset,
    "read": _read,
    "let": _let,
    "mapfile": _read,
    "readarray": _read,
    "getopts": _getopts,
    "test": _test,
    "[": _test,
    "source": _source,
    ".": _source,
    "eval": _eval,
}
