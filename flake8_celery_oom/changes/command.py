"""Options of a worker's command: added, given another value or taken away, in whatever notation it is written.

A new option goes right behind the word ``worker``: there it stands before comments, redirections, ``&&`` and arguments.
The text of an option needs no quotes in any notation, so only what separates it from the word before differs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from flake8_celery_oom.changes.calls import is_call, set_keyword
from flake8_celery_oom.changes.edits import line_end
from flake8_celery_oom.changes.places import Given, behind, given, spelling
from flake8_celery_oom.changes.scene import Around, CannotEditError, Scene
from flake8_celery_oom.changes.shell import is_assigned_for, value_end
from flake8_celery_oom.core.findings import Edit
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.wishes import RemovableOption, RemoveOptions, SetOption
from flake8_celery_oom.core.word import Word

_BLOCK_ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?P<dash>-[ \t]+)(?P<quote>[\"']?)(?P<item>[^\"'#\r\n]*?)(?P=quote)[ \t]*(?:#.*)?"
)
_FLOW_BEFORE = re.compile(r"[\[(,{]\s*(?:(?:#[^\n]*|[\\`]\r?)\n\s*)*\Z")
_FLOW_BEHIND = re.compile(r"(?:\s|[\\`]\r?\n|#[^\n]*\n)*[,\])}]")
_BEFORE_WORD = re.compile(r"[\s\"'`(]\Z|\A\Z")
_BEHIND_WORD = re.compile(r"[\s\"'`;&|<>)]|\\\r?\n|\Z")
_VALUE_BEHIND = re.compile(r"(?:\s|[\\`]\r?\n)+[\"']?|=?[\"']?")
_WITH_DEFAULT = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*):-\d+\}")
_OPTION_BELOW = re.compile(r"(?P<gap>[ \t]*\\?\r?\n[ \t]*)-{1,2}\w")
_SAME_COMMAND = re.compile(r"(?:[ \t]|\\?\r?\n)+-{1,2}\w")
_DEFAULT = re.compile(r"\$\{\w+:?[-=]")
_BETWEEN = re.compile(r"(?:[ \t]|[\\`]\r?\n|\r?\n)+")


def set_option(wish: SetOption, scene: Scene) -> list[Edit]:
    """The edits that give a command an option. Raises CannotEditError when there is no safe place for it."""
    worker = wish.workers[0]
    if is_call(worker):
        return [set_keyword(wish, scene)]
    present = given(worker.words, wish.option)
    if present:
        return [_with_value(present[-1], wish, scene)]
    spelled = spelling(wish.option, worker.words, worker.version)
    if spelled is None:
        raise CannotEditError(f"this command has no option for {wish.option.replace('_', '-')}")
    text = f"{spelled}={_value_like_others(wish, scene)}"
    reason = f"the command is put together from pieces, and none of them is the place to add {spelled}"
    for word in sorted(behind(worker.words), key=lambda word: not _preferred(word, wish)):
        others = _names(scene, word, wish.option, wish.value)
        if others:
            reason = f"{others} runs the same command, and does not lack the option"
            continue
        edit = behind_word(word, text, scene)
        if edit is not None:
            return [edit]
    raise CannotEditError(reason)


def _value_like_others(wish: SetOption, scene: Scene) -> str:
    """The value as the command writes its other numbers: ``${SHOP_MAX_MEMORY_PER_CHILD:-200000}``, else the number.

    The variable is called like the other, and is one that no file names yet.
    """
    words = wish.workers[0].words
    for other in ("concurrency", "max_tasks_per_child", "max_memory_per_child"):
        for present in given(words, other) if other != wish.option else ():
            at = present.words[-1].at
            written = _WITH_DEFAULT.search(scene.source(at).text, at.start, at.end) if at is not None else None
            if written is None:
                continue
            name = written["name"].replace(other.upper(), wish.option.upper())
            name = name if name != written["name"] else f"CELERY_{wish.option.upper()}"
            if not any(True for _ in scene.mentioning(name)):
                return f"${{{name}:-{wish.value}}}"
    return str(wish.value)


def _preferred(word: Word, wish: SetOption) -> bool:
    """Whether the edit had better go behind this word: where the finding is, when that is not the command itself."""
    if wish.at == wish.workers[0].command_at:
        return True
    return word.at is not None and word.at.path == wish.at.path and wish.at.start <= word.at.start <= wish.at.end


def _names(scene: Scene, word: Word, option: RemovableOption, value: int | None) -> str:
    """Who else has this word in its command, for a message; empty when nobody has."""
    names = sorted({f"worker `{worker.name}`" for worker in scene.bystanders(word, option, value)})
    return names[0] if names else ""


# --- adding -----------------------------------------------------------------------------------------------------------


def behind_word(word: Word, text: str, scene: Scene) -> Edit | None:
    """The edit that puts one more word behind ``word``; None when the text around it does not allow it."""
    at = word.at
    if at is None or not word.text or any(char.isspace() for char in word.text):
        return None
    source = scene.source(at)
    start, end = _without_quotes(at, source)
    if source.text[start:end] != word.text:
        return None
    around = scene.around(at)
    if around is not None and around.item:
        return _in_flow(start, end, text, source) or _in_block(start, end, text, source)
    return _in_text(around, at, word.text, text, source)


def _without_quotes(at: Location, source: SourceText) -> tuple[int, int]:
    """Start and end of a word without the quotes that the place may include."""
    start, end = at.start, at.end
    if end - start > 1 and source.text[start] in "\"'" and source.text[end - 1] == source.text[start]:
        return start + 1, end - 1
    return start, end


def _quote_around(start: int, end: int, text: str) -> str:
    before, after = text[start - 1 : start], text[end : end + 1]
    return before if before and before == after and before in "\"'" else ""


def _in_flow(start: int, end: int, text: str, source: SourceText) -> Edit | None:
    """``["celery", "worker"]`` and ``[celery, worker]``; on a line of its own where the items stand so."""
    quote = _quote_around(start, end, source.text)
    outer_start, outer_end = start - len(quote), end + len(quote)
    if not _FLOW_BEFORE.search(source.text[max(0, outer_start - 400) : outer_start]):
        return None
    if not _FLOW_BEHIND.match(source.text, outer_end):
        return None
    between = " "
    line = source.text[_line_start(source.text, start) : _line_stop(source.text, end)]
    if line.strip().rstrip(",") == f"{quote}{source.text[start:end]}{quote}":
        between = line_end(source, start) + line[: len(line) - len(line.lstrip())]
    return Edit(source.location(outer_end, outer_end), f",{between}{quote}{text}{quote}")


def _in_block(start: int, end: int, text: str, source: SourceText) -> Edit | None:
    """An item of a YAML block list that is nothing but the word: the option becomes the next item."""
    first, stop = _line_start(source.text, start), _line_stop(source.text, end)
    match = _BLOCK_ITEM.fullmatch(source.text[first:stop])
    if match is None or first + match.start("item") != start or first + match.end("item") != end:
        return None
    quote = match["quote"]
    item = f"{line_end(source, start)}{match['indent']}{match['dash']}{quote}{text}{quote}"
    return Edit(source.location(stop, stop), item)


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _line_stop(text: str, offset: int) -> int:
    """The offset of the line's end, before the CR LF or LF."""
    stop = text.find("\n", offset)
    stop = len(text) if stop < 0 else stop
    return stop - 1 if stop > offset and text[stop - 1] == "\r" else stop


