"""What of a shell text can be passed over: the parts that neither start anything of interest nor set what that uses.

Waiting for a database, printing, migrating, installing: most of a script. Such a part is not followed; what it assigns
is unknown from there on. That is sound however rough the guess of what is of interest, and it keeps the number of
paths through a script down to those that differ in something.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flake8_celery_oom.core.facts import Command, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.shell.builtins import BUILTINS
from flake8_celery_oom.resolve.shell.copying import COPYING
from flake8_celery_oom.resolve.shell.mentions import (
    ASSIGNING,
    MOVING,
    POSITIONAL,
    assigned_by,
    exported_by,
    makes_reference,
    named_in_sum,
    names_in,
    uses_in,
)
from flake8_celery_oom.resolve.shell.output import PRINTING
from flake8_celery_oom.resolve.shell.states import ARGUMENTS
from flake8_celery_oom.syntax import shell, shell_tree
from flake8_celery_oom.syntax.shell_tree import children_of, condition_of, walk

_FLOW = frozenset({"return", "break", "continue"})
_QUIET = frozenset({"echo", "printf", ":", "test", "[", "trap", "true", "false", "let"})
_RUNS_ITS_WORDS = (
    frozenset("sh bash dash ash zsh ksh busybox su runuser watchmedo watchfiles hupper python python3".split())  # noqa: SIM905
    | {"xargs", "tmux", "screen", "docker", "podman", "kubectl", "docker-compose", "eval"}
)
"""Programs, besides the wrappers, that may run what a variable among their words says."""
_STARTS_NO_WORKER = re.compile(
    r"^[^|;&]*\bcelery\b(?![\s\S]*\b(?:worker|multi)\b)"
    r"[^|;&]*\s(?:status|inspect|control|report|purge|beat|flower|events|call|result|list|shell|upgrade)\b"
)
"""Another command of Celery's own, such as the ping of a health check."""
_PATH = re.compile(r"[\w./+@-]+")
_LITERAL = re.compile(r"[\w./+:@%-]+")
_SUBSTITUTED = re.compile(r"(?:\$\(|`)\s*([\w.:-]+)")
_EXPORTS_ALL = re.compile(r"\bset\s+-\w*a|allexport")
_ALWAYS = re.compile(r"CELERY|DJANGO_SETTINGS|CONCURRENCY|POOL|AUTOSCALE|PREFETCH|PER_CHILD|MAX_TASKS", re.IGNORECASE)
"""Variables that an application may read itself."""
Kind: TypeAlias = Literal["leads", "forwards", "state", "ends", "flow", ""]
"""What a simple command can do: start a worker (``leads``); start one if the arguments of its function or script do
(``forwards``); change the directory or names (``state``); ``exit`` (``ends``); ``return`` and the like (``flow``);
nothing of interest."""


@dataclass(slots=True)
class _Use:
    """The variables of a statement: those it uses, those its surrounding conditions use, and those it assigns."""

    uses: frozenset[str]
    decided_by: frozenset[str]
    assigns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Simple:
    """What is written of a simple command: its first word, all of it with what it is fed, and the names in it."""

    first: str
    whole: str
    names: frozenset[str]
    leads: bool


class _Program:
    """A parsed text, and what is written of each of its simple commands."""

    def __init__(self, text: MappedText, leads: Callable[[str], bool]) -> None:
        self.text = text
        self.body = shell.parse(text).body
        self.exports_all = bool(_EXPORTS_ALL.search(text.text))
        self.nodes = tuple(walk(self.body))
        self._leads = leads
        self._simple: dict[int, _Simple] = {}

    def simple(self, node: shell_tree.Simple) -> _Simple:
        """What is written of a simple command of this text."""
        known = self._simple.get(node.span.start)
        if known is None:
            known = self._simple[node.span.start] = self._read(node)
        return known

    def _read(self, node: shell_tree.Simple) -> _Simple:
        text = self.text.text
        first = text[node.words[0].start : node.words[0].end]
        whole = text[node.span.start : node.span.end]
        for given in [node.fed, *(heredoc.body for heredoc in node.heredocs)]:
            whole += f"\n{text[given.start : given.end]}" if given is not None else ""
        return _Simple(first, whole, names_in(whole), self._leads(whole))


