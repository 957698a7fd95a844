"""Conditions, ``case`` and loops of the shell interpreter.

``Run`` follows a statement from several states at once and gives the states after it. Where a loop's rounds can't be
counted, whatever its body changes becomes unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Field, Piece, known_text, unquoted, usual_text
from flake8_celery_oom.resolve.shell.states import (
    State,
    after_loop,
    changed_names,
    few,
    forget,
    merged,
    next_round,
    taking,
)
from flake8_celery_oom.syntax import shell_tree

MAX_ITERATIONS = 16
MAX_ITEMS = 64
Run: TypeAlias = Callable[[shell_tree.Node, MappedText, list[State]], list[State]]


def run_and_or(run: Run, node: shell_tree.AndOr, text: MappedText, state: State) -> list[State]:
    """Follow ``left && right`` or ``left || right``; where the left one's status is unknown, both ways."""
    made: list[State] = []
    for after in run(node.left, text, [state]):
        if after.flow or after.status is (not node.conjunction):
            made.append(after)
            continue
        if after.status is None:
            made.append(taking(after.fork(), not node.conjunction))
        made.extend(run(node.right, text, [taking(after, node.conjunction)]))
    return made


def run_if(run: Run, node: shell_tree.If, text: MappedText, state: State) -> list[State]:
    """Follow the branch that is taken, or both where the condition can't be decided."""
    made: list[State] = []
    for after in run(node.condition, text, [state]):
        if after.flow:
            made.append(after)
            continue
        if after.status is not False:
            made.extend(run(node.body, text, [taking(after.fork(), True)]))
        if after.status is not True:
            other = taking(after, False)
            made.extend([other] if node.orelse is None else run(node.orelse, text, [other]))
    return made


def run_case(run: Run, node: shell_tree.Case, text: MappedText, state: State, expander: Expander) -> list[State]:
    """Follow the items that may match; the one that the usual value matches is the usual way."""
    subject = expander.text(text.cut(node.word.start, node.word.end))
    value, usual = known_text(subject), usual_text(subject)
    made: list[State] = []
    for index, (patterns, _) in enumerate(node.items):
        body = _with_those_behind(node, index)
        texts = [known_text(expander.text(text.cut(span.start, span.end))) for span in patterns]
        if value is not None:
            sure = any(pattern is not None and fnmatchcase(value, pattern) for pattern in texts)
            if not sure and None not in texts:
                continue
            after = run(body, text, [state.fork()])
            if sure and index in node.goes_on:
                return [*made, *_rest_of_case(run, node, index, text, after)]
            made.extend(after)
            if sure:
                return made
            continue
        matches = usual is not None and any(fnmatchcase(usual, pattern) for pattern in texts if pattern is not None)
        branch = state.fork()
        branch.detours += 0 if matches or usual is None else 1
        state.detours += 1 if matches else 0
        made.extend(run(body, text, [branch]))
        if "*" in texts:
            return made
    return [*made, state]


def _rest_of_case(run: Run, node: shell_tree.Case, index: int, text: MappedText, states: list[State]) -> list[State]:
    """``;;&``: the patterns behind an item that matched are tried as well."""
    rest = replace(
        node,
        items=node.items[index + 1 :],
        falls=frozenset(one - index - 1 for one in node.falls if one > index),
        goes_on=frozenset(one - index - 1 for one in node.goes_on if one > index),
    )
    return run(rest, text, states)


def run_for(run: Run, node: shell_tree.For, text: MappedText, state: State, expander: Expander) -> list[State]:
    """Follow the body once for each word of the list."""
    items: list[Field] = []
    if node.words is None:
        items.extend(state.variables.arguments)
    else:
        for span in node.words:
            items.extend(expander.fields(text.cut(span.start, span.end)))
    unknown_items = any(piece.hole is not None and piece.hole.several for item in items for piece in item)
    if len(items) > MAX_ITEMS or unknown_items or (_is_over_arguments(node, text) and state.variables.open_arguments):
        return _for_unknown(run, node, text, state)
    states = [state]
    for item in items:
        states = _with_item(run, node, text, states, item)
    return after_loop(states)


def _is_over_arguments(node: shell_tree.For, text: MappedText) -> bool:
    """Whether a loop runs over the arguments of the script or function, which may be more than those that are known."""
    words = ['"$@"'] if node.words is None else [text.text[span.start : span.end] for span in node.words]
    return any(word.strip('"') in {"$@", "${@}", "$*", "${*}"} for word in words)


def _with_item(run: Run, node: shell_tree.For, text: MappedText, states: list[State], item: Field) -> list[State]:
    held = unquoted(item)
    for one in states:
        if not one.flow:
            one.variables.assign(node.name, held)
    return next_round(run(node.body, text, states))


def _for_unknown(run: Run, node: shell_tree.For, text: MappedText, state: State) -> list[State]:
    """A loop over words that are not known: it may run its body never, once, or again with what it made.

    A script that nobody is seen to call is usually called without arguments.
    """
    at = text.location(node.span.start, node.span.end)
    item: Field = (Piece(node.name, hole=Hole(f"${node.name}", node.name, at=at)),)
    before = state.fork()
    if state.variables.open_arguments and _is_over_arguments(node, text):
        state.detours += 1
    states = _with_item(run, node, text, [state], item)
    changed = changed_names([before], states) - {node.name}
    if changed:
        going = [one for one in states if not one.flow]
        for one in going:
            forget(one, changed, at)
        states = [*(one for one in states if one.flow), *_with_item(run, node, text, going, item)]
        for one in states:
            forget(one, changed, at)
    return after_loop(merged([before, *states]))


def run_loop(run: Run, node: shell_tree.Loop, text: MappedText, state: State) -> list[State]:
    """Follow ``while``, ``until`` and C-like ``for`` until a round brings nothing new, or a bounded number of times.

    A state from which a round was followed once leads to the same again; it is not followed a second time. What one
    option of a command line leads to is kept apart; of combinations, where they are many, one state is made.
    """
    done: list[State] = []
    states = [state]
    seen: list[State] = []
    before: list[State] = []
    for number in range(MAX_ITERATIONS):
        before = [one.fork() for one in states]
        seen += before
        after = run(node.condition, text, states)
        done.extend(one.fork() for one in after if one.flow or one.status is not True)
        going = [one for one in after if not one.flow and one.status is not False]
        states = _round(run, node, text, going)
        last = states = few(states) if number else states
        states = [one for one in states if not any(one.same(old) for old in seen)]
        if not states:
            return after_loop(merged([*done, *last]))
        if all(one.status is None for one in after):
            break
    at = text.location(node.span.start, node.span.end)
    changed = changed_names(before, states)
    for one in states:
        if not one.flow:
            forget(one, changed, at)
    after = run(node.condition, text, states)
    done.extend(one.fork() for one in after if one.flow or one.status is not True)
    states = _round(run, node, text, [one for one in after if not one.flow and one.status is not False])
    for one in states:
        forget(one, changed, at)
    return after_loop(merged([*done, *states]))


def _round(run: Run, node: shell_tree.Loop, text: MappedText, states: list[State]) -> list[State]:
    after = next_round(run(node.body, text, states))
    return after if node.update is None else run(node.update, text, after)


def _with_those_behind(node: shell_tree.Case, index: int) -> shell_tree.Node:
    """What runs when an item of a ``case`` matches: with ``;&`` the items behind it as well."""
    bodies = [node.items[index][1]]
    while index in node.falls and index + 1 < len(node.items):
        index += 1
        bodies.append(node.items[index][1])
    return bodies[0] if len(bodies) == 1 else shell_tree.Sequence(node.span, tuple(bodies))
