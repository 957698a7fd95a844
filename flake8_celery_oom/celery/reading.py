"""From the words behind ``celery`` to one worker: global options, sub-command, worker options, ``key=value`` words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flake8_celery_oom.celery.collector import Collector
from flake8_celery_oom.celery.grammar import (
    ARGPARSE,
    CLICK,
    Blank,
    Given,
    Mistake,
    Positional,
    Rest,
    Scanner,
    begins_with_dash,
    head,
)
from flake8_celery_oom.celery.options import table
from flake8_celery_oom.celery.versions import may_hold
from flake8_celery_oom.core.word import Word


@dataclass(frozen=True, slots=True)
class Subcommand:
    """The word after the global options, what stood before it and what follows."""

    name: str
    before: tuple[Word, ...]
    words: tuple[Word, ...]
    collector: Collector


def _subcommand(before: Sequence[Word], rest: Sequence[Word], collector: Collector) -> Subcommand | None:
    name = rest[0].text if rest else None
    return Subcommand(name, tuple(before), tuple(rest[1:]), collector) if name is not None else None


def subcommand_of_click(words: Sequence[Word], collector: Collector) -> Subcommand | None:
    """Celery 5: global options, then the sub-command, then its own options."""
    scanner = Scanner(words, table(collector.version, with_global=True), CLICK)
    while (item := scanner.next()) is not None:
        if isinstance(item, Rest):
            return _subcommand(words[: len(words) - len(item.words) - 1], item.words, collector)
        if isinstance(item, Positional) and (not collector.lost or item.word.text in {"worker", "multi"}):
            here = scanner.position - 1
            return _subcommand(words[:here], words[here:], collector)
        if isinstance(item, Blank) and not item.word.several and not item.prefix:
            return None
        collector.take(item, scanner)
    return None


def subcommand_of_commands(words: Sequence[Word], collector: Collector) -> Subcommand | None:
    """Celery 3.1 and 4: what stands before the sub-command is moved behind it; ``--`` ends everything."""
    if collector.grammar is ARGPARSE and may_hold(collector.version, ">=4.4.7"):
        words = _without_globals(words, collector)
    end = next((index for index, word in enumerate(words) if word.text == "--"), len(words))
    behind = words[end:]
    _refuse_open_end(words[:end], collector)
    moved, rest = _relocated(words[:end])
    if rest and rest[0].text == "multi":
        return _subcommand(moved, [*rest, *behind], collector)
    collector.take_rest(behind[1:], table(collector.version, with_global=True, with_worker=True))
    return _subcommand(moved, rest, collector)


def _refuse_open_end(words: Sequence[Word], collector: Collector) -> None:
    """A global option at the very end lacks its value, although other words are moved behind it later."""
    known = table(collector.version, with_global=True).options
    option = known.get(words[-1].text or "") if words else None
    if option is not None and option.takes_value:
        collector.refuse("missing-value", words[-1], f"{words[-1].shown} needs a value", option=option.name)


def _relocated(words: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """The words before the sub-command, and those from it on, as ``_relocate_args_from_start`` sees them.

    A short option takes the next word along unless that begins with a dash, whether it needs a value or not.
    """
    index = 0
    while index < len(words):
        word = words[index]
        if not begins_with_dash(word) and (head(word) or not word.several):
            break
        is_short = begins_with_dash(word) and not head(word).startswith("--")
        takes_next = is_short and index + 1 < len(words) and not begins_with_dash(words[index + 1])
        index += 2 if takes_next else 1
    return [*words[:index]], [*words[index:]]


def _without_globals(words: Sequence[Word], collector: Collector) -> list[Word]:
    """Celery 4.4.7 takes the global options out, wherever they stand, before it looks for the sub-command."""
    scanner = Scanner(words, table(collector.version, with_global=True), ARGPARSE)
    rest: list[Word] = []
    while scanner.position < len(words):
        start = scanner.position
        item = scanner.next()
        is_global = isinstance(item, Given) and item.option.kind != "exit"
        if item is not None and (is_global or (isinstance(item, Mistake) and item.kind.endswith("-value"))):
            collector.take(item, scanner)
        else:
            rest.extend(words[start : scanner.position])
    collector.lost = False
    return rest


def worker_of_click(found: Subcommand) -> Collector:
    """Read the options behind ``worker`` as Celery 5 does."""
    collector = found.collector
    collector.lost = False
    collector.take_all(Scanner(found.words, table(collector.version, with_worker=True), CLICK))
    return collector


def worker_of_commands(found: Subcommand) -> Collector:
    """Read the options of ``worker`` as Celery 3.1 and 4 do, where global options may stand among them."""
    collector = found.collector
    known = table(collector.version, with_global=True, with_worker=True)
    collector.take_all(Scanner([*found.words, *found.before], known, collector.grammar))
    return collector
