"""Programs that run another command: what they run, and what they change around it.

Each wrapper is described by the options that take a value and the number of words of its own that come first; the rest
of its words is the command. Sources: the manual pages of these programs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flake8_celery_oom.celery.programs import base_name
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.programs.wrapper_environment import ALL, Kept, kept
from flake8_celery_oom.resolve.programs.wrapper_table import PYTHON_MODULES_THAT_WRAP, WRAPPERS, Words, Wrapper, options


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The command inside, and what the wrappers set on the way."""

    words: Words
    environment: Mapping[str, Word] = field(default_factory=dict)
    directory: str | None = None
    text: Word | None = None
    """A command given as one word of shell text (``su -c``, ``watchmedo shell-command``): then ``words`` is empty."""
    kept: Kept = ALL
    """What is left of the variables that stood around the wrappers."""


def program_name(word: Word) -> str:
    """The name of the program that a first word starts: the last part of its path, as far as that is written."""
    name = base_name(word) or ""
    return name.removesuffix(".sh") if name in {"wait-for-it.sh", "wait-for.sh"} else name.removesuffix(".exe")


def unwrap(words: Sequence[Word]) -> Unwrapped:
    """Take wrappers off until a program is left that is none."""
    environment: dict[str, Word] = {}
    directory: str | None = None
    left = ALL
    rest: Words = tuple(words)
    for _ in range(20):
        if not rest:
            break
        rest = _leading_assignments(rest, environment)
        name = program_name(rest[0]) if rest else ""
        special = _SPECIAL.get(name) if name or not _runs_a_module(rest) else _python
        if special is not None:
            step = special(rest)
            if step is None:
                break
            own = kept(name, rest)
            left, environment = left.then(own), {**own.of(environment), **step.environment}
            directory = step.directory or directory
            if step.text is not None:
                return Unwrapped((), environment, directory, step.text, left)
            rest = step.words
            continue
        inner = _inside(name, rest)
        if inner is None:
            break
        own = kept(name, rest)
        left, environment = left.then(own), own.of(environment)
        rest = inner
    return Unwrapped(rest, environment, directory, kept=left)


def _runs_a_module(words: Words) -> bool:
    """Whether a program that only a variable names is a Python: ``$PYTHON -m debugpy ...``."""
    return len(words) > 2 and words[1].text == "-m" and len(words[0].parts) == 1 and bool(words[0].holes)


def _leading_assignments(words: Words, environment: dict[str, Word]) -> Words:
    """``A=1 B=2 celery``: as ``env`` and ``sudo`` take them, and as words that no shell has read."""
    index = 0
    while index < len(words) and (pair := assignment(words[index])) is not None:
        environment[pair[0]] = pair[1]
        index += 1
    return words[index:]


def assignment(word: Word) -> tuple[str, Word] | None:
    """``NAME=value`` as a name and a word, or None."""
    first = word.parts[0]
    if not isinstance(first, str) or "=" not in first:
        return None
    name, _, value = first.partition("=")
    if not name.isidentifier():
        return None
    parts = (value, *word.parts[1:]) if value or len(word.parts) == 1 else word.parts[1:]
    return name, Word(parts, word.at)


def _inside(name: str, words: Words) -> Words | None:
    for wrapper in WRAPPERS.get(name, ()):
        inner = _behind(words[1:], wrapper)
        if inner is not None:
            return inner
    return None


def _behind(words: Words, wrapper: Wrapper) -> Words | None:
    """The command in the words behind a wrapper's name, or None when they hold none."""
    texts = [word.text or "" for word in words]
    if wrapper.needs_separator:
        return words[texts.index("--") + 1 :] if "--" in texts else None
    index, verbs, own = 0, list(wrapper.verbs), wrapper.own
    while index < len(words):
        text = texts[index]
        if text == "--":
            index += 1
            if not verbs:
                return words[index:] or None
            continue
        if (text.startswith("-") and len(text) > 1) or (text == "-" and wrapper.assignments):
            index += 2 if text in wrapper.valued else 1
            continue
        if verbs:
            if text != verbs[0]:
                return None
            verbs.pop(0)
        elif own:
            own -= 1
        elif wrapper.assignments and assignment(words[index]) is not None:
            return words[index:]
        else:
            return words[index:]
        index += 1
    return None


def _value_of(texts: list[str], names: frozenset[str]) -> int | None:
    """Index of the word after the first of these options, or None; ``--name=value`` is :func:`_joined_value`'s."""
    for index, text in enumerate(texts[:-1]):
        if text in names:
            return index + 1
    return None


