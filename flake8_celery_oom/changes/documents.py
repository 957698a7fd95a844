"""Whether a changed file is still read as before: its data, comments and syntax differ in the edited places only."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from io import StringIO
from typing import Any

from flake8_celery_oom.core.findings import Edit

MAX_CHARACTERS = 400_000
"""Longer YAML is not loaded a second time by ruamel.yaml, which takes seconds for it."""
_DEPTH = 100


def same_but_for(old: str, new: str, edits: Sequence[Edit], path: str, *, keep_comments: bool = True) -> str:
    """What is wrong with the changed text of a file, as the end of a sentence; empty when nothing is.

    A file that could not be read in its notation before, such as a template, is not judged. Without ``keep_comments``
    the comments that are edited may differ.
    """
    name = path.rsplit("/", 1)[-1].lower()
    if name.endswith((".py", ".pyw", ".pyi")):
        return _python(old, new)
    if name.endswith((".yml", ".yaml")):
        return _data(_load_yaml, old, new, edits) or _comments(old, new, () if keep_comments else edits)
    if name.endswith(".json"):
        return _data(_load_json, old, new, edits)
    if name.endswith(".toml"):
        return _data(_load_toml, old, new, edits)
    if name.endswith((".sh", ".bash")):
        return _shell(old, new)
    return ""


# --- programs ---------------------------------------------------------------------------------------------------------


def _python(old: str, new: str) -> str:
    try:
        ast.parse(old)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "is no Python that can be read"
    try:
        ast.parse(new)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "would no longer be Python"
    return ""


def _shell(old: str, new: str) -> str:
    return "would no longer be a script" if _broken(new) > _broken(old) else ""


def _broken(text: str) -> int:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_bash.language())).parse(text.encode("utf-8", "replace"))
    return int(tree.root_node.has_error)


# --- data -------------------------------------------------------------------------------------------------------------


def _data(load: Any, old: str, new: str, edits: Sequence[Edit]) -> str:
    try:
        before = load(old)
    except Exception:
        return ""
    try:
        after = load(new)
    except Exception:
        return "would no longer be read"
    deleted = [old[edit.at.start : edit.at.end] for edit in edits]
    added = [edit.replacement for edit in edits]
    for gone, come in _differences(before, after, 0):
        if not _explained(gone, deleted) or not _explained(come, added):
            return "would say something else than before"
    return ""


def _load_yaml(text: str) -> object:
    from ruamel.yaml import YAML

    if len(text) > MAX_CHARACTERS:
        raise ValueError("too long")
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True
    yaml.constructor.add_constructor(None, _any_tag)
    return list(yaml.load_all(StringIO(text)))


def _any_tag(constructor: Any, node: Any) -> object:
    """The value behind a tag that YAML itself does not know (``!Ref``), with the tag."""
    if node.id == "mapping":
        return node.tag, dict(constructor.construct_pairs(node, deep=True))
    if node.id == "sequence":
        return node.tag, constructor.construct_sequence(node, deep=True)
    return str(node.tag), node.value


def _load_json(text: str) -> object:
    return json.loads(text)


def _load_toml(text: str) -> object:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _differences(old: object, new: object, depth: int) -> Iterator[tuple[str, str]]:
    """The texts that are only in ``old``, and those in ``new`` in their place."""
    if depth > _DEPTH:
        yield "\0", "\0"
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() & new.keys():
            yield from _differences(old[key], new[key], depth + 1)
        lost, added = [key for key in old if key not in new], [key for key in new if key not in old]
        if len(lost) != len(added):
            yield "\0", "\0"
        for was, now in zip(lost, added, strict=False):
            yield _text(was), _text(now)
            yield from _differences(old[was], new[now], depth + 1)
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        start = _common(old, new)
        stop = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - start)
        gone, come = old[start : len(old) - stop], new[start : len(new) - stop]
        if len(gone) == len(come):
            for left, right in zip(gone, come, strict=True):
                yield from _differences(left, right, depth + 1)
        else:
            yield from ((_text(item), "") for item in gone)
            yield from (("", _text(item)) for item in come)
    elif isinstance(old, str) and isinstance(new, str):
        yield from _words_differ(old.split(), new.split())
    elif type(old) is not type(new) or old != new:
        yield _text(old), _text(new)


def _words_differ(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for kind, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = old[old_start:old_end], new[new_start:new_end]
        if kind == "replace" and len(gone) == len(come):
            for left, right in zip(gone, come, strict=True):
                yield _without_common(left, right)
        elif kind != "equal":
            yield _without_common(" ".join(gone), " ".join(come))


def _without_common(old: str, new: str) -> tuple[str, str]:
    """Two texts without what both begin and end with: ``worker"`` and ``worker -E"`` leave nothing and `` -E``."""
    start = _common(old, new)
    stop = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    return old[start : len(old) - stop], new[start : len(new) - stop]


def _text(item: object) -> str:
    return item if isinstance(item, str) else "\0" if isinstance(item, (dict, list, tuple)) else str(item)


def _common(old: Sequence[object], new: Sequence[object]) -> int:
    length = 0
    for left, right in zip(old, new, strict=False):
        if type(left) is not type(right) or left != right:
            break
        length += 1
    return length


def _explained(text: str, changed: Sequence[str]) -> bool:
    """Whether the words that came or went stand in what was edited.

    Of two similar words in a row it has no meaning which of them went: both copies of an edit count.
    """
    return all(any(word in one or word in one.strip() * 2 for one in changed) for word in text.split())


# --- comments ---------------------------------------------------------------------------------------------------------

_COMMENT = re.compile(r"#[^\r\n]*")


def _comments(old: str, new: str, edits: Sequence[Edit]) -> str:
    before, after = _comments_of(old), _comments_of(new)
    if before is None:
        return ""
    was, now, grown = [], [], 0
    for edit in edits:
        was.append((edit.at.start, edit.at.end))
        now.append((edit.at.start + grown, edit.at.start + grown + len(edit.replacement)))
        grown += len(edit.replacement) - (edit.at.end - edit.at.start)
    if after is not None and _untouched(before, was) == _untouched(after, now):
        return ""
    return "would have other comments"


def _untouched(comments: Sequence[re.Match[str]], edited: Sequence[tuple[int, int]]) -> list[str]:
    """The comments of which nothing was edited."""
    return [
        comment[0]
        for comment in comments
        if not any(start < comment.end() and comment.start() < end for start, end in edited)
    ]


def _comments_of(text: str) -> list[re.Match[str]] | None:
    """The comments of YAML: what stands behind ``#`` between its tokens."""
    from ruamel.yaml import YAML

    if len(text) > MAX_CHARACTERS:
        return None
    spans = []
    try:
        for token in YAML(typ="safe", pure=True).scan(StringIO(text)):
            if token.start_mark.index < token.end_mark.index:
                spans.append((token.start_mark.index, token.end_mark.index))
    except Exception:
        return None
    found: list[re.Match[str]] = []
    position = 0
    for start, end in [*spans, (len(text), len(text))]:
        found += _COMMENT.finditer(text, position, max(start, position))
        position = max(position, end)
    return found
