"""``docker run [options] image [words]`` taken apart, as docker-run(1) and its flags (pflag) read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import docker_bytes
from flake8_celery_oom.resolve.programs.wrappers import assignment, program_name

_PROGRAMS = frozenset({"docker", "podman", "nerdctl"})
_SHORT: Mapping[str, str] = {
    "a": "attach",
    "c": "cpu-shares",
    "e": "env",
    "h": "hostname",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}
"""Short options with a value, by their letters."""
_LONG_NAMES = """
add-host attach cap-add cap-drop cpu-shares cpus cpuset-cpus device dns entrypoint env env-file expose gpus group-add
health-cmd hostname ip ipc label label-file link log-driver log-opt memory memory-reservation memory-swap mount name
net network network-alias pid pids-limit platform publish pull restart runtime security-opt shm-size stop-signal
stop-timeout sysctl tmpfs ulimit user volume volumes-from workdir
"""
_LONG = frozenset(_LONG_NAMES.split())
"""Long options that take a value, in a word of its own or behind ``=`` (docker-run(1))."""


@dataclass(frozen=True, slots=True)
class DockerRun:
    """A container that is started: its image, the words for it, and the values of each option by its long name."""

    image: Word
    words: tuple[Word, ...]
    options: Mapping[str, tuple[Word, ...]]

    def variables(self, outside: Mapping[str, Word]) -> dict[str, Word]:
        """What ``-e`` gives the container: ``NAME=value``, or ``NAME`` alone for the value of the environment outside.

        Nothing else of that environment reaches a container.
        """
        found: dict[str, Word] = {}
        for word in self.options.get("env", ()):
            given = assignment(word)
            if given is not None:
                found[given[0]] = given[1]
            elif word.text is not None:
                found[word.text] = outside.get(word.text) or Word((Hole(f"${word.text}", word.text),), word.at)
        return found

    def memory_limit(self) -> Value[int]:
        """``--memory`` in bytes; 0 is no limit."""
        *_, word = (None, *self.options.get("memory", ()))
        if word is None:
            return Unset()
        if word.text is None:
            default = docker_bytes(word.default_text) if word.default_text is not None else None
            return Unknown(from_word(word, f"{word.shown} is not known"), word.at, default, "limit")
        amount = docker_bytes(word.text)
        if amount is None:
            return Unknown(Cause(f"{value_called(word.text)} is no amount of memory"), word.at, origin="limit")
        return Known(amount, word.at, "limit") if amount else Unset()


def docker_run(words: Sequence[Word]) -> DockerRun | None:
    """The container that a command starts; None for other commands."""
    texts = [word.text or "" for word in words]
    if program_name(words[0]) not in _PROGRAMS or "run" not in texts[1:3] or texts[1] == "compose":
        return None
    options: dict[str, list[Word]] = {}
    rest = list(words[texts.index("run") + 1 :])
    while rest:
        word = rest[0]
        begin = word.parts[0] if isinstance(word.parts[0], str) else ""
        if begin.startswith("-"):
            del rest[0]
            for name, value in _given(word, begin, rest):
                options.setdefault(name, []).append(value)
        elif word.several and len(rest) > 1:
            del rest[0]  # a word that may be no word is taken for options
        else:
            return DockerRun(word, tuple(rest[1:]), {name: tuple(values) for name, values in options.items()})
    return None


def _given(word: Word, begin: str, behind: list[Word]) -> Iterator[tuple[str, Word]]:
    """The option that a word holds, with its value, which is taken from the words behind where it stands there."""
    if begin.startswith("--"):
        name, equals, _ = begin[2:].partition("=")
        if equals:
            yield name, _without(word, len(name) + 3)
        elif name in _LONG and behind:
            yield name, behind.pop(0)
        return
    for index, letter in enumerate(begin[1:], 2):
        if letter in _SHORT:
            value = _without(word, index) if len(begin) > index or len(word.parts) > 1 else None
            if value is None and behind:
                value = behind.pop(0)
            if value is not None:
                yield _SHORT[letter], value
            return


def _without(word: Word, length: int) -> Word:
    """What stands behind the first ``length`` characters of a word; ``-m=1g`` is the same as ``-m1g``."""
    first = word.parts[0]
    rest = first[length:] if isinstance(first, str) else ""
    if length == 2 and rest.startswith("="):
        rest = rest[1:]
    parts = (rest, *word.parts[1:]) if rest or len(word.parts) == 1 else word.parts[1:]
    return Word(parts, word.at)