def _joined_value(words: Words, name: str) -> Word | None:
    """The value of ``--name=value``."""
    for word in words:
        first = word.parts[0]
        if isinstance(first, str) and first.startswith(name + "="):
            return _without_prefix(word, len(name) + 1)
    return None


def _without_prefix(word: Word, length: int) -> Word:
    first = word.parts[0]
    head = first[length:] if isinstance(first, str) else first
    mapped = word.mapped[length:] if word.mapped is not None else None
    parts = (head, *word.parts[1:]) if head or len(word.parts) == 1 else word.parts[1:]
    return Word(parts, mapped.location() if mapped is not None and mapped.text else word.at, mapped)


def _su(words: Words) -> Unwrapped | None:
    texts = [word.text or "" for word in words]
    at = _value_of(texts, frozenset({"-c", "--command", "--session-command"}))
    text = words[at] if at is not None else _joined_value(words, "--command")
    return Unwrapped((), text=text) if text is not None else None


def _runuser(words: Words) -> Unwrapped | None:
    made = _su(words)
    if made is not None:
        return made
    inner = _behind(words[1:], WRAPPERS["runuser"][0])
    return Unwrapped(inner) if inner is not None else None


def _env(words: Words) -> Unwrapped | None:
    texts = [word.text or "" for word in words]
    at = _value_of(texts, frozenset({"-C", "--chdir"}))
    split = _value_of(texts, frozenset({"-S", "--split-string"}))
    if split is not None:
        return Unwrapped((), text=words[split])
    inner = _behind(words[1:], WRAPPERS["env"][0])
    if inner is None:
        return None
    return Unwrapped(inner, directory=words[at].text if at is not None else None)


_TMUX_COMMANDS = options(
    "new-session new new-window neww split-window splitw respawn-pane respawnp respawn-window respawnw run-shell run"
    " send-keys send"
)
_TMUX_VALUED = options("-c -e -f -F -n -s -t -x -y -l -p -b -d -N -L -S")
_TMUX_FLAGS = frozenset({"new-session", "new", "new-window", "neww", "split-window", "splitw"})
"""Commands whose ``-d`` and ``-b`` take no value (tmux(1))."""


def _tmux(words: Words) -> Unwrapped | None:
    """``tmux new-session -d 'celery ...'``: a command in one word is shell text, else it is run as it is."""
    texts = [word.text or "" for word in words]
    verb = next((index for index, text in enumerate(texts[1:], 1) if text in _TMUX_COMMANDS), None)
    if verb is None:
        return None
    valued = _TMUX_VALUED - {"-d", "-b", "-p"} if texts[verb] in _TMUX_FLAGS else _TMUX_VALUED - {"-l", "-d", "-b"}
    if texts[verb].startswith("split"):
        valued |= {"-p"}
    inner = _behind(words[verb + 1 :], Wrapper(valued))
    if not inner:
        return None
    if len(inner) == 1 or texts[verb].startswith("send"):
        return Unwrapped((), text=inner[0])
    return Unwrapped(inner)


def _watchmedo(words: Words) -> Unwrapped | None:
    """Watchdog's ``watchmedo auto-restart [options] [--] command`` and ``shell-command --command=...``."""
    texts = [word.text or "" for word in words]
    if "shell-command" in texts:
        at = _value_of(texts, frozenset({"-c", "--command"}))
        text = words[at] if at is not None else _joined_value(words, "--command")
        return Unwrapped((), text=text) if text is not None else None
    if "auto-restart" not in texts:
        return None
    valued = options(
        "-d --directory --directories -p --pattern --patterns -i --ignore-pattern --ignore-patterns -s --signal"
        " --kill-after --interval --debounce-interval --restart-on-command-exit --no-restart-on-command-exit"
    ) - {"--restart-on-command-exit", "--no-restart-on-command-exit"}
    inner = _behind(words[texts.index("auto-restart") + 1 :], Wrapper(valued))
    return Unwrapped(inner) if inner is not None else None


def _watchfiles(words: Words) -> Unwrapped | None:
    """watchfiles: ``watchfiles [options] 'command' [paths]`` or ``watchfiles --args '...' module.function``."""
    texts = [word.text or "" for word in words]
    at = _value_of(texts, frozenset({"--args"}))
    arguments = words[at] if at is not None else _joined_value(words, "--args")
    target = next((word for word in words[1:] if (word.text or "").startswith("celery.__main__")), None)
    if target is not None and arguments is not None:
        return Unwrapped((), text=_prefixed(literal("celery", target.at), arguments))
    valued = options("--ignore-paths --target-type --filter --args --sigint-timeout --sigkill-timeout --grace-period")
    inner = _behind(words[1:], Wrapper(valued))
    return Unwrapped((), text=inner[0]) if inner else None


