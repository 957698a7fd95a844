"""An abstract interpreter for shell scripts.

It follows variables, arrays, functions, ``case``, ``if``, loops over known lists, ``source``, ``exec``, ``eval``,
``set --``, ``shift`` and here-documents, and hands every command that would be started to its caller. Where a
condition can't be decided both sides are followed. Nothing is executed, and the work is bounded: steps, depth and the
number of states; past a bound values become unknown, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.shell import conditions
from flake8_celery_oom.resolve.shell.assignments import Assigner
from flake8_celery_oom.resolve.shell.budget import MAX_DEPTH, Budget
from flake8_celery_oom.resolve.shell.builtins import BUILTINS
from flake8_celery_oom.resolve.shell.control_flow import run_and_or, run_case, run_for, run_if, run_loop
from flake8_celery_oom.resolve.shell.copying import copied_by
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import (
    Array,
    Field,
    known_text,
    mapped_of,
    pieces_of,
    unquoted,
    usual_text,
    word_of,
)
from flake8_celery_oom.resolve.shell.filters import READING
from flake8_celery_oom.resolve.shell.output import (
    PRINTING,
    filtered,
    lines_of,
    printed_by,
    read_into,
    split_line,
    unknown,
)
from flake8_celery_oom.resolve.shell.pipelines import SHELLS_THAT_READ, is_read_by_another, one_output, plain_words
from flake8_celery_oom.resolve.shell.relevance import Relevance
from flake8_celery_oom.resolve.shell.states import (
    State,
    merged,
    negated,
    without,
)
from flake8_celery_oom.resolve.shell.xargs import command_lines
from flake8_celery_oom.syntax import shell, shell_tree

_FIRST_WORD = re.compile(r"\s*([\w.:-]+)")
_ALL_ARGUMENTS = frozenset({"$@", "${@}", "$*", "${*}"})


class Interpreter:
    """Follows one shell text, and those that it sources, calling ``run`` for every command that it starts.

    ``find_script(path, directory)`` gives the text of a file that the script sources, or None. ``dialect`` is the
    shell's name. ``hop`` is entered with the place of a command that goes on in another file: it sources one, or calls
    a function of one. ``alternatives``: the text is a template with one way behind the other, so ``exec`` ends neither.
    """

    def __init__(
        self,
        run: Callable[[Invocation], None],
        find_script: Callable[[Field, str], MappedText | None],
        budget: Budget,
        script: str = "",
        relevance: Relevance | None = None,
        dialect: str = "sh",
        hop: Callable[[Location], AbstractContextManager[None]] = lambda _: nullcontext(),
        *,
        alternatives: bool = False,
    ) -> None:
        self.run = run
        self.find_script = find_script
        self.budget = budget
        self.script = script
        self.relevance = relevance
        self.dialect = dialect
        self.hop = hop
        self.alternatives = alternatives

    def execute(self, text: MappedText, state: State) -> list[State]:
        """Follow a whole text; gives the states in which it may end."""
        if self.budget.depth >= MAX_DEPTH:
            return [state]
        self.budget.depth += 1
        try:
            body = self.relevance.program(text) if self.relevance is not None else shell.parse(text).body
            return self._node(body, text, [state])
        finally:
            self.budget.depth -= 1

    def source(self, text: MappedText, at: Location, state: State) -> list[State]:
        """Follow a file that the command at ``at`` sources."""
        with self.hop(at):
            return self.execute(text, state)

    # --- control flow -----------------------------------------------------------------------------------------------

    def _node(self, node: shell_tree.Node, text: MappedText, states: list[State]) -> list[State]:
        made: list[State] = [state for state in states if state.flow]
        heard = any(state.output is not None or state.variables.exports_all for state in states)
        forgotten = self.relevance.inert(node) if self.relevance is not None and not heard else None
        if forgotten is not None:
            going = [without(state, forgotten) for state in states if not state.flow]
            return merged([*made, *going])
        for state in states:
            if not state.flow:
                if not self.budget.spend():
                    return [*made, state]
                made.extend(self._one(node, text, state))
        return merged(made)

    def _one(self, node: shell_tree.Node, text: MappedText, state: State) -> list[State]:  # noqa: C901
        match node:
            case shell_tree.Simple():
                return self._simple(node, text, state)
            case shell_tree.Sequence():
                states = [state]
                for statement in node.body:
                    states = self._node(statement, text, states)
                return states
            case shell_tree.AndOr():
                return run_and_or(self._node, node, text, state)
            case shell_tree.Pipeline():
                return self._pipeline(node, text, state)
            case shell_tree.Fed():
                return self._fed(node, text, state)
            case shell_tree.Not():
                return [negated(after) for after in self._node(node.body, text, [state])]
            case shell_tree.Background():
                self._node(node.body, text, [state.fork()])
                return [state.ending(True)]
            case shell_tree.Group():
                if not node.subshell or state.output is not None:
                    return self._node(node.body, text, [state])
                self._node(node.body, text, [state.fork()])
                return [state.ending(None)]
            case shell_tree.If():
                return run_if(self._node, node, text, state)
            case shell_tree.Case():
                return run_case(self._node, node, text, state, self._expander(state))
            case shell_tree.For():
                return run_for(self._node, node, text, state, self._expander(state))
            case shell_tree.Loop():
                return run_loop(self._node, node, text, state)
            case shell_tree.Function():
                state.functions[node.name] = (node.body, text)
                return [state]
            case shell_tree.Arithmetic():
                value = self._expander(state).number(text.cut(node.expression.start, node.expression.end))
                return [state.ending(None if value is None else value != 0)]
            case shell_tree.Test():
                expander = self._expander(state)
                status = conditions.holds(node.condition, text, expander)
                usual = conditions.holds(node.condition, text, expander, usual_text)
                return [state.ending(status, usual)]

    def _pipeline(self, node: shell_tree.Pipeline, text: MappedText, state: State) -> list[State]:
        """Every part runs in a shell of its own; text that is printed for a shell is a script."""
        output: Field | None = None
        for index, part in enumerate(node.body):
            words = plain_words(part, text)
            if output is not None and words[:1] and words[0] in SHELLS_THAT_READ and len(words) == 1:
                at = text.location(part.span.start, part.span.end)
                self._run_output(output, at, state)
                output = None
            elif output is not None and (made := filtered(output, words)) is not None:
                output = made
            elif words[:1] == ["xargs"] and isinstance(part, shell_tree.Simple) and state.output is None:
                self._xargs(part, text, state, output if index else None)
                output = None
            elif index == 0 and (state.output is not None or is_read_by_another(node, text)):
                output = self._output_of_node(part, text, state)
            else:
                if state.output is None:
                    inner = state.fork()
                    if index:
                        known = output is not None and known_text(output) is not None
                        inner.lines = lines_of(output) if output is not None and known else None
                    self._node(part, text, [inner])
                output = None
        if state.output is not None:
            state.output = (*state.output, *(output if output is not None else (unknown("$(...)"),)))
        return [state.ending(None)]

    def _xargs(self, node: shell_tree.Simple, text: MappedText, state: State, given: Field | None) -> None:
        """The commands that ``xargs`` makes of what the command before it prints."""
        expander = self._expander(state)
        words = [value for span in node.words for value in expander.fields(text.cut(span.start, span.end))]
        at = text.location(node.span.start, node.span.end)
        environment = state.variables.child_environment({}, at)
        for command in command_lines(words[1:], given):
            made = tuple(word_of(value, at) for value in command)
            self.run(Invocation(made, environment, state.directory, at, None, state.detours))

    def _run_output(self, output: Field, at: Location, state: State) -> None:
        source = next((piece.mapped.source for piece in output if piece.mapped is not None), None)
        script = mapped_of(output, at, source)
        if script is not None:
            inner = state.fork()
            inner.output = None
            self.execute(script, inner)

    def _fed(self, node: shell_tree.Fed, text: MappedText, state: State) -> list[State]:
        """A compound command that reads lines which are known."""
        saved = state.lines
        if isinstance(node.input, shell_tree.Heredoc):
            body = text.cut(node.input.body.start, node.input.body.end)
            given = pieces_of(body) if node.input.quoted else self._expander(state).text(body, quoted=True)
        else:
            given = self._expander(state).text(text.cut(node.input.start, node.input.end))
        state.lines = lines_of(given)
        made = self._node(node.body, text, [state])
        for after in made:
            after.lines = saved
        return made

    # --- commands ---------------------------------------------------------------------------------------------------

    def _simple(self, node: shell_tree.Simple, text: MappedText, state: State) -> list[State]:
        variables = state.variables
        expander = self._expander(state)
        fields: list[Field] = []
        for span in node.words:
            fields.extend(expander.fields(text.cut(span.start, span.end)))
        if not fields:
            self._assigner(text, expander).carry_out(node)
            state.status = True
            return [state]
        extra: dict[str, Field] = {}
        for assignment in node.assignments:
            if isinstance(assignment.value, shell_tree.Span):
                extra[assignment.name] = expander.text(text.cut(assignment.value.start, assignment.value.end))
        at = text.location(node.span.start, node.span.end)
        stdin: MappedText | None = None
        for heredoc in node.heredocs:
            body = text.cut(heredoc.body.start, heredoc.body.end)
            stdin = body if heredoc.quoted else mapped_of(expander.text(body, quoted=True), at, body.source)
        given: Field | None = None
        if node.fed is not None:
            given = expander.text(text.cut(node.fed.start, node.fed.end))
            stdin = mapped_of(given, at, text.source)
        elif stdin is not None:
            given = pieces_of(stdin)
        name = known_text(fields[0]) or ""
        if len(fields) == 1 and name in state.functions:
            passed_on = any(text.text[span.start : span.end].strip('"') in _ALL_ARGUMENTS for span in node.words[1:])
            still_open = passed_on and variables.open_arguments
            return self._call(name, [], state, extra, at, still_open=still_open)
        if name == "read" and (given is not None or state.lines is not None):
            return self._read(fields[1:], extra, given, state)
        if state.output is not None and name in PRINTING:
            file = self.find_script(fields[-1], state.directory) if name in READING and len(fields) > 1 else None
            held = pieces_of(file) if file is not None else None
            state.output = (*state.output, *printed_by(name, fields[1:], given, held))
            return [state.ending(True)]
        return self._command(fields, extra, at, stdin, state)

    def _read(
        self, arguments: list[Field], extra: Mapping[str, Field], given: Field | None, state: State
    ) -> list[State]:
        """``read`` from a text that is known: a here-string, a here-document, or the lines that a loop is fed."""
        words = [known_text(argument) or "" for argument in arguments]
        names = [word for word in words if word.isidentifier()] or ["REPLY"]
        lines = lines_of(given) if given is not None else state.lines or ()
        if given is None:
            state.lines = lines[1:]
        held = extra.get("IFS", state.variables.get("IFS"))
        separators = known_text(held) if isinstance(held, tuple) else " \t\n"
        line = lines[0] if lines else ()
        if separators is None:
            return BUILTINS["read"](self, arguments, Location("", 0, 0, 0, 0, 0, 0), state)
        array = next((index for index, word in enumerate(words) if re.fullmatch("-[a-z]*a", word)), None)
        if array is not None and array + 1 < len(words):
            state.variables.assign(words[array + 1], Array(tuple(split_line(line, separators))))
            return [state.ending(bool(lines))]
        for held_name, value in read_into(line, names, separators).items():
            state.variables.assign(held_name, unquoted(value))
        return [state.ending(bool(lines))]

    # --- what commands print ----------------------------------------------------------------------------------------

    def _expander(self, state: State) -> Expander:
        return Expander(state.variables, self.script, lambda command: self._output_of(command, state))

    def _output_of(self, command: MappedText, state: State) -> Field | None:
        """What ``$(command)`` gives; None when nothing here knows what it prints."""
        first = _FIRST_WORD.match(command.text)
        if first is None or (first[1] not in state.functions and first[1] not in PRINTING):
            return None
        if self.budget.depth >= MAX_DEPTH or not self.budget.spend():
            return None
        inner = state.fork()
        inner.output, inner.detours = (), 0
        return one_output(self.execute(command, inner))

    def _output_of_node(self, node: shell_tree.Node, text: MappedText, state: State) -> Field | None:
        inner = state.fork()
        inner.output, inner.detours = (), 0
        return one_output(self._node(node, text, [inner]))

    def _assigner(self, text: MappedText, expander: Expander) -> Assigner:
        def forgettable(name: str) -> bool:
            if self.relevance is None or name in expander.variables.environment or expander.variables.exports_all:
                return False
            return self.relevance.forgettable(name)

        return Assigner(text, expander, self.dialect in {"sh", "dash", "ash"}, forgettable)

    def _command(
        self, fields: list[Field], extra: dict[str, Field], at: Location, stdin: MappedText | None, state: State
    ) -> list[State]:
        name = known_text(fields[0]) or ""
        while name in {"command", "builtin"} and len(fields) > 1 and not (known_text(fields[1]) or "").startswith("-"):
            fields = fields[1:]
            name = known_text(fields[0]) or ""
        if name in state.functions:
            return self._call(name, fields[1:], state, extra, at)
        if name in BUILTINS:
            return self._builtin(name, fields[1:], extra if name in {"source", ".", "eval"} else {}, at, state)
        ends = name == "exec"
        if ends:
            fields = _without_exec_options(fields[1:])
            if not fields:
                return [state.ending(True)]
        if state.output is not None:
            state.output = (*state.output, unknown(f"$({name})"))
            return [state.ending(None)]
        words = tuple(word_of(value, at) for value in fields)
        environment = state.variables.child_environment(extra, at)
        copied = copied_by(name, fields[1:], state.directory)
        state.copied += tuple(one for one in copied if self.relevance is None or self.relevance.may_start(one.source))
        self.run(Invocation(words, environment, state.directory, at, stdin, state.detours, state.copied))
        return [replace(state, status=None, usual_status=None, flow="exit" if ends and not self.alternatives else "")]

    def _builtin(
        self, name: str, arguments: list[Field], extra: Mapping[str, Field], at: Location, state: State
    ) -> list[State]:
        """A builtin; ``A=1 . ./file`` has the variable while it runs."""
        variables = state.variables
        variables.saved = (*variables.saved, {}) if extra else variables.saved
        for given, value in extra.items():
            variables.make_local(given)
            variables.values[given] = value
            variables.exported |= {given}
        made = BUILTINS[name](self, arguments, at, state)
        for after in made if extra else ():
            after.variables.leave()
        return made

    def _call(
        self,
        name: str,
        arguments: list[Field],
        state: State,
        extra: Mapping[str, Field],
        at: Location,
        *,
        still_open: bool = False,
    ) -> list[State]:
        """Run a function with its arguments, and with the variables that are given to this call alone."""
        if self.budget.depth >= MAX_DEPTH:
            return [state]
        body, text = state.functions[name]
        variables = state.variables
        saved = variables.arguments, variables.open_arguments
        variables.take(arguments, still_open=still_open)
        variables.saved = (*variables.saved, {})
        for given, value in extra.items():
            variables.make_local(given)
            variables.values[given] = value
            variables.exported |= {given}
        self.budget.depth += 1
        with self.hop(at) if text.source.path != at.path else nullcontext():
            made = self._node(body, text, [state])
        self.budget.depth -= 1
        for after in made:
            after.variables.arguments, after.variables.open_arguments = saved
            after.variables.leave()
            if after.flow == "return":
                after.flow = ""
        return made


def _without_exec_options(fields: list[Field]) -> list[Field]:
    while fields and (known_text(fields[0]) or "") in {"-c", "-l", "-a"}:
        fields = fields[2:] if known_text(fields[0]) == "-a" else fields[1:]
    return fields
