"""Fills the holes that a Helm template left in a launch with what the chart's values say.

A word that one value makes up stands in ``values.yaml`` from then on: there it can be mended. Conditions that the
values decide take away the words, variables and limits of the branch that is not rendered; of a condition that they
do not decide, a branch with an alternative is unknown, one without is taken as there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from flake8_celery_oom.model import (
    Argv,
    Command,
    EnvironmentSource,
    Hole,
    Known,
    Launch,
    Location,
    Script,
    ShellText,
    Unknown,
    Unset,
    Value,
    Variables,
    Word,
)
from flake8_celery_oom.quantity import kubernetes_bytes
from flake8_celery_oom.resolve.helm_evaluate import Evaluator, NotKnown, Outcome, text_of
from flake8_celery_oom.resolve.helm_values import Charts, Found
from flake8_celery_oom.syntax import template
from flake8_celery_oom.syntax.go_expression import Call, Element, Expression, Path
from flake8_celery_oom.syntax.template import Action, Masked
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence
from flake8_celery_oom.text import MappedText, SourceText, TextHole

_MOST_ELEMENTS = 20


def fill(launch: Launch, files: Iterable[str], read: Callable[[str], SourceText | None]) -> Launch:
    """One launch of a template with its holes filled. For many launches keep a :class:`Helm`."""
    return Helm(Charts(frozenset(files), read)).fill(launch)[0]


@dataclass
class Helm:
    """Fills the launches, ConfigMaps and scripts of all charts of a project."""

    charts: Charts
    _masked: dict[str, Masked | None] = field(default_factory=dict)

    def fill(self, launch: Launch) -> list[Launch]:
        """The launch with its holes filled; several where the template writes it once for each element of a value."""
        filler = self._filler(launch.at.path) if launch.kind == "helm" else None
        return filler.launches(launch) if filler is not None else [launch]

    def fill_variables(self, variables: Variables) -> Variables:
        """A ConfigMap with its values filled in."""
        filler = self._filler(variables.path) if variables.kind == "configmap" else None
        return filler.variables(variables) if filler is not None else variables

    def fill_script(self, script: Script) -> Script:
        """A script of a ConfigMap with its holes filled."""
        filler = self._filler(script.text.source.path) if script.text.holes else None
        return replace(script, text=filler.text(script.text)) if filler is not None else script

    def _filler(self, path: str) -> _Filler | None:
        chart = self.charts.of(path)
        if chart is None:
            return None
        if path not in self._masked:
            source = self.charts.read(path)
            usable = source is not None and "{{" in source.text
            self._masked[path] = template.mask(source, "go") if source is not None and usable else None
        masked = self._masked[path]
        return _Filler(path, masked, Evaluator(chart)) if masked is not None else None


@dataclass(frozen=True)
class _Filler:
    """Fills what stands in one template."""

    path: str
    masked: Masked
    evaluator: Evaluator

    def launches(self, launch: Launch) -> list[Launch]:
        """The launch, once for each element when it stands inside a ``range``."""
        filled: list[Launch] = []
        over = self._range_around(launch)
        found = self.evaluator.found(over) if over is not None else None
        elements = (found.items or [])[:_MOST_ELEMENTS] if found is not None else []
        for key, element in elements:
            bound = {**self.evaluator.elements, over: (key, element)} if over is not None else {}
            one = replace(self, evaluator=replace(self.evaluator, elements=bound)).launch(launch)
            filled.append(replace(one, container=f"{one.container}[{key}]"))
        return filled or [self.launch(launch)]

    def launch(self, launch: Launch) -> Launch:
        """The launch with its holes filled."""
        environment = {name: self._value_word(word) for name, word in self._alive(launch.environment.items(), launch)}
        sources: list[EnvironmentSource] = []
        for source in launch.environment_from:
            if self._lives(source.at, launch.at) is False:
                continue
            given = self._variables_of(source.at) if source.kind == "other" else None
            if given is None:
                sources.append(source)
            else:
                environment.update(given)
        return replace(
            launch,
            name=self._string(launch.name, launch.at) or launch.name,
            command=self._command(launch.command),
            entrypoint=self._command(launch.entrypoint),
            image=self._string(launch.image, launch.at),
            environment=environment,
            environment_from=tuple(sources),
            memory_limit=self._memory(launch.memory_limit, launch.at),
        )

    def variables(self, variables: Variables) -> Variables:
        """A ConfigMap with its values filled in; entries that a ``range`` writes are those of its mapping."""
        values: dict[str, Word] = {}
        for name, word in variables.values.items():
            over = self._ranged(word) if "{{" in name else None
            given = _words_of(self.evaluator.found(over)) if over is not None else None
            if given is not None:
                values.update(given)
            elif word.at is None or self._lives(word.at, None) is not False:
                values[name] = self._value_word(word)
        return replace(variables, values=values)

    # --- conditions -------------------------------------------------------------------------------------------------

    def _lives(self, at: Location, beside: Location | None) -> bool | None:
        """Whether what stands at a place is rendered together with ``beside``; None when that is not known."""
        if at.path != self.path:
            return True
        alive: bool | None = True
        for branch in self.masked.branches:
            if not branch.start <= at.start < branch.end:
                continue
            if beside is not None and branch.start <= beside.start and beside.end <= branch.end:
                continue
            holds = self.evaluator.holds(branch.tests)
            if holds is False:
                return False
            if holds is None and branch.alternative:
                alive = None
        return alive

    def _alive(self, items: Iterable[tuple[str, Word]], launch: Launch) -> Iterator[tuple[str, Word]]:
        for name, word in items:
            alive = True if word.at is None else self._lives(word.at, launch.at)
            if alive is True:
                yield name, word
            elif alive is None:
                yield name, Word((Hole(word.shown, at=word.at),), word.at)

    # --- commands ---------------------------------------------------------------------------------------------------

    def _command(self, command: Command | None) -> Command | None:
        if isinstance(command, ShellText):
            return self._shell_text(command)
        if isinstance(command, Argv):
            words = tuple(filled for word in command.words for filled in self._words(word, command.at))
            return replace(command, words=words)
        return None

    def _shell_text(self, command: ShellText) -> Command:
        found = self._whole(command.text)
        if found is not None and isinstance(found.node, Sequence):
            items = tuple(item.value.word() for item in found.node.items if isinstance(item, Scalar))
            return Argv(items, found.node.at, "yaml-flow" if found.node.flow else "yaml-block")
        text = self.text(command.text)
        if text.source is not command.text.source:
            return replace(command, text=text, at=text.location())
        return replace(command, text=text)

    def _words(self, word: Word, command_at: Location) -> list[Word]:
        """What a word of a list becomes: nothing, itself, or the items of a list in the values."""
        alive = True if word.at is None else self._lives(word.at, command_at)
        if alive is False:
            return []
        if alive is None:
            return [Word((Hole(word.shown, at=word.at, several=True),), word.at)]
        action = self._action(word.parts[0]) if len(word.parts) == 1 else None
        if action is not None and action.lines:
            outcome = self.evaluator.outcome(action.expression)
            if isinstance(outcome, Sequence):
                return [item.value.word() for item in outcome.items if isinstance(item, Scalar)]
            if outcome is None:
                return []
        return [self._value_word(word)]

    def _value_word(self, word: Word) -> Word:
        """A word that stays one word."""
        if word.mapped is not None:
            return self.text(word.mapped).word()
        return word

    # --- text -------------------------------------------------------------------------------------------------------

    def text(self, text: MappedText) -> MappedText:
        """The text with the branches that are not rendered cut out and its holes filled."""
        found = self._whole(text)
        if found is not None and isinstance(found.node, Scalar) and "{{" not in found.node.value.text:
            return found.node.value
        text = self._pruned(text)
        pieces: list[MappedText] = []
        position = 0
        for hole in text.holes:
            action = self._action(hole.hole)
            if action is None or hole.start < position:
                continue
            pieces += [text[position : hole.start], self._filled(text, hole, action)]
            position = hole.end
        return MappedText.joined([*pieces, text[position:]]) if pieces else text

    def _whole(self, text: MappedText) -> Found | None:
        """The place in the values that the only hole of a text stands for, when there is nothing beside it."""
        if len(text.holes) != 1:
            return None
        hole = text.holes[0]
        beside = text.text[: hole.start] + text.text[hole.end :]
        action = self._action(hole.hole)
        if action is None or beside.strip():
            return None
        found = self.evaluator.found(_without_default(action.expression))
        return found.settled if found is not None else None

    def _filled(self, text: MappedText, hole: TextHole, action: Action) -> MappedText:
        outcome = self._outcome(action)
        written = text_of(outcome)
        piece = text[hole.start : hole.end]
        if isinstance(outcome, NotKnown) or outcome is None or written is None or "{{" in written:
            default = outcome.default if isinstance(outcome, NotKnown) else None
            known_hole = replace(hole.hole, default=hole.hole.default if default is None else default)
            return MappedText(piece.source, piece.text, piece.offsets, (TextHole(0, len(piece.text), known_hole),))
        offsets = [action.start] * max(len(written) - 1, 0) + [max(action.end - 1, 0)] * (len(written) > 1)
        offsets = offsets or [action.start] * len(written)
        return MappedText(piece.source, written, [*offsets, action.end])

    def _pruned(self, text: MappedText) -> MappedText:
        """Cut the branches inside the text that are not rendered; those that may be become holes."""
        if text.source.path != self.path:
            return text
        first, last = text.offsets[0], text.offsets[-1]
        pieces: list[MappedText] = []
        position = 0
        for branch in self.masked.branches:
            if branch.start < first or branch.end > last:
                continue
            holds = self.evaluator.holds(branch.tests)
            start, end = bisect_left(text.offsets, branch.start), bisect_left(text.offsets, branch.end)
            stays = holds is True or (holds is None and not branch.alternative)
            if stays or start < position or start == end or any(one.start <= start < one.end for one in text.holes):
                continue
            pieces.append(text[position:start])
            if holds is None:
                cut = text[start:end]
                hole = Hole(cut.text, at=cut.location(), several=True)
                pieces.append(MappedText(cut.source, cut.text, cut.offsets, (TextHole(0, end - start, hole),)))
            position = end
        return MappedText.joined([*pieces, text[position:]]) if pieces else text

    def _outcome(self, action: Action) -> Outcome:
        """What an action comes to, also one that is a whole condition with its branches."""
        if action.source.count("{{") < 2:
            return self.evaluator.outcome(action.expression)
        rendered = self.evaluator.rendered(self.masked, action.start, action.end)
        if rendered is None:
            return NotKnown()
        rendered = rendered.strip()
        return rendered[1:-1] if rendered[:1] in {"'", '"'} and rendered[:1] == rendered[-1:] else rendered

    def _source(self, start: int, end: int) -> str:
        """A stretch of the template as it is written."""
        return self.masked.parsable.source.text[start:end]

    def _string(self, text: str | None, at: Location) -> str | None:
        """A name with the actions in it filled in where every action written like it says the same."""
        if text is None or "{{" not in text:
            return text
        for action in self.masked.actions:
            if not action.control and action.source in text and self._lives(at, None) is not False:
                written = text_of(self.evaluator.outcome(action.expression))
                if written and "{{" not in written:
                    text = text.replace(action.source, written)
        return text

    # --- variables and limits ---------------------------------------------------------------------------------------

    def _variables_of(self, at: Location) -> dict[str, Word] | None:
        """The variables that an action adds to ``env``; None when that is not known."""
        action = self._action_at(at.start)
        if action is None:
            return None
        over = action.expression.of if isinstance(action.expression, Element) else action.expression
        found = self.evaluator.found(over)
        return _words_of(found) if found is not None else None

    def _ranged(self, word: Word) -> Expression | None:
        action = self._action(word.parts[0]) if word.parts else None
        expression = _without_default(action.expression) if action is not None else None
        while isinstance(expression, Call) and expression.arguments:
            expression = expression.arguments[-1]
        return expression.of if isinstance(expression, Element) and not expression.fields else None

    def _memory(self, limit: Value[int], launch_at: Location) -> Value[int]:
        """A limit in bytes, from the block of resources in the values where the template inserts that."""
        at = limit.at if isinstance(limit, (Known, Unknown)) else None
        if at is None or at.path != self.path:
            return limit
        alive = self._lives(at, launch_at)
        if alive is False:
            return Unset((str(at),))
        if isinstance(limit, Known):
            return limit if alive else Unknown("depends on a condition of the chart", at, limit.value, "limit")
        inside = [action for action in self.masked.actions if at.start <= action.start < at.end and not action.control]
        if len(inside) != 1:
            return limit
        found = self.evaluator.found(_without_default(inside[0].expression))
        if found is not None and (found.node is not None or found.others):
            for names in (("limits", "memory"), ("memory",), ()):
                below = found.select(names)
                if isinstance(below.node, Scalar) or below.others or not names:
                    return self._amount(below.settled, found.node, inside[0], at)
        outcome = self.evaluator.outcome(inside[0].expression)
        written = text_of(outcome)
        if written is not None and outcome is not None:
            amount = kubernetes_bytes(self._around(inside[0], at, written))
            return Known(amount, at, "limit") if amount else limit
        return Unset((str(at),)) if outcome is None else limit

    def _amount(self, found: Found, block: Node | None, action: Action, at: Location) -> Value[int]:
        if isinstance(found.node, Mapping) or found.node is None:
            looked_at = block.at if block is not None else at
            return Unknown(action.source, at, origin="limit") if found.others else Unset((str(looked_at),))
        written = text_of(found.node)
        amount = kubernetes_bytes(self._around(action, at, written)) if written is not None else None
        if amount is None:
            return Unknown(action.source, found.node.at, origin="limit")
        return Known(amount, found.node.at, "limit") if amount else Unset((str(found.node.at),))

    def _around(self, action: Action, at: Location, written: str) -> str:
        """An amount with what the template writes before and behind it: ``{{ .Values.memory }}Mi``."""
        before, after = self._source(at.start, action.start), self._source(action.end, at.end)
        return (before + written + after).strip("\"' ")

    def _action(self, part: str | Hole) -> Action | None:
        if isinstance(part, str) or part.at is None or part.at.path != self.path:
            return None
        return self._action_at(part.at.start)

    def _action_at(self, offset: int) -> Action | None:
        index = bisect_left(self.masked.actions, offset, key=lambda action: action.start)
        action = self.masked.actions[index] if index < len(self.masked.actions) else None
        return action if action is not None and action.start == offset and not action.control else None

    def _range_around(self, launch: Launch) -> Expression | None:
        """What the innermost ``range`` around a launch runs over, when something of the launch depends on it."""
        used: set[Expression] = set()
        for action in self.masked.actions:
            used.update(_elements(action.expression))
        for branch in reversed(self.masked.branches):
            if branch.start <= launch.at.start and launch.at.end <= branch.end:
                test = branch.tests[-1][0]
                if isinstance(test, (Path, Element)) and test in used:
                    return test
        return None


def _elements(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Element):
        yield expression.of
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from _elements(argument)


def _without_default(expression: Expression) -> Expression:
    """The value that a template asks for first."""
    while isinstance(expression, Call) and expression.name == "default" and len(expression.arguments) == 2:
        expression = expression.arguments[1]
    return expression


def _words_of(found: Found | None) -> dict[str, Word] | None:
    """Variables written as ``NAME: value`` or as a list of names and values; None when files disagree."""
    found = found.settled if found is not None else None
    if found is None or found.others:
        return None
    words: dict[str, Word] = {}
    if isinstance(found.node, Mapping):
        items = found.node.items()
        words.update({name: value.value.word() for name, value in items if isinstance(value, Scalar)})
    elif isinstance(found.node, Sequence):
        for item in found.node.items:
            name = item.get("name") if isinstance(item, Mapping) else None
            value = item.get("value") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar):
                hole = Hole("valueFrom", at=item.at)
                words[name.value.text] = value.value.word() if isinstance(value, Scalar) else Word((hole,), item.at)
    elif found.node is not None:
        return None
    return words
