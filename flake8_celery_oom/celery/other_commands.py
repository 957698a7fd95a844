"""Commands of the ``celery`` program that start no worker: ``inspect``, ``status``, ``flower``, ``beat``..."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flake8_celery_oom.celery.collector import Collector
from flake8_celery_oom.celery.grammar import ARGPARSE, CLICK
from flake8_celery_oom.celery.reading import subcommand_of_click, subcommand_of_commands
from flake8_celery_oom.celery.versions import may_hold, shown
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.word import Word


@dataclass(frozen=True, slots=True)
class OtherCommand:
    """``name`` is the word after the global options, ``word`` that word; ``has_app``: an app is named (``-A shop``)."""

    name: str
    has_app: bool
    word: Word | None = field(default=None, compare=False)


def read_other_command(words: Sequence[Word], version: CeleryVersion) -> OtherCommand | None:
    """What a celery program is told to do when it is no worker; None where that cannot be told.

    ``words[0]`` is the program, as for :func:`flake8_celery_oom.celery.command_line.read_commands`.
    """
    for grammar, line in ((CLICK, ">=5.0"), (ARGPARSE, "<5.0")):
        if not may_hold(version, line):
            continue
        collector = Collector(version, grammar, shown(version))
        read = subcommand_of_click if grammar is CLICK else subcommand_of_commands
        found = read(words[1:], collector)
        if found is not None and found.name not in {"worker", "multi"} and not collector.exits:
            texts = [word.text or "" for word in words]
            has_app = any(text == "-A" or text.startswith(("-A", "--app")) for text in texts)
            word = words[len(words) - len(found.words) - 1]
            return OtherCommand(found.name, has_app, word if word.text == found.name else None)
    return None
