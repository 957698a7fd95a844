"""No regular expression of the package takes exponential time: each is attacked with texts made from itself.

An attack is a text that fits a pattern, with one of its repetitions pumped up and an end that does not fit.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import random
import re
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flake8_celery_oom

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_constants as constants
    import sre_parse as parser

SECONDS = 1.0
ATTACKS = 8
PUMPED = (40,)
"""What doubles with every round is beyond any bound then; what grows with a power of the length is not seen here."""
ENDS = ("\0", "!", "\n\0", "")
_CATEGORIES = {
    constants.CATEGORY_DIGIT: "1",
    constants.CATEGORY_SPACE: " ",
    constants.CATEGORY_WORD: "a",
    constants.CATEGORY_NOT_DIGIT: "a",
    constants.CATEGORY_NOT_SPACE: "a",
    constants.CATEGORY_NOT_WORD: "-",
}
ANY_CHARACTER = "a ='\"\\-#$:.,/"


def patterns() -> dict[tuple[str, int, bool], str]:
    """Every compiled pattern of the package, with the name of one place where it is."""
    found: dict[tuple[str, int, bool], str] = {}
    for module in pkgutil.walk_packages(flake8_celery_oom.__path__, "flake8_celery_oom."):
        if module.name.endswith("__main__"):
            continue
        try:
            loaded = importlib.import_module(module.name)
        except ImportError:  # what an extra brings
            continue
        for name, value in _patterns_in(vars(loaded)):
            found.setdefault((_text(value), value.flags, isinstance(value.pattern, bytes)), f"{module.name}.{name}")
    return found


def _patterns_in(names: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in names.items():
        values = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else (value,)
        yield from ((name, one) for one in values if isinstance(one, re.Pattern))


def _text(pattern: re.Pattern[Any]) -> str:
    return pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern


class Attack:
    """Texts that fit a pattern, in which one repetition, chosen by its number, is pumped up."""

    def __init__(self, text: str, flags: int, seed: int) -> None:
        self._tree = parser.parse(text, flags & ~re.LOCALE)
        self._random = random.Random(seed)
        self.repetitions = 0
        self._cut = self._ended = False

    def text(self, pumped: int, times: int, *, cut: bool = False) -> str:
        """A text in which the repetition with a number goes round so many times; ``cut``: nothing follows it."""
        self.repetitions = 0
        self._cut, self._ended = cut, False
        return self._of(self._tree, pumped, times)

    def _of(self, tree: Any, pumped: int, times: int) -> str:
        return "".join("" if self._ended else self._one(kind, value, pumped, times) for kind, value in tree)

    def _one(self, kind: Any, value: Any, pumped: int, times: int) -> str:
        if kind is constants.LITERAL:
            return chr(value)
        if kind is constants.IN:
            return self._member(value)
        if kind in (constants.ANY, constants.NOT_LITERAL):
            return self._random.choice(ANY_CHARACTER)
        if kind is constants.BRANCH:
            return self._of(self._random.choice(value[1]), pumped, times)
        if kind is constants.SUBPATTERN:
            return self._of(value[-1], pumped, times)
        if str(kind) == "ATOMIC_GROUP":
            return self._of(value, pumped, times)
        if "REPEAT" in str(kind):
            return self._repeated(value, pumped, times)
        return ""

    def _repeated(self, value: Any, pumped: int, times: int) -> str:
        low, high, body = value
        self.repetitions += 1
        is_pumped = self.repetitions == pumped
        rounds = min(times, int(high)) if is_pumped else min(max(int(low), 1), int(high))
        unit = self._of(body, pumped, times)
        self._ended = self._ended or (is_pumped and self._cut)
        return unit * rounds

    def _member(self, members: Any) -> str:
        if members[0][0] is constants.NEGATE:
            excluded = {chr(value) for kind, value in members if kind is constants.LITERAL}
            allowed = [char for char in ANY_CHARACTER if char not in excluded]
            return self._random.choice(allowed or ["~"])
        kind, value = self._random.choice(members)
        if kind is constants.RANGE:
            return chr(self._random.choice(value))
        return _CATEGORIES.get(value, "a") if kind is constants.CATEGORY else chr(value)


class TooSlowError(Exception):
    """A search did not end in time."""


def slow_attack(text: str, flags: int, *, of_bytes: bool) -> str | None:
    """A text on which a pattern takes too long; None where none was found."""
    pattern: re.Pattern[Any] = re.compile(text.encode("latin-1") if of_bytes else text, flags)
    for seed in range(ATTACKS):
        attack = Attack(text, flags, seed)
        attack.text(0, 1)
        for number in range(1, attack.repetitions + 1):
            for times in PUMPED:
                made = attack.text(number, times, cut=seed % 2 > 0)[:20_000] + ENDS[seed // 2 % len(ENDS)]
                subject = made.encode("utf-8", "replace") if of_bytes else made
                if not _ends_in_time(pattern.search, subject):
                    return made[:80]
    return None


def _ends_in_time(tried: Callable[[Any], object], subject: Any) -> bool:
    def give_up(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        started = time.process_time()
        tried(subject)
        return time.process_time() - started < SECONDS
    except TooSlowError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a search can only be ended by a timer")
def test_patterns_end_in_time() -> None:
    every = patterns()
    assert len(every) > 300
    slow = {
        where: attack
        for (text, flags, of_bytes), where in every.items()
        if (attack := slow_attack(text, flags, of_bytes=of_bytes)) is not None
    }
    assert not slow


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a search can only be ended by a timer")
@pytest.mark.parametrize("text", [r"(a+)+$", r"^(?:a|a)*$", r"^(?:\\.|(?!').)*'", r"(?:\s*a?\s*)*\Z"])
def test_exponential_patterns_are_found(text: str) -> None:
    assert slow_attack(text, 0, of_bytes=False) is not None


GROWING_WITH_A_POWER = {
    "changes.command._BLOCK_ITEM": "one line in which something is mended",
    "changes.command._FLOW_BEFORE": "400 characters",
    "frontends.language_server.completion._NAME": "the line in which somebody types",
    "listing.revision._NAME": "a word of the command line",
    "listing.user_excludes._KEY": "a line of the user's own configuration of git",
    "resolve.compose.projects._BETWEEN": "forty words at most",
    "resolve.helm.yaml_output._BASE_60": "used on whole scalars only, where it is linear",
    "resolve.python.methods._FIELDS_INSIDE": "a text of bounded length",
    "rules.comments._NOTHING_ELSE": "one comment that has a number",
    "sources.procfile._LINE": "one line",
    "syntax.batch._WRITTEN": "one line",
    "syntax.dotenv._NAME": "used at the start of a line only, where it is linear",
    "syntax.dotenv._SHELL_NAME": "used at the start of a line only, where it is linear",
    "syntax.makefile_functions._ECHO": "a text of bounded length",
    "syntax.placed_files._EXPRESSION": "one path",
    "syntax.template_scan._GO_STEP": "an action of bounded length",
    "syntax.requirement._REQUIREMENT": "a text of bounded length",
}
"""Patterns that take time with the square of what they are tried on, and what that is."""
_SEARCHES = {"search", "finditer", "findall", "sub", "subn", "split"}
POWER_SECONDS = 0.4


def seconds(where: str, text: str, flags: int, *, of_bytes: bool) -> float:
    """The most that a pattern takes, in the way in which its module uses it, on some thousand pumped characters."""
    module, _, name = where.rpartition(".")
    used = set(re.findall(rf"\b{re.escape(name)}\.(\w+)\(", inspect.getsource(importlib.import_module(module))))
    ways = ["search"] if used & _SEARCHES or not used else sorted(used & {"match", "fullmatch"})
    pattern: re.Pattern[Any] = re.compile(text.encode("latin-1") if of_bytes else text, flags)
    most = 0.0
    for seed in range(ATTACKS):
        attack = Attack(text, flags, seed)
        attack.text(0, 1)
        for number in range(1, attack.repetitions + 1):
            made = Attack(text, flags, seed).text(number, 6000, cut=seed % 2 > 0)[:20_000]
            made += ENDS[seed // 2 % len(ENDS)]
            subject: Any = made.encode("utf-8", "replace") if of_bytes else made
            for way in ways:
                started = time.process_time()
                if not _ends_in_time(getattr(pattern, way), subject):
                    return SECONDS
                most = max(most, time.process_time() - started)
    return most


@pytest.mark.skipif("CELERY_OOM_LONG" not in os.environ, reason="set CELERY_OOM_LONG=1: it takes a minute")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a search can only be ended by a timer")
def test_no_more_patterns_grow_with_a_power_of_what_they_are_tried_on() -> None:
    slow = {
        where
        for (text, flags, of_bytes), where in patterns().items()
        if seconds(where, text, flags, of_bytes=of_bytes) > POWER_SECONDS
    }
    assert sorted(slow - {f"flake8_celery_oom.{where}" for where in GROWING_WITH_A_POWER}) == []