class Relevance:
    """Answers for the scripts of one project.

    ``leads`` says whether a text speaks of something that leads on; ``wrappers`` are the programs that run the rest of
    their words as a command.
    """

    def __init__(
        self, facts: Facts, leads: Callable[[str], bool], scripts: Iterable[str], wrappers: Iterable[str]
    ) -> None:
        self._leads = leads
        self._runs_its_words = _RUNS_ITS_WORDS | set(wrappers)
        self._script_names = {posixpath.basename(path) for path in facts.scripts}
        self._file_names = {posixpath.basename(path) for path in facts.files}
        self._programs: dict[tuple[str, str], _Program] = {}
        self._functions: dict[str, list[_Function]] = {}
        self._function_kinds: dict[str, set[Kind]] = {}
        self._leading_names: set[str] = set()
        self._printing: set[int] = set()
        self._printing_names: set[str] = set()
        self._names: set[str] = set()
        self._exported: set[str] = set()
        self._inert: dict[int, frozenset[str] | None] = {}
        for launch in facts.launches:
            self._leading_names |= {name for name, word in launch.environment.items() if leads(word.shown)}
            for command in (launch.command, launch.entrypoint):
                self._names |= {hole.name for hole in _holes(command) if hole.name}
        leading = sorted(scripts)
        programs = (one.at.path for one in facts.launches if one.kind in {"supervisor", "circus"})
        self._started_names = {posixpath.basename(path) for path in (*leading, *programs)}
        self._copied_names: set[str] = set()
        """What files that may start something are called where a command has put them."""
        mentioned = "\n".join(facts.scripts[path].text.text for path in leading)
        near = [path for path in sorted(facts.scripts) if posixpath.basename(path) in mentioned]
        self._learn([self._parsed(facts.scripts[path].text) for path in dict.fromkeys([*leading, *near])])

    def program(self, text: MappedText) -> shell_tree.Sequence:
        """The parsed text; each text is parsed once."""
        known = self._programs.get((text.source.path, text.text))
        if known is None:
            known = self._parsed(text)
            self._learn([known])
        return known.body

    def forgettable(self, name: str) -> bool:
        """Whether nothing of interest depends on a variable, so that paths need not differ in it."""
        return name not in self._names and name not in self._exported and not _ALWAYS.search(name)

    def may_start(self, path: str) -> bool:
        """Whether a file may be one that starts something of interest, by its name."""
        return posixpath.basename(path) in self._started_names

    def inert(self, node: shell_tree.Node) -> frozenset[str] | None:
        """The names that a part assigns when it can be passed over, else None."""
        return self._inert.get(id(node))

    # --- learning ---------------------------------------------------------------------------------------------------

    def _parsed(self, text: MappedText) -> _Program:
        key = text.source.path, text.text
        if key not in self._programs:
            self._programs[key] = _Program(text, self._leads)
        return self._programs[key]

    def _learn(self, programs: list[_Program]) -> None:
        for program in programs:
            for node in program.nodes:
                if isinstance(node, shell_tree.Function):
                    function = _Function(node.body, program, tuple(walk(node.body)))
                    self._functions.setdefault(node.name, []).append(function)
                elif isinstance(node, shell_tree.Simple):
                    self._exported |= exported_by(node, program.text, program.exports_all)
                    self._learn_copied(program.simple(node) if node.words else None)
                elif isinstance(node, shell_tree.Pipeline):
                    self._printing |= _read_by_another(node, program.text)
        for program in programs:
            self._learn_printing(program)
        while self._learn_leading_names(programs) or self._judge_functions():
            pass
        uses: list[_Use] = []
        for program in programs:
            self._collect(program.body, program, frozenset(), uses)
        while True:
            fresh = {
                name
                for use in uses
                if not use.assigns or use.assigns & self._names or any(map(_ALWAYS.search, use.assigns))
                for name in use.uses | use.decided_by
            } - self._names
            if not fresh:
                break
            self._names |= fresh
        for program in programs:
            for node in program.nodes:
                if not isinstance(node, (shell_tree.Sequence, shell_tree.Function, shell_tree.Test)):
                    self._inert[id(node)] = self._judged(node, program)

    def _learn_copied(self, written: _Simple | None) -> None:
        """The names that a command gives to files that may start something."""
        if written is None or posixpath.basename(written.first) not in COPYING:
            return
        paths = _PATH.findall(written.whole)
        if any(map(self.may_start, paths)):
            self._copied_names.update(map(posixpath.basename, paths[1:]))

    def _learn_printing(self, program: _Program) -> None:
        """Functions that are called for what they print (``$(options)``): there ``echo`` matters."""
        for name in _SUBSTITUTED.findall(program.text.text):
            for function in self._functions.get(name, []):
                own = function.program.text.text[function.body.span.start : function.body.span.end]
                if self._leads(own) or names_in(own) & POSITIONAL or "worker" in own or " -" in own:
                    self._printing |= {id(node) for node in function.nodes}
                    self._printing_names.add(name)

    def _learn_leading_names(self, programs: list[_Program]) -> bool:
        """Variables that may hold a command; true when one is found that was not known."""
        before = len(self._leading_names)
        for program in programs:
            for node in program.nodes:
                if isinstance(node, shell_tree.Simple):
                    for assignment in node.assignments:
                        whole = program.text.text[assignment.span.start : assignment.span.end].partition("=")[2]
                        prints = self._printing_names.intersection(_SUBSTITUTED.findall(whole))
                        if prints or self._leads(whole) or self._may_lead(names_in(whole)):
                            self._leading_names.add(assignment.name.partition("[")[0])
                elif isinstance(node, shell_tree.For) and node.words:
                    whole = program.text.text[node.words[0].start : node.words[-1].end]
                    if self._leads(whole) or self._may_lead(names_in(whole)):
                        self._leading_names.add(node.name)
        return len(self._leading_names) > before

    def _may_lead(self, names: frozenset[str]) -> bool:
        return bool(names & self._leading_names or names & POSITIONAL)

    def _judge_functions(self) -> bool:
        """Look at all functions again; true when one of them turns out to matter that did not before."""
        changed = False
        for name, functions in self._functions.items():
            kinds = self._function_kinds.setdefault(name, set())
            for function in functions:
                for node in function.nodes:
                    if isinstance(node, shell_tree.Simple):
                        kind = self._command(node, function.program)
                        if kind not in kinds and kind not in {"", "flow"}:
                            kinds.add(kind)
                            changed = True
        return changed

    def _command(self, node: shell_tree.Simple, program: _Program) -> Kind:
        if not node.words:
            return "state" if makes_reference(node, program.text.text) else ""
        written = program.simple(node)
        first, whole, names = written.first, written.whole, written.names
        if not _LITERAL.fullmatch(first):
            return "leads" if written.leads else self._by_names(names)
        if first in _FLOW:
            return "flow"
        if first == "exit":
            return "ends"
        if first in {"cd", "pushd", "popd", "alias"}:
            return "state"
        if first in {"source", "."}:
            target = whole.rpartition("/")[2].strip("\"' ")
            is_known = "$" in target or "*" in target or target in self._file_names
            return "state" if is_known or program.exports_all else ""
        if id(node) in self._printing and first in PRINTING:
            return "leads"
        if first == "set" and program.exports_all:
            return "state"
        if first in _QUIET or first in ASSIGNING or first in MOVING or first == "set":
            return ""
        name = posixpath.basename(first)
        if name in COPYING and any(map(self.may_start, _PATH.findall(whole))):
            return "state"
        if name in self._copied_names:
            return "leads"
        kinds = self._function_kinds.get(first)
        if kinds is not None:
            return self._call(kinds, whole[len(first) :], names)
        if written.leads and not _STARTS_NO_WORKER.search(whole):
            return "leads"
        return self._by_names(names) if name in self._runs_its_words or name in self._script_names else ""

    def _call(self, kinds: set[Kind], arguments: str, names: frozenset[str]) -> Kind:
        if "leads" in kinds or ("forwards" in kinds and self._leads(arguments)):
            return "leads"
        if "forwards" in kinds and (kind := self._by_names(names)):
            return kind
        return "state" if "state" in kinds else "ends" if "ends" in kinds else ""

    def _by_names(self, names: frozenset[str]) -> Kind:
        if names & self._leading_names:
            return "leads"
        return "forwards" if names & POSITIONAL else ""

    def _collect(self, node: shell_tree.Node, program: _Program, decided_by: frozenset[str], uses: list[_Use]) -> None:
        """Gather the uses of a tree; ``decided_by`` are the names in the conditions around it."""
        if isinstance(node, shell_tree.Simple):
            whole = uses_in(program.text.text[node.span.start : node.span.end])
            kind = self._command(node, program)
            if kind in {"leads", "forwards"}:
                uses.append(_Use(whole, decided_by))
            elif assigned := assigned_by(node, program.text):
                uses.append(_Use(whole, decided_by, assigned))
            elif kind == "state":
                uses.append(_Use(whole, frozenset()))
            return
        condition = condition_of(node)
        inner = decided_by
        if condition is not None:
            inner |= uses_in(program.text.text[condition.start : condition.end])
        if isinstance(node, shell_tree.Loop) and isinstance(node.condition, shell_tree.Arithmetic):
            inner |= named_in_sum(node.condition, program.text)
        if isinstance(node, shell_tree.Arithmetic):
            named = named_in_sum(node, program.text)
            uses.append(_Use(named, decided_by, frozenset(node.assigned)))
        if isinstance(node, shell_tree.For):
            uses.append(_Use(inner, decided_by, frozenset({node.name})))
        for child in children_of(node):
            self._collect(child, program, inner, uses)

    def _has_no_answer(self, node: shell_tree.Simple, program: _Program) -> bool:
        """Whether nothing is known of the status of a simple command, which is not so for most builtins."""
        if not node.words:
            return False
        first = program.text.text[node.words[0].start : node.words[0].end]
        return first in self._functions or (first not in BUILTINS and bool(_LITERAL.fullmatch(first)))

    def _has_answer(self, node: shell_tree.Node, program: _Program) -> bool:
        """Whether it may be known whether a condition holds: it is made of tests and builtins alone."""
        match node:
            case shell_tree.Simple():
                return not self._has_no_answer(node, program)
            case shell_tree.Test() | shell_tree.Arithmetic():
                return True
            case shell_tree.Not() | shell_tree.AndOr():
                return all(self._has_answer(child, program) for child in children_of(node))
            case shell_tree.Sequence(body=(only,)):
                return self._has_answer(only, program)
            case _:
                return False

    def _judged(self, node: shell_tree.Node, program: _Program) -> frozenset[str] | None:
        """What the part assigns, or None when it has to be followed."""
        if self._has_answer(node, program):
            return None
        assigned: set[str] = set()
        waiting, seen = [(node, program, True)], set()
        while waiting:
            top, owner, own = waiting.pop()
            for inner in walk(top):
                if isinstance(inner, shell_tree.For):
                    assigned.add(inner.name)
                if isinstance(inner, shell_tree.Arithmetic):
                    assigned.update(inner.assigned)
                if not isinstance(inner, shell_tree.Simple):
                    continue
                kind = self._command(inner, owner)
                if kind in {"leads", "ends", "state"} or (own and kind in {"flow", "forwards"}):
                    return None
                found = assigned_by(inner, owner.text)
                assigned |= found if own else found - {ARGUMENTS}
                called = owner.text.text[inner.words[0].start : inner.words[0].end] if inner.words else ""
                if called in self._functions and called not in seen:
                    seen.add(called)
                    waiting.extend((function.body, function.program, False) for function in self._functions[called])
        if assigned & self._names or any(map(_ALWAYS.search, assigned)):
            return None
        return frozenset(assigned)


@dataclass(frozen=True, slots=True)
class _Function:
    body: shell_tree.Node
    program: _Program
    nodes: tuple[shell_tree.Node, ...]
    """The body and all nodes in it."""


def _holes(command: Command | None) -> Iterator[Hole]:
    if isinstance(command, ShellText):
        yield from (hole.hole for hole in command.text.holes)
    elif command is not None:
        yield from (hole for word in command.words for hole in word.holes)


def _read_by_another(node: shell_tree.Pipeline, text: MappedText) -> set[int]:
    """Identities of the first command of a pipeline, where a shell, xargs or a loop takes what it prints for words."""
    readers = [part for part in node.body[1:] if isinstance(part, shell_tree.Simple) and part.words]
    names = {posixpath.basename(text.text[part.words[0].start : part.words[0].end]) for part in readers}
    if names & {"xargs", "sh", "bash", "dash", "ash", "zsh", "ksh"} or len(readers) < len(node.body) - 1:
        return {id(node.body[0])}
    return set()