def _prefixed(program: Word, arguments: Word) -> Word:
    """A command text made of a program's name and the text of its arguments."""
    from flake8_celery_oom.core.mapped import MappedText, TextHole

    name = f"{program.text} "
    parts = (
        (name + arguments.parts[0], *arguments.parts[1:])
        if isinstance(arguments.parts[0], str)
        else (
            name,
            *arguments.parts,
        )
    )
    mapped = arguments.mapped
    if mapped is not None:
        holes = tuple(TextHole(hole.start + len(name), hole.end + len(name), hole.hole) for hole in mapped.holes)
        offsets = [*([mapped.offsets[0]] * len(name)), *mapped.offsets]
        mapped = MappedText(mapped.source, name + mapped.text, offsets, holes)
    return Word(parts, arguments.at, mapped)


def _hupper(words: Words) -> Unwrapped | None:
    """``hupper -m celery -A proj worker``."""
    inner = _behind_module(words[1:], PYTHON_MODULES_THAT_WRAP["hupper"])
    return Unwrapped(inner) if inner is not None else None


def _behind_module(words: Words, wrapper: Wrapper) -> Words | None:
    """The Python program that a module of :data:`PYTHON_MODULES_THAT_WRAP` runs, again as a python command."""
    texts = [word.text or "" for word in words]
    verbs = list(wrapper.verbs)
    index = 0
    while index < len(words):
        text = texts[index]
        if verbs and text == verbs[0]:
            verbs.pop(0)
        elif text == "-m" and not verbs:
            return (literal("python", words[index].at), *words[index:])
        elif text in wrapper.valued:
            index += 1
        elif not text.startswith("-"):
            if verbs:
                return None
            if text == "celery" or text.endswith("/celery"):
                return words[index:]
            return (literal("python", words[index].at), *words[index:])
        index += 1
    return None


def _python(words: Words) -> Unwrapped | None:
    """``python -m debugpy --listen ... -m celery``: only for modules that run another Python program."""
    index = 1
    while index < len(words):
        text = words[index].text or ""
        if text == "-m" and index + 1 < len(words):
            wrapper = PYTHON_MODULES_THAT_WRAP.get(words[index + 1].text or "")
            if wrapper is None and program_name(words[index + 1]) in {"watchdog.watchmedo", "watchmedo"}:
                return _watchmedo(words[index + 1 :])
            if wrapper is None and words[index + 1].text == "watchfiles":
                return _watchfiles(words[index + 1 :])
            inner = _behind_module(words[index + 2 :], wrapper) if wrapper is not None else None
            return Unwrapped(inner) if inner is not None else None
        if text in {"-X", "-W"}:
            index += 1
        elif not text.startswith("-"):
            name = program_name(words[index])
            if name in WRAPPERS or name in _SPECIAL:
                return Unwrapped(words[index:])
            return None
        index += 1
    return None


def _coverage(words: Words) -> Unwrapped | None:
    inner = _behind_module(words[1:], WRAPPERS[program_name(words[0])][0])
    return Unwrapped(inner) if inner is not None else None


def _cd(words: Words) -> Unwrapped | None:
    """``cd folder program``: the program of execline, which a shell runs by ``exec cd ...``."""
    return Unwrapped(words[2:], directory=words[1].text) if len(words) > 2 else None


def _cmd(words: Words) -> Unwrapped | None:
    """Windows' ``cmd /c command`` and ``cmd /k "command && command"``."""
    index = next((i for i, word in enumerate(words[1:], 1) if (word.text or "").lower() in {"/c", "/k", "/r"}), None)
    inner = words[index + 1 :] if index is not None else ()
    if len(inner) == 1:
        return Unwrapped((), text=inner[0])
    return Unwrapped(inner) if inner else None


_SPECIAL = {
    **dict.fromkeys(("cd", "execline-cd"), _cd),
    "cmd": _cmd,
    "su": _su,
    "runuser": _runuser,
    "env": _env,
    "tmux": _tmux,
    "watchmedo": _watchmedo,
    "watchfiles": _watchfiles,
    "hupper": _hupper,
    "coverage": _coverage,
    "memray": _coverage,
    "fil-profile": _coverage,
    "debugpy": lambda words: (
        Unwrapped(inner) if (inner := _behind_module(words[1:], PYTHON_MODULES_THAT_WRAP["debugpy"])) else None
    ),
    **dict.fromkeys(
        ("python", "python2", "python3", "py", "pypy", "pypy3", *(f"python3.{n}" for n in range(20))), _python
    ),
}
