"""Fills what stands in one template of a Helm chart: text, words, environments, whole launches."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from flake8_celery_oom.core.facts import Argv, Command, EnvironmentSource, Launch, ShellText, Variables
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.helm.evaluate import Evaluator, NotKnown, Outcome, text_of
from flake8_celery_oom.resolve.helm.memory import memory_limit
from flake8_celery_oom.resolve.helm.values import Found
from flake8_celery_oom.syntax.go_expression import Call, Element, Expression, Path
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at
from flake8_celery_oom.syntax.template import Action, Masked
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Scalar, Sequence

_MOST_ELEMENTS = 20
_MOST_HOLES = 300


@dataclass(frozen=True)
class Filler:
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
            one = self._bound(over, (key, element)).launch(launch) if over is not None else launch
            filled.append(replace(one, container=f"{one.container}[{key}]"))
        return filled or [self.launch(launch)]

    def launch(self, launch: Launch) -> Launch:
        """The launch with its holes filled."""
        environment = {name: self.value_word(word) for name, word in self._alive(launch.environment.items(), launch)}
        sources: list[EnvironmentSource] = []
        for source in launch.environment_from:
            if self.lives(source.at, launch.at) is False:
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
            memory_limit=memory_limit(self, launch.memory_limit, launch.at),
        )

    def variables(self, variables: Variables) -> Variables:
        """A ConfigMap with its values filled in; entries that a ``range`` writes are those of its mapping."""
        values: dict[str, Word] = {}
        for name, word in variables.values.items():
            over = self._ranged(word) if "{{" in name else None
            given = _words_of(self.evaluator.found(over)) if over is not None else None
            if given is not None:
                values.update(given)
            elif word.at is None or self.lives(word.at, None) is not False:
                values[name] = self.value_word(word)
        return replace(variables, values=values)

    # --- conditions -------------------------------------------------------------------------------------------------

    def lives(self, at: Location, beside: Location | None) -> bool | None:
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
            alive = True if word.at is None else self.lives(word.at, launch.at)
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
            items = tuple(Word.of(item.value) for item in found.node.items if isinstance(item, Scalar))
            return Argv(items, found.node.at, "yaml-flow" if found.node.flow else "yaml-block")
        text = self.text(command.text)
        if text.source is not command.text.source:
            return replace(command, text=text, at=text.location())
        return replace(command, text=text)

    def _words(self, word: Word, command_at: Location) -> list[Word]:
        """What a word of a list becomes: nothing, itself, or the items of a list in the values."""
        alive = True if word.at is None else self.lives(word.at, command_at)
        if alive is False:
            return []
        if alive is None:
            return [Word((Hole(word.shown, at=word.at, several=True),), word.at)]
        action = self._action(word.parts[0]) if len(word.parts) == 1 else None
        if action is not None and action.lines:
            outcome = self.evaluator.outcome(action.expression)
            if isinstance(outcome, Sequence):
                return [Word.of(item.value) for item in outcome.items if isinstance(item, Scalar)]
            if outcome is None:
                return []
        return self._repeated(word, command_at)

    def _repeated(self, word: Word, command_at: Location) -> list[Word]:
        """A word once, or once for each element when a ``range`` inside the command writes it."""
        actions = [action for hole in word.holes if (action := self._action(hole)) is not None]
        inner = {over for action in actions for over in _elements(action.expression)} - set(self.evaluator.elements)
        inner = {over for over in inner if not self._runs_around(over, command_at)}
        if not inner:
            return [self.value_word(word)]
        over = inner.pop()
        found = self.evaluator.found(over)
        if found is None or found.items is None or inner:
            return [Word((Hole(word.shown, at=word.at, several=True),), word.at)]
        return [self._bound(over, item).value_word(word) for item in found.items]

    def _bound(self, over: Expression, item: tuple[str, Found]) -> Filler:
        return replace(self, evaluator=replace(self.evaluator, elements={**self.evaluator.elements, over: item}))

    def _runs_around(self, over: Expression, at: Location) -> bool:
        """Whether a ``range`` over this holds the whole place."""
        return any(
            branch.word == "range" and branch.tests[-1][0] == over and branch.start <= at.start and at.end <= branch.end
            for branch in self.masked.branches
        )

    def value_word(self, word: Word) -> Word:
        """A word that stays one word."""
        if word.mapped is not None:
            return Word.of(self.text(word.mapped))
        return word

    # --- text -------------------------------------------------------------------------------------------------------

    def text(self, text: MappedText) -> MappedText:
        """The text with the branches that are not rendered cut out and its holes filled."""
        found = self._whole(text)
        if found is not None and isinstance(found.node, Scalar) and "{{" not in found.node.value.text:
            return found.node.value
        if len(text.holes) > _MOST_HOLES:
            return text
        text = self._pruned(text)
        pieces: list[MappedText] = []
        position = 0
        for hole in text.holes:
            action = self._action(hole.hole)
            if action is None or hole.start < position:
                continue
            pieces += [text[position : hole.start], self._filled(text, hole, action)]
            position = hole.end
        return joined([*pieces, text[position:]]) if pieces else text

    def _whole(self, text: MappedText) -> Found | None:
        """The place in the values that the only hole of a text stands for, when there is nothing beside it."""
        if len(text.holes) != 1:
            return None
        hole = text.holes[0]
        beside = text.text[: hole.start] + text.text[hole.end :]
        action = self._action(hole.hole)
        if action is None or beside.strip():
            return None
        found = self.evaluator.found(action.expression)
        return found.settled if found is not None else None

    def _filled(self, text: MappedText, hole: TextHole, action: Action) -> MappedText:
        outcome = self._outcome(action)
        written = text_of(outcome)
        piece = text[hole.start : hole.end]
        if isinstance(outcome, NotKnown) or outcome is None or written is None or "{{" in written:
            default = outcome.default if isinstance(outcome, NotKnown) else None
            known_hole = replace(hole.hole, default=hole.hole.default if default is None else default)
            return as_hole(piece, known_hole)
        return standing_at(piece, written)

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
                pieces.append(as_hole(cut, Hole(cut.text, at=cut.location(), several=True)))
            position = end
        return joined([*pieces, text[position:]]) if pieces else text

    def _outcome(self, action: Action) -> Outcome:
        """What an action comes to, also one that is a whole condition with its branches."""
        if action.source.count("{{") < 2:
            return self.evaluator.outcome(action.expression)
        rendered = self.evaluator.rendered(self.masked, action.start, action.end)
        if rendered is None:
            return NotKnown()
        rendered = rendered.strip()
        return rendered[1:-1] if rendered[:1] in {"'", '"'} and rendered[:1] == rendered[-1:] else rendered

    def source_text(self, start: int, end: int) -> str:
        """A stretch of the template as it is written."""
        return self.masked.parsable.source.text[start:end]

    def _string(self, text: str | None, at: Location) -> str | None:
        """A name with the actions in it filled in where every action written like it says the same."""
        if text is None or "{{" not in text:
            return text
        for action in self.masked.actions:
            if not action.control and action.source in text and self.lives(at, None) is not False:
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
        expression = action.expression if action is not None else None
        while isinstance(expression, Call) and expression.arguments:
            expression = expression.arguments[-1]
        return expression.of if isinstance(expression, Element) and not expression.fields else None

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
            if branch.word == "range" and branch.start <= launch.at.start and launch.at.end <= branch.end:
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


def _words_of(found: Found | None) -> dict[str, Word] | None:
    """Variables written as ``NAME: value`` or as a list of names and values; None when files disagree."""
    found = found.settled if found is not None else None
    if found is None or found.others or found.lost:
        return None
    words: dict[str, Word] = {}
    if isinstance(found.node, Mapping):
        items = found.node.items()
        words.update({name: Word.of(value.value) for name, value in items if isinstance(value, Scalar)})
    elif isinstance(found.node, Sequence):
        for item in found.node.items:
            name = item.get("name") if isinstance(item, Mapping) else None
            value = item.get("value") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar):
                hole = Hole("valueFrom", at=item.at)
                words[name.value.text] = Word.of(value.value) if isinstance(value, Scalar) else Word((hole,), item.at)
    elif found.node is not None:
        return None
    return words