def _in_text(around: Around | None, at: Location, word: str, text: str, source: SourceText) -> Edit | None:
    """A word of a command line, also inside the quotes of ``sh -c "..."``."""
    if around is None:
        around = Around(MappedText.plain(source), at.start, at.end)
    mapped, start, end = around.text, around.start, around.end
    if mapped.text[start:end] != word:
        start, end = start + 1, end - 1
        if mapped.text[start:end] != word:
            return None
    quote = _quote_around(start, end, mapped.text)
    if quote and (start < 2 or mapped.text[start - 2].isspace() or mapped.text[start - 2] == "("):
        start, end = start - 1, end + 1
    elif quote:
        return None
    if not _BEFORE_WORD.search(mapped.text[:start]) or not _BEHIND_WORD.match(mapped.text, end):
        return None
    place = mapped.offsets[end - 1] + 1
    if (start, end) == (0, len(mapped.text)) and _is_bare_value(source, mapped.offsets[0], place):
        return None
    below = _OPTION_BELOW.match(source.text, place) if _SAME_COMMAND.match(mapped.text, end) else None
    return Edit(source.location(place, place), f"{below['gap'] if below is not None else ' '}{text}")


def _is_bare_value(source: SourceText, start: int, end: int) -> bool:
    """Whether the shell reads ``[start:end]`` as the value of a variable without quotes: a blank would end it."""
    name = source.path.rpartition("/")[2]
    is_shell = "." not in name or name.endswith((".sh", ".bash", ".conf"))
    return (
        is_shell and source.text[start - 1 : start] == "=" and source.text[end : end + 1] in {"", " ", "\t", "\r", "\n"}
    )


