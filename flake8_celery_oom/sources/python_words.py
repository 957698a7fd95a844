"""Words of a command out of Python expressions: lists, text, what is read from the environment, what is not known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.sources.python_expressions import MAX_DEPTH, Expressions
from flake8_celery_oom.syntax import python, shell_words
from flake8_celery_oom.syntax.python_names import Change, dotted, name_of

__all__ = ["Words", "dotted"]

_LIST_COPIES = frozenset({"list", "tuple", "copy.copy", "copy", "deepcopy", "copy.deepcopy"})
_SAME_TEXT = frozenset({"strip", "rstrip", "lstrip"})
"""Methods of text that change nothing but blanks around it."""


class Words(Expressions):
    """Reads expressions of one file as words."""

    # --- lists ---

    def list_words(self, node: ast.expr, depth: int = 0) -> tuple[Word, ...] | None:
        """The words of a list, None when the expression is not seen to be one."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(node, (ast.List, ast.Tuple)):
            return tuple(word for item in node.elts for word in self._list_item(item, depth))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.list_words(node.left, depth + 1), self.list_words(node.right, depth + 1)
            if left is None and right is None:
                return None
            first = left if left is not None else (self.several(node.left),)
            return first + (right if right is not None else (self.several(node.right),))
        if isinstance(node, ast.IfExp):
            decided = self.decide(node.test)
            return None if decided is None else self.list_words(node.body if decided else node.orelse, depth + 1)
        if isinstance(node, ast.Name):
            return self._named_list(node, depth)
        if isinstance(node, ast.Call):
            return self._called_list(node, depth)
        if isinstance(node, ast.Subscript):
            return self._part_of_list(node, depth)
        if isinstance(node, ast.Attribute):
            return self._attribute_list(node, depth)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)) and _copies(node):
            return self.list_words(node.generators[0].iter, depth + 1)
        return None

    def _attribute_list(self, node: ast.Attribute, depth: int) -> tuple[Word, ...] | None:
        if dotted(node) == "sys.argv":
            return (self.several(node),)
        own = self.names.attribute(node.attr) if dotted(node.value) in {"self", "cls"} else None
        return self.list_words(own, depth + 1) if own is not None else None

    def _part_of_list(self, node: ast.Subscript, depth: int) -> tuple[Word, ...] | None:
        if dotted(node.value) == "sys.argv":
            return (self.several(node),)
        words = self.list_words(node.value, depth + 1) if isinstance(node.slice, ast.Slice) else None
        if words is None or not isinstance(node.slice, ast.Slice):
            return None
        bounds = [_whole_number(bound) for bound in (node.slice.lower, node.slice.upper, node.slice.step)]
        start, end, step = (bound if isinstance(bound, int) else None for bound in bounds)
        counted = words[: max(start or 0, end or 0)] if step is None and min(start or 0, end or 0) >= 0 else words
        first = words[0].holes[0].source if len(words) == 1 and words[0].several else ""
        if first == "sys.argv" and start is not None and start > 0 and bounds[1:] == [None, None]:
            return (Word((Hole(f"sys.argv[{start}:]", at=self.at(node), several=True),), self.at(node)),)
        if "unknown" in bounds or step == 0 or any(word.several for word in counted):
            return (self.several(node),)
        return words[start:end:step]

    def _called_list(self, node: ast.Call, depth: int) -> tuple[Word, ...] | None:
        name = dotted(node.func)
        if name in _LIST_COPIES and len(node.args) == 1:
            return self.list_words(node.args[0], depth + 1)
        if name == "map" and len(node.args) == 2 and dotted(node.args[0]) in {"str", "shlex.quote", "os.fspath"}:
            return self.list_words(node.args[1], depth + 1)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
            return self.list_words(node.func.value, depth + 1)
        inner = self.split(node)
        if inner is not None:
            text = self.text(inner, depth + 1)
            return self._split_words(text) if text is not None else None
        return self.follow(node, lambda value: self.list_words(value, depth + 1))

    @staticmethod
    def _split_words(text: MappedText) -> tuple[Word, ...]:
        """The words of text as ``shlex.split`` makes them."""
        words: list[Word] = []
        for piece in shell_words.split(text):
            parts = [part.text for part in shell_words.parts(piece) if isinstance(part, shell_words.Text)]
            words.append(Word.of(MappedText.joined(parts)) if parts else Word.of(piece))
        return tuple(words)

    def split(self, node: ast.expr) -> ast.expr | None:
        """The text in ``shlex.split(text)``, ``text.split()`` and ``text.split(" ")``; None for anything else."""
        if not isinstance(node, ast.Call):
            return None
        if dotted(node.func) in {"shlex.split", "split"} and node.args:
            return node.args[0]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "split" and _is_at_blanks(node.args):
            return node.func.value
        return None

    def _named_list(self, node: ast.Name, depth: int) -> tuple[Word, ...] | None:
        changes = self.names.changes_before(node.id, node)
        words: tuple[Word, ...] | None = None
        if not changes or changes[0].kind != "set":
            words = self.follow(node, lambda value: self.list_words(value, depth + 1))
        for change in changes or ():
            words = self.apply(words, change, node, depth + 1)
        return words

    def apply(
        self, words: tuple[Word, ...] | None, change: Change, place: ast.Name, depth: int = 0
    ) -> tuple[Word, ...] | None:
        """The words of the list that ``place`` names after one more change to it."""
        happens = self.happens(change, place.id, place)
        if happens is False:
            return words
        if change.kind == "set" and change.value is not None:
            return self.list_words(change.value, depth)
        if words is None:
            return None
        if change.value is None or change.kind in {"other", "item"}:
            return (*words, Word((Hole("...", several=True),)))
        if change.kind == "append":
            added = tuple(self._list_item(change.value, depth))
        else:
            found = self.list_words(change.value, depth)
            added = found if found is not None else (self.several(change.value),)
        if happens is None:
            added = tuple(_perhaps(word) for word in added)
        return (*words, *added)

    def _list_item(self, node: ast.expr, depth: int) -> tuple[Word, ...]:
        if not isinstance(node, ast.Starred):
            return (self.word(node),)
        words = self.list_words(node.value, depth + 1)
        return words if words is not None else (self.several(node.value),)

    def dict_items(self, node: ast.expr, depth: int = 0) -> dict[str, ast.expr] | None:
        """The values of a dict by its keys, in the order of Python; None when it may hold anything else."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Dict):
            return self._dict_of(zip(node.keys, node.values, strict=True), depth)
        if isinstance(node, ast.Call) and dotted(node.func) == "dict":
            return self._dict_of_call(node, depth)
        if not isinstance(node, ast.Name):
            return None
        changes = self.names.changes_before(node.id, node)
        held: dict[str, ast.expr] | None = None
        if not changes:
            return None
        for change in changes:
            happens = self.happens(change, node.id, node)
            if happens is None or change.value is None:
                return None
            if happens and change.kind == "set":
                held = self.dict_items(change.value, depth + 1)
            elif happens and change.kind == "item" and held is not None and isinstance(change.key, ast.Constant):
                held = {**held, str(change.key.value): change.value}
            elif happens:
                return None
        return held

    def _dict_of_call(self, node: ast.Call, depth: int) -> dict[str, ast.expr] | None:
        """``dict(options, concurrency=2)``."""
        pairs: list[tuple[ast.expr | None, ast.expr]] = [(None, argument) for argument in node.args]
        pairs += [(ast.Constant(one.arg) if one.arg is not None else None, one.value) for one in node.keywords]
        return self._dict_of(pairs, depth)

    def _dict_of(self, pairs: Iterable[tuple[ast.expr | None, ast.expr]], depth: int) -> dict[str, ast.expr] | None:
        held: dict[str, ast.expr] = {}
        for key, value in pairs:
            if key is None:
                inner = self.dict_items(value, depth + 1)
                if inner is None:
                    return None
                held |= inner
            elif isinstance(key, ast.Constant):
                held[str(key.value)] = value
            else:
                return None
        return held

    def several(self, node: ast.expr) -> Word:
        """An expression that may be any number of words."""
        at = self.at(node)
        return Word((Hole(python.code(self.source, node), at=at, several=True),), at)

    # --- one word ---

    def word(self, node: ast.expr) -> Word:
        """An expression as one word."""
        at = self.at(node)
        text = self.text(node)
        if text is not None:
            return Word.of(text) if text.source is self.source else Word(text.parts(), at)
        found = self.value(node, 0)
        if isinstance(found, str):
            return literal(found, at)
        return Word((replace(found, at=at),), at)

    def text(self, node: ast.expr, depth: int = 0) -> MappedText | None:
        """An expression as text whose characters keep their places; None when it is not text that is written out."""
        if depth > MAX_DEPTH:
            return None
        written = python.literal_text(self.source, node, lambda code, at: self._filled(code, at, node, depth))
        if written is not None:
            return written
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined([node.left, node.right], "", depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self._percent(node, depth)
        if isinstance(node, ast.IfExp):
            decided = self.decide(node.test)
            return None if decided is None else self.text(node.body if decided else node.orelse, depth + 1)
        if isinstance(node, ast.Call):
            return self._called_text(node, depth)
        if isinstance(node, ast.Name):
            return self._named_text(node, depth)
        if isinstance(node, ast.Attribute) and dotted(node.value) in {"self", "cls"}:
            own = self.names.attribute(node.attr)
            with self.inside(None):
                return self.text(own, depth + 1) if own is not None else None
        return None

    def _named_text(self, node: ast.Name, depth: int) -> MappedText | None:
        changes = self.names.changes_before(node.id, node)
        if not changes:
            return self.follow(node, lambda value: self.text(value, depth + 1))
        if len(changes) == 1 and changes[0].kind == "set" and changes[0].value is not None:
            return self.text(changes[0].value, depth + 1)
        text: MappedText | None = None
        for change in changes:
            happens = self.happens(change, node.id, node)
            if happens is None or change.value is None or change.kind not in {"set", "extend"}:
                return None
            if happens and change.kind == "set":
                text = self.text(change.value, depth + 1)
            elif happens and text is not None:
                text = MappedText.joined([text, self.text(change.value, depth + 1) or self._stand_in(change.value)])
        return text

    def _called_text(self, node: ast.Call, depth: int) -> MappedText | None:
        called = node.func
        name = name_of(called)
        if isinstance(called, ast.Attribute) and name == "format":
            return self._format(node, called.value, depth)
        if name == "join" and dotted(called) != "shlex.join" and isinstance(called, ast.Attribute):
            in_path = dotted(called).endswith("path.join")
            return self._joined(node.args, "/", depth) if in_path else self._join(node, called.value, depth)
        if dotted(called) in {"shlex.join", "subprocess.list2cmdline"} and len(node.args) == 1:
            return self._words_as_text(node.args[0], " ", depth)
        if dotted(called) in {"str", "shlex.quote", "textwrap.dedent", "dedent"} and len(node.args) == 1:
            return self.text(node.args[0], depth + 1)
        if isinstance(called, ast.Attribute) and name in _SAME_TEXT and not node.args:
            return self.text(called.value, depth + 1)
        return self.follow(node, lambda value: self.text(value, depth + 1))

    def _joined(self, nodes: list[ast.expr], between: str, depth: int) -> MappedText | None:
        """Texts in a row; None when not one of them is written out."""
        if not nodes or any(isinstance(node, ast.Starred) for node in nodes):
            return None
        texts = [self.text(node, depth + 1) for node in nodes]
        if not any(texts) and all(text is None for text in texts):
            return None
        pieces = [text or self._stand_in(node) for text, node in zip(texts, nodes, strict=True)]
        return MappedText.joined(pieces, between)

    def _stand_in(self, node: ast.expr) -> MappedText:
        """An expression whose text is known in part or not at all."""
        found: str | Hole = self.value(node, 0)
        if isinstance(node, ast.IfExp) and isinstance(found, Hole):
            found = replace(found, several=True)
        return self._as_text(found, node)

    def _as_text(self, found: str | Hole, node: ast.expr) -> MappedText:
        start, end = python.span(self.source, node)
        if isinstance(found, str):
            return MappedText(self.source, found, [start] * len(found) + [end])
        shown = self.source.text[start:end]
        hole = replace(found, at=self.source.location(start, end))
        return MappedText(self.source, shown, range(start, end + 1), (TextHole(0, end - start, hole),))

    def _join(self, node: ast.Call, between: ast.expr, depth: int) -> MappedText | None:
        """``" ".join([...])``."""
        if not isinstance(between, ast.Constant) or not isinstance(between.value, str) or len(node.args) != 1:
            return None
        return self._words_as_text(node.args[0], between.value, depth)

    def _words_as_text(self, items: ast.expr, between: str, depth: int) -> MappedText | None:
        words = self.list_words(items, depth + 1)
        if not words:
            return None
        pieces: list[MappedText] = []
        for word in words:
            if word.mapped is not None:
                pieces.append(word.mapped)
            elif word.text is not None:
                start = word.at.start if word.at is not None else 0
                pieces.append(MappedText(self.source, word.text, [start] * (len(word.text) + 1)))
            else:
                start, end = (word.at.start, word.at.end) if word.at is not None else python.span(self.source, items)
                hole = replace(word.holes[0], at=self.source.location(start, end))
                shown = self.source.text[start:end]
                pieces.append(MappedText(self.source, shown, range(start, end + 1), (TextHole(0, len(shown), hole),)))
        return MappedText.joined(pieces, between)

    def _percent(self, node: ast.BinOp, depth: int) -> MappedText | None:
        """``"celery -A %s" % name``: every placeholder becomes a hole."""
        text = self.text(node.left, depth + 1)
        if text is None:
            return None
        values = list(node.right.elts) if isinstance(node.right, ast.Tuple) else [node.right]
        return self._with_placeholders(text, r"%(?:\(\w+\))?[sdirf]", values)

    def _format(self, node: ast.Call, template: ast.expr, depth: int) -> MappedText | None:
        """``"celery -A {}".format(name)``."""
        text = self.text(template, depth + 1)
        if text is None:
            return None
        return self._with_placeholders(text, r"\{[^{}]*\}", [] if node.keywords else list(node.args))

    def _with_placeholders(self, text: MappedText, pattern: str, values: list[ast.expr]) -> MappedText:
        holes: list[TextHole] = []
        found = list(re.finditer(pattern, text.text))
        for index, match in enumerate(found):
            value = values[index] if len(values) == len(found) else None
            known = self.value(value, 0) if value is not None else None
            hole = known if isinstance(known, Hole) else Hole(match.group(), default=known)
            at = text.location(match.start(), match.end())
            shown = f"{{{python.code(self.source, value)}}}" if value is not None else match.group()
            holes.append(TextHole(match.start(), match.end(), replace(hole, source=shown, at=at)))
        return text.with_holes(holes)

    def _filled(self, code: str, at: Location, place: ast.expr, depth: int) -> str | Hole | MappedText | None:
        """What ``{code}`` of an f-string at ``place`` stands for.

        Text of several words, or that is known in part, keeps the places where it was written.
        """
        try:
            node = ast.parse(code, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        for inner in ast.walk(node):
            self.names.parents.setdefault(inner, place)
            if isinstance(inner, ast.expr):
                inner.lineno, inner.col_offset = place.lineno, place.col_offset
                inner.end_lineno, inner.end_col_offset = place.end_lineno, place.end_col_offset
        self.names.parents[node] = place
        text = None if isinstance(node, (ast.Constant, ast.JoinedStr)) else self.text(node, depth + 1)
        if text is not None:
            return text if text.holes or " " in text.text else text.text
        found = self.value(node, 0, code)
        if isinstance(found, str):
            return found
        several = found.several or isinstance(node, ast.IfExp)
        return replace(found, source=f"{{{code}}}", at=at, several=several)


def _copies(node: ast.ListComp | ast.GeneratorExp) -> bool:
    """``[word for word in words]``, or the same with ``str(word)``."""
    first, item = node.generators[0], node.elt
    if isinstance(item, ast.Call) and dotted(item.func) == "str" and len(item.args) == 1:
        item = item.args[0]
    if len(node.generators) > 1 or first.ifs or not isinstance(item, ast.Name):
        return False
    return isinstance(first.target, ast.Name) and first.target.id == item.id


def _whole_number(bound: ast.expr | None) -> int | str | None:
    """The bound of a slice; "unknown" when it is no number that is written out."""
    try:
        value = ast.literal_eval(bound) if bound is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return "unknown"
    return value if value is None or type(value) is int else "unknown"


def _is_at_blanks(arguments: list[ast.expr]) -> bool:
    """Whether ``str.split`` with these arguments splits at blanks."""
    if not arguments:
        return True
    return isinstance(arguments[0], ast.Constant) and arguments[0].value in {None, " "}


def _perhaps(word: Word) -> Word:
    """A word that is there only under a condition."""
    return Word((Hole(word.shown, at=word.at, several=True, perhaps=word.text),), word.at)
