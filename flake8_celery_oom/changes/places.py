"""Where in the words of a celery command another option may stand, and which words are an option that stands there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flake8_celery_oom.celery.options import AIRFLOW_OPTIONS, GLOBAL_OPTIONS, WORKER_OPTIONS, Option
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.word import Word

_SUB_COMMANDS = frozenset({"worker", "celeryd", "celeryd_detach", "multi", "celeryd_multi", "celeryd-multi"})
_MULTI = frozenset({"multi", "celeryd_multi", "celeryd-multi"})
_GLOBALS_WITH_VALUE = frozenset(text for option in GLOBAL_OPTIONS if option.takes_value for text, _ in option.spellings)


def is_airflow(words: Sequence[Word]) -> bool:
    """Whether the command is one of Apache Airflow, which has options of its own."""
    return bool(words) and (words[0].text or "").rpartition("/")[2] == "airflow"


def spelling(option: str, words: Sequence[Word], version: CeleryVersion) -> str | None:
    """How the command spells an option that it is given; None when it has none."""
    table = AIRFLOW_OPTIONS if is_airflow(words) else WORKER_OPTIONS
    found = next((one for one in table if one.name == option), None)
    if found is None:
        return None
    modern = next(text for text, _ in found.spellings if text.startswith("--"))
    return found.spelling(version) or (modern if holds(version, ">=4.0") is not False else None)


def sub_command(words: Sequence[Word]) -> int | None:
    """Which word is the sub-command ``worker``, or ``multi``; None when none is written."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text is None:
            index += 1
        elif text.startswith("-"):
            index += 2 if text in _GLOBALS_WITH_VALUE else 1
        elif text.rpartition("/")[2] in _SUB_COMMANDS and not _is_program(words, index):
            return index
        elif index == 0 or (index == 1 and is_airflow(words)):
            index += 1
        else:
            return None
    return None


def _is_program(words: Sequence[Word], index: int) -> bool:
    """Whether the word at ``index`` is a program called ``worker``, behind which the sub-command is still to come."""
    return index == 0 and words[0].text != "celeryd" and len(words) > 1 and words[1].text in _SUB_COMMANDS


def behind(words: Sequence[Word]) -> Iterator[Word]:
    """The words behind which another option may stand, the best first: right behind ``worker``, then from the end on.

    ``celery multi`` gets it behind its last option or, without any, behind ``start``: what stands behind the name of a
    node looks as if it were of that node.
    """
    sub = sub_command(words)
    multi = sub is not None and (words[sub].text or "").rpartition("/")[2] in _MULTI
    if sub is not None and not multi:
        yield words[sub]
    ends = list(_ends_of_options(words, (sub if sub is not None else 0) + 1, multi=multi))
    yield from reversed(ends)
    if sub is not None and multi and sub + 1 < len(words):
        yield words[sub + 1]


def _ends_of_options(words: Sequence[Word], start: int, *, multi: bool) -> Iterator[Word]:
    """The last word of every option from ``start`` on."""
    table = {text: option for option in (*GLOBAL_OPTIONS, *WORKER_OPTIONS) for text, _ in option.spellings}
    index = start
    while index < len(words):
        text = words[index].text
        if text == "--":
            return
        if text is None or not text.startswith("-"):
            index += 1
            continue
        option = words[index]
        if _takes_next(words, index, table, multi=multi):
            index += 1
        if not _is_held_elsewhere(words[index], option):
            yield words[index]
        index += 1


def _is_held_elsewhere(value: Word, option: Word) -> bool:
    """Whether the value of an option stands in a variable of its own, which is no place for more options."""
    if value is option or value.at is None or option.at is None:
        return False
    return value.at.path != option.at.path or value.at.start < option.at.start


def _takes_next(words: Sequence[Word], index: int, table: dict[str, Option], *, multi: bool) -> bool:
    """Whether the value of the option at ``index`` is the next word. ``multi`` gives every short option the next."""
    text = words[index].text or ""
    if index + 1 >= len(words):
        return False
    option = table.get(text)
    if multi:
        return not text.startswith("--") and not (words[index + 1].text or "").startswith("-")
    return option is not None and option.takes_value


@dataclass(frozen=True, slots=True)
class Given:
    """An option as a command gives it: the word with the option, and the one with its value where that is another."""

    index: int
    word: Word
    spelling: str
    value: Word | None

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the option."""
        return (self.word,) if self.value is None else (self.word, self.value)


def given(words: Sequence[Word], option: str) -> list[Given]:
    """Every place where the command gives an option, in any spelling."""
    table = AIRFLOW_OPTIONS if is_airflow(words) else WORKER_OPTIONS
    known = next((one for one in table if one.name == option), None)
    spellings = [text for text, _ in known.spellings] if known else []
    found = []
    for index in range(1, len(words)):
        head = _head(words[index])
        for text in spellings:
            if words[index].text == text and index + 1 < len(words):
                found.append(Given(index, words[index], text, words[index + 1]))
            elif head.startswith(f"{text}=") or (_is_short(text) and _is_attached(head, text, words[index])):
                found.append(Given(index, words[index], text, None))
    return found


def _is_short(spelling: str) -> bool:
    return len(spelling) == 2


def _is_attached(head: str, spelling: str, word: Word) -> bool:
    """``-c2`` and ``-c$N``."""
    return head.startswith(spelling) and (
        head[2:3].isdigit() or head[2:3] == "=" or (head == spelling and len(word.parts) > 1)
    )


def _head(word: Word) -> str:
    """The known beginning of a word."""
    first = word.parts[0] if word.parts else ""
    return first if isinstance(first, str) else ""
