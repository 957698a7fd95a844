"""The variables of a shell, and how words expand to fields with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell import braces
from flake8_celery_oom.resolve.shell.fields import (
    Array,
    Field,
    Piece,
    join,
    known_text,
    pieces_of,
    split_fields,
    unquoted,
)
from flake8_celery_oom.resolve.shell.operators import OPERATORS, expanded
from flake8_celery_oom.resolve.shell.output import counted
from flake8_celery_oom.resolve.shell.variables import Variables
from flake8_celery_oom.syntax import shell_words
from flake8_celery_oom.syntax.shell_arithmetic import UNKNOWN, evaluate, number_in

HOST_CPUS = re.compile(
    r"\bnproc\b|_NPROCESSORS_(ONLN|CONF)|cpu_count|/proc/cpuinfo|sched_getaffinity|hw\.(n|logical)cpu"
)
"""Commands that print the number of CPUs of the machine."""
HOST_MEMORY = re.compile(r"(?:^|[|(;&]\s*)free\s+-|/proc/meminfo|_PHYS_PAGES|\bhw\.(?:phys)?mem(?:size)?\b")
"""Commands that print the memory of the machine."""
MAX_NESTING = 40
"""Defaults inside of defaults: ``${a:-${b:-...}}``."""
_EXPANDS = re.compile(r"[$`{]")
_KEPT = "_shell_fields"
"""Where a word in which nothing is expanded keeps its fields: scripts come back to the same word over and over."""
_GROWING = re.compile(r"[\s\d+*()$\\'\"{}`-]*")


class Expander:
    """Expands words of one text with the variables of one shell."""

    def __init__(
        self,
        variables: Variables,
        script: str = "",
        output_of: Callable[[MappedText], Field | None] | None = None,
    ) -> None:
        self.variables = variables
        self.script = script
        self.output_of = output_of
        self.nesting = 0

    def fields(self, word: MappedText) -> list[Field]:
        """The fields that a word becomes: none, one or several."""
        if not word.holes and not _EXPANDS.search(word.text):
            kept = vars(word)
            if _KEPT not in kept:
                kept[_KEPT] = tuple(self._fields(word))
            return list(kept[_KEPT])
        words = braces.expanded(word)
        return self._fields(word) if words is None else [one for each in words for one in self._fields(each)]

    def _fields(self, word: MappedText) -> list[Field]:
        fields: list[Field] = []
        current: list[Piece] = []
        has_quotes = False
        for part in shell_words.parts(word):
            has_quotes = has_quotes or part.quoted
            if isinstance(part, shell_words.Parameter) and part.array:
                if part.quoted and part.source.text.startswith(("$*", "${*")):
                    current.extend(join(self._items(part)))
                    continue
                items = self._items(part)
                if not part.quoted:
                    items = tuple(one for item in items for one in split_fields(unquoted(item)))
                for index, item in enumerate(items):
                    if index and current:
                        fields.append(tuple(current))
                        current = []
                    current.extend(item)
                has_quotes = has_quotes and bool(items or current)
                continue
            pieces = self._pieces(part)
            if part.quoted or isinstance(part, shell_words.Text):
                current.extend(piece if piece.quoted else piece.as_quoted() for piece in pieces)
                continue
            made = list(split_fields(pieces))
            if not made:
                continue
            starts_blank = pieces[0].hole is None and pieces[0].text[:1].isspace()
            if current and starts_blank:
                fields.append(tuple(current))
                current = []
            for index, item in enumerate(made):
                if index:
                    fields.append(tuple(current))
                    current = []
                current.extend(item)
        if current or has_quotes:
            fields.append(tuple(current))
        return fields

    def text(self, word: MappedText, *, quoted: bool = False) -> Field:
        """What a word becomes where nothing is split: assignments, ``case`` words, tests, here-documents."""
        if self.nesting >= MAX_NESTING:
            return (Piece(word.text[:40], hole=Hole(word.text[:40], at=word.location(), several=True)),)
        self.nesting += 1
        pieces: list[Piece] = []
        for part in shell_words.parts(word, quoted=quoted):
            if isinstance(part, shell_words.Parameter) and part.array:
                pieces.extend(join(self._items(part)))
            else:
                pieces.extend(self._pieces(part))
        self.nesting -= 1
        return tuple(pieces)

    def _pieces(self, part: shell_words.WordPart) -> Field:
        if isinstance(part, shell_words.Text):
            return pieces_of(part.text, quoted=part.quoted)
        if isinstance(part, shell_words.Parameter):
            return self._parameter(part)
        if isinstance(part, shell_words.Arithmetic):
            return self._arithmetic(part)
        return self._substitution(part)

    # --- parameters -------------------------------------------------------------------------------------------------

    def _items(self, part: shell_words.Parameter) -> tuple[Field, ...]:
        """``"$@"`` and ``"${array[@]}"``."""
        if part.name in "@*":
            if part.operator == ":" and part.operand is not None and part.operand.text.isdigit():
                return self._arguments(part)[max(int(part.operand.text) - 1, 0) :]
            return self._arguments(part)
        value = self.variables.get(part.name)
        items = value.items if isinstance(value, Array) else (value,) if value is not None else None
        if items is None:
            return ((_hole(part, part.name, several=True),),) if part.operator != ":-" else ()
        made = self._of_each(part, items) if part.operator in OPERATORS else items
        return made if made is not None else ((_hole(part, part.name, several=True),),)

    def _of_each(self, part: shell_words.Parameter, items: tuple[Field, ...]) -> tuple[Field, ...] | None:
        """``${array[@]:1:2}`` takes some of the items, ``${array[@]%.py}`` changes each; None when not known."""
        operand = known_text(self.text(part.operand)) if part.operand is not None else ""
        if operand is None:
            return None
        if part.operator == ":":
            taken = re.fullmatch(r"\s*(\d{1,4})\s*(?::\s*(\d{1,4})\s*)?", operand)
            if taken is None or any(piece.hole is not None and piece.hole.several for item in items for piece in item):
                return None
            start = int(taken[1])
            return items[start:] if taken[2] is None else items[start : start + int(taken[2])]
        changed = [expanded(item, part.operator, operand) for item in items]
        return tuple(one for one in changed if one is not None) if None not in changed else None

    def _arguments(self, part: shell_words.Parameter) -> tuple[Field, ...]:
        if self.variables.open_arguments and self.variables.forwards:
            return ((_hole(part, "@", several=True),),)
        return self.variables.arguments

    def _parameter(self, part: shell_words.Parameter) -> Field:
        operator = part.operator
        if operator == "[":
            return self._element(part)
        if operator == "#" and part.operand is None and part.name.endswith(("[@]", "[*]")):
            return self._count(part)
        value = self._named(part)
        if operator in {"", "?", ":?"}:
            return value if value is not None else self._missing(part)
        if operator in {":-", "-", ":=", "="}:
            return self._with_default(part, value)
        if operator in {":+", "+"}:
            return self._alternative(part, value)
        if operator == "!":
            return self._indirect(part, value)
        if value is not None and operator == "#" and part.operand is None:
            text = known_text(value)
            return (_hole(part, part.name),) if text is None else (Piece(str(len(text))),)
        if value is not None and operator in OPERATORS:
            operand = known_text(self.text(part.operand)) if part.operand is not None else ""
            made = expanded(value, operator, operand) if operand is not None else None
            if made is not None:
                return made
        return (_hole(part, part.name),)

    def _element(self, part: shell_words.Parameter) -> Field:
        """``${name[index]}``."""
        held = self.variables.get(part.name)
        index = self.number(part.operand) if part.operand is not None else None
        if not isinstance(held, Array) or index is None:
            return (_hole(part, part.name, several=not part.quoted),)
        before = held.items[: index + 1] if index >= 0 else held.items
        if any(piece.hole is not None and piece.hole.several for item in before for piece in item):
            return (_hole(part, part.name, several=not part.quoted),)
        return held.items[index] if -len(held.items) <= index < len(held.items) else ()

    def _count(self, part: shell_words.Parameter) -> Field:
        """``${#array[@]}``."""
        name = part.name[:-3]
        held = self.variables.get(name)
        items = held.items if isinstance(held, Array) else () if held is None else (held,)
        several = any(piece.hole is not None and piece.hole.several for item in items for piece in item)
        if several or (held is None and name not in self.variables.unset):
            return (_hole(part, name),)
        return (Piece(str(len(items))),)

    def _indirect(self, part: shell_words.Parameter, value: Field | None) -> Field:
        """``${!name}``: the variable whose name the variable holds."""
        name = known_text(value) if value is not None else None
        held = self.variables.get(name) if name and name.isidentifier() else None
        return held if isinstance(held, tuple) else (_hole(part, name or part.name, several=not part.quoted),)

    def _named(self, part: shell_words.Parameter) -> Field | None:
        name = part.name
        if name.isdigit() or name == "#":
            return self._positional(part)
        if name in {"0", "?", "$", "!", "-"}:
            return (_hole(part, name),)
        value = self.variables.get(name)
        if isinstance(value, Array):
            return value.items[0] if value.items else ()
        return value

    def _positional(self, part: shell_words.Parameter) -> Field | None:
        variables = self.variables
        if part.name == "0":
            return (Piece(self.script),) if self.script else (_hole(part, "0"),)
        open_ended = variables.open_arguments or any(
            piece.hole is not None and piece.hole.several for item in variables.arguments for piece in item
        )
        if part.name == "#":
            return (_hole(part, "#"),) if open_ended else (Piece(str(len(variables.arguments))),)
        index = int(part.name) - 1
        if open_ended and (variables.open_arguments or index >= len(variables.arguments) - 1):
            return None
        return variables.arguments[index] if index < len(variables.arguments) else ()

    def _missing(self, part: shell_words.Parameter) -> Field:
        if part.name in self.variables.unset:
            return ()
        return (_hole(part, part.name, several=not part.quoted),)

    def _with_default(self, part: shell_words.Parameter, value: Field | None) -> Field:
        """``${name:-default}``: a variable that is not set leaves a hole with that default."""
        colon = part.operator.startswith(":")
        operand = self.text(part.operand) if part.operand is not None else ()
        if value is not None:
            if not colon or any(piece.text or piece.hole for piece in value):
                return value
            made: Field = operand
        elif part.name in self.variables.unset:
            made = operand
        else:
            made = (_hole(part, part.name, operand=operand, several=not part.quoted and not _one_word(operand)),)
        if part.operator.endswith("="):
            self.variables.assign(part.name, made)
        return made

    def _alternative(self, part: shell_words.Parameter, value: Field | None) -> Field:
        operand = self.text(part.operand) if part.operand is not None else ()
        if value is None and part.name in self.variables.unset:
            return ()
        if value is None:
            return (_hole(part, part.name, operand=(), several=not part.quoted),)
        text = known_text(value)
        if text is None:
            return (_hole(part, part.name, several=not part.quoted),)
        return operand if text or part.operator == "+" else ()

    # --- commands and sums ------------------------------------------------------------------------------------------

    def _substitution(self, part: shell_words.Substitution) -> Field:
        source = part.command.text.strip()
        if HOST_CPUS.search(source):
            return (_cpus(part.source, grows=_grows(source)),)
        printed = self.output_of(part.command) if self.output_of is not None else None
        if printed is not None:
            return printed if not part.quoted else tuple(replace(piece, quoted=True) for piece in printed)
        words = [self.text(word) for word in shell_words.split(part.command)]
        texts = [known_text(word) for word in words]
        plain = not re.search(r"[|;&<>]", source)
        if plain and texts[:1] == ["echo"] and not any(text is None for text in texts):
            return join(words[1:])
        if plain and texts[:1] == ["seq"] and (numbers := counted(texts[1:])) is not None:
            return (Piece("\n".join(numbers), part.source, quoted=part.quoted),)
        if plain and texts[:1] == ["expr"]:
            return self._expr(texts[1:], part)
        made = _hole(part, None, several=not part.quoted)
        from_memory = HOST_MEMORY.search(source) is not None or self._is_of_memory(source)
        return (_of_memory(made),) if from_memory else (made,)

    def _is_of_memory(self, text: str) -> bool:
        """Whether a text names a variable that is made of the memory of the machine."""
        return any(
            isinstance(found := self.variables.get(name), tuple)
            and any(piece.hole is not None and piece.hole.host_memory for piece in found)
            for name in re.findall(r"[A-Za-z_]\w*", text)
        )

    def _expr(self, words: list[str | None], part: shell_words.Substitution) -> Field:
        """``$(expr 1 + "$N")``, with numbers alone."""
        sure = all(word is not None and re.fullmatch(r"-?\d+|[-+*/%()]", word) for word in words)
        total = evaluate(" ".join(map(str, words)), lambda _: None, lambda *_: None) if sure else None
        if total is not None:
            return (Piece(str(total), part.source),)
        return self._not_a_number(part.command, part.source, part.quoted)

    def _arithmetic(self, part: shell_words.Arithmetic) -> Field:
        source = part.expression.text
        if HOST_CPUS.search(source):
            return (_cpus(part.source, grows=_grows(source)),)
        return self._calculate(part.expression, part.source, part.quoted)

    def number(self, expression: MappedText) -> int | None:
        """What an arithmetic expression comes to; the variables that it assigns get their values."""
        parts = [piece.text if piece.hole is None else UNKNOWN for piece in self.text(expression, quoted=True)]
        return self.number_of_text("".join(parts))

    def number_of_text(self, expression: str) -> int | None:
        """The same for an expression in which nothing is left to expand; UNKNOWN stands for what is not known."""
        return evaluate(expression.replace('"', ""), self._number_of, self._set_number)

    def _number_of(self, name: str) -> int | None:
        value = self.variables.get(name)
        if isinstance(value, Array):
            value = value.items[0] if value.items else ()
        if value is None:
            return 0 if name in self.variables.unset else None
        text = known_text(value)
        return None if text is None else number_in(text)

    def _set_number(self, name: str, value: int | None) -> None:
        unknown = (Piece(f"${name}", hole=Hole(f"${name}", name)),)
        self.variables.assign(name, unknown if value is None else (Piece(str(value)),))

    def _calculate(self, expression: MappedText, source: MappedText, quoted: bool) -> Field:
        total = self.number(expression)
        if total is not None:
            return (Piece(str(total), source),)
        return self._not_a_number(expression, source, quoted)

    def _not_a_number(self, expression: MappedText, source: MappedText, quoted: bool) -> Field:
        """A sum that is not known: it may grow with the number of CPUs of the host."""
        host = any(
            isinstance(found := self.variables.get(name), tuple)
            and any(piece.hole is not None and piece.hole.host_cpus for piece in found)
            for name in re.findall(r"[A-Za-z_]\w*", expression.text)
        )
        if host:
            return (_cpus(source, grows=_grows(re.sub(r"[A-Za-z_]\w*", "", expression.text))),)
        made = Piece(source.text, hole=Hole(source.text, at=source.location(), several=False), quoted=quoted)
        of_memory = HOST_MEMORY.search(expression.text) is not None or self._is_of_memory(expression.text)
        return (_of_memory(made) if of_memory else made,)


def _default_text(value: Field) -> str | None:
    """The text of a default, in which variables have their own defaults; None when one has none."""
    texts = [piece.text if piece.hole is None else piece.hole.default for piece in value]
    return None if None in texts else "".join(text or "" for text in texts)


def _one_word(value: Field) -> bool:
    """Whether a default is exactly one word, so that the expansion most likely is one as well."""
    text = "".join(piece.text for piece in value)
    return bool(text) and not any(char.isspace() for char in text)


def _grows(source: str) -> bool:
    """Whether an expression around the CPU count is a plain sum or product of it."""
    rest = HOST_CPUS.sub("", source)
    return bool(_GROWING.fullmatch(re.sub(r"\b(expr|echo|getconf|python3?|all|ignore)\b|--\w+", "", rest))) or bool(
        re.fullmatch(r"\s*(getconf|python3? -c .*|grep .*|cat .*|sysctl .*)?\s*", rest, re.DOTALL)
    )


def _of_memory(piece: Piece) -> Piece:
    return replace(piece, hole=replace(piece.hole, host_memory=True)) if piece.hole is not None else piece


def _cpus(source: MappedText, *, grows: bool) -> Piece:
    return Piece(source.text, hole=Hole(source.text, at=source.location(), host_cpus=grows))


def _hole(
    part: shell_words.Parameter | shell_words.Substitution,
    name: str | None,
    *,
    operand: Field | None = None,
    several: bool = False,
) -> Piece:
    default = None if operand is None else _default_text(operand)
    host = operand is not None and len(operand) == 1 and operand[0].hole is not None and operand[0].hole.host_cpus
    hole = Hole(part.source.text, name, default, part.source.location(), several, host)
    made = Piece(part.source.text, hole=hole, quoted=part.quoted)
    of_memory = any(piece.hole is not None and piece.hole.host_memory for piece in operand or ())
    return _of_memory(made) if of_memory else made