# --- another value ----------------------------------------------------------------------------------------------------


def _with_value(present: Given, wish: SetOption, scene: Scene) -> Edit:
    for word in present.words:
        others = _names(scene, word, wish.option, wish.value)
        if others:
            raise CannotEditError(f"{others} runs the same command, and is to keep its value")
    if present.value is not None:
        edit = _whole_value(present.value, str(wish.value), scene)
        if edit is not None:
            return edit
    at = present.word.at
    if at is None:
        raise CannotEditError("the option is not written in a file")
    source = scene.source(at)
    start, _ = _without_quotes(at, source)
    if not source.text.startswith(present.spelling, start):
        raise CannotEditError("the option is written in pieces")
    start += len(present.spelling)
    between = _VALUE_BEHIND.match(source.text, start)
    assert between is not None
    assigned = wish.at.path == at.path and is_assigned_for(source, wish.at, between.end())
    return number_at(source, wish.at.start if assigned else between.end(), str(wish.value))


def _whole_value(value: Word, text: str, scene: Scene) -> Edit | None:
    """The edit of a value that is a word of its own and stands in the file as it is, or is an item of a list."""
    if value.at is None:
        return None
    source = scene.source(value.at)
    start, end = _without_quotes(value.at, source)
    if value.text and source.text[start:end] == value.text:
        return Edit(source.location(start, end), text)
    around = scene.around(value.at)
    if around is not None and around.item and source.text[start:end] == value.shown:
        return number_at(source, start, text)
    return None


def number_at(source: SourceText, start: int, number: str) -> Edit:
    """The edit that replaces what stands at ``start`` by a number: digits, ``$NAME``, ``$(nproc)``, ``${C:-0}``.

    Of ``${C:-0}`` only the default changes. Raises CannotEditError for anything else.
    """
    default = _DEFAULT.match(source.text, start)
    if default is not None:
        stop = value_end(source.text, start)
        if stop is not None and source.text[stop - 1] == "}":
            return Edit(source.location(default.end(), stop - 1), number)
    stop = value_end(source.text, start)
    if stop is None:
        raise CannotEditError("the value is not written as one number or one variable")
    return Edit(source.location(start, stop), number)


# --- taking away ------------------------------------------------------------------------------------------------------


def remove_options(wish: RemoveOptions, scene: Scene) -> list[Edit]:
    """The edits that take options out of a command. Raises CannotEditError when one cannot be told from its text."""
    worker = wish.workers[0]
    found: list[Given] = []
    for option in wish.options:
        for present in given(worker.words, option):
            for word in present.words:
                others = _names(scene, word, option, None)
                if others:
                    raise CannotEditError(f"{others} runs the same command, and is to keep the option")
            found.append(present)
    if not found:
        raise CannotEditError("the option is not written in the command")
    return joined([edit for run in _runs(found) for edit in _removal(run, worker, scene)], scene)


def _runs(found: list[Given]) -> list[list[Given]]:
    """Options that stand side by side in one file, together."""
    runs: list[list[Given]] = []
    for present in sorted(found, key=lambda one: one.index):
        last = runs[-1][-1] if runs else None
        if last is not None and last.index + len(last.words) == present.index and _path(last) == _path(present):
            runs[-1].append(present)
        else:
            runs.append([present])
    return runs


def _path(present: Given) -> str | None:
    return present.word.at.path if present.word.at is not None else None


def joined(edits: list[Edit], scene: Scene) -> list[Edit]:
    """Removals of one file that touch, as one."""
    made: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.at):
        last = made[-1] if made else None
        if last is not None and last.at.path == edit.at.path and edit.at.start <= last.at.end:
            source = scene.source(edit.at)
            made[-1] = Edit(source.location(last.at.start, max(last.at.end, edit.at.end)), "")
        else:
            made.append(edit)
    return made


def _removal(run: Sequence[Given], worker: Worker, scene: Scene) -> list[Edit]:
    words = [word for present in run for word in present.words]
    spans: list[Edit | None] = []
    for word in words:
        if word.at is None or not word.text:
            raise CannotEditError("the option is not written out")
        source = scene.source(word.at)
        start, end = _without_quotes(word.at, source)
        if source.text[start:end] != word.text:
            raise CannotEditError("the option is not written out")
        around = scene.around(word.at)
        if around is not None and around.item:
            spans.append(_without_item(start, end, source))
        else:
            spans.append(None)
    if all(span is not None for span in spans):
        return [span for span in spans if span is not None]
    if any(spans):
        raise CannotEditError("the option is written in two notations")
    behind_run = run[0].index + len(words)
    after = worker.words[behind_run] if behind_run < len(worker.words) else None
    return [_without_words(words, worker.words[run[0].index - 1], after, scene)]


def _without_item(start: int, end: int, source: SourceText) -> Edit:
    """The edit that takes an item out of a list, with its comma or its line."""
    quote = _quote_around(start, end, source.text)
    outer_start, outer_end = start - len(quote), end + len(quote)
    first, stop = _line_start(source.text, start), _line_stop(source.text, end)
    match = _BLOCK_ITEM.fullmatch(source.text[first:stop])
    if match is not None and first + match.start("item") == start and first + match.end("item") == end:
        line_before = first - 2 if source.text[first - 2 : first] == "\r\n" else first - 1
        return Edit(source.location(max(line_before, 0), stop), "")
    before = re.search(r",(?:\s|[\\`]\r?\n)*\Z", source.text[:outer_start])
    if before is None or not _FLOW_BEHIND.match(source.text, outer_end):
        raise CannotEditError("the option is the first item of its list")
    return Edit(source.location(before.start(), outer_end), "")


def _without_words(words: Sequence[Word], before: Word | None, after: Word | None, scene: Scene) -> Edit:
    """The edit that takes words out of a command line, with the blanks on one side."""
    spans = [_with_quotes(word.at, scene) for word in words if word.at is not None]
    path, start, end = spans[0][0], spans[0][1], spans[-1][2]
    source = scene.source(words[0].at) if words[0].at is not None else None
    if source is None or any(span[0] != path for span in spans):
        raise CannotEditError("the option and its value stand in two files")
    if not all(_is_gap(source.text[left[2] : right[1]]) for left, right in pairwise(spans)):
        raise CannotEditError("the option and its value do not stand side by side")
    preceding = source.text[_end_of(before, path, scene, start) : start]
    following = source.text[end : _start_of(after, path, scene, end)]
    if _is_gap(preceding) and not ("\n" in preceding and _is_gap(following)):
        return Edit(source.location(start - len(preceding), end), "")
    if _is_gap(following):
        return Edit(source.location(start, end + len(following)), "")
    raise CannotEditError("the words around the option stand elsewhere")


def _end_of(word: Word | None, path: str, scene: Scene, otherwise: int) -> int:
    """Where the word before ends, when it stands in the same file."""
    if word is None or word.at is None or word.at.path != path:
        return otherwise
    return _with_quotes(word.at, scene)[2]


def _start_of(word: Word | None, path: str, scene: Scene, otherwise: int) -> int:
    """Where the word behind starts, when it stands in the same file."""
    if word is None or word.at is None or word.at.path != path:
        return otherwise
    return _with_quotes(word.at, scene)[1]


def _with_quotes(at: Location, scene: Scene) -> tuple[str, int, int]:
    """The path of a word, its start and its end, with quotes that hold nothing but the word."""
    source = scene.source(at)
    start, end = at.start, at.end
    quote = _quote_around(start, end, source.text)
    if (
        quote
        and (start < 2 or source.text[start - 2].isspace())
        and source.text[end + 1 : end + 2] in {"", " ", "\n", "\r"}
    ):
        return at.path, start - 1, end + 1
    return at.path, start, end


def _is_gap(text: str) -> bool:
    return _BETWEEN.fullmatch(text) is not None
